"""Where one request or takedown stands, from the records. Pure."""

from datetime import datetime

from msgspec import Struct

from connectors.takedown_requests import ListPlace
from connectors.takedown_status import StatusChange, TakedownChange
from streams.takedowns.courses import courses_of
from streams.takedowns.desk import NoListingError, means, target_of
from streams.takedowns.records import TakedownRecords


class RequestView(Struct, frozen=True, kw_only=True):
    """A request as a person is shown it."""

    request_id: str
    state: str
    link: str
    takedown_id: str | None
    authority: str | None
    source: str | None
    reason: str | None
    by: str | None
    list: ListPlace | None
    how: str | None
    via: str | None
    photos_kept: int
    unresolved_because: str | None
    detail: str | None
    attempts: int
    next_try_at: datetime | None
    changes: tuple[StatusChange, ...]


class RelistView(Struct, frozen=True, kw_only=True):
    """A listing that brought the takedown back."""

    listing: str
    first_seen: datetime
    alerted: datetime
    seconds: float


class TakedownView(Struct, frozen=True, kw_only=True):
    """A takedown as a person is shown it."""

    takedown_id: str
    fate: str
    listing: str | None
    title: str | None
    changes: tuple[TakedownChange, ...]
    relists: tuple[RelistView, ...]


class StandingView(Struct, frozen=True, kw_only=True):
    """All that the text meant."""

    requests: tuple[RequestView, ...]
    takedowns: tuple[TakedownView, ...]


def view_of(text: str, records: TakedownRecords) -> StandingView | None:
    """What is known of a request id, a takedown id, a link or a key; None where nothing is."""
    try:
        target = target_of(text)
    except NoListingError:
        target = None
    statuses = [status for status in records.statuses if means(status, text, target)]
    known = {status.request_id for status in records.statuses}
    waiting = [
        request
        for request in records.requests
        if request.request_id not in known
        and (
            text in {request.request_id, request.link}
            or (target is not None and target.listing_id is not None
                and (request.marketplace, request.listing_id) == (target.marketplace, target.listing_id))
        )
    ]  # fmt: skip
    key = f"{target.marketplace}:{target.listing_id}" if target and target.listing_id else None
    wanted = {status.takedown_id for status in statuses if status.takedown_id}
    wanted |= {
        each.takedown.takedown_id
        for each in records.takedowns
        if text == each.takedown.takedown_id or each.takedown.listing.key == key
    }
    wanted |= {change.takedown_id for change in records.changes if change.takedown_id == text}
    if not statuses and not waiting and not wanted:
        return None
    requests = [
        RequestView(
            request_id=each.request_id, state=each.state, link=each.request.link, takedown_id=each.takedown_id,
            authority=each.request.authority, source=each.request.source, reason=each.request.reason,
            by=each.request.by, list=each.request.list, how=each.how, via=each.via, photos_kept=each.photos_kept,
            unresolved_because=each.reason, detail=each.detail, attempts=each.attempts,
            next_try_at=each.next_try_at, changes=each.changes,
        )
        for each in sorted(statuses, key=lambda each: each.request.received_at)
    ]  # fmt: skip
    requests += [
        RequestView(
            request_id=each.request_id, state="waiting", link=each.link, takedown_id=None,
            authority=each.authority, source=each.source, reason=each.reason, by=each.by, list=each.list,
            how=None, via=None, photos_kept=0, unresolved_because=None, detail=None, attempts=0,
            next_try_at=None, changes=(),
        )
        for each in waiting
    ]  # fmt: skip
    return StandingView(requests=tuple(requests), takedowns=_takedowns(wanted, records))


def _takedowns(wanted: set[str], records: TakedownRecords) -> tuple[TakedownView, ...]:
    in_force = {each.takedown.takedown_id: each for each in records.takedowns}
    changes = [change for change in records.changes if change.takedown_id in wanted]
    courses = courses_of(
        [in_force[each] for each in wanted if each in in_force], changes, records.alerts, records.verdicts
    )
    views = []
    for takedown_id in sorted(wanted):
        published, course = in_force.get(takedown_id), courses.get(takedown_id)
        relists = course.relists if course else {}
        views.append(
            TakedownView(
                takedown_id=takedown_id,
                fate=course.fate if course else "withdrawn",
                listing=published.takedown.listing.key if published else None,
                title=published.takedown.listing.title if published else None,
                changes=tuple(
                    sorted(
                        (each for each in changes if each.takedown_id == takedown_id),
                        key=lambda each: each.at,
                    )
                ),
                relists=tuple(
                    RelistView(
                        listing=key, first_seen=each.first_seen, alerted=each.alerted, seconds=each.seconds
                    )
                    for key, each in sorted(relists.items(), key=lambda item: item[1].first_seen)
                ),
            )
        )
    return tuple(views)
