"""What was seen of the system, put together second by second. It is told what the time is, and waits for nothing."""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from streams.console.durations import Since, Unmoved
from streams.console.heartbeat_reader import Heard
from streams.console.instances import Instance, Instances, of_kind
from streams.console.judgement import AWAY_SECONDS, Asked, Facts, Finding, judge
from streams.console.rates import Growth, Rates, counts_of
from streams.console.store_figures import StoreFigures
from streams.health.topic_offsets import Offsets, Place
from streams.settings import Settings
from streams.topics import ALERTS

ASKED_SECONDS = 300.0
"""What marketplaces made of requests is judged over the last minutes: a refusal now and then is how limits are met."""
HANDOVER_SECONDS = 15.0
"""Beyond the broker's own patience with a silent member, until another says that it took the partition over."""
FAILURE_SECONDS = 10.0
"""A part of the console that fails once and goes on is no news."""
RETURN_SECONDS = 10.0
"""When Kafka is back, until all who send heartbeats have found it again."""
HEARTBEATS = "heartbeats"
"""Their reader's name among the parts that may fail."""
MINUTE = 60.0


@dataclass(frozen=True, slots=True)
class Seen:
    """What the readers found. `at`: seconds of `time.monotonic`; `now`: seconds since 1970."""

    at: float
    now: float
    heard: Sequence[Heard] = ()
    offsets: Offsets | None = None
    kafka_failure: str | None = None
    store: StoreFigures | None = None
    failures: Mapping[str, str] = field(default_factory=dict)
    """Why parts of the console do not run, by name."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The system at one second. `series`: figures by the name under which they are remembered."""

    at_ms: int
    findings: Sequence[Finding]
    parts: Sequence[Instance]
    offsets: Offsets | None
    store: StoreFigures | None
    series: Mapping[str, float]
    done_per_second: float | None
    """Messages that the workers finish, by their commits."""
    knows_kafka: bool


class WatchCore:
    """For one thread."""

    def __init__(self, settings: Settings) -> None:
        self._handover = settings.kafka.session_timeout + HANDOVER_SECONDS
        self._index_limit = settings.lookback.settle_seconds
        self._instances, self._rates, self._asked = Instances(), Rates(), Rates(ASKED_SECONDS)
        self._growth, self._done = Growth(), Growth()
        self._alerts = Growth(MINUTE)
        self._uncovered: Since[Place] = Since()
        self._still: Unmoved[Place] = Unmoved()
        self._failing: Since[str] = Since()
        self._lags: deque[tuple[float, int]] = deque()
        self._clock = 0.0
        self._began: float | None = None
        self._answered: float | None = None
        self._deaf_until = float("-inf")

    def see(self, seen: Seen) -> Snapshot:
        """The system now."""
        self._began = seen.at if self._began is None else self._began
        knows = seen.offsets is not None and seen.at - seen.offsets.at <= AWAY_SECONDS
        self._listen(seen.offsets)
        self._hear(seen)
        parts = self._instances.all(self._clock)
        self._rates.forget(one.beat.instance for one in parts)
        self._asked.forget(one.beat.instance for one in parts)
        if seen.offsets is not None and knows:
            self._measure(seen.at, seen.offsets)
        rates = self._rates.per_second(one.beat.instance for one in parts if one.is_alive)
        # While Kafka is away, that alone is what is wrong with the reading of heartbeats.
        failing = {name: why for name, why in seen.failures.items() if knows or name != HEARTBEATS}
        long = self._failing.seconds(seen.at, failing.keys())
        done = self._done.per_second().get("done") if knows else None
        facts = Facts(
            now_ms=int(seen.now * 1000),
            kafka_age=None if seen.offsets is None else seen.at - seen.offsets.at,
            kafka_failure=seen.kafka_failure,
            watched=seen.at - self._began,
            offsets=seen.offsets,
            store=seen.store,
            parts=parts,
            uncovered=self._uncovered.seconds(self._clock, _uncovered(parts, seen.offsets)),
            uncovered_limit=self._handover,
            still=self._still.seconds(self._clock, _committed(seen.offsets)),
            done_per_second=done,
            lag_before=self._lag_before(seen.at),
            asked={
                one.beat.instance: self._asked_of(one.beat.instance) for one in of_kind(parts, "connector")
            },
            index_limit=self._index_limit,
            failures={name: why for name, why in failing.items() if long[name] >= FAILURE_SECONDS},
        )
        return Snapshot(
            at_ms=facts.now_ms,
            findings=judge(facts),
            parts=parts,
            offsets=seen.offsets,
            store=seen.store,
            series=series_of(
                rates, self._growth.per_second() | self._alerts.per_second(), seen.offsets, seen.store
            )
            if knows
            else series_of({}, {}, None, seen.store),
            done_per_second=done,
            knows_kafka=knows,
        )

    def _listen(self, offsets: Offsets | None) -> None:
        """Let the listening clock go on: nobody is heard while Kafka is away, so nobody grows silent by it."""
        if offsets is None:
            return
        before, self._answered = self._answered, offsets.at
        if before is None:
            return
        if offsets.at - before > AWAY_SECONDS:
            self._deaf_until = offsets.at + RETURN_SECONDS
        elif offsets.at > self._deaf_until:
            self._clock += offsets.at - before

    def _hear(self, seen: Seen) -> None:
        for heard in seen.heard:
            beat = heard.beat
            heard_ms = int((seen.now - heard.late_seconds) * 1000)
            if self._instances.hear(beat, self._clock - heard.late_seconds, heard_ms):
                started, at, counts = beat.started_at.timestamp(), beat.at.timestamp(), counts_of(beat)
                self._rates.take(beat.instance, started, at, counts)
                if beat.connector is not None:
                    self._asked.take(beat.instance, started, at, counts)

    def _measure(self, at: float, offsets: Offsets) -> None:
        self._growth.take(
            offsets.at, {name: size for name, size in offsets.sizes.items() if name != ALERTS.name}
        )
        # They are few: over some seconds their rate would leap.
        self._alerts.take(
            offsets.at, {name: offsets.sizes[name] for name in (ALERTS.name,) if name in offsets.sizes}
        )
        self._done.take(offsets.at, {"done": offsets.done})
        self._lags.append((at, offsets.lag))
        while at - self._lags[0][0] > MINUTE + 1:
            self._lags.popleft()

    def _lag_before(self, at: float) -> int | None:
        """A minute ago, or None where nobody looked then."""
        return self._lags[0][1] if self._lags and at - self._lags[0][0] >= MINUTE else None

    def _asked_of(self, instance: str) -> Asked:
        rates, seconds = self._asked.of(instance), self._asked.seconds_of(instance)
        return Asked(
            *(rates.get(f"asked:{what}", 0.0) * seconds for what in ("requests", "throttled", "retries"))
        )


def _uncovered(parts: Sequence[Instance], offsets: Offsets | None) -> set[Place]:
    held = {
        (topic, number)
        for one in of_kind(parts, "worker")
        if one.is_alive
        for topic, numbers in one.beat.partitions.items()
        for number in numbers
    }
    return set(offsets.lags) - held if offsets is not None else set()


def _committed(offsets: Offsets | None) -> dict[Place, object]:
    if offsets is None:
        return {}
    # A partition without lag has nothing to move.
    return {place: (one.committed, one.lag > 0) for place, one in offsets.lags.items()}


def series_of(
    rates: Mapping[str, float],
    growth: Mapping[str, float],
    offsets: Offsets | None,
    store: StoreFigures | None,
) -> dict[str, float]:
    """The figures by name: `in:STAGE:MARKETPLACE` and `out:...` (listings a second), `topic:NAME` (messages a
    second), `lag:TOPIC`, `took:p95` and so on (milliseconds, over the last minute), `alerts:KIND` and `letters:KIND`
    (a minute)."""
    series = {name: rate for name, rate in rates.items() if name.startswith(("in:", "out:"))}
    series |= {name: rate * MINUTE for name, rate in rates.items() if name.startswith("letters:")}
    series |= {f"topic:{name}": rate for name, rate in growth.items()}
    if offsets is not None:
        series |= {f"lag:{topic}": float(lag) for topic, lag in offsets.lag_by_topic().items()}
    if store is not None:
        series |= {f"alerts:{kind}": float(count) for kind, count in store.alerts_minute.items()}
        if (took := store.took_minute) is not None:
            series |= {"took:p50": took.p50, "took:p95": took.p95, "took:p99": took.p99}
    return series
