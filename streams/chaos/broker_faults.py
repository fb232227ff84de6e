"""Nodes of the cluster that are killed or restarted, one or all."""

from streams.chaos.fault import Fault
from streams.chaos.scene import NODES, Scene
from streams.topics import LISTINGS

DOWN_SECONDS = 12.0
"""Longer than a broker's own session of 9 s (broker.session.timeout.ms), after which another leads."""
OUTAGE_SECONDS = 60.0
SYNC_SECONDS = 120.0


def kill_coordinator(scene: Scene) -> str:
    """SIGKILL of the node that coordinates the workers' group."""
    return _kill(scene, scene.cluster.coordinator())


def kill_leader(scene: Scene) -> str:
    """SIGKILL of the node that leads the first partition of the listings."""
    return _kill(scene, scene.cluster.leader(scene.topic_of(LISTINGS.name), 0))


def _kill(scene: Scene, node: int) -> str:
    scene.kafka.kill_node(node)
    scene.wait(DOWN_SECONDS)
    scene.restart_node(node)
    return f"node {node + 1}, down for {DOWN_SECONDS:.0f} s"


def restart_all(scene: Scene) -> str:
    """SIGTERM and start of each node, waiting for all replicas in between, as an upgrade is done."""
    for node in range(NODES):
        scene.kafka.stop_node(node)
        scene.restart_node(node)
        if not scene.wait(SYNC_SECONDS, lambda: scene.cluster.out_of_sync() == 0):
            return f"the replicas were not in sync {SYNC_SECONDS:.0f} s after node {node + 1}"
    return "one after another, each in sync before the next"


def restart_all_at_once(scene: Scene) -> str:
    """The same without waiting."""
    for node in range(NODES):
        scene.kafka.stop_node(node)
        scene.restart_node(node)
    return "one after another, without waiting"


def stop_cluster(scene: Scene) -> str:
    """All nodes stopped for a minute; who sends keeps what it has."""
    for node in range(NODES):
        scene.kafka.kill_node(node)
    scene.wait(OUTAGE_SECONDS)
    start_all(scene)
    return f"all nodes killed, {OUTAGE_SECONDS:.0f} s down"


def start_all(scene: Scene) -> None:
    """Start all nodes; one alone has no quorum and does not serve."""
    down = [node for node in range(NODES) if not scene.kafka.running(node)]
    scene.kafka.start_nodes(down)


FAULTS = (
    Fault("leader-killed", "SIGKILL of a partition leader's node", kill_leader, short=True),
    Fault("coordinator-killed", "SIGKILL of the node that coordinates the group", kill_coordinator),
    Fault("rolling-restart", "all nodes restarted in turn, waiting for the replicas", restart_all),
    Fault("rolling-restart-hasty", "all nodes restarted in turn, without waiting", restart_all_at_once),
    Fault("cluster-down", "the whole cluster down for a minute", stop_cluster),
)
