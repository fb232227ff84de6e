"""Disks that are full: a node's, and the workers'."""

from streams.chaos.fault import DISK, Fault
from streams.chaos.scene import NODES, Scene

FULL_SECONDS = 20.0
MEGABYTE = 1024 * 1024


def fill_node(scene: Scene) -> str:
    """Nothing fits on a node's disk any more: Kafka gives the disk up and ends. Then there is room, and it starts."""
    disk = scene.broker_disk
    assert disk is not None, "the scene was not set up with a small disk"  # noqa: S101
    last = NODES - 1
    try:
        used = disk.fill()
        scene.wait(FULL_SECONDS)
        ended = not scene.kafka.running(last)
    finally:
        disk.empty()
    if not ended:
        # It may live on with its log directory given up; an operator restarts it once there is room.
        scene.kafka.kill_node(last)
    scene.restart_node(last)
    return (
        f"node {NODES} at {used // MEGABYTE} MB, {'ended by itself' if ended else 'lived on, was restarted'}"
    )


def fill_workers(scene: Scene) -> str:
    """Nothing fits where the workers keep photos and snapshots."""
    disk = scene.worker_disk
    assert disk is not None, "the scene was not set up with a small disk"  # noqa: S101
    try:
        used = disk.fill()
        scene.wait(FULL_SECONDS)
    finally:
        disk.empty()
    return f"at {used // MEGABYTE} MB for {FULL_SECONDS:.0f} s"


FAULTS = (
    Fault("node-disk-full", "a node's disk is full", fill_node, DISK),
    Fault("worker-disk-full", "the disk with the workers' photos and snapshots is full", fill_workers, DISK),
)
