"""`relistwatch connectors state` and `forget`: where running connectors stand."""

import json
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from streams.cli.broker import broker_errors
from streams.cli.connect import connector_folder, instance_name
from streams.cli.context import EXIT_FAILED, EXIT_USAGE, fail, settings_of

if TYPE_CHECKING:
    from connectors.checkpoints import ConnectorState, KafkaCheckpoints

STATE_SHOWN = 100
InFiles = Annotated[
    bool,
    typer.Option("--files", help="The checkpoints of runs into another sink than Kafka, which are files."),
]


def state(
    context: typer.Context,
    in_files: InFiles = False,
    as_json: Annotated[bool, typer.Option("--json", help="Each as a line of JSON.")] = False,
) -> None:
    """Show where each running connector stands: the checkpoints on `connector-state`.

    All before a checkpoint is acknowledged; the connector goes on behind it. Exit code 3: no broker answers.

    Example: `relistwatch connectors state`
    """
    from streams.words.safe_text import safe_text  # noqa: PLC0415

    if in_files:
        states = _states_in(connector_folder(settings_of(context)))
    else:
        with _on_kafka(context) as checkpoints:
            states = checkpoints.load_all()
    for instance, kept in sorted(states.items()):
        row = _row(instance, kept)
        if as_json:
            typer.echo(json.dumps(row))
        else:
            stands = row["state"].get("until") or json.dumps(row["state"])
            told = f"{instance}  {kept.connector} {kept.version}  until {stands}"
            typer.echo(f"{safe_text(told, 3 * STATE_SHOWN)}  saved {kept.saved_at:%Y-%m-%d %H:%M:%S%z}")
    if not states and not as_json:
        typer.echo("no connector has a checkpoint yet", err=True)


def forget(
    context: typer.Context,
    instance: Annotated[str, typer.Argument(help="The running connector, as `state` names it.")],
    in_files: InFiles = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Take a connector's checkpoint away: its next run begins as a first one. Stop the connector before.

    Asks on a terminal, and wants --yes where there is none. Exit code 1: there is no such checkpoint, or the
    answer was no; 3: no broker answers.

    Example: `relistwatch connectors forget shopee-toko-7`
    """
    instance = instance_name(instance)
    folder = connector_folder(settings_of(context))
    if in_files:
        file = folder / instance / "checkpoint.json"
        if not file.is_file():
            fail(f"{instance} has no checkpoint in {folder}")
        _be_sure(instance, yes=yes)
        try:
            file.unlink()
        except OSError as error:
            fail(f"{file}: {error.strerror}")
    else:
        with _on_kafka(context) as checkpoints:
            if instance not in _names(checkpoints):
                fail(f"{instance} has no checkpoint; relistwatch connectors state shows those there are")
            _be_sure(instance, yes=yes)
            checkpoints.forget(instance)
    typer.echo(f"{instance} forgotten: its next run begins as a first one", err=True)


def _be_sure(instance: str, *, yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        fail("nobody to ask: --yes takes the checkpoint away without asking", EXIT_USAGE)
    if not typer.confirm(f"The next run of {instance} will begin as a first one. Take its checkpoint away?"):
        raise typer.Exit(EXIT_FAILED)


@contextmanager
def _on_kafka(context: typer.Context) -> "Iterator[KafkaCheckpoints]":
    from connectors.checkpoints import KafkaCheckpoints  # noqa: PLC0415
    from streams.kafka_clients.kafka_options import client_options  # noqa: PLC0415
    from streams.topics import CONNECTOR_STATE, topic_name  # noqa: PLC0415

    settings = settings_of(context)
    topic = topic_name(CONNECTOR_STATE, settings.topics)
    with broker_errors(), closing(KafkaCheckpoints(client_options(settings.kafka), topic)) as checkpoints:
        yield checkpoints


def _names(checkpoints: "KafkaCheckpoints") -> set[str]:
    return set(checkpoints.load_all())


def _states_in(folder: Path) -> "dict[str, ConnectorState]":
    from connectors.checkpoints import FileCheckpoints  # noqa: PLC0415
    from connectors.sdk import AbortError  # noqa: PLC0415

    checkpoints = FileCheckpoints(folder)
    found = {}
    try:
        for file in sorted(folder.glob("*/checkpoint.json")):
            if (kept := checkpoints.load(file.parent.name)) is not None:
                found[file.parent.name] = kept
    except AbortError as error:
        fail(str(error))
    return found


def _row(instance: str, kept: "ConnectorState") -> dict[str, Any]:
    return {
        "instance": instance,
        "connector": kept.connector,
        "version": kept.version,
        "state": kept.state,
        "saved_at": kept.saved_at.isoformat(),
    }
