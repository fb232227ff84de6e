"""How long matching stood still, and how long until alerts came in time again. Pure: times in, seconds out."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from streams.chaos.record import FaultRun, Planted, SeenAlert

LATE_SECONDS = 2.0
"""From a listing's sending to its alert; the usual is a tenth of a second."""


@dataclass(frozen=True, slots=True)
class Span:
    """What one fault did to the flow. `pause`: the longest time between two alerts; `late`: from the fault's begin to
    the last alert that came late, 0 where none did; `flowed`: listings sent between its begin and its end."""

    pause: float
    late: float
    flowed: int


def longest_gap(times: Sequence[float], begin: float, end: float) -> float:
    """The longest time without one of `times` (sorted) within begin to end; the edges count as times."""
    inside = times[bisect_left(times, begin) : bisect_left(times, end)]
    edges = [begin, *inside, end]
    return max(later - earlier for earlier, later in pairwise(edges))


def first_alerts(alerts: Iterable[SeenAlert]) -> dict[tuple[str, str], float]:
    """When each listing version was first alerted."""
    first: dict[tuple[str, str], float] = {}
    for alert in alerts:
        place = (alert.key, alert.version)
        first[place] = min(alert.at, first.get(place, alert.at))
    return first


def spans(faults: Sequence[FaultRun], planted: Sequence[Planted], alerts: Sequence[SeenAlert]) -> list[Span]:
    """One for each fault, from its begin to the next fault's, or to the last alert."""
    if not faults:
        return []
    times = sorted(alert.at for alert in alerts)
    first = first_alerts(alerts)
    sent = sorted(one.sent_at for one in planted)
    waits = [
        (one.sent_at, first[one.key, one.version])
        for one in planted
        if one.kind == "relist" and one.channel == "producer" and (one.key, one.version) in first
    ]
    # What is sent last is not waited for: without this the quiet at the end would be a pause.
    last = times[-1] if times else faults[-1].ended
    ends = [*(fault.began for fault in faults[1:]), max(last, faults[-1].ended)]
    found = []
    for fault, end in zip(faults, ends, strict=True):
        late = [at for since, at in waits if fault.began <= at and since < end and at - since > LATE_SECONDS]
        found.append(
            Span(
                pause=longest_gap(times, fault.began, end),
                late=max((at - fault.began for at in late if at < end), default=0.0),
                flowed=bisect_left(sent, fault.ended) - bisect_left(sent, fault.began),
            )
        )
    return found
