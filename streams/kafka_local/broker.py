"""A local Kafka of one or three combined KRaft nodes on the loopback address.

For the demo, the tests and the fault tests: the real broker, with ports and data that survive a restart.
"""

import base64
import contextlib
import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self, TypedDict

from kafka.admin import KafkaAdminClient
from kafka.errors import KafkaError

from streams.die_with_parent import die_with_parent
from streams.kafka_local.jars import Progress, java, kafka_jars

START_SECONDS = 60.0
STOP_SECONDS = 20.0
JVM_FLAGS = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto")
"""For starting fast rather than running long: the demo's and the tests' broker lives for minutes."""


class BrokerError(RuntimeError):
    """The broker did not start or stop as asked; the message carries the end of its log."""


class Layout(TypedDict):
    """What a data folder keeps: the cluster's id, and each node's two ports."""

    cluster: str
    ports: list[int]
    controllers: list[int]


class LocalKafka:
    """Kafka nodes as child processes, with their data in `data_dir`.

    `die_with_parent` ends the nodes when this process ends in whatever way (Linux); without it they are
    detached and outlive it. `port` is the first node's, 0 takes free ones; a data folder keeps its ports.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        nodes: int = 1,
        port: int = 0,
        heap_mb: int = 384,
        die_with_parent: bool = False,
        progress: Progress = lambda _: None,
    ) -> None:
        self.data_dir = data_dir
        self._heap_mb = heap_mb
        self._die_with_parent = die_with_parent
        self._progress = progress
        self._processes: dict[int, subprocess.Popen[bytes]] = {}
        data_dir.mkdir(parents=True, exist_ok=True)
        self._layout = _layout(data_dir, nodes, port)

    @property
    def bootstrap_servers(self) -> str:
        """Comma-separated host:port of all nodes."""
        return ",".join(f"127.0.0.1:{port}" for port in self._layout["ports"])

    @property
    def pids(self) -> list[int]:
        """The processes of the nodes that run."""
        return [process.pid for process in self._processes.values() if process.poll() is None]

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start all nodes and return when each answers."""
        jars = kafka_jars(self._progress)
        self._progress("starting Apache Kafka")
        numbers = range(len(self._layout["ports"]))
        try:
            for number in numbers:
                self._launch(number, jars)
            for number in numbers:
                self._wait(number)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop all nodes with SIGTERM, and those that stay with SIGKILL."""
        # A node alone cannot leave its quorum in order: with all asked at once none waits for another.
        for process in self._processes.values():
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for number in list(self._processes):
            self.stop_node(number)

    def start_node(self, number: int) -> None:
        """Start node `number` (0-based) on its own port and data, and return when it answers."""
        self._launch(number, kafka_jars(self._progress))
        self._wait(number)

    def stop_node(self, number: int) -> None:
        """Stop a node in order, or with SIGKILL when it takes too long."""
        process = self._processes.pop(number)
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
        process.wait()

    def kill_node(self, number: int) -> None:
        """End a node with SIGKILL, as a machine that fails would."""
        process = self._processes.pop(number)
        process.kill()
        process.wait()

    def _folder(self, number: int) -> Path:
        return self.data_dir / f"node{number + 1}"

    def _launch(self, number: int, jars: Sequence[Path]) -> None:
        folder = self._folder(number)
        folder.mkdir(exist_ok=True)
        properties = folder / "server.properties"
        properties.write_text(_properties(self._layout, number, folder / "data"))
        classpath = os.pathsep.join(map(str, jars))
        quiet = "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"
        command = [str(java()), *JVM_FLAGS, f"-Xmx{self._heap_mb}m", quiet, "-cp", classpath]
        if not (folder / "data" / "meta.properties").exists():
            # With an equals sign: an id may begin with a hyphen.
            cluster = f"--cluster-id={self._layout['cluster']}"
            formatted = subprocess.run(  # noqa: S603  our own command, no shell
                [*command, "kafka.tools.StorageTool", "format", cluster, "-c", str(properties)],
                capture_output=True,
                check=False,
                text=True,
                timeout=START_SECONDS,
            )
            if formatted.returncode:
                raise BrokerError(f"Kafka could not prepare {folder}:\n{formatted.stderr[-2000:]}")
        with (folder / "server.log").open("ab") as log:
            self._processes[number] = subprocess.Popen(  # noqa: S603  our own command, no shell
                [*command, "kafka.Kafka", str(properties)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # Ctrl-C at the terminal is for the parent, which stops its broker last.
                start_new_session=True,
                preexec_fn=die_with_parent if self._die_with_parent else None,  # noqa: PLW1509  one prctl call
            )

    def _wait(self, number: int) -> None:
        address = f"127.0.0.1:{self._layout['ports'][number]}"
        deadline = time.monotonic() + START_SECONDS
        while not _answers(address):
            status = self._processes[number].poll()
            if status is not None or time.monotonic() > deadline:
                log = (self._folder(number) / "server.log").read_text(errors="replace")[-2000:]
                what = (
                    f"ended with {status}"
                    if status is not None
                    else f"does not answer after {START_SECONDS:.0f} s"
                )
                raise BrokerError(f"Kafka at {address} {what}:\n{log}")
            time.sleep(0.1)


def _answers(address: str) -> bool:
    """Whether the broker answers a metadata request; an open port alone means little."""
    host, port = address.rsplit(":", 1)
    with contextlib.suppress(OSError), socket.create_connection((host, int(port)), timeout=0.5):
        try:
            admin = KafkaAdminClient(bootstrap_servers=[address], request_timeout_ms=3000)
            try:
                return bool(admin.describe_cluster().get("brokers"))
            finally:
                admin.close()
        except KafkaError:
            return False
    return False


def _layout(data_dir: Path, nodes: int, port: int) -> Layout:
    """The cluster's id and ports, drawn once for a data folder and kept in it."""
    path = data_dir / "cluster.json"
    if path.exists():
        kept: Layout = json.loads(path.read_text())
        return kept
    free = _free_ports(2 * nodes)
    ports, controllers = free[:nodes], free[nodes:]
    if port:
        ports = [port + number for number in range(nodes)]
    cluster = base64.urlsafe_b64encode(os.urandom(16)).decode().rstrip("=")
    layout = Layout(cluster=cluster, ports=ports, controllers=controllers)
    path.write_text(json.dumps(layout))
    return layout


def _free_ports(count: int) -> list[int]:
    """Ports that are free now: all held at once, so that none is given twice."""
    with contextlib.ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for probe in sockets:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in sockets]


def _properties(layout: Layout, number: int, data: Path) -> str:
    ports, controllers = layout["ports"], layout["controllers"]
    replicas = min(3, len(ports))
    values = {
        "process.roles": "broker,controller",
        "node.id": number + 1,
        "controller.quorum.voters": ",".join(
            f"{n + 1}@127.0.0.1:{port}" for n, port in enumerate(controllers)
        ),
        "listeners": f"PLAINTEXT://127.0.0.1:{ports[number]},CONTROLLER://127.0.0.1:{controllers[number]}",
        "controller.listener.names": "CONTROLLER",
        "log.dirs": data,
        "offsets.topic.replication.factor": replicas,
        "offsets.topic.num.partitions": 8,
        "transaction.state.log.replication.factor": replicas,
        "transaction.state.log.min.isr": max(1, replicas - 1),
        "default.replication.factor": replicas,
        "min.insync.replicas": max(1, replicas - 1),
        "group.initial.rebalance.delay.ms": 0,
        "auto.create.topics.enable": "false",
        "log.cleaner.dedupe.buffer.size": 16 * 1024 * 1024,
        "message.max.bytes": 32 * 1024 * 1024,
        "replica.fetch.max.bytes": 32 * 1024 * 1024,
    }
    return "".join(f"{name}={value}\n" for name, value in values.items())
