"""What a report counts: every request once, and every takedown that was published without one. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from connectors.events import Takedown
from connectors.takedown_requests import TakedownRequest
from connectors.takedown_status import Reason, TakedownChange, TakedownStatus

Dimension = Literal["marketplace", "authority", "source", "week"]
DIMENSIONS: tuple[Dimension, ...] = ("marketplace", "authority", "source", "week")


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
