"""`relistwatch topics backup` and `restore`: what the topics hold, in a file and out of it."""

import json
from pathlib import Path
from typing import Annotated

import typer

from streams.cli.broker import broker_errors, reading_progress
from streams.cli.context import EXIT_FAILED, EXIT_UNAVAILABLE, EXIT_USAGE, fail, settings_of


def backup(
    context: typer.Context,
    out: Annotated[
        Path, typer.Option(help="The file (gzip); one of that name is replaced when it is whole.")
    ],
    without: Annotated[
        list[str] | None, typer.Option(metavar="TOPIC", help="Leave this topic out; repeatable.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The counts as JSON.")] = False,
) -> None:
    """Write what the topics hold into a file, and how far the groups are, while everything runs.

    All topics but `heartbeats` and `shard-answers`; keys, values, headers and times byte for byte, and a digest at the
    end. Photos are not in it but where listings have them inline: back up the photo store too
    (docs/runbooks/backup-and-restore.md). Exit code 2 for a file that cannot be written, 3 when no broker answers.

    Example: `relistwatch topics backup --out topics.jsonl.gz --without listings`
    """
    from streams.kafka_clients.topic_admin import BrokerUnavailableError  # noqa: PLC0415
    from streams.upkeep.topic_backup import KEPT, back_up  # noqa: PLC0415

    settings = settings_of(context)
    left_out = set(without or ())
    if unknown := sorted(left_out - {spec.name for spec in KEPT}):
        fail(f"--without {unknown[0]}: no such topic, or none that is kept", EXIT_USAGE)
    topics = [spec for spec in KEPT if spec.name not in left_out]
    try:
        with broker_errors(), reading_progress() as progress:
            end = back_up(settings, out, topics, progress)
    except BrokerUnavailableError as error:
        fail(str(error), EXIT_UNAVAILABLE)
    except OSError as error:
        fail(f"{error.filename or out}: {error.strerror or error}", EXIT_USAGE)
    size = out.stat().st_size
    if as_json:
        typer.echo(json.dumps({"records": end.records, "bytes": size, "sha256": end.sha256}))
    else:
        typer.echo(f"{end.records:,} records of {len(topics)} topics, {size:,} bytes, sha256 {end.sha256}")


def restore(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="What `relistwatch topics backup` wrote.")],
    append: Annotated[
        bool, typer.Option("--append", help="Also into topics that hold records, behind them.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only read the file whole, and say what stands in the way here.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The counts as JSON.")] = False,
) -> None:
    """Send what a backup holds to the topics, and give the groups the places that they had.

    The file is read through first: one that is damaged or cut off changes nothing. The topics must be there, empty,
    with as many partitions as they had, and no worker may run. Exit code 1 where something stands in the way, 2 when
    the file cannot be read, 3 when no broker answers.

    Example: `relistwatch topics restore topics.jsonl.gz --dry-run`
    """
    from streams.kafka_clients.topic_admin import BrokerUnavailableError  # noqa: PLC0415
    from streams.upkeep.backup_file import BackupError  # noqa: PLC0415
    from streams.upkeep.topic_restore import restore as restore_topics  # noqa: PLC0415

    try:
        with broker_errors(), reading_progress() as progress:
            done = restore_topics(
                settings_of(context), file, append=append, dry_run=dry_run, progress=progress
            )
    except BackupError as error:
        fail(str(error), EXIT_FAILED)
    except BrokerUnavailableError as error:
        fail(str(error), EXIT_UNAVAILABLE)
    except OSError as error:
        fail(f"{file}: {error.strerror or error}", EXIT_USAGE)
    if as_json:
        typer.echo(json.dumps({"records": dict(done.records), "groups": list(done.groups)}))
        return
    typer.echo(
        f"taken at {done.about.taken_at:%Y-%m-%d %H:%M:%SZ} by version {done.about.version}, digest right"
    )
    for topic in done.about.partitions:
        typer.echo(f"{topic:<24} {done.records.get(topic, 0):,}")
    typer.echo(f"groups with a place: {', '.join(done.groups) or 'none'}")
    if done.obstacle is not None:
        typer.echo(f"cannot be restored here: {done.obstacle}")
    typer.echo("nothing was sent" if dry_run else "restored")
