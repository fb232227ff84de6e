"""From counters since the start of each process to rates. Pure.

A process that starts again counts from nothing, so a rate is taken within one run of one process and never over a
restart; it cannot be negative. Times are the sender's own, so that clocks which differ do no harm.
"""

from collections import Counter, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from streams.health.heartbeat import Heartbeat

WINDOW_SECONDS = 10.0
"""A rate is over the newest heartbeats that are at least so far apart: five of the usual ones. What begins shows in
the next figure, and has its full height after so many seconds."""

Counts = Mapping[str, int]


@dataclass(slots=True)
class _Run:
    """One run of one process: what it had counted, and when."""

    started: float
    heard: deque[tuple[float, Counts]] = field(default_factory=deque)


class Rates:
    """Rates of many processes. `window`: seconds that a rate is over, where there are as many."""

    def __init__(self, window: float = WINDOW_SECONDS) -> None:
        self._window = window
        self._runs: dict[str, _Run] = {}

    def take(self, instance: str, started: float, at: float, counts: Counts) -> None:
        """What the process had counted at that moment; seconds since 1970. One that comes late is left out."""
        run = self._runs.get(instance)
        if run is None or started > run.started:
            run = self._runs[instance] = _Run(started)
            if 0 < at - started <= self._window:
                # At its start it had counted nothing, which is as good as having heard it say so.
                run.heard.append((started, {}))
        elif started < run.started or at <= run.heard[-1][0]:
            return
        run.heard.append((at, counts))
        while len(run.heard) > 2 and at - run.heard[1][0] >= self._window:
            run.heard.popleft()

    def forget(self, kept: Iterable[str]) -> None:
        """Keep only these processes."""
        names = set(kept)
        self._runs = {instance: run for instance, run in self._runs.items() if instance in names}

    def per_second(self, instances: Iterable[str]) -> dict[str, float]:
        """Of these processes together, by what is counted. One that was heard once only has no rates yet."""
        total: dict[str, float] = {}
        for instance in instances:
            for name, rate in self.of(instance).items():
                total[name] = total.get(name, 0.0) + rate
        return total

    def of(self, instance: str) -> dict[str, float]:
        """Of one process."""
        run = self._runs.get(instance)
        if run is None or len(run.heard) < 2:
            return {}
        (before, old), (at, new) = run.heard[0], run.heard[-1]
        return {name: max(0, count - old.get(name, 0)) / (at - before) for name, count in new.items()}

    def seconds_of(self, instance: str) -> float:
        """Seconds that the rates of this process are over; 0 where it has none."""
        run = self._runs.get(instance)
        return run.heard[-1][0] - run.heard[0][0] if run is not None and len(run.heard) > 1 else 0.0


class Growth:
    """How fast something grows whose size is looked at, such as a topic by its ends."""

    def __init__(self, window: float = WINDOW_SECONDS) -> None:
        self._window = window
        self._seen: deque[tuple[float, Counts]] = deque()

    def take(self, at: float, sizes: Counts) -> None:
        """The sizes at that moment, in seconds of one clock. One that shrank was made anew: all begins again."""
        if self._seen and at <= self._seen[-1][0]:
            return
        if self._seen and any(sizes.get(name, size) < size for name, size in self._seen[-1][1].items()):
            self._seen.clear()
        self._seen.append((at, sizes))
        while len(self._seen) > 2 and at - self._seen[1][0] >= self._window:
            self._seen.popleft()

    def per_second(self) -> dict[str, float]:
        """By name; empty until there are two looks. What was not there at the first has no rate yet."""
        if len(self._seen) < 2:
            return {}
        (before, old), (at, new) = self._seen[0], self._seen[-1]
        return {name: (size - old[name]) / (at - before) for name, size in new.items() if name in old}


def counts_of(heartbeat: Heartbeat) -> dict[str, int]:
    """What a part has counted since its start, by series: `in:STAGE:MARKETPLACE`, `out:...`, `letters:STAGE ERROR`,
    `photos:ERROR`, `asked:requests`, `asked:throttled`, `asked:retries`."""
    counts: Counter[str] = Counter()
    for flow in heartbeat.flows:
        counts[f"in:{flow.stage}:{flow.marketplace}"] += flow.taken
        counts[f"out:{flow.stage}:{flow.marketplace}"] += flow.given
    for kind, number in heartbeat.dead_letters.items():
        counts[f"letters:{kind}"] += number
    for kind, number in heartbeat.photo_failures.items():
        counts[f"photos:{kind}"] += number
    if (health := heartbeat.connector) is not None:
        counts["asked:requests"] += health.requests
        counts["asked:throttled"] += health.throttled
        counts["asked:retries"] += health.retries
    return dict(counts)
