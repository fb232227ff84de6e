"""Processes of ours that are killed or held: a worker, its photo children, the connector."""

import os
import signal
from contextlib import suppress
from pathlib import Path

from streams.chaos.fault import Fault
from streams.chaos.scene import SESSION_SECONDS, Scene

CHILD_MODULE = "streams.photos.child"
CHILD_KILLS = 3
"""Of each worker's."""
CHILD_SECONDS = 3.0
"""Between two kills of one worker's children. A photo that ends two processes one after another is taken for the
guilty one (streams.photos.pool.ATTEMPTS), and must not be made so from outside."""


def kill_worker(scene: Scene) -> str:
    """SIGKILL, as the kernel does it when memory runs out."""
    post = scene.crew.workers[0]
    pid = scene.crew.signal(post, signal.SIGKILL, ends=True)
    scene.wait(SESSION_SECONDS)
    return f"{post.name}, process {pid}"


def kill_photo_children(scene: Scene) -> str:
    """One child after another, while photos are in hand."""
    killed = 0
    workers = scene.crew.workers
    for post in workers * CHILD_KILLS:
        for child in photo_children(post.pid):
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
                killed += 1
        scene.wait(CHILD_SECONDS / len(workers))
    return f"{killed} children"


def pause_worker(scene: Scene) -> str:
    """SIGSTOP until the group has long given its partitions to others, then SIGCONT: it wakes with a batch in hand."""
    post = scene.crew.workers[-1]
    scene.crew.signal(post, signal.SIGSTOP, ends=False)
    try:
        scene.wait(2.5 * SESSION_SECONDS)
    finally:
        scene.crew.signal(post, signal.SIGCONT, ends=False)
    return f"{post.name}, {2.5 * SESSION_SECONDS:.0f} s with a session of {SESSION_SECONDS:.0f} s"


def kill_connector(scene: Scene) -> str:
    """SIGKILL between two checkpoints, three times."""
    for _ in range(3):
        scene.crew.signal(scene.connector, signal.SIGKILL, ends=True)
        scene.wait(4.0)
        scene.wait(10.0, lambda: scene.connector.process is not None)
    return "three times"


def photo_children(pid: int) -> list[int]:
    """The photo processes of a worker (proc(5): children, cmdline)."""
    found = []
    for listed in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            for child in map(int, listed.read_text().split()):
                with suppress(OSError):
                    if CHILD_MODULE.encode() in Path(f"/proc/{child}/cmdline").read_bytes():
                        found.append(child)
    return found


FAULTS = (
    Fault(
        "photo-child-killed", "SIGKILL of the processes that decode photos", kill_photo_children, short=True
    ),
    Fault("worker-killed", "SIGKILL of a worker", kill_worker, short=True),
    Fault("worker-paused", "SIGSTOP of a worker for longer than its session, then SIGCONT", pause_worker),
    Fault("connector-killed", "SIGKILL of the connector, three times", kill_connector),
)
