"""A local Kafka of one or three combined KRaft nodes on the loopback address.

For the demo, the tests and the fault tests: the real broker, with ports and data that survive a restart.
"""

import contextlib
import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from kafka.admin import KafkaAdminClient
from kafka.errors import KafkaError

from streams.die_with_parent import die_with_parent
from streams.kafka_local.fast_start import jvm_flags
from streams.kafka_local.jars import Progress, java, kafka_jars
from streams.kafka_local.layout import is_free, reserved, settle_layout
from streams.kafka_local.running import mark_running, running
from streams.kafka_local.security import Security

START_SECONDS = 60.0
STOP_SECONDS = 20.0
ASK_MS = 3000
LOG_TAIL = 2000
"""Characters of a node's log in an error message."""


class BrokerError(RuntimeError):
    """The broker did not start as asked; the message says why, or carries the end of its log."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where one node runs: its address, and what stands before its command, as `ip netns exec NAME`."""

    host: str
    prefix: tuple[str, ...] = ()


class LocalKafka:
    """Kafka nodes as child processes, with their data and logs in `data_dir`.

    `port` is the first node's, 0 takes free ones; a data folder keeps its ports. `die_with_parent` ends the
    nodes when this process ends in whatever way (Linux: when the thread ends that started them); without it
    they are detached and outlive it. `flags` replaces the JVM flags for a fast start. With `security` only those
    whom it lets in are served.
    `places`: a network of its own for each node, for faults of the network; by default all are on the loopback.

    Raises:
        LayoutError: the folder holds a cluster of another shape.
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
        flags: Sequence[str] | None = None,
        security: Security | None = None,
        places: Sequence[Place] = (),
    ) -> None:
        self.data_dir = data_dir.resolve()
        self._heap_mb = heap_mb
        self._die_with_parent = die_with_parent
        self._progress = progress
        self._flags = flags
        self._security = security
        self._places = places
        self._processes: dict[int, subprocess.Popen[bytes]] = {}
        self._ports = contextlib.ExitStack()
        data_dir.mkdir(parents=True, exist_ok=True)
        self._layout = settle_layout(self.data_dir, nodes, port, tuple(place.host for place in places))

    @property
    def bootstrap_servers(self) -> str:
        """Comma-separated host:port of all nodes."""
        return self._layout.bootstrap_servers

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
        """Start all nodes and return when each of them serves.

        Raises:
            BrokerError: a port is taken, the folder is in use, or a node ends or does not answer.
            JarError: Kafka's jars or Java are not to be had.
        """
        if others := running(self.data_dir):
            raise BrokerError(f"{self.data_dir} is in use by process {others[0]}: stop that Kafka first")
        try:
            self._ports.enter_context(reserved((*self._layout.ports, *self._layout.controllers)))
            self._java_command()  # what is missing is fetched before anything starts
            self._progress("starting Apache Kafka")
            self.start_nodes(range(len(self._layout.ports)))
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
        self._ports.close()

    def kill(self) -> None:
        """End all nodes with SIGKILL."""
        for number in list(self._processes):
            self.kill_node(number)

    def start_node(self, number: int) -> None:
        """Start node `number` (0-based) on its own port and data, and return when it serves."""
        self.start_nodes([number])

    def start_nodes(self, numbers: Sequence[int]) -> None:
        """Start these nodes and return when each serves: one alone, of three that were down, has no quorum."""
        command = self._java_command()
        for number in numbers:
            self._launch(number, command)
        for number in numbers:
            self._wait(number)

    def stop_node(self, number: int) -> None:
        """Stop a node in order, or with SIGKILL when it takes too long."""
        process = self._processes[number]
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
        self._reap(number)

    def kill_node(self, number: int) -> None:
        """End a node with SIGKILL, as a machine that fails would."""
        self._processes[number].kill()
        self._reap(number)

    def running(self, number: int) -> bool:
        """Whether node `number` has a process that runs."""
        process = self._processes.get(number)
        return process is not None and process.poll() is None

    def _reap(self, number: int) -> None:
        self._processes[number].wait()
        del self._processes[number]
        mark_running(self.data_dir, self.pids)

    def _folder(self, number: int) -> Path:
        return self.data_dir / f"node{number + 1}"

    def _java_command(self) -> list[str]:
        jars = kafka_jars(self._progress)
        flags = self._flags if self._flags is not None else jvm_flags(jars, _train, self._progress)
        log_level = "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"
        return [
            str(java()),
            *flags,
            f"-Xmx{self._heap_mb}m",
            log_level,
            *(self._security.java_options() if self._security else ()),
            "-cp",
            os.pathsep.join(map(str, jars)),
        ]

    def _launch(self, number: int, command: list[str]) -> None:
        for port in (self._layout.ports[number], self._layout.controllers[number]):
            if not self._places and not is_free(port):
                raise BrokerError(
                    f"port {port} is taken by another program: end it, or use another port and another data folder"
                )
        folder = self._folder(number)
        folder.mkdir(exist_ok=True)
        properties = folder / "server.properties"
        # It may hold a password, and the data folder may be anywhere.
        properties.touch(mode=0o600)
        properties.write_text(self._layout.properties(number, folder / "data", self._security))
        if not (folder / "data" / "meta.properties").exists():
            self._format(command, properties)
        prefix = self._places[number].prefix if self._places else ()
        with (folder / "server.log").open("ab") as log:
            self._processes[number] = subprocess.Popen(  # noqa: S603  our own command, no shell
                [*prefix, *command, "kafka.Kafka", str(properties)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # Ctrl-C at the terminal is for the parent, which stops its broker last.
                start_new_session=True,
                preexec_fn=partial(die_with_parent, os.getpid()) if self._die_with_parent else None,  # noqa: PLW1509
            )
        mark_running(self.data_dir, self.pids)

    def _format(self, command: list[str], properties: Path) -> None:
        outputs = [flag for flag in command if flag.startswith("-XX:AOTCacheOutput")]
        formatted = subprocess.run(  # noqa: S603  our own command, no shell
            [part for part in command if part not in outputs]
            + [
                "kafka.tools.StorageTool",
                "format",
                f"--cluster-id={self._layout.cluster}",
                "-c",
                str(properties),
                *(self._security.format_options() if self._security else ()),
            ],
            capture_output=True,
            check=False,
            text=True,
            timeout=START_SECONDS,
        )
        if formatted.returncode:
            raise BrokerError(f"Kafka could not prepare {properties.parent}:\n{formatted.stderr[-LOG_TAIL:]}")

    def _wait(self, number: int) -> None:
        address = self._layout.address(number)
        deadline = time.monotonic() + START_SECONDS
        client = self._security.client() if self._security else {}
        while not _serves(address, self._layout.cluster, number + 1, client):
            status = self._processes[number].poll()
            if status is not None or time.monotonic() > deadline:
                log = self._folder(number) / "server.log"
                what = (
                    f"ended with {status}"
                    if status is not None
                    else f"does not answer after {START_SECONDS:.0f} s"
                )
                tail = log.read_text(errors="replace")[-LOG_TAIL:]
                raise BrokerError(f"Kafka at {address} {what}; the end of {log}:\n{tail}")
            time.sleep(0.1)


def _serves(address: str, cluster: str, node: int, client: Mapping[str, Any]) -> bool:
    """Whether this very node answers and its cluster lets it serve; an open port alone means little."""
    host, port = address.rsplit(":", 1)
    with contextlib.suppress(OSError, KafkaError), socket.create_connection((host, int(port)), timeout=0.5):
        admin = KafkaAdminClient(
            bootstrap_servers=[address], request_timeout_ms=ASK_MS, bootstrap_timeout_ms=ASK_MS, **client
        )
        try:
            found = admin.describe_cluster()
        finally:
            admin.close()
        serving = {broker["broker_id"] for broker in found["brokers"] if not broker.get("is_fenced")}
        return found["cluster_id"] == cluster and node in serving
    return False


def _train(flags: Sequence[str]) -> None:
    """One life of a broker with these JVM flags, on data that is thrown away."""
    with (
        tempfile.TemporaryDirectory(prefix="relistwatch-training-") as work,
        LocalKafka(Path(work), die_with_parent=True, flags=flags),
    ):
        pass
