"""What the database knows around one alert: its takedown, takedowns beside it, earlier alerts with verdicts."""

from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection, Select, case, func, select

from connectors.events import Alert
from streams.console.case_evidence import percent
from streams.console.tables import ALERTS, TAKEDOWNS, VERDICTS
from streams.console.web_links import web_link

OTHERS_SHOWN = 12
EARLIER_SHOWN = 8
COUNTED_AT_MOST = 1000
"""Of a seller's alerts; there may be very many, and a person reads "more than 1,000" as well."""
NUL = "\x00"
"""No database takes it in a text; the feeder keeps no such key either."""
RECORD_READ = 256 * 1024
"""Bytes of a takedown's record that are read for its link; one with photos inside has megabytes."""


@dataclass(frozen=True, slots=True)
class TakedownFacts:
    """The alert's takedown as it stands now. Times in milliseconds since 1970."""

    authority: str | None
    source: str | None
    reason: str | None
    taken_down_ms: int | None
    arrived_ms: int
    withdrawn_ms: int | None
    photos: str


@dataclass(frozen=True, slots=True)
class OtherTakedown:
    """A takedown that the listing resembles as well. `known`: whether it is in the database. `in_cluster`: whether it
    and the alert's takedown are relists of each other."""

    takedown_id: str
    in_cluster: bool
    known: bool
    title: str = ""
    marketplace: str = ""
    authority: str | None = None
    url: str | None = None
    withdrawn_ms: int | None = None

    @property
    def link(self) -> str | None:
        """To its listing, where that is an address of the web."""
        return web_link(self.url)


@dataclass(frozen=True, slots=True)
class EarlierAlert:
    """Another alert. `state`: `open`, or the verdict in force, by `by`."""

    alert_id: str
    kind: str
    title: str
    marketplace: str
    takedown_title: str
    probability: float
    matched_ms: int
    state: str
    by: str | None

    @property
    def percent(self) -> str:
        """The probability in words."""
        return percent(self.probability)


@dataclass(frozen=True, slots=True)
class SellerRecord:
    """The other alerts of a seller's account. `states`: how many of each of the newest,
    `COUNTED_AT_MOST` and one more at most. `newest`: the newest of them."""

    account: str
    newest: tuple[EarlierAlert, ...]
    states: dict[str, int]

    @property
    def counted(self) -> int:
        """How many were counted."""
        return sum(self.states.values())

    @property
    def is_cut(self) -> bool:
        """Whether there are more."""
        return self.counted > COUNTED_AT_MOST


class _Listing(msgspec.Struct):
    url: str | None = None


class _Record(msgspec.Struct):
    listing: _Listing


def takedown_facts(connection: Connection, takedown_id: str) -> TakedownFacts | None:
    """The takedown, or None where the console has not read it, or reads it no more."""
    columns = TAKEDOWNS.c
    row = connection.execute(
        select(
            columns.authority,
            columns.source,
            columns.reason,
            columns.taken_down_ms,
            columns.arrived_ms,
            columns.withdrawn_ms,
            columns.photos,
        ).where(columns.takedown_id == takedown_id)
    ).one_or_none()
    return None if row is None else TakedownFacts(*row)


def other_takedowns(connection: Connection, alert: Alert) -> tuple[list[OtherTakedown], int]:
    """Those of the alert's cluster first, then the others; and how many are left out."""
    cluster = set(alert.cluster)
    ids = [
        each
        for each in dict.fromkeys((*alert.cluster, *alert.other_takedowns))
        if each != alert.takedown.takedown_id and NUL not in each
    ]
    shown = ids[:OTHERS_SHOWN]
    columns = TAKEDOWNS.c
    rows = connection.execute(
        select(
            columns.takedown_id,
            columns.title,
            columns.marketplace,
            columns.authority,
            columns.withdrawn_ms,
            case((func.length(columns.record) <= RECORD_READ, columns.record)).label("record"),
        ).where(columns.takedown_id.in_(shown))
    )
    found = {row.takedown_id: row for row in rows} if shown else {}
    others = [
        OtherTakedown(
            takedown_id,
            takedown_id in cluster,
            known=True,
            title=found[takedown_id].title,
            marketplace=found[takedown_id].marketplace,
            authority=found[takedown_id].authority,
            url=_url(found[takedown_id].record),
            withdrawn_ms=found[takedown_id].withdrawn_ms,
        )
        if takedown_id in found
        else OtherTakedown(takedown_id, takedown_id in cluster, known=False)
        for takedown_id in shown
    ]
    return others, len(ids) - len(shown)


def earlier_on_listing(connection: Connection, alert_id: str, listing_key: str) -> tuple[EarlierAlert, ...]:
    """Other alerts on the very listing: earlier versions of it, or other takedowns."""
    return _alerts(
        connection,
        _alert_columns()
        .where(ALERTS.c.listing_key == listing_key, ALERTS.c.alert_id != alert_id)
        .order_by(ALERTS.c.matched_ms.desc(), ALERTS.c.alert_id)
        .limit(EARLIER_SHOWN),
    )


def seller_record(connection: Connection, account: str, listing_key: str) -> SellerRecord:
    """Alerts on other listings of the same account, `marketplace:seller_id`."""
    # Bounded before anything is counted: an account may have as many alerts as all others together.
    some = (
        select(ALERTS.c.alert_id)
        .where(ALERTS.c.seller == account, ALERTS.c.listing_key != listing_key)
        .order_by(ALERTS.c.matched_ms.desc())
        .limit(COUNTED_AT_MOST + 1)
        .subquery()
    )
    states = connection.execute(
        select(ALERTS.c.state, func.count())
        .join(some, some.c.alert_id == ALERTS.c.alert_id)
        .group_by(ALERTS.c.state)
        .order_by(func.count().desc(), ALERTS.c.state)
    )
    newest = _alerts(
        connection,
        _alert_columns()
        .join(some, some.c.alert_id == ALERTS.c.alert_id)
        .order_by(ALERTS.c.matched_ms.desc(), ALERTS.c.alert_id)
        .limit(EARLIER_SHOWN),
    )
    return SellerRecord(account, newest, {row[0]: row[1] for row in states})


def _alert_columns() -> Select[Any]:
    columns = ALERTS.c
    return select(
        columns.alert_id,
        columns.kind,
        columns.title,
        columns.marketplace,
        columns.takedown_title,
        columns.probability,
        columns.matched_ms,
        columns.state,
        VERDICTS.c.by,
    ).select_from(ALERTS.outerjoin(VERDICTS, VERDICTS.c.alert_id == columns.alert_id))


def _alerts(connection: Connection, query: Select[Any]) -> tuple[EarlierAlert, ...]:
    return tuple(EarlierAlert(*row) for row in connection.execute(query))


def _url(record: bytes | None) -> str | None:
    try:
        return msgspec.json.decode(record or b"", type=_Record).listing.url
    except msgspec.DecodeError:
        return None
