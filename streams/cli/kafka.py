"""`relistwatch kafka`: a real local Kafka, up and down."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from streams.cli.context import EXIT_FAILED, EXIT_UNAVAILABLE, EXIT_USAGE, fail

if TYPE_CHECKING:
    from streams.kafka_local.broker import LocalKafka

DEFAULT_DATA = Path("~/.local/share/relistwatch/kafka")
DEFAULT_PORT = 9092
STOP_SECONDS = 30.0
DataDir = Annotated[Path, typer.Option(help="Where the broker keeps its data and logs.")]
AsJson = Annotated[bool, typer.Option("--json", help="The outcome as JSON on stdout.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="A real local Kafka, for trying out and for tests.", no_args_is_help=True)
    group.command("up")(up)
    group.command("down")(down)
    group.command("status")(status)
    app.add_typer(group, name="kafka")


def up(
    nodes: Annotated[
        int | None, typer.Option(help="Brokers: 1 or 3. Default: as the data has it, else 1.")
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=65533,
            help=f"Port of the first broker. Default: as the data has it, else {DEFAULT_PORT}.",
        ),
    ] = None,
    data_dir: DataDir = DEFAULT_DATA,
    foreground: Annotated[
        bool, typer.Option("--foreground", help="Stay until Ctrl-C or SIGTERM, and take Kafka along.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Start Kafka in the background, on this machine only. Already up is no error.

    The first time fetches some 45 MB of jars and checks each against the lock. Exit code 3 when Kafka
    cannot start, 2 when the data folder holds another cluster than the one asked for.

    Example: `relistwatch kafka up --port 9092`
    """
    from streams.kafka_local.broker import BrokerError, LocalKafka  # noqa: PLC0415
    from streams.kafka_local.changing import changing  # noqa: PLC0415
    from streams.kafka_local.jars import JarError  # noqa: PLC0415
    from streams.kafka_local.layout import LayoutError, kept_layout  # noqa: PLC0415
    from streams.kafka_local.running import running  # noqa: PLC0415

    folder = data_dir.expanduser()
    try:
        with changing(folder):
            kept = kept_layout(folder)
            broker = LocalKafka(
                folder,
                nodes=nodes or (len(kept.ports) if kept else 1),
                port=port or (0 if kept else DEFAULT_PORT),
                die_with_parent=foreground,
                progress=lambda text: typer.echo(text, err=True),
            )
            already = running(folder)
            if already and foreground:
                fail(f"Kafka is up already at {broker.bootstrap_servers}: relistwatch kafka down ends it")
            if not already:
                _start(broker)
    except LayoutError as error:
        fail(str(error), EXIT_USAGE)
    except (BrokerError, JarError, OSError) as error:
        fail(str(error), EXIT_UNAVAILABLE)
    values = {"up": True, "bootstrap_servers": broker.bootstrap_servers, "pids": already or broker.pids}
    text = f"Kafka is up at {broker.bootstrap_servers}"
    if foreground:
        _stay(broker, lambda: _say(as_json, values, text))
    else:
        _say(as_json, values, text)


def down(data_dir: DataDir = DEFAULT_DATA, as_json: AsJson = False) -> None:
    """Stop the Kafka that `kafka up` started, and nothing else; its data stays. Not up is no error.

    Example: `relistwatch kafka down`
    """
    from streams.kafka_local.changing import changing  # noqa: PLC0415
    from streams.kafka_local.running import end_running, running  # noqa: PLC0415

    folder = data_dir.expanduser()
    if not folder.is_dir():
        _say(as_json, {"up": False, "ended": [], "killed": []}, "Kafka was not up")
        return
    with changing(folder):
        ended, killed = end_running(folder, STOP_SECONDS)
        if left := running(folder):
            fail(f"Kafka does not stop: processes {left}. See {folder}/node1/server.log")
    text = "Kafka is down" if ended else "Kafka was not up"
    if killed:
        text += f" (it did not stop in {STOP_SECONDS:.0f} s and was killed)"
    _say(as_json, {"up": False, "ended": ended, "killed": killed}, text)


def status(data_dir: DataDir = DEFAULT_DATA, as_json: AsJson = False) -> None:
    """Say whether the local Kafka is up, and where; exit code 1 when it is not, or only in part.

    Example: `relistwatch kafka status --json`
    """
    from streams.kafka_local.layout import LayoutError, kept_layout  # noqa: PLC0415
    from streams.kafka_local.running import running  # noqa: PLC0415

    folder = data_dir.expanduser()
    try:
        layout = kept_layout(folder)
    except LayoutError as error:
        fail(str(error), EXIT_USAGE)
    pids = running(folder)
    nodes = len(layout.ports) if layout else 0
    whole = bool(pids) and len(pids) == nodes
    servers = layout.bootstrap_servers if layout and pids else None
    text = (
        f"Kafka is up at {servers}"
        if whole
        else f"{len(pids)} of {nodes} nodes run"
        if pids
        else "Kafka is down"
    )
    _say(as_json, {"up": whole, "bootstrap_servers": servers, "nodes": nodes, "pids": pids}, text)
    if not whole:
        raise typer.Exit(EXIT_FAILED)


def _start(broker: LocalKafka) -> None:
    """Starting, during which SIGTERM unwinds like Ctrl-C: a half-started cluster is taken down again."""
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        broker.start()
    finally:
        signal.signal(signal.SIGTERM, before)


def _stay(broker: LocalKafka, announce: Callable[[], None]) -> None:
    """Announce it, then wait until a signal, or until a node ends by itself."""
    # Before it is announced: whoever reads that may send the signal at once.
    signal.signal(signal.SIGTERM, _interrupt)
    nodes = len(broker.pids)
    try:
        announce()
        while len(broker.pids) == nodes:
            time.sleep(0.2)
        fail(f"a node of Kafka ended by itself: see {broker.data_dir}/node1/server.log", EXIT_UNAVAILABLE)
    except KeyboardInterrupt:
        typer.echo("stopping Apache Kafka", err=True)
    finally:
        broker.stop()


def _interrupt(number: int, _: object) -> None:
    raise KeyboardInterrupt(signal.Signals(number).name)


def _say(as_json: bool, values: dict[str, object], text: str) -> None:
    typer.echo(json.dumps(values) if as_json else text)
