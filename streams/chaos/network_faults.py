"""Lines that are pulled or slow: a node from everyone, a worker from the cluster, a worker's line narrow or late."""

from collections.abc import Iterator
from contextlib import contextmanager

from streams.chaos.fault import NETWORK, Fault
from streams.chaos.network import Network
from streams.chaos.relay import Relay
from streams.chaos.scene import SESSION_SECONDS, Scene
from streams.topics import LISTINGS

CUT_SECONDS = 20.0
SLOW_SECONDS = 20.0
NARROW_KBIT = 1500
LATE_MS = 200


def _network(scene: Scene) -> Network:
    assert scene.network is not None, "the scene was not set up with a network"  # noqa: S101
    return scene.network


@contextmanager
def _until_mended(network: Network, name: str) -> Iterator[None]:
    try:
        yield
    finally:
        network.mend(name)


def cut_node(scene: Scene) -> str:
    """The node that leads the listings' first partition is alone: it lives, and nobody hears it."""
    network = _network(scene)
    node = scene.cluster.leader(scene.topic_of(LISTINGS.name), 0)
    with _until_mended(network, f"b{node}"):
        network.cut(f"b{node}")
        scene.wait(CUT_SECONDS)
    return f"node {node + 1}, {CUT_SECONDS:.0f} s"


def cut_worker(scene: Scene) -> str:
    """A worker reaches no node for longer than its session."""
    return _cut_worker(scene, 2.5 * SESSION_SECONDS)


def blink_worker(scene: Scene) -> str:
    """A worker reaches no node for less than its session, three times."""
    for _ in range(3):
        note = _cut_worker(scene, SESSION_SECONDS / 2)
        scene.wait(SESSION_SECONDS / 2)
    return f"{note}, three times"


def _cut_worker(scene: Scene, seconds: float) -> str:
    network = _network(scene)
    name = scene.crew.workers[-1].name
    with _until_mended(network, name):
        network.cut(name)
        scene.wait(seconds)
    return f"{name}, {seconds:.0f} s"


def narrow_worker(scene: Scene) -> str:
    """What a worker gets comes through a narrow line."""
    network = _network(scene)
    name = scene.crew.workers[-1].name
    with _until_mended(network, name):
        network.slow(name, NARROW_KBIT)
        scene.wait(SLOW_SECONDS)
    return f"{name}, {NARROW_KBIT} kbit/s for {SLOW_SECONDS:.0f} s"


def delay_worker(scene: Scene) -> str:
    """All that passes between a worker and the cluster is late: by netem, or where the kernel has none by a relay."""
    network = _network(scene)
    name = scene.crew.workers[-1].name
    if network.delay(name, LATE_MS):
        with _until_mended(network, name):
            scene.wait(SLOW_SECONDS)
        return f"{name}, {LATE_MS} ms by netem for {SLOW_SECONDS:.0f} s"
    nodes = [server.rsplit(":", 1) for server in scene.servers]
    targets = [(host, int(port)) for host, port in nodes]
    with Relay(network.space(name), targets, LATE_MS / 1000) as relay:
        scene.wait(SLOW_SECONDS)
    return f"{name}, {LATE_MS} ms each way for {SLOW_SECONDS:.0f} s, {relay.connections} connections"


def narrow_node(scene: Scene) -> str:
    """What a node gets comes through a narrow line: its replicas fall behind, and acknowledgements wait for it."""
    network = _network(scene)
    with _until_mended(network, "b1"):
        network.slow("b1", NARROW_KBIT)
        scene.wait(SLOW_SECONDS)
    return f"node 2, {NARROW_KBIT} kbit/s for {SLOW_SECONDS:.0f} s"


FAULTS = (
    Fault("node-cut-off", "a node's line is pulled", cut_node, NETWORK),
    Fault("worker-cut-off", "a worker's line is pulled for longer than its session", cut_worker, NETWORK),
    Fault(
        "worker-blinks", "a worker's line is pulled for half a session, three times", blink_worker, NETWORK
    ),
    Fault("worker-narrow", "a worker's line is narrow", narrow_worker, NETWORK),
    Fault("worker-late", "all that passes between a worker and the cluster is late", delay_worker, NETWORK),
    Fault("node-narrow", "a node's line is narrow", narrow_node, NETWORK),
)
