"""What became of requests to take listings down: records in, figures out. Pure.

One case is one request, or a takedown that another producer published without one. Each case is counted once in
every group: received = waiting + unresolved + resolved, and resolved = still up + down + withdrawn.
"""

import statistics
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from streams.percentiles import percentile
from streams.takedowns.cases import DIMENSIONS, Case, Dimension
from streams.takedowns.courses import Course


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
