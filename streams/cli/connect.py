"""`relistwatch connect`: a source into Kafka."""

import re
import tomllib
from contextlib import closing
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from streams.cli.context import EXIT_FAILED, EXIT_UNAVAILABLE, EXIT_USAGE, fail, settings_of


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("connect")(connect)


def connect(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="The source, such as jsonlines.")],
    option: Annotated[
        list[str] | None, typer.Option(help="An option of the source, KEY=VALUE; repeatable.")
    ] = None,
    options_file: Annotated[
        Path | None, typer.Option(help="The source's options in a TOML file; --option wins over it.")
    ] = None,
    topic: Annotated[
        Literal["listings", "takedowns"], typer.Option(help="Where the records go.")
    ] = "listings",
    instance: Annotated[
        str | None,
        typer.Option(
            help="The name of this running connector, under which its checkpoint is kept. Default: NAME."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The counts at the end as JSON.")] = False,
) -> None:
    """Run a source into Kafka until it ends or is stopped with Ctrl-C or SIGTERM.

    Everything that was read is acknowledged by Kafka before the command ends; a source that keeps a checkpoint
    goes on behind it the next time. Secrets are given as env:NAME or file:PATH. Exit code 1: some records were
    skipped or refused; 2: wrong source or option; 3: Kafka or the source cannot be reached.

    Examples: `relistwatch connect jsonlines --option path=listings.jsonl --option follow=true`;
    `relistwatch connect shopee --options-file shopee.toml --instance shopee-toko-7`
    """
    from connectors.checkpoints import KafkaCheckpoints  # noqa: PLC0415
    from connectors.context import Context  # noqa: PLC0415
    from connectors.kafka import KafkaSink, KafkaSinkOptions  # noqa: PLC0415
    from connectors.registry import source_type  # noqa: PLC0415
    from connectors.runner import Runner  # noqa: PLC0415
    from connectors.sdk import AbortError, ConnectorError, RetryError, make  # noqa: PLC0415
    from connectors.secret import redact  # noqa: PLC0415
    from connectors.stop import stop_on_signals  # noqa: PLC0415
    from streams.cli.connect_progress import ConnectProgress  # noqa: PLC0415
    from streams.kafka_options import client_options  # noqa: PLC0415
    from streams.topics import CONNECTOR_STATE, LISTINGS, TAKEDOWNS, topic_name  # noqa: PLC0415

    settings = settings_of(context)
    name_of_run = instance_name(instance or name)
    options = source_options(option or [], options_file)
    try:
        kind = source_type(name)
        if "records" in kind.options_type.__struct_fields__ and options.setdefault("records", topic) != topic:
            fail(f"--option records={options['records']} does not go to --topic {topic}", EXIT_USAGE)
        source = make(kind, options)
    except AbortError as error:
        fail(redact(str(error)), EXIT_USAGE)
    sink = KafkaSink(
        KafkaSinkOptions(
            topic=topic_name(LISTINGS if topic == "listings" else TAKEDOWNS, settings.topics),
            client=client_options(settings.kafka),
            records=topic,
            origin=f"relistwatch/connect/{name}",
            # Photos hardly shrink: of listings with one of 100 KB, gzip gave 218 a second, none 1,472.
            compression="none",
            max_request_bytes=settings.topics.max_message_bytes,
        )
    )
    progress = ConnectProgress(name, topic)
    checkpoints = KafkaCheckpoints(
        client_options(settings.kafka), topic_name(CONNECTOR_STATE, settings.topics)
    )
    with stop_on_signals() as stop, progress, closing(checkpoints):
        surroundings = Context(
            name_of_run,
            stop=stop,
            folder=Path(settings.worker.data_dir).expanduser() / "connectors" / name_of_run,
        )
        counts = surroundings.counts
        runner = Runner(
            source,
            sink,
            context=surroundings,
            checkpoints=checkpoints,
            on_progress=progress.update,
            on_problem=progress.problem,
        )
        failure: ConnectorError | None = None
        try:
            runner.run()
        except ConnectorError as error:
            failure = error
    progress.end(counts, as_json=as_json)
    if isinstance(failure, RetryError):
        fail(redact(str(failure)), EXIT_UNAVAILABLE)
    if failure is not None:
        fail(redact(str(failure)), EXIT_USAGE if counts.read == 0 else EXIT_FAILED)
    if counts.skipped or counts.failed:
        raise typer.Exit(EXIT_FAILED)


def instance_name(name: str) -> str:
    """The name, if a checkpoint and a folder may bear it; else the command ends."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", name):
        fail(f"--instance {name[:100]!r}: letters, digits, dots, dashes and underscores only", EXIT_USAGE)
    return name


def source_options(pairs: list[str], file: Path | None) -> dict[str, Any]:
    """The source's options from a TOML file and KEY=VALUE pairs; a wrong one ends the command by name."""
    options: dict[str, Any] = {}
    if file is not None:
        try:
            options = tomllib.loads(file.read_text(encoding="utf-8"))
        except OSError as error:
            fail(f"--options-file {file}: cannot read: {error.strerror}", EXIT_USAGE)
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            fail(f"--options-file {file}: not TOML: {error}", EXIT_USAGE)
    for pair in pairs:
        key, separator, value = pair.partition("=")
        if not separator or not key:
            fail(f"--option {pair}: write KEY=VALUE, such as path=listings.jsonl", EXIT_USAGE)
        options[key] = value
    return options
