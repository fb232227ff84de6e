"""The steps of one listing's way, each from one record: when, what, and where that stands. Pure."""

from collections import deque
from datetime import UTC, datetime
from typing import Literal

from msgspec import Struct

from connectors.events import Alert, DeadLetter, ListingEvent, Takedown
from connectors.field_types import Timestamp
from connectors.seller_links import SellerLink
from connectors.takedown_requests import TakedownRequest
from connectors.takedown_status import TakedownChange, TakedownStatus
from connectors.verdicts import Verdict
from streams.kafka_clients.message_headers import attempt_of
from streams.kafka_clients.record_reader import Record
from streams.records import ListingFingerprint

StepKind = Literal[
    "event",
    "fingerprint",
    "dead letter",
    "alert",
    "held alert",
    "relist of it",
    "verdict",
    "request",
    "takedown",
    "seller link",
]
"""`relist of it`: an alert on another listing, which brought this one back."""

KEPT_EACH = 200
"""Steps of a kind that are kept from its beginning, and as many from its end: a listing may be polled for weeks."""


class Step(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that happened. `at`: when the record came to Kafka; for what people decided and marketplaces told,
    their own time. `place`: topic without prefix, partition and offset. `id`: of the event, alert, takedown or
    request; of a dead letter its place as `dead-letters replay` takes it."""

    at: Timestamp
    kind: StepKind
    what: str
    place: str
    id: str | None = None
    observed_at: Timestamp | None = None
    """When the listing was seen so, on its marketplace."""
    attempt: int = 1
    """More than 1 for what was replayed from the dead letters."""


class KeptSteps:
    """The first and the last steps of a kind, in the order in which they came."""

    def __init__(self, most: int = KEPT_EACH) -> None:
        self._first: list[Step] = []
        self._last: deque[Step] = deque(maxlen=most)
        self._most = most
        self.left_out = 0

    def add(self, step: Step) -> None:
        """Keep it; of too many, the ones in the middle are let go."""
        if len(self._first) < self._most:
            self._first.append(step)
            return
        self.left_out += len(self._last) == self._most
        self._last.append(step)

    def steps(self) -> list[Step]:
        """What is kept."""
        return [*self._first, *self._last]


def received(record: Record) -> datetime:
    """When the record came to Kafka, by its producer's clock."""
    return datetime.fromtimestamp(record.timestamp / 1000, UTC)


def place_of(record: Record, prefix: str) -> str:
    """Where the record stands."""
    return f"{record.topic.removeprefix(prefix)} {record.partition}:{record.offset}"


def event_step(record: Record, event: ListingEvent, place: str) -> Step:
    """An event of the listing."""
    attempt = attempt_of(record.headers)
    by = f" by {event.source.connector}" if event.source else ""
    photos = f", {_many(len(event.images), 'photo')}" if event.images else ""
    again = f"; replayed, attempt {attempt}" if attempt > 1 else ""
    return Step(
        at=received(record), kind="event", what=f"{event.type.value}{by}{photos}{again}", place=place,
        id=event.event_id, observed_at=event.observed_at, attempt=attempt,
    )  # fmt: skip


def unreadable_step(record: Record, kind: StepKind, why: str, place: str) -> Step:
    """A record under the listing's key that is not what it should be."""
    attempt = attempt_of(record.headers)
    again = f"; replayed, attempt {attempt}" if attempt > 1 else ""
    return Step(
        at=received(record), kind=kind, what=f"cannot be read{again}: {why}", place=place, attempt=attempt
    )


def fingerprint_step(record: Record, fingerprint: ListingFingerprint, place: str) -> Step:
    """The listing fingerprinted, with what became of its photos."""
    prints = fingerprint.prints
    parts = [
        f"{_many(len(prints.photos), 'photo')} fingerprinted"
        if prints.photos or prints.failures
        else "text alone"
    ]
    if prints.failures:
        causes = ", ".join(f"photo {each.image + 1} {each.error}" for each in prints.failures)
        parts.append(f"{len(prints.failures)} not: {causes}")
    return Step(
        at=received(record), kind="fingerprint", what="; ".join(parts), place=place, id=fingerprint.event_id,
        observed_at=fingerprint.observed_at,
    )  # fmt: skip


def dead_letter_step(record: Record, letter: DeadLetter, prefix: str, place: str) -> Step:
    """A message of the listing that could not be handled."""
    of = f"{letter.topic.removeprefix(prefix)} {letter.partition}:{letter.offset}"
    tried = f", attempt {letter.attempt}" if letter.attempt > 1 else ""
    return Step(
        at=letter.failed_at, kind="dead letter",
        what=f"{letter.error} in {letter.stage} of {of}{tried}: {letter.detail}", place=place,
        id=f"{record.partition}:{record.offset}", attempt=letter.attempt,
    )  # fmt: skip


def alert_step(record: Record, alert: Alert, kind: StepKind, place: str) -> Step:
    """An alert on the listing, held or not."""
    how = ", found by looking back" if alert.caught_by == "lookback" else ""
    evidence = ", ".join(dict.fromkeys(str(part.__struct_config__.tag) for part in alert.evidence))
    because = f" by {evidence}" if evidence else ""
    return Step(
        at=received(record), kind=kind,
        what=f"{alert.kind} {alert.probability:.1%} of takedown {alert.takedown.takedown_id}"
        f" ({alert.takedown.key}){because}{how}",
        place=place, id=alert.alert_id, observed_at=alert.listing_observed_at,
    )  # fmt: skip


def relist_step(record: Record, alert: Alert, place: str) -> Step:
    """An alert on another listing that brought this one back."""
    what = f"{alert.kind} {alert.probability:.1%} as {alert.listing.key}"
    return Step(at=received(record), kind="relist of it", what=what, place=place, id=alert.alert_id)


def verdict_step(verdict: Verdict, place: str) -> Step:
    """What an analyst said of an alert."""
    why = f": {verdict.reason}" if verdict.reason else ""
    what = f"{verdict.verdict}, says {verdict.by}{why}"
    return Step(at=verdict.decided_at, kind="verdict", what=what, place=place, id=verdict.alert_id)


def request_step(request: TakedownRequest, place: str) -> Step:
    """Somebody asked to take the listing down."""
    who = ", ".join(part for part in (request.authority, request.source, request.by) if part)
    row = f"; row {request.list.row} of {request.list.name}" if request.list else ""
    why = f": {request.reason}" if request.reason else ""
    what = f"asked for by {who or 'nobody named'}{row}{why}"
    return Step(at=request.received_at, kind="request", what=what, place=place, id=request.request_id)


def status_steps(status: TakedownStatus, place: str) -> list[Step]:
    """What became of the request; that it was received its own record says."""
    return [
        Step(
            at=change.at, kind="request",
            what=f"{change.state}{': ' + change.detail if change.detail else ''}", place=place,
            id=status.request_id,
        )
        for change in status.changes
        if change.state != "received"
    ]  # fmt: skip


def takedown_step(record: Record, takedown: Takedown, place: str) -> Step:
    """The listing's takedown comes into force."""
    why = ", ".join(part for part in (takedown.authority, takedown.reason) if part)
    since = f", taken down {moment(takedown.taken_down_at)}" if takedown.taken_down_at else ""
    what = f"published{': ' + why if why else ''}{since}"
    return Step(at=received(record), kind="takedown", what=what, place=place, id=takedown.takedown_id)


def change_step(change: TakedownChange, place: str) -> Step:
    """Something that befell the listing's takedown."""
    who = f" by {change.by}" if change.by else ""
    why = f": {change.reason}" if change.reason else ""
    return Step(
        at=change.at, kind="takedown", what=f"{change.what}{who}{why}", place=place, id=change.takedown_id
    )


def link_step(link: SellerLink, place: str) -> Step:
    """The listing spoke for two accounts being one seller."""
    first, second = (seller.key for seller in link.sellers)
    what = f"{first} and {second}: {link.reason}, strength {link.strength:g}"
    return Step(at=link.seen_at, kind="seller link", what=what, place=place, id=link.takedown_id)


def moment(at: datetime) -> str:
    """A time in UTC, to the second."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}Z"


def _many(count: int, word: str) -> str:
    return f"{count} {word}{'' if count == 1 else 's'}"
