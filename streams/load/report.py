"""What a recorded load is worth, held against thresholds. A pure function: the same recording and thresholds, the same
report, whenever it is asked for."""

from typing import Literal

from msgspec import Struct

from streams.load.histogram import Histogram
from streams.load.recording import Planted, Recording
from streams.load.thresholds import Thresholds

PERCENTS = (50.0, 90.0, 95.0, 99.0, 99.9, 100.0)
KEPT, MISSED, GENERATOR = 0, 1, 4
"""Exit codes. The last: the generator was the limit, so that nothing is shown of the system, kept or missed."""

Verdict = Literal["kept", "missed", "generator"]


class Check(Struct, frozen=True):
    """One threshold, with what was found."""

    what: str
    limit: str
    found: str
    kept: bool


class Latencies(Struct, frozen=True, kw_only=True):
    """Of one kind, in milliseconds by percent; nothing where there are none."""

    what: str
    count: int
    ms: dict[float, float]


class Report(Struct, frozen=True, kw_only=True):
    """The verdict and its reasons."""

    verdict: Verdict
    exit_code: int
    generator: list[str]
    """Why the generator was the limit; empty where it was not."""
    checks: list[Check]
    notes: list[str]
    offered: float
    """Listings a second that were due."""
    achieved: float
    """Listings a second that Kafka took."""
    relists: int
    found: int
    by_kind: list[Planted]
    latencies: list[Latencies]
    p95_limit_ms: float | None
    most_waiting: int | None
    waiting_at_end: int | None

    @property
    def recall(self) -> float | None:
        """Of the relists that Kafka had; None of none."""
        return self.found / self.relists if self.relists else None


def judge(run: Recording, thresholds: Thresholds) -> Report:
    """Hold the run against the thresholds."""
    relists = sum(each.sent for each in run.planted)
    found = sum(each.found for each in run.planted)
    recall = found / relists if relists else None
    share = run.acknowledged_in_time / run.due if run.due else 0.0
    alerted, late = run.judged("alerted_after"), run.judged("late")
    checks = [
        *_latency_checks(alerted, thresholds),
        Check(
            "recall of planted relists",
            f"at least {thresholds.recall:.4g}",
            "no relist was sent" if recall is None else f"{recall:.4f} ({found:,} of {relists:,})",
            recall is not None and recall >= thresholds.recall,
        ),
        _most("false alerts", run.false_alerts, thresholds.false_alerts),
        _most("listings missing", run.lost, thresholds.missing),
        _most("dead letters", run.dead_letters, thresholds.dead_letters),
        Check(
            "achieved of the offered rate",
            f"at least {thresholds.achieved:.4g}",
            f"{share:.4f}",
            share >= thresholds.achieved,
        ),
    ]
    if run.early:
        ended = f"{run.ran:.1f} s, {run.sent:,} of {run.planned:,} listings"
        checks.append(Check("ran to its end", f"{run.course.length:.0f} s", ended, False))
    generator = _generator(late, thresholds)
    verdict: Verdict = "generator" if generator else "kept" if all(c.kept for c in checks) else "missed"
    waiting = [lag.listings + lag.fingerprints for lag in run.lags]
    sending = [lag for lag in run.lags if lag.at <= run.ran]
    return Report(
        verdict=verdict,
        exit_code={"kept": KEPT, "missed": MISSED, "generator": GENERATOR}[verdict],
        generator=generator,
        checks=checks,
        notes=list(_notes(run)),
        offered=run.due / run.ran if run.ran else 0.0,
        achieved=run.acknowledged_in_time / run.ran if run.ran else 0.0,
        relists=relists,
        found=found,
        by_kind=run.planted,
        latencies=[
            latencies_of("due to alert read", alerted),
            latencies_of("on Kafka: listing to alert", run.judged("on_kafka")),
            latencies_of("due to acknowledged by Kafka", run.judged("acknowledged_after")),
            latencies_of("lateness of the generator", late),
        ],
        p95_limit_ms=thresholds.p95_ms,
        most_waiting=max(waiting) if waiting else None,
        waiting_at_end=sending[-1].listings + sending[-1].fingerprints if sending else None,
    )


def latencies_of(what: str, counted: Histogram) -> Latencies:
    """The usual percentiles."""
    found = ((percent, counted.percentile(percent)) for percent in PERCENTS)
    return Latencies(
        what=what,
        count=counted.count,
        ms={percent: seconds * 1000 for percent, seconds in found if seconds is not None},
    )


def _latency_checks(alerted: Histogram, thresholds: Thresholds) -> list[Check]:
    limits = (
        ("p50", 50.0, thresholds.p50_ms),
        ("p95", 95.0, thresholds.p95_ms),
        ("p99", 99.0, thresholds.p99_ms),
        ("most", 100.0, thresholds.max_ms),
    )
    checks = []
    for name, percent, limit in limits:
        if limit is not None:
            took = alerted.percentile(percent)
            found = "no alert came" if took is None else f"{took * 1000:,.1f} ms"
            kept = took is not None and took * 1000 <= limit
            checks.append(Check(f"{name} from due to alert", f"{limit:,.6g} ms", found, kept))
    return checks


def _most(what: str, found: int | None, limit: int) -> Check:
    shown = "not counted" if found is None else f"{found:,}"
    return Check(what, f"at most {limit:,}", shown, found is not None and found <= limit)


def _generator(late: Histogram, thresholds: Thresholds) -> list[str]:
    took = late.percentile(99)
    if took is None:
        return ["nothing was sent after the warm-up"]
    if took * 1000 > thresholds.late_ms:
        return [
            f"1% of the listings left more than {took * 1000:,.0f} ms after their time, {thresholds.late_ms:,.6g} ms"
            " are allowed: the generator could not keep up, so this run shows nothing of the system"
        ]
    return []


def _notes(run: Recording) -> list[str]:
    notes = []
    if run.held or run.floods:
        notes.append(
            f"{run.floods} floods were told and {run.held:,} alerts held back (match.flood_listings)"
        )
    if run.by_lookback:
        notes.append(f"{run.by_lookback:,} alerts came by looking back, not on arrival")
    if run.duplicates:
        notes.append(f"{run.duplicates:,} alerts came again with the same id, as at least once allows")
    if run.refused:
        notes.append(
            f"{run.refused:,} listings were not acknowledged by Kafka: {run.refused_why or 'no answer'}"
        )
    if not run.lags:
        notes.append("the lag is unknown: the workers' group was not told")
    elif run.drained is None:
        notes.append("the workers' group had not done all when nobody waited any more")
    if run.left_out:
        notes.append(
            f"{run.left_out:,} drawn listings were left out: the engine alone decides them otherwise"
        )
    return notes
