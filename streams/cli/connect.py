"""`relistwatch connect`: a source into Kafka, or into any other sink."""

import re
import tomllib
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from streams.cli.context import EXIT_FAILED, EXIT_UNAVAILABLE, EXIT_USAGE, fail, settings_of

if TYPE_CHECKING:
    from connectors.checkpoints import Checkpoints
    from connectors.context import Context
    from connectors.counts import Counts
    from connectors.sdk import ConnectorError, Sink, Source
    from streams.settings import Settings


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
    to: Annotated[
        str, typer.Option(help="Another sink than Kafka, such as jsonlines; checkpoints are files then.")
    ] = "kafka",
    to_option: Annotated[
        list[str] | None, typer.Option(help="An option of that sink, KEY=VALUE; repeatable.")
    ] = None,
    metrics_port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Answer /metrics on this port of [web] host.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The counts at the end as JSON.")] = False,
) -> None:
    """Run a source into Kafka until it ends or is stopped with Ctrl-C or SIGTERM.

    Everything that was read is acknowledged before the command ends; a source that keeps a checkpoint
    goes on behind it the next time. Secrets are given as env:NAME or file:PATH. Exit code 1: some records were
    skipped or refused; 2: wrong source or option, or its user lacks a right; 3: Kafka or the source cannot be reached.

    Example: `relistwatch connect jsonlines --option path=listings.jsonl --option follow=true`;
    `relistwatch connect shopee --options-file shopee.toml --instance shopee-toko-7`; without a broker:
    `relistwatch connect shopee --options-file shopee.toml --to jsonlines --to-option path=listings.jsonl`
    """
    from connectors.context import Context  # noqa: PLC0415
    from connectors.runner import Runner  # noqa: PLC0415
    from connectors.sdk import ConnectorError  # noqa: PLC0415
    from connectors.secret import redact  # noqa: PLC0415
    from connectors.stop import stop_on_signals  # noqa: PLC0415
    from streams.cli.connect_progress import ConnectProgress  # noqa: PLC0415
    from streams.health.connector_heartbeat import connector_heartbeats  # noqa: PLC0415
    from streams.logs import configure_logs  # noqa: PLC0415

    settings = settings_of(context)
    configure_logs(as_json=False)
    instance = instance_name(instance or name)
    source = source_of(name, read_options("--option", option or [], options_file), topic)
    if to == "kafka" and not to_option:
        be_allowed(settings, "connector" if topic == "listings" else "takedown-connector")
        sink, checkpoints = into_kafka(settings, topic, name)
    else:
        sink, checkpoints = into_sink(settings, to, read_options("--to-option", to_option or [], None))
    progress = ConnectProgress(name, topic if to == "kafka" else to)
    failure: ConnectorError | None = None
    with stop_on_signals() as stop, ExitStack() as running:
        surroundings = Context(instance, stop=stop, folder=connector_folder(settings) / instance)
        counts = surroundings.counts
        if metrics_port is not None:
            progress.note(
                f"metrics at {serving_metrics(running, settings, surroundings, name, metrics_port)}"
            )
        beats = None
        if to == "kafka" and not to_option:
            beats = running.enter_context(
                connector_heartbeats(settings, name, surroundings, of_listings=topic == "listings")
            )
        running.enter_context(closing(checkpoints))
        running.enter_context(progress)
        runner = Runner(
            source, sink, context=surroundings, checkpoints=checkpoints, on_progress=progress.update,
            on_problem=progress.problem,
        )  # fmt: skip
        try:
            runner.run()
        except ConnectorError as error:
            failure = error
            if beats is not None:
                beats.fail(redact(str(error)))
    progress.end(counts, as_json=as_json)
    end(failure, counts)


def be_allowed(settings: "Settings", component: str) -> None:
    """Where Kafka does not let this user do its work, the command ends and says what it lacks."""
    from streams.kafka_clients.topic_admin import BrokerUnavailableError  # noqa: PLC0415
    from streams.rights.check import RightsError, require_rights  # noqa: PLC0415

    try:
        require_rights(settings, component)
    except RightsError as error:
        fail(str(error), EXIT_USAGE)
    except BrokerUnavailableError as error:
        fail(str(error), EXIT_UNAVAILABLE)


def end(failure: "ConnectorError | None", counts: "Counts") -> None:
    """The exit code that says what came of a run; where it failed, the reason on stderr."""
    from connectors.sdk import RetryError  # noqa: PLC0415
    from connectors.secret import redact  # noqa: PLC0415

    if isinstance(failure, RetryError):
        fail(redact(str(failure)), EXIT_UNAVAILABLE)
    if failure is not None:
        fail(redact(str(failure)), EXIT_USAGE if counts.read == 0 else EXIT_FAILED)
    if counts.skipped or counts.failed:
        raise typer.Exit(EXIT_FAILED)


def source_of(name: str, options: dict[str, Any], topic: str) -> "Source[Any]":
    """The source of that name, for that topic; what is wrong with it ends the command."""
    from connectors.registry import source_type  # noqa: PLC0415
    from connectors.sdk import AbortError, make  # noqa: PLC0415
    from connectors.secret import redact  # noqa: PLC0415

    try:
        kind = source_type(name)
        if "records" in kind.options_type.__struct_fields__ and options.setdefault("records", topic) != topic:
            fail(f"--option records={options['records']} does not go to --topic {topic}", EXIT_USAGE)
        return make(kind, options)
    except AbortError as error:
        fail(redact(str(error)), EXIT_USAGE)


def into_kafka(
    settings: "Settings", topic: Literal["listings", "takedowns"], name: str
) -> "tuple[Sink[Any], Checkpoints]":
    """The topic, and the checkpoints beside it."""
    from connectors.checkpoints import KafkaCheckpoints  # noqa: PLC0415
    from connectors.kafka import KafkaSink, KafkaSinkOptions  # noqa: PLC0415
    from streams.kafka_clients.kafka_options import client_options  # noqa: PLC0415
    from streams.topics import CONNECTOR_STATE, LISTINGS, TAKEDOWNS, topic_name  # noqa: PLC0415

    client = client_options(settings.kafka)
    sink = KafkaSink(
        KafkaSinkOptions(
            topic=topic_name(LISTINGS if topic == "listings" else TAKEDOWNS, settings.topics),
            client=client,
            records=topic,
            origin=f"relistwatch/connect/{name}",
            # Photos hardly shrink: of listings with one of 100 KB, gzip gave 218 a second, none 1,472.
            compression="none",
            max_request_bytes=settings.topics.max_message_bytes,
        )
    )
    return sink, KafkaCheckpoints(client, topic_name(CONNECTOR_STATE, settings.topics))


def into_sink(settings: "Settings", name: str, options: dict[str, Any]) -> "tuple[Sink[Any], Checkpoints]":
    """Any other sink; no broker is needed, and checkpoints are files."""
    from connectors.checkpoints import FileCheckpoints  # noqa: PLC0415
    from connectors.registry import sink_type  # noqa: PLC0415
    from connectors.sdk import AbortError, make  # noqa: PLC0415
    from connectors.secret import redact  # noqa: PLC0415

    try:
        return make(sink_type(name), options), FileCheckpoints(connector_folder(settings))
    except AbortError as error:
        fail(redact(str(error)), EXIT_USAGE)


def connector_folder(settings: "Settings") -> Path:
    """Where connectors keep files of their own, a folder each."""
    return Path(settings.worker.data_dir).expanduser() / "connectors"


def serving_metrics(
    running: ExitStack, settings: "Settings", surroundings: "Context", name: str, port: int
) -> str:
    """Answer /metrics as long as `running` is open; the address."""
    from streams.metrics.connector_metrics import ConnectorMetrics, serve_metrics  # noqa: PLC0415

    host = settings.web.host
    metrics = ConnectorMetrics(surroundings.counts, name, surroundings.instance, surroundings.flows)
    try:
        taken = running.enter_context(serve_metrics(metrics, host, port))
    except OSError as error:
        fail(f"--metrics-port {port}: {error.strerror}", EXIT_USAGE)
    return f"http://{host}:{taken}/metrics"


def instance_name(name: str) -> str:
    """The name, if a checkpoint and a folder may bear it; else the command ends."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", name):
        fail(f"--instance {name[:100]!r}: letters, digits, dots, dashes and underscores only", EXIT_USAGE)
    return name


def read_options(flag: str, pairs: list[str], file: Path | None) -> dict[str, Any]:
    """Options from a TOML file and KEY=VALUE pairs; a wrong one ends the command by name."""
    options: dict[str, Any] = {}
    if file is not None:
        try:
            options = tomllib.loads(file.read_text(encoding="utf-8"))
        except OSError as error:
            fail(f"--options-file {file}: cannot read: {error.strerror}", EXIT_USAGE)
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
            fail(f"--options-file {file}: not TOML: {error}", EXIT_USAGE)
    for pair in pairs:
        key, separator, value = pair.partition("=")
        if not separator or not key:
            fail(f"{flag} {pair}: write KEY=VALUE, such as path=listings.jsonl", EXIT_USAGE)
        options[key] = value
    return options
