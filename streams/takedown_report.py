"""What became of requests to take listings down: records in, figures out. Pure.

One case is one request, or a takedown that another producer published without one. Each case is counted once in
every group: received = waiting + unresolved + resolved, and resolved = still up + down + withdrawn.
"""

import statistics
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from connectors.events import Alert, Takedown
from connectors.takedown_requests import TakedownRequest
from connectors.takedown_status import Reason, TakedownChange, TakedownStatus
from connectors.verdicts import Verdict

Dimension = Literal["marketplace", "authority", "source", "week"]
DIMENSIONS: tuple[Dimension, ...] = ("marketplace", "authority", "source", "week")
Fate = Literal["still up", "down: removed", "down: not seen since", "withdrawn"]
CLEARED = {"not a relist", "same backdrop"}
"""Verdicts after which an alert is no relist."""


@dataclass(frozen=True, slots=True)
class Published:
    """A takedown as it stands on `takedowns`; `at`: when Kafka got it."""

    takedown: Takedown
    at: datetime


@dataclass(frozen=True, slots=True)
class Case:
    """One request, or one takedown without. `reason` where it is unresolved, `takedown_id` where it is resolved."""

    marketplace: str | None
    authority: str | None
    source: str | None
    received_at: datetime
    reason: Reason | None = None
    takedown_id: str | None = None

    def value_of(self, dimension: Dimension) -> str | None:
        """What the case is grouped under; weeks are those of ISO 8601, in UTC."""
        if dimension == "week":
            year, week, _ = self.received_at.isocalendar()
            return f"{year:04}-W{week:02}"
        value: str | None = getattr(self, dimension)
        return value or None


@dataclass(slots=True)
class Relist:
    """One listing that brought back a takedown: when it was first seen, and when the first alert of it was made."""

    first_seen: datetime
    alerted: datetime

    @property
    def seconds(self) -> float:
        """To catch it; a marketplace's clock that runs ahead makes it no less than none."""
        return max(0.0, (self.alerted - self.first_seen).total_seconds())


@dataclass(slots=True)
class Course:
    """What happened to one takedown."""

    fate: Fate
    relists: dict[str, Relist] = field(default_factory=dict)
    """By the listing's key."""


@dataclass(slots=True)
class Figures:
    """The counts of a group; times in seconds, None where nothing was caught."""

    received: int = 0
    waiting: int = 0
    resolved: int = 0
    unresolved: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    still_up: int = 0
    down_removed: int = 0
    down_not_seen: int = 0
    withdrawn: int = 0
    relisted: int = 0
    """Cases whose listing came back at least once."""
    relists: int = 0
    """Listings that brought one back, each counted once for each takedown."""
    catch_median: float | None = None
    catch_p95: float | None = None

    @property
    def down(self) -> int:
        """Removed, or not seen since."""
        return self.down_removed + self.down_not_seen


@dataclass(frozen=True, slots=True)
class Group:
    """One value of a dimension, None where the cases have none, and its figures."""

    value: str | None
    figures: Figures


@dataclass(frozen=True, slots=True)
class Report:
    """The figures of all cases of the time, and by each dimension asked for; its values sorted."""

    since: datetime | None
    until: datetime | None
    total: Figures
    by: Mapping[Dimension, Sequence[Group]]


def cases_of(
    requests: Iterable[TakedownRequest],
    statuses: Iterable[TakedownStatus],
    takedowns: Iterable[Published],
    changes: Iterable[TakedownChange],
) -> list[Case]:
    """Every request once, by its newest status if there is one; then the takedowns that no request made."""
    known = {status.request_id: status for status in statuses}
    cases = [_of_status(status) for status in known.values()]
    asked_for = {case.takedown_id for case in cases if case.takedown_id is not None}
    waiting = {each.request_id: each for each in requests if each.request_id not in known}
    cases += [
        Case(each.marketplace, each.authority, each.source, each.received_at) for each in waiting.values()
    ]
    first_published = _by_others(changes)
    for published in takedowns:
        takedown = published.takedown
        change = first_published.pop(takedown.takedown_id, None)
        if takedown.takedown_id not in asked_for:
            at = published.at if change is None else min(published.at, change.at)
            cases.append(
                Case(takedown.listing.marketplace, takedown.authority, takedown.source, at,
                     takedown_id=takedown.takedown_id)
            )  # fmt: skip
    # Those that were withdrawn since are told of by the record of changes alone.
    cases += [
        Case(change.marketplace, change.authority, change.source, change.at, takedown_id=takedown_id)
        for takedown_id, change in first_published.items()
        if takedown_id not in asked_for
    ]
    return cases


def courses_of(
    takedowns: Iterable[Published],
    changes: Iterable[TakedownChange],
    alerts: Iterable[Alert],
    verdicts: Mapping[str, Verdict],
) -> dict[str, Course]:
    """What happened to each takedown that anything is known of, by its id."""
    since = {each.takedown.takedown_id: each.takedown.taken_down_at or each.at for each in takedowns}
    seen: dict[str, datetime] = {}
    removed: dict[str, datetime] = {}
    relists: dict[str, dict[str, Relist]] = {}
    named = set(since)
    for change in changes:
        named.add(change.takedown_id)
        if change.what in {"listing seen", "listing removed"}:
            _later(seen if change.what == "listing seen" else removed, change.takedown_id, change.at)
    for alert in alerts:
        for takedown_id in {alert.takedown.takedown_id, *alert.cluster}:
            if alert.kind == "still_up":
                _later(seen, takedown_id, alert.listing_observed_at)
            elif alert.kind == "relist" and not _is_cleared(alert, verdicts):
                _met(relists.setdefault(takedown_id, {}), alert)
    return {
        takedown_id: Course(
            _fate(since.get(takedown_id), seen.get(takedown_id), removed.get(takedown_id)),
            relists.get(takedown_id, {}),
        )
        for takedown_id in named | relists.keys() | seen.keys()
    }


def report_of(
    cases: Iterable[Case],
    courses: Mapping[str, Course],
    *,
    by: Sequence[Dimension] = DIMENSIONS,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Report:
    """The report of the cases received from `since` on and before `until`."""
    chosen = [
        case
        for case in cases
        if (since is None or case.received_at >= since) and (until is None or case.received_at < until)
    ]
    grouped: dict[Dimension, list[Group]] = {}
    for dimension in by:
        groups: dict[str | None, list[Case]] = {}
        for case in chosen:
            groups.setdefault(case.value_of(dimension), []).append(case)
        # What has no value comes last.
        ordered = sorted(groups, key=lambda value: (value is None, value or ""))
        grouped[dimension] = [Group(value, figures_of(groups[value], courses)) for value in ordered]
    return Report(since, until, figures_of(chosen, courses), grouped)


def figures_of(cases: Sequence[Case], courses: Mapping[str, Course]) -> Figures:
    """The figures of these cases. A relist of a takedown that two cases have is caught once."""
    figures = Figures(received=len(cases))
    reasons: Counter[str] = Counter()
    caught: dict[tuple[str, str], float] = {}
    for case in cases:
        if case.reason is not None:
            figures.unresolved += 1
            reasons[case.reason] += 1
        elif case.takedown_id is None:
            figures.waiting += 1
        else:
            _count(figures, case.takedown_id, courses.get(case.takedown_id), caught)
    figures.reasons = dict(sorted(reasons.items()))
    figures.relists = len(caught)
    if caught:
        figures.catch_median = statistics.median(caught.values())
        figures.catch_p95 = percentile(list(caught.values()), 95)
    return figures


def percentile(values: Sequence[float], percent: int) -> float:
    """The nearest-rank percentile: the least value that so many percent of all do not exceed."""
    rank = max(1, -(-percent * len(values) // 100))
    return sorted(values)[rank - 1]


def _count(
    figures: Figures, takedown_id: str, course: Course | None, caught: dict[tuple[str, str], float]
) -> None:
    figures.resolved += 1
    # One of which nothing is known is on none of the topics any more.
    match course.fate if course is not None else "withdrawn":
        case "still up":
            figures.still_up += 1
        case "down: removed":
            figures.down_removed += 1
        case "down: not seen since":
            figures.down_not_seen += 1
        case "withdrawn":
            figures.withdrawn += 1
    if course is not None and course.relists:
        figures.relisted += 1
        caught.update({(takedown_id, key): relist.seconds for key, relist in course.relists.items()})


def _of_status(status: TakedownStatus) -> Case:
    request = status.request
    done = status.state in {"published", "withdrawn"}
    return Case(
        request.marketplace,
        request.authority,
        request.source,
        request.received_at,
        reason=(status.reason or "not-seen") if status.state == "unresolved" else None,
        takedown_id=status.takedown_id if done else None,
    )


def _by_others(changes: Iterable[TakedownChange]) -> dict[str, TakedownChange]:
    """The first publication of each takedown by another producer."""
    first: dict[str, TakedownChange] = {}
    for change in changes:
        if change.what == "published":
            before = first.get(change.takedown_id)
            first[change.takedown_id] = change if before is None or change.at < before.at else before
    return first


def _fate(since: datetime | None, seen: datetime | None, removed: datetime | None) -> Fate:
    """`since` None: it is not on `takedowns` any more."""
    if since is None:
        return "withdrawn"
    if seen is not None and seen > since and (removed is None or seen > removed):
        return "still up"
    return "down: not seen since" if removed is None else "down: removed"


def _later(times: dict[str, datetime], takedown_id: str, at: datetime) -> None:
    times[takedown_id] = max(at, times.get(takedown_id, at))


def _met(relists: dict[str, Relist], alert: Alert) -> None:
    relist = relists.setdefault(alert.listing.key, Relist(alert.listing_observed_at, alert.matched_at))
    relist.first_seen = min(relist.first_seen, alert.listing_observed_at)
    relist.alerted = min(relist.alerted, alert.matched_at)


def _is_cleared(alert: Alert, verdicts: Mapping[str, Verdict]) -> bool:
    verdict = verdicts.get(alert.alert_id)
    return verdict is not None and verdict.verdict in CLEARED
