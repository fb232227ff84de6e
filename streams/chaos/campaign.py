"""A whole run: the scene, one fault after another while listings flow, then the record of it all."""

import signal
import time
from collections.abc import Sequence
from pathlib import Path

from streams.chaos import broker_faults, disk_faults, network_faults, photo_faults, process_faults, rollout
from streams.chaos.checker import Checker
from streams.chaos.fault import Fault
from streams.chaos.record import FaultRun, Record
from streams.chaos.scene import Say, Scene, Sizes

ALL: tuple[Fault, ...] = (
    *process_faults.FAULTS,
    *broker_faults.FAULTS,
    *network_faults.FAULTS,
    *disk_faults.FAULTS,
    *photo_faults.FAULTS,
    *rollout.FAULTS,
)
"""In the order in which they are done."""
RECOVER_SECONDS = 240.0
CALM_SECONDS = 120.0
DRAIN_SECONDS = 120.0


def run(folder: Path, faults: Sequence[Fault], sizes: Sizes, settle: float, say: Say) -> Record:
    """Do the faults in turn, `settle` seconds of quiet flow before each, and read what came of it."""
    needs = frozenset[str]().union(*(fault.needs for fault in faults))
    with Scene(folder, sizes, needs, say) as scene:
        done = [_one(scene, fault, settle, say) for fault in faults]
        scene.wait(settle)
        say("no more listings; waiting for what is under way")
        scene.market.finish()
        scene.feeder.finish(DRAIN_SECONDS)
        # The marketplace counts in whole seconds, and its last window closes a second after its end.
        scene.wait(5.0)
        planted = [*scene.feeder.planted, *scene.market.planted]
        seen = Checker(scene.servers, scene.settings.topics.prefix).read(planted, say)
        return Record(sizes.seed, sizes.rate, planted, seen, done, list(scene.crew.restarts))


def _one(scene: Scene, fault: Fault, settle: float, say: Say) -> FaultRun:
    if not scene.settle(CALM_SECONDS):
        say(f"before {fault.name}: {scene.ails()}")
    scene.wait(settle)
    say(f"{fault.name}: {fault.what}")
    scene.crew.phase = fault.name
    began = time.time()
    problems: list[str] = []
    note = ""
    try:
        note = fault.run(scene)
    except Exception as error:  # noqa: BLE001  the others are still to be done, and this one is told
        problems.append(f"could not be done: {type(error).__name__}: {error}")
    ended = time.time()
    say(f"{fault.name}: over after {ended - began:.1f} s ({note}); waiting until all is well")
    recovered: float | None = None
    if scene.settle(RECOVER_SECONDS):
        recovered = time.time()
        say(f"{fault.name}: all is well {recovered - ended:.1f} s later")
    else:
        problems.append(f"{RECOVER_SECONDS:.0f} s later {scene.ails() or 'all is well'}")
        say(f"{fault.name}: {problems[-1]}")
        _restart_all(scene)
    return FaultRun(fault.name, began, ended, recovered, note, tuple(problems))


def _restart_all(scene: Scene) -> None:
    """What an operator would do at last, so that the faults that follow can be done."""
    for post in scene.crew.workers:
        scene.crew.signal(post, signal.SIGKILL, ends=True)
    broker_faults.start_all(scene)
    scene.follower.forget()
