"""What a local cluster's data folder keeps: its id, its ports, and from them each node's configuration."""

import base64
import contextlib
import os
import random
import socket
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from streams.kafka_local.security import LISTENER, Security

LAYOUT_FILE = "cluster.json"
PORTS = range(20_000, 32_000)
"""Below the range from which Linux and macOS take the ports of outgoing connections (32768 and 49152):
while a node is down, no client's connection can come to sit on its port."""


class LayoutError(ValueError):
    """The data folder holds another cluster than the one asked for; the message says what to do."""


class Layout(msgspec.Struct, frozen=True):
    """The cluster's id (16 bytes, URL-safe base64) and each node's two ports."""

    cluster: str
    ports: tuple[int, ...]
    controllers: tuple[int, ...]
    hosts: tuple[str, ...] = ()
    """Each node's address; without them all are on the loopback."""

    @property
    def bootstrap_servers(self) -> str:
        """Comma-separated host:port of all nodes."""
        return ",".join(map(self.address, range(len(self.ports))))

    def address(self, number: int) -> str:
        """Where node `number` (0-based) serves its clients."""
        return f"{self.host(number)}:{self.ports[number]}"

    def host(self, number: int) -> str:
        """The address of node `number` (0-based)."""
        return self.hosts[number] if self.hosts else "127.0.0.1"

    def properties(self, number: int, data: Path, security: Security | None = None) -> str:
        """Node `number`'s server.properties: a combined broker and controller, on its own address only; open to all who
        are there, or as `security` says."""
        replicas = len(self.ports)
        insync = max(1, replicas - 1)
        quorum = (f"{node + 1}@{self.host(node)}:{port}" for node, port in enumerate(self.controllers))
        controller = f"{self.host(number)}:{self.controllers[number]}"
        serves = "PLAINTEXT" if security is None else LISTENER
        values: dict[str, object] = {
            "process.roles": "broker,controller",
            "node.id": number + 1,
            "controller.quorum.voters": ",".join(quorum),
            "listeners": f"{serves}://{self.address(number)},CONTROLLER://{controller}",
            "controller.listener.names": "CONTROLLER",
            "log.dirs": data,
            "offsets.topic.replication.factor": replicas,
            "offsets.topic.num.partitions": 8,
            "transaction.state.log.replication.factor": replicas,
            "transaction.state.log.min.isr": insync,
            "transaction.state.log.num.partitions": 8,
            "share.coordinator.state.topic.replication.factor": replicas,
            "share.coordinator.state.topic.min.isr": insync,
            "default.replication.factor": replicas,
            "min.insync.replicas": insync,
            "group.initial.rebalance.delay.ms": 0,
            "auto.create.topics.enable": "false",
            "log.cleaner.dedupe.buffer.size": 16 * 1024 * 1024,
            # Room for a dead letter: a listing of 8 MB in base64, and its headers (streams.topics).
            "message.max.bytes": 32 * 1024 * 1024,
            "replica.fetch.max.bytes": 32 * 1024 * 1024,
        }
        if security is not None:
            values |= security.properties()
        return "".join(f"{name}={value}\n" for name, value in values.items())


def kept_layout(data_dir: Path) -> Layout | None:
    """The layout of the cluster whose data is in the folder; None where there is none.

    Raises:
        LayoutError: the file was damaged.
    """
    path = data_dir / LAYOUT_FILE
    if not path.exists():
        return None
    try:
        return msgspec.json.decode(path.read_bytes(), type=Layout)
    except msgspec.DecodeError as error:
        raise LayoutError(
            f"{path} is damaged ({error}): mend it, or remove {data_dir} and its data"
        ) from None


def settle_layout(data_dir: Path, nodes: int, port: int, hosts: tuple[str, ...] = ()) -> Layout:
    """The folder's layout, drawn once and then kept: `port` is the first node's, 0 means any; `hosts` as in Layout.

    Raises:
        LayoutError: the folder's cluster has another number of nodes or another port than asked for.
    """
    if nodes not in {1, 3}:
        raise LayoutError(f"a local Kafka has 1 or 3 nodes, not {nodes}")
    if kept := kept_layout(data_dir):
        if len(kept.ports) != nodes:
            raise LayoutError(
                f"{data_dir} holds a cluster of {len(kept.ports)} nodes, not {nodes}: use another data folder"
            )
        if port and kept.ports[0] != port:
            raise LayoutError(
                f"{data_dir} holds a cluster whose first port is {kept.ports[0]}, not {port}: "
                "ask for that port, or use another data folder"
            )
        return kept
    given = tuple(port + number for number in range(nodes)) if port else ()
    free = free_ports(2 * nodes - len(given))
    ports = (*given, *free)
    cluster = base64.urlsafe_b64encode(os.urandom(16)).decode().rstrip("=")
    layout = Layout(cluster, ports[:nodes], ports[nodes:], hosts)
    partial = data_dir / f".{LAYOUT_FILE}"
    partial.write_bytes(msgspec.json.encode(layout))
    partial.replace(data_dir / LAYOUT_FILE)
    return layout


def is_free(port: int) -> bool:
    """Whether a server could listen on the loopback's port now, as Java binds it (SO_REUSEADDR)."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
            probe.listen()
        except OSError:
            return False
        return True


def free_ports(count: int) -> tuple[int, ...]:
    """Ports of PORTS that are free now, each another, in an order that differs from process to process.

    Raises:
        LayoutError: so many are not free.
    """
    # From the system's randomness: two test runs with the same seed must not draw the same ports.
    drawn = random.SystemRandom().sample(PORTS, len(PORTS))
    found: list[int] = []
    with contextlib.ExitStack() as held:
        for port in drawn:
            if len(found) == count:
                break
            probe = held.enter_context(socket.socket())
            with contextlib.suppress(OSError):
                probe.bind(("127.0.0.1", port))
                found.append(port)
    if len(found) < count:
        raise LayoutError(
            f"of the ports {PORTS[0]} to {PORTS[-1]} only {len(found)} are free: end some programs"
        )
    return tuple(found)


@contextlib.contextmanager
def reserved(ports: Iterable[int]) -> Iterator[None]:
    """Keep `free_ports` of all processes from drawing these ports meanwhile; a server may take them all the same.

    A node listens seconds after its ports were drawn, and other clusters may start meanwhile. On Linux a port that is
    bound and not listened on can be bound again by whoever asks for SO_REUSEADDR, as Java does. Elsewhere nothing is
    kept.
    """
    with contextlib.ExitStack() as held:
        for port in ports if sys.platform == "linux" else ():
            keeper = held.enter_context(socket.socket())
            keeper.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            # One that is taken already is said where its node is to be started.
            with contextlib.suppress(OSError):
                keeper.bind(("127.0.0.1", port))
        yield
