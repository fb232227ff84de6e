"""What is wrong with the system, and whether someone must act: one finding for each condition, ok or not. Pure.

A condition's name is its place in docs/runbook.md, which says how to see it, what to do and when it is over; its
words are in words/conditions.py. `act` is red: it does not get better by itself. `warn`: worth a look.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from streams.console.instances import Instance, missed, of_kind
from streams.console.store_figures import RECENT_MINUTES, StoreFigures
from streams.health.topic_offsets import Offsets, Place

Level = Literal["ok", "warn", "act"]
LEVELS: tuple[Level, ...] = ("act", "warn", "ok")

AWAY_SECONDS = 5.0
"""Kafka answers a look each second; an election of a leader takes one or two."""
LAG_LIMIT = 1000
"""Messages. One worker does some hundreds a second without photos: less than this is gone before anyone has looked."""
GROWTH = 1.1
"""A lag this many times that of a minute ago grows."""
STILL_SECONDS = 120.0
"""The same as a worker's own check of life: a partition with lag, and nothing of it committed for so long, hangs."""
STARTING_SECONDS = 300.0
"""A worker reads a million takedowns' photos from its snapshot in less."""
SILENT_SECONDS = 600.0
"""A connector that asks and asks, and has delivered nothing for so long, is refused."""
THROTTLED_SHARE = 0.5
"""Of a connector's requests refused for their rate: above, it hardly gets anything."""
MANY_LETTERS = 10
"""Dead letters within minutes that are no single bad record any more."""
PROMISE_MS = 1000.0
"""An event is an alert within a second."""
LEAST_ALERTS = 20
"""Below, a p95 is one alert."""
LEAST_ALERTS_NOW = 5
"""The same for the last minute alone, which says whether it is over."""
NAMED = 3
"""Parts named in one sentence."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a connector's marketplace made of its requests in the last minutes."""

    requests: float
    throttled: float
    retries: float


@dataclass(frozen=True, slots=True)
class Facts:
    """All that is judged. Seconds are those of one clock; None is not known."""

    now_ms: int
    kafka_age: float | None
    """Seconds since Kafka answered."""
    kafka_failure: str | None
    watched: float
    """Seconds since the watching began: before anything can have answered, nothing is away."""
    offsets: Offsets | None
    store: StoreFigures | None
    parts: Sequence[Instance] = ()
    uncovered: Mapping[Place, float] = field(default_factory=dict)
    """Partitions that no worker that runs says it has, and for how many seconds."""
    uncovered_limit: float = 30.0
    """Seconds that handing a partition over may take."""
    still: Mapping[Place, float] = field(default_factory=dict)
    """Seconds since a partition's committed offset moved."""
    done_per_second: float | None = None
    """Messages that the workers' group commits."""
    lag_before: int | None = None
    """Messages of lag a minute ago."""
    asked: Mapping[str, Asked] = field(default_factory=dict)
    """By the connector's instance."""
    index_limit: float = 60.0
    """Seconds within which each worker must know a takedown, for the look back to miss none."""
    failures: Mapping[str, str] = field(default_factory=dict)
    """Why parts of the console do not run, by name."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One condition. `says`: which of its sentences holds, and `values` what is put into it."""

    condition: str
    level: Level
    says: str = "ok"
    values: Mapping[str, object] = field(default_factory=dict)


Judge = Callable[[Facts], Finding | None]


def judge(facts: Facts) -> list[Finding]:
    """Every condition, what must be acted on first; in each level in the order of CONDITIONS."""
    findings = [check(facts) or Finding(condition, "ok") for condition, check in CONDITIONS.items()]
    return sorted(findings, key=lambda finding: LEVELS.index(finding.level))


def named(names: Iterable[str]) -> str:
    """Names in one sentence: the first few, and how many more."""
    ordered = list(names)
    more = len(ordered) - NAMED
    return ", ".join(ordered[:NAMED]) + (f" (+{more})" if more > 0 else "")


def places(found: Iterable[Place]) -> str:
    """Partitions in one sentence: `listings 0, 3; fingerprints 1`."""
    by_topic: dict[str, list[int]] = {}
    for topic, partition in sorted(found):
        by_topic.setdefault(topic, []).append(partition)
    return "; ".join(f"{topic} {', '.join(map(str, numbers))}" for topic, numbers in by_topic.items())


def _knows_kafka(facts: Facts) -> bool:
    return facts.kafka_age is not None and facts.kafka_age <= AWAY_SECONDS and facts.offsets is not None


def _kafka_away(facts: Facts) -> Finding | None:
    if _knows_kafka(facts) or (facts.kafka_age is None and facts.watched <= AWAY_SECONDS):
        return None
    seconds = facts.kafka_age
    why = facts.kafka_failure or "no answer"
    if seconds is None:
        return Finding("kafka-is-away", "act", "never", {"why": why})
    return Finding("kafka-is-away", "act", "away", {"seconds": round(seconds), "why": why})


def _topics_missing(facts: Facts) -> Finding | None:
    if not _knows_kafka(facts) or facts.offsets is None or not facts.offsets.missing:
        return None
    return Finding("topics-are-missing", "act", "missing", {"topics": named(facts.offsets.missing)})


def _no_worker(facts: Facts) -> Finding | None:
    if not _knows_kafka(facts):
        return None
    workers = of_kind(facts.parts, "worker")
    if any(one.is_alive for one in workers):
        return None
    if not workers and facts.done_per_second:
        return Finding("no-worker-runs", "warn", "silent")
    return Finding("no-worker-runs", "act", "none", {"lag": facts.offsets.lag if facts.offsets else 0})


def _uncovered(facts: Facts) -> Finding | None:
    long = [place for place, seconds in facts.uncovered.items() if seconds > facts.uncovered_limit]
    if not long or not any(one.works for one in of_kind(facts.parts, "worker")):
        return None  # with no worker at all there is another finding
    seconds = round(min(facts.uncovered[place] for place in long))
    return Finding(
        "a-partition-has-no-worker", "act", "uncovered", {"places": places(long), "seconds": seconds}
    )


def _worker_lost(facts: Facts) -> Finding | None:
    lost = [one for one in missed(of_kind(facts.parts, "worker")) if one.standing == "lost"]
    if not lost:
        return None
    heard = datetime.fromtimestamp(lost[0].heard_ms / 1000, UTC).strftime("%H:%M:%S")
    values = {"names": named(one.beat.instance for one in lost), "at": heard}
    return Finding("a-worker-is-lost", "warn", "lost", values)


def _worker_failing(facts: Facts) -> Finding | None:
    workers = of_kind(facts.parts, "worker")
    failing = [one for one in workers if one.standing == "failing"]
    failing += [one for one in missed(workers) if one.standing == "failed"]
    if failing:
        why = failing[0].beat.detail or "-"
        return Finding(
            "a-worker-is-failing", "act", "failing",
            {"names": named(one.beat.instance for one in failing), "why": why},
        )  # fmt: skip
    slow = [
        one for one in workers
        if one.standing == "starting" and facts.now_ms / 1000 - one.beat.started_at.timestamp() > STARTING_SECONDS
    ]  # fmt: skip
    if not slow:
        return None
    values = {"names": named(one.beat.instance for one in slow), "why": slow[0].beat.detail or "-"}
    return Finding("a-worker-is-failing", "warn", "slow", values)


def _lag(facts: Facts) -> Finding | None:
    if not _knows_kafka(facts) or facts.offsets is None or facts.offsets.lag <= LAG_LIMIT:
        return None
    lag, before = facts.offsets.lag, facts.lag_before
    if before is not None and lag > before * GROWTH:
        return Finding("lag-grows", "act", "grows", {"lag": lag, "before": before})
    return Finding("lag-grows", "warn", "high", {"lag": lag})


def _stands_still(facts: Facts) -> Finding | None:
    if not _knows_kafka(facts) or facts.offsets is None:
        return None
    held = {
        (topic, number)
        for one in of_kind(facts.parts, "worker")
        if one.works
        for topic, numbers in one.beat.partitions.items()
        for number in numbers
    }
    stuck = [
        place
        for place, seconds in facts.still.items()
        if seconds > STILL_SECONDS and place in held and facts.offsets.lags[place].lag > 0
    ]
    if not stuck:
        return None
    minutes = round(min(facts.still[place] for place in stuck) / 60)
    return Finding("a-partition-stands-still", "act", "still", {"places": places(stuck), "minutes": minutes})


def _dropped(facts: Facts) -> Finding | None:
    if not _knows_kafka(facts) or facts.offsets is None:
        return None
    lost = {place: one.dropped for place, one in facts.offsets.lags.items() if one.dropped}
    if not lost:
        return None
    values = {"count": sum(lost.values()), "places": places(lost)}
    return Finding("messages-were-dropped-unread", "act", "dropped", values)


def _index_old(facts: Facts) -> Finding | None:
    old = [
        one
        for one in facts.parts
        if one.standing == "ready" and one.beat.index and one.beat.index.age_seconds > facts.index_limit
    ]
    if not old or not _knows_kafka(facts):
        return None
    oldest = max(one.beat.index.age_seconds for one in old if one.beat.index)
    values = {"names": named(one.beat.instance for one in old), "seconds": round(oldest)}
    return Finding("a-takedown-index-is-old", "act", "old", values)


def _connector_silent(facts: Facts) -> Finding | None:
    connectors = of_kind(facts.parts, "connector")
    gone = missed(connectors)
    if gone:
        why = gone[0].beat.detail or "-"
        says = "failed" if gone[0].standing == "failed" else "lost"
        names = named(one.beat.instance for one in gone)
        return Finding("a-connector-is-silent", "act", says, {"names": names, "why": why})
    refused = [one for one in connectors if one.is_alive and _is_refused(one, facts)]
    if not refused:
        return None
    names = named(one.beat.instance for one in refused)
    return Finding(
        "a-connector-is-silent", "act", "refused", {"names": names, "minutes": SILENT_SECONDS // 60}
    )


def _is_refused(one: Instance, facts: Facts) -> bool:
    health, asked = one.beat.connector, facts.asked.get(one.beat.instance)
    if health is None or asked is None or asked.retries < 1:
        return False
    last = health.last_success_at or one.beat.started_at
    return facts.now_ms / 1000 - last.timestamp() > SILENT_SECONDS


def _throttled(facts: Facts) -> Finding | None:
    alive = {one.beat.instance for one in of_kind(facts.parts, "connector") if one.is_alive}
    found = {name: asked for name, asked in facts.asked.items() if name in alive and asked.throttled >= 1}
    if not found:
        return None
    worst = max(found, key=lambda name: found[name].throttled / max(1.0, found[name].requests))
    share = min(1.0, found[worst].throttled / max(1.0, found[worst].requests))
    values = {"names": named(sorted(found)), "share": round(share * 100)}
    if share > THROTTLED_SHARE and found[worst].requests >= 5:
        return Finding("a-connector-is-throttled", "act", "much", values)
    return Finding("a-connector-is-throttled", "warn", "some", values)


def _letters(facts: Facts) -> Finding | None:
    if facts.store is None or not facts.store.letters_recent:
        return None
    recent = [kind for kind in facts.store.letters if kind.recent]
    values: dict[str, object] = {
        "count": facts.store.letters_recent,
        "minutes": RECENT_MINUTES,
        "kinds": named(f"{kind.stage} {kind.error}" for kind in recent),
    }
    level: Level = "act" if facts.store.letters_recent >= MANY_LETTERS else "warn"
    return Finding("dead-letters-appear", level, "appear", values)


def _late(facts: Facts) -> Finding | None:
    took = facts.store.took if facts.store is not None else None
    if took is None or took.count < LEAST_ALERTS or took.p95 <= PROMISE_MS:
        return None
    values = {"p95": f"{took.p95 / 1000:.1f}", "count": took.count}
    lag = _lag(facts)
    if lag is not None or _no_worker(facts) is not None:
        return Finding("alerts-are-late", "warn", "lag", values)
    now = facts.store.took_minute if facts.store is not None else None
    if now is None or now.count < LEAST_ALERTS_NOW or now.p95 <= PROMISE_MS:
        return Finding("alerts-are-late", "warn", "past", values)
    return Finding("alerts-are-late", "act", "late", values)


def _helper_lost(facts: Facts) -> Finding | None:
    kinds = of_kind(facts.parts, "lookback") + of_kind(facts.parts, "resolver")
    gone = missed(kinds) + [one for one in kinds if one.standing == "failing"]
    if not gone:
        return None
    values = {"names": named(one.beat.instance for one in gone), "why": gone[0].beat.detail or "-"}
    return Finding("lookback-or-resolver-is-gone", "act", gone[0].beat.kind, values)


def _console(facts: Facts) -> Finding | None:
    if not facts.failures:
        return None
    name, why = next(iter(sorted(facts.failures.items())))
    return Finding(
        "the-console-is-impaired",
        "act",
        "impaired",
        {"parts": named(sorted(facts.failures)), "why": f"{name}: {why}"},
    )


CONDITIONS: Mapping[str, Judge] = {
    "kafka-is-away": _kafka_away,
    "topics-are-missing": _topics_missing,
    "no-worker-runs": _no_worker,
    "a-partition-has-no-worker": _uncovered,
    "messages-were-dropped-unread": _dropped,
    "lag-grows": _lag,
    "a-partition-stands-still": _stands_still,
    "a-worker-is-failing": _worker_failing,
    "a-worker-is-lost": _worker_lost,
    "a-takedown-index-is-old": _index_old,
    "a-connector-is-silent": _connector_silent,
    "a-connector-is-throttled": _throttled,
    "dead-letters-appear": _letters,
    "alerts-are-late": _late,
    "lookback-or-resolver-is-gone": _helper_lost,
    "the-console-is-impaired": _console,
}
"""By its heading in the runbook, in the order in which one would look: what stops everything comes first."""
