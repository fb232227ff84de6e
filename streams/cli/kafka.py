"""`relistwatch kafka`: a real local Kafka, up and down."""

import json
import os
import signal
import time
from pathlib import Path
from typing import Annotated

import typer

from streams.cli.context import EXIT_FAILED, EXIT_UNAVAILABLE, fail

DEFAULT_DATA = Path("~/.local/share/relistwatch/kafka")
STATE_FILE = "running.json"
DataDir = Annotated[Path, typer.Option(help="Where the broker keeps its data and logs.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="A real local Kafka, for trying out and for tests.", no_args_is_help=True)
    group.command("up")(up)
    group.command("down")(down)
    group.command("status")(status)
    app.add_typer(group, name="kafka")


def up(
    nodes: Annotated[int, typer.Option(help="Brokers: 1 or 3.")] = 1,
    port: Annotated[int, typer.Option(help="Port of the first broker.")] = 9092,
    data_dir: DataDir = DEFAULT_DATA,
    as_json: Annotated[bool, typer.Option("--json", help="The outcome as JSON on stdout.")] = False,
) -> None:
    """Start Kafka in the background, on this machine only. Already up is no error.

    The first time fetches some 45 MB of jars and checks each against the lock.

    Example: `relistwatch kafka up --port 9092`
    """
    from streams.kafka_local.broker import BrokerError, LocalKafka  # noqa: PLC0415
    from streams.kafka_local.jars import JarError  # noqa: PLC0415

    if nodes not in {1, 3}:
        raise typer.BadParameter("1 or 3 brokers", param_hint="--nodes")
    folder = data_dir.expanduser()
    pids = _running(folder)
    try:
        broker = LocalKafka(folder, nodes=nodes, port=port, progress=lambda text: typer.echo(text, err=True))
        if not pids:
            broker.start()
            pids = broker.pids
            marks = {str(pid): _started(pid) for pid in pids}
            (folder / STATE_FILE).write_text(json.dumps(marks))
    except (BrokerError, JarError, OSError) as error:
        fail(str(error), EXIT_UNAVAILABLE)
    _say(
        as_json,
        {"bootstrap_servers": broker.bootstrap_servers, "pids": pids},
        f"Kafka is up at {broker.bootstrap_servers}",
    )


def down(data_dir: DataDir = DEFAULT_DATA) -> None:
    """Stop the Kafka that `kafka up` started; its data stays.

    Example: `relistwatch kafka down`
    """
    folder = data_dir.expanduser()
    pids = _running(folder)
    for pid in pids:
        os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + 30
    while _running(folder):
        if time.monotonic() > deadline:
            fail(f"Kafka does not stop: {_running(folder)}")
        time.sleep(0.1)
    (folder / STATE_FILE).unlink(missing_ok=True)
    typer.echo("Kafka is down" if pids else "Kafka was not up")


def status(
    data_dir: DataDir = DEFAULT_DATA,
    as_json: Annotated[bool, typer.Option("--json", help="The answer as JSON on stdout.")] = False,
) -> None:
    """Say whether the local Kafka is up; exit code 1 when it is not.

    Example: `relistwatch kafka status --json`
    """
    pids = _running(data_dir.expanduser())
    _say(as_json, {"up": bool(pids), "pids": pids}, f"Kafka is {'up' if pids else 'down'}")
    if not pids:
        raise typer.Exit(EXIT_FAILED)


def _running(folder: Path) -> list[int]:
    """The processes that `kafka up` started and that still run: the same start time, not only the same number."""
    path = folder / STATE_FILE
    marks: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    return [int(pid) for pid, mark in marks.items() if mark and _started(int(pid)) == mark]


def _started(pid: int) -> str:
    """When the process started, as the kernel counts it; empty when there is none (or it is a zombie)."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] == "Z" else fields[19]


def _say(as_json: bool, values: dict[str, object], text: str) -> None:
    typer.echo(json.dumps(values) if as_json else text)
