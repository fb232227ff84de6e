"""`relistwatch connect`: a source into Kafka."""

import tomllib
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
    as_json: Annotated[bool, typer.Option("--json", help="The counts at the end as JSON.")] = False,
) -> None:
    """Run a source into Kafka until it ends or is stopped with Ctrl-C or SIGTERM.

    Everything that was read is acknowledged by Kafka before the command ends. Exit code 1: some records
    were skipped or refused; 2: wrong source or option; 3: Kafka cannot be reached.

    Example: `relistwatch connect jsonlines --option path=listings.jsonl --option follow=true`
    """
    from connectors.kafka import KafkaSink, KafkaSinkOptions  # noqa: PLC0415
    from connectors.registry import source_type  # noqa: PLC0415
    from connectors.runner import Counts, Runner, stop_on_signals  # noqa: PLC0415
    from connectors.sdk import AbortError, ConnectorError, RetryError, make  # noqa: PLC0415
    from streams.cli.connect_progress import ConnectProgress  # noqa: PLC0415
    from streams.kafka_options import client_options  # noqa: PLC0415
    from streams.topics import LISTINGS, TAKEDOWNS, topic_name  # noqa: PLC0415

    settings = settings_of(context)
    options = source_options(option or [], options_file)
    try:
        kind = source_type(name)
        if "records" in kind.options_type.__struct_fields__ and options.setdefault("records", topic) != topic:
            fail(f"--option records={options['records']} does not go to --topic {topic}", EXIT_USAGE)
        source = make(kind, options)
    except AbortError as error:
        fail(str(error), EXIT_USAGE)
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
    counts = Counts()
    with stop_on_signals() as stop, progress:
        runner = Runner(source, sink, stop=stop, on_progress=progress.update, on_problem=progress.problem)
        counts = runner.counts
        failure: ConnectorError | None = None
        try:
            runner.run()
        except ConnectorError as error:
            failure = error
    progress.end(counts, as_json=as_json)
    if isinstance(failure, RetryError):
        fail(str(failure), EXIT_UNAVAILABLE)
    if failure is not None:
        fail(str(failure), EXIT_USAGE if counts.read == 0 else EXIT_FAILED)
    if counts.skipped or counts.failed:
        raise typer.Exit(EXIT_FAILED)


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
