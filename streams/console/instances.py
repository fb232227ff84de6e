"""The running parts that are known by their heartbeats: alive, lost, failed or stopped. Pure.

Silence is measured by a clock that stands still while Kafka cannot be reached, since nobody is heard then.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from streams.health.heartbeat import LOST_AFTER, Heartbeat, PartKind

Standing = Literal["starting", "ready", "stopping", "failing", "lost", "failed", "stopped"]
"""The state that the part gave, while it is heard. After that `lost`, or by its last words `failed` or `stopped`."""

ALIVE: frozenset[Standing] = frozenset({"starting", "ready", "stopping", "failing"})
LOST_SECONDS = 3600.0
"""A lost or failed part is shown for so long."""
STOPPED_SECONDS = 300.0
LEAST_SILENCE_SECONDS = 3.0
"""Before a part that beats very fast is called lost: longer than the pauses of a loaded machine."""
MOST_INSTANCES = 2000
"""Above that the longest silent are forgotten; a part that starts again and again leaves one behind each time."""


@dataclass(frozen=True, slots=True)
class Instance:
    """One part. `silent`: seconds since it was heard; `heard_ms`: when that was, since 1970."""

    beat: Heartbeat
    standing: Standing
    silent: float
    heard_ms: int

    @property
    def is_alive(self) -> bool:
        """Whether it is heard."""
        return self.standing in ALIVE

    @property
    def works(self) -> bool:
        """Whether it has work in hand, or soon will."""
        return self.standing in ("starting", "ready")


class Instances:
    """All that were heard."""

    def __init__(self) -> None:
        self._heard: dict[str, tuple[Heartbeat, float, int]] = {}

    def hear(self, beat: Heartbeat, clock: float, heard_ms: int) -> bool:
        """Take a heartbeat in. `clock`: seconds of the listening clock when it was heard. Whether it is news, and
        not an older one that came late."""
        known = self._heard.get(beat.instance)
        if known is not None and (known[0].started_at, known[0].at) >= (beat.started_at, beat.at):
            return False
        self._heard[beat.instance] = beat, clock, heard_ms
        return True

    def all(self, clock: float) -> list[Instance]:
        """Every part that is to be shown, by kind and name; others are forgotten."""
        found = [
            Instance(beat, standing_of(beat, clock - heard), clock - heard, heard_ms)
            for beat, heard, heard_ms in self._heard.values()
        ]
        shown = sorted((one for one in found if _is_shown(one)), key=lambda one: one.silent)[:MOST_INSTANCES]
        if len(shown) < len(found):
            self._heard = {one.beat.instance: self._heard[one.beat.instance] for one in shown}
        return sorted(shown, key=lambda one: (one.beat.kind, one.beat.shard, one.beat.instance))


def standing_of(beat: Heartbeat, silent: float) -> Standing:
    """How a part is whose last heartbeat this was, so many seconds ago."""
    if silent <= max(LEAST_SILENCE_SECONDS, LOST_AFTER * beat.every_seconds):
        return beat.state
    return "stopped" if beat.state == "stopping" else "failed" if beat.state == "failing" else "lost"


def _is_shown(one: Instance) -> bool:
    return one.is_alive or one.silent <= (STOPPED_SECONDS if one.standing == "stopped" else LOST_SECONDS)


def of_kind(parts: Iterable[Instance], kind: PartKind) -> list[Instance]:
    """Those of one kind."""
    return [one for one in parts if one.beat.kind == kind]


def missed(parts: Iterable[Instance]) -> list[Instance]:
    """Lost and failed ones in whose place no other works: a resolver or look back of the shard that runs is not missed,
    and neither is a worker, once another has started since it was last heard."""
    parts = list(parts)
    gone = [one for one in parts if one.standing in ("lost", "failed")]
    running = [one for one in parts if one.works]
    left: list[Instance] = []
    for one in sorted(gone, key=lambda each: -each.heard_ms):
        place = next((other for other in running if _replaces(other, one)), None)
        if place is None:
            left.append(one)
        elif one.beat.kind == "worker":
            running.remove(place)  # it is in the place of one alone
    return left


def _replaces(other: Instance, one: Instance) -> bool:
    if other.beat.kind != one.beat.kind or other.beat.shard != one.beat.shard:
        return False
    if one.beat.kind == "worker":
        return other.beat.started_at > one.beat.at
    # A connector keeps its instance's name when it starts again, and so is heard under it.
    return one.beat.kind != "connector"
