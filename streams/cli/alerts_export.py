"""`relistwatch alerts export`: the alerts topic into any sink."""

from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from streams.cli.connect import connector_folder, end, into_sink, read_options
from streams.cli.context import settings_of


def export(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="SINK", help="Where alerts go: webhook, csv, jsonlines ...")],
    option: Annotated[
        list[str] | None, typer.Option(help="An option of the sink, KEY=VALUE; repeatable.")
    ] = None,
    options_file: Annotated[
        Path | None, typer.Option(help="The sink's options in a TOML file; --option wins over it.")
    ] = None,
    group: Annotated[
        str | None,
        typer.Option(
            help="The consumer group that remembers what was exported. Default: the workers' with -export-SINK behind."
        ),
    ] = None,
    from_beginning: Annotated[
        bool, typer.Option("--from-beginning", help="A group without a place begins with the oldest alert.")
    ] = False,
    once: Annotated[bool, typer.Option("--once", help="End where the topic ends now.")] = False,
    held: Annotated[bool, typer.Option("--held", help="The alerts that a flood held back instead.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The counts at the end as JSON.")] = False,
) -> None:
    """Send alerts to a sink until stopped with Ctrl-C or SIGTERM; the next run goes on where this one ended.

    Every alert arrives at least once: it counts as exported when the sink has it for safe. Duplicates have the same
    alert_id. Run it twice with one group and the two share the work; give another group to export anew. Exit code
    1: some were refused; 2: wrong sink or option; 3: Kafka or the sink cannot be reached.

    Example: `relistwatch alerts export csv --option path=alerts.csv --from-beginning --once`;
    `relistwatch alerts export jsonlines --option path=alerts.jsonl --group archive`;
    `relistwatch alerts export webhook --option url=https://desk.example/alerts --option secret=env:DESK_SECRET
    --option dead_letter_file=refused.jsonl`
    """
    from connectors.context import Context  # noqa: PLC0415
    from connectors.kafka_source import KafkaSource, KafkaSourceOptions  # noqa: PLC0415
    from connectors.runner import Runner  # noqa: PLC0415
    from connectors.sdk import ConnectorError  # noqa: PLC0415
    from connectors.stop import stop_on_signals  # noqa: PLC0415
    from streams.cli.connect_progress import ConnectProgress  # noqa: PLC0415
    from streams.kafka_clients.kafka_options import client_options  # noqa: PLC0415
    from streams.topics import ALERTS, HELD_ALERTS, topic_name  # noqa: PLC0415

    settings = settings_of(context)
    sink, checkpoints = into_sink(settings, name, read_options("--option", option or [], options_file))
    topic = HELD_ALERTS if held else ALERTS
    group = group or f"{settings.kafka.group}-export-{'held-' if held else ''}{name}"
    source = KafkaSource(
        KafkaSourceOptions(
            topic=topic_name(topic, settings.topics),
            client=client_options(settings.kafka),
            group=group,
            records="alerts",
            from_beginning=from_beginning,
            once=once,
        )
    )
    progress = ConnectProgress(topic.name, name)
    failure: ConnectorError | None = None
    with stop_on_signals() as stop, progress, closing(checkpoints):
        surroundings = Context(group, stop=stop, folder=connector_folder(settings) / f"export-{name}")
        runner = Runner(
            source, sink, context=surroundings, checkpoints=checkpoints, on_progress=progress.update,
            on_problem=progress.problem,
        )  # fmt: skip
        try:
            runner.run()
        except ConnectorError as error:
            failure = error
    progress.end(surroundings.counts, as_json=as_json)
    end(failure, surroundings.counts)
