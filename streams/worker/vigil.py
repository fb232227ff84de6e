"""When a worker that looks alive has to end itself: judged by what Kafka says of it and by its own turns.

Pure: no clock, no Kafka. `streams.worker.lost_watch` asks and ends; docs/decisions/022 says why.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

Partition = tuple[str, int]
"""A topic's name on the broker, and a partition."""
PARTIAL = 5
"""One partition of many may stand still for so many bounds: what waits before it in memory may be slow photos."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a group stands on a partition, and where the partition ends."""

    committed: int
    end: int


@dataclass(frozen=True, slots=True)
class Standing:
    """What Kafka says of one member of a group. `settled`: the group is not in a rebalance."""

    known: bool
    settled: bool = True
    places: Mapping[Partition, Place] = field(default_factory=dict)
    """Of the member's partitions."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Why the worker has to end. `doubt`: a partition and the offset from which a record must really be readable there,
    since a transaction's marker or a compacted end looks like lag and is none."""

    why: str
    doubt: tuple[Partition, int] | None = None


class Vigil:
    """Watches one worker. All durations are of time that the watch itself has lived through: a process that is stopped
    (SIGSTOP, a machine put to sleep) has neither hung nor been given the chance to come back.

    `bound` is in seconds; `longest` is the most that one turn of the watch counts for.
    """

    def __init__(self, bound: float, longest: float) -> None:
        self._bound, self._longest = bound, longest
        self._now: float | None = None
        self._lived = 0.0
        self._turns = -1
        self._turned = 0.0
        self._unknown: float | None = None
        self._places: dict[Partition, tuple[int, float]] = {}
        self._topics: dict[str, tuple[int, float]] = {}

    def turn(self, now: float, loop_turns: int) -> Verdict | None:
        """To be called all the time. `loop_turns` grows whenever the event loop turns."""
        if self._now is not None:
            self._lived += min(max(0.0, now - self._now), self._longest)
        self._now = now
        if loop_turns != self._turns:
            self._turns, self._turned = loop_turns, self._lived
        elif (still := self._lived - self._turned) > self._bound:
            return Verdict(f"the event loop has been blocked for {still:.0f} s")
        return None

    def told(self, standing: Standing | None, progress: Mapping[str, int], *, waits: bool) -> Verdict | None:
        """To be called with each answer of Kafka; None is no answer, after which every patience begins anew.

        `progress`: by topic, grows whenever the work on its messages gets on. `waits`: what was made cannot be
        delivered now, and is sent again and again.
        """
        if standing is None:
            self._unknown = None
            self._places.clear()
            self._topics.clear()
            return None
        if not standing.known:
            self._places.clear()
            self._topics.clear()
            if self._unknown is None:
                self._unknown = self._lived
            elif (still := self._lived - self._unknown) > self._bound:
                return Verdict(f"the group has not known this worker for {still:.0f} s")
            return None
        self._unknown = None
        if waits or not standing.settled:
            self._places.clear()
            self._topics.clear()
            return None
        return self._stalled(standing.places, progress)

    def cleared(self, partition: Partition) -> None:
        """There is nothing to read on it after all."""
        self._places.pop(partition, None)

    def _stalled(self, places: Mapping[Partition, Place], progress: Mapping[str, int]) -> Verdict | None:
        before, self._places = self._places, {}
        for topic in {topic for topic, _ in places}:
            # What gets on is the handling; what is committed is seen below, partition by partition.
            did = progress.get(topic, 0)
            seen = self._topics.get(topic)
            self._topics[topic] = (did, self._lived) if seen is None or seen[0] != did else seen
        verdict: Verdict | None = None
        for partition, place in places.items():
            seen = before.get(partition)
            moved = seen is None or seen[0] != place.committed or place.committed >= place.end
            since = self._lived if moved or seen is None else seen[1]
            self._places[partition] = (place.committed, since)
            still = self._lived - since
            idle = self._lived - self._topics[partition[0]][1]
            if still > PARTIAL * self._bound or (still > self._bound and idle > self._bound):
                topic, number = partition
                waiting = place.end - place.committed
                why = f"{waiting} messages of {topic} {number} wait, and nothing was committed for {still:.0f} s"
                verdict = verdict or Verdict(why, (partition, place.committed))
        return verdict
