"""`relistwatch worker`: fingerprint and match, as many as you like."""

from typing import Annotated, Literal

import typer

from streams.cli.context import EXIT_UNAVAILABLE, EXIT_USAGE, fail, settings_of, shard_option
from streams.settings import SettingsError


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("worker")(worker)


def worker(
    context: typer.Context,
    shard: Annotated[
        str | None,
        typer.Option(metavar="I/N", help="Match only, against this share of the takedowns; see below."),
    ] = None,
    only: Annotated[
        Literal["everything", "fingerprint"] | None,
        typer.Option(help="`fingerprint` matches nothing: for use beside shards."),
    ] = None,
    log_json: Annotated[bool, typer.Option("--log-json", help="Logs as JSON lines.")] = False,
    port: Annotated[
        int | None, typer.Option(help="Port of /livez, /readyz and /metrics; 0 takes a free one.")
    ] = None,
) -> None:
    """Fingerprint new listings and match them against the takedowns, until stopped.

    Start as many as you like: they share the partitions. Stop with Ctrl-C or SIGTERM; nothing is lost.

    Where the takedowns are more than one worker's memory holds, shards share them: workers of 1/2 and of 2/2, as many
    of each as you like, and besides workers with `--only fingerprint`. The alerts are those that one worker with all
    takedowns would send; they wait while a shard has no worker (docs/decisions/023-shards.md).

    Exit codes: 2, wrong setting, or its user lacks a right; 3, Kafka does not answer or does not let us in; 70, what
    is in hand cannot be finished, or a right was taken away; 75, it hung or had lost its group (worker.lost_seconds).
    Nothing is lost then either: what was in hand goes to another worker. Start it again, or have a supervisor do so.

    Example: `relistwatch worker --shard 2/8 --port 6067`
    """
    import msgspec  # noqa: PLC0415

    from streams.kafka_clients.topic_admin import BrokerUnavailableError  # noqa: PLC0415
    from streams.logs import configure_logs  # noqa: PLC0415
    from streams.photos.store import StoreError  # noqa: PLC0415
    from streams.rights.check import RightsError  # noqa: PLC0415
    from streams.worker.worker import run_worker  # noqa: PLC0415

    settings = settings_of(context)
    if port is not None:
        settings = msgspec.structs.replace(settings, web=msgspec.structs.replace(settings.web, port=port))
    if shard is not None or only is not None:
        changes = {"shard": str(shard_option(shard)) if shard else "", "only": only or "everything"}
        try:
            settings = msgspec.structs.replace(
                settings, worker=msgspec.structs.replace(settings.worker, **changes)
            )
        except ValueError as error:
            fail(str(error), EXIT_USAGE)
    configure_logs(as_json=log_json)
    try:
        run_worker(settings)
    except (SettingsError, StoreError, RightsError) as error:
        fail(str(error), EXIT_USAGE)
    except BrokerUnavailableError as error:
        fail(str(error), EXIT_UNAVAILABLE)
