"""Takedowns and all that is known of them out of the console's database, as the report and the story take them.

They are those of `streams.takedowns.records`, which reads the topics; what the console does not keep any more
(`dashboard.keep_days`) is not here.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, cast

import msgspec
from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, Select, and_, not_, select, true

from connectors.codec import Codec, RecordError
from connectors.events import Alert, AlertListing, AlertTakedown, Algorithms, Takedown
from connectors.field_types import Timestamp
from connectors.takedown_requests import ListPlace, RequestSource, TakedownRequest
from connectors.takedown_status import Reason, State, TakedownChange, TakedownStatus
from streams.console.tables import ALERTS, CHANGES, REQUESTS, TAKEDOWNS
from streams.takedowns.cases import Published
from streams.takedowns.courses import CLEARED
from streams.takedowns.records import TakedownRecords

AT_ONCE = 2000
WAITING = "waiting"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ALL = true()
_NO_ALGORITHMS = Algorithms(image="", text="", policy="")


class _AlertPart(Struct, frozen=True, kw_only=True):
    """As much of an alert as says what befell its takedowns; its evidence is passed over."""

    alert_id: str
    kind: Literal["relist", "still_up", "flood"]
    listing: AlertListing
    takedown: AlertTakedown
    cluster: tuple[str, ...] = ()
    listing_observed_at: Timestamp
    matched_at: Timestamp


_alert = msgspec.json.Decoder(_AlertPart)
_takedown = Codec(Takedown, ours=True)
_change = Codec(TakedownChange, ours=True)
_status = Codec(TakedownStatus, ours=True)


@dataclass(frozen=True, slots=True)
class Which:
    """Which rows of each table; all without."""

    requests: ColumnElement[bool] = ALL
    takedowns: ColumnElement[bool] = ALL
    changes: ColumnElement[bool] = ALL
    alerts: ColumnElement[bool] = ALL
    whole_requests: bool = False
    """With all that the resolver has said of each; else only what the report counts."""


def kept_records(connection: Connection, which: Which) -> TakedownRecords:
    """The records of these rows. Alerts that an analyst has cleared are left out, and so is every verdict."""
    records = TakedownRecords()
    for row in _rows(connection, _requests(which)):
        if row.state == WAITING:
            records.requests.append(request_of(row))
        else:
            records.statuses.append(_status_of(row, row.record if which.whole_requests else None))
    in_force = and_(which.takedowns, TAKEDOWNS.c.withdrawn_ms.is_(None))
    for row in _rows(connection, select(TAKEDOWNS.c.record, TAKEDOWNS.c.arrived_ms).where(in_force)):
        takedown = _takedown.decode(row.record).record
        bare = msgspec.structs.replace(takedown.listing, images=(), description=None)
        records.takedowns.append(
            Published(msgspec.structs.replace(takedown, listing=bare), moment_of(row.arrived_ms))
        )
    for row in _rows(connection, select(CHANGES.c.record).where(which.changes)):
        records.changes.append(_change.decode(row.record).record)
    cleared = and_(ALERTS.c.kind == "relist", ALERTS.c.state.in_(CLEARED))
    told = and_(which.alerts, ALERTS.c.held.is_(False), ALERTS.c.kind != "flood", not_(cleared))
    for row in _rows(connection, select(ALERTS.c.record).where(told)):
        records.alerts.append(_alert_of(_alert.decode(row.record)))
    return records


def request_of(row: Any) -> TakedownRequest:
    """The request of a row, as far as the row tells it."""
    place = None
    if row.list_sha256 is not None:
        number = int(row.list_row) if (row.list_row or "").isdigit() else 1
        place = ListPlace(name=row.list_name or "", sha256=row.list_sha256, row=max(1, number))
    return TakedownRequest(
        request_id=row.request_id,
        link=row.link,
        marketplace=row.marketplace,
        listing_id=row.listing_id,
        reason=row.reason,
        authority=row.authority,
        source=cast("RequestSource", row.source),
        received_at=moment_of(row.received_ms),
        by=row.by or "",
        list=place,
    )


def moment_of(milliseconds: int) -> datetime:
    """The time, in UTC."""
    return EPOCH + timedelta(milliseconds=milliseconds)


def _requests(which: Which) -> Select[Any]:
    columns = [column for column in REQUESTS.c if which.whole_requests or column is not REQUESTS.c.record]
    return select(*columns).where(which.requests)


def _status_of(row: Any, record: bytes | None) -> TakedownStatus:
    if record is not None:
        try:
            return _status.decode(record).record
        except RecordError:
            pass
    return TakedownStatus(
        request_id=row.request_id,
        request=request_of(row),
        partition=0,
        state=cast("State", row.state),
        takedown_id=row.takedown_id,
        reason=cast("Reason | None", row.unresolved_because),
        tried_at=moment_of(row.changed_ms),
    )


def _alert_of(part: _AlertPart) -> Alert:
    return Alert(
        alert_id=part.alert_id,
        kind=part.kind,
        probability=0.0,
        caught_by="arrival",
        listing=part.listing,
        takedown=part.takedown,
        other_takedowns=(),
        cluster=part.cluster,
        evidence=(),
        listing_observed_at=part.listing_observed_at,
        matched_at=part.matched_at,
        algorithms=_NO_ALGORITHMS,
    )


def _rows(connection: Connection, query: Select[Any]) -> Iterator[Any]:
    """So many at a time: the records of all alerts together are hundreds of megabytes."""
    return iter(connection.execute(query, execution_options={"yield_per": AT_ONCE}))
