"""Takedown requests in the console's database: by list, one by one with filters, and what can be chosen among."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from sqlalchemy import ColumnElement, Connection, Row, and_, case, func, literal, or_, select, tuple_

from streams.console.tables import REQUESTS
from streams.takedowns.desk import NoListingError, target_of

PAGE = 50
LISTS = 25
MOST_COUNTED = 10_000
MOST_CHOICES = 200

Standing = Literal["waiting", "unresolved", "published", "withdrawn"]
STANDINGS: Mapping[Standing, tuple[str, ...]] = {
    "published": ("published",),
    "waiting": ("waiting", "received", "resolved"),
    "unresolved": ("unresolved",),
    "withdrawn": ("withdrawn",),
}
"""Where a request stands, as the report counts it, and the states that mean it."""
OF_STATE: Mapping[str, Standing] = {state: name for name, states in STANDINGS.items() for state in states}

Request: TypeAlias = Row[*tuple[Any, ...]]
_R = REQUESTS.c
_NEWEST = (_R.received_ms, _R.request_id)


@dataclass(frozen=True, slots=True)
class Filter:
    """Which requests; None: any. `reason`: why it is unresolved. `text`: within the link, an id, or a listing."""

    standing: Standing | None = None
    authority: str | None = None
    source: str | None = None
    marketplace: str | None = None
    reason: str | None = None
    sha256: str | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class ListSummary:
    """A list that came in; all single requests together where `sha256` is None. `has_more_authorities`: beside
    `authority`; `by` likewise. `last_ms`: of its newest request, in milliseconds."""

    sha256: str | None
    name: str | None
    authority: str | None
    has_more_authorities: bool
    source: str | None
    by: str | None
    has_more_people: bool
    last_ms: int
    received: int
    standings: Mapping[Standing, int]


@dataclass(frozen=True, slots=True)
class Choices:
    """What there is to filter by."""

    authorities: tuple[str, ...]
    marketplaces: tuple[str, ...]


def lists(connection: Connection, first: int = 0, sha256: str | None = None) -> list[ListSummary]:
    """The lists from number `first` on, the newest first, one more than a page; or the one of this digest."""
    counts = [
        func.sum(case((_R.state.in_(states), 1), else_=0)).label(name) for name, states in STANDINGS.items()
    ]
    query = select(
        _R.list_sha256,
        func.max(_R.list_name),
        func.max(_R.authority),
        func.min(_R.authority),
        func.max(_R.source),
        func.max(_R.by),
        func.min(_R.by),
        func.max(_R.received_ms),
        func.count(),
        *counts,
    ).group_by(_R.list_sha256)
    if sha256 is not None:
        query = query.where(_R.list_sha256 == sha256)
    query = query.order_by(func.max(_R.received_ms).desc(), _R.list_sha256).limit(LISTS + 1).offset(first)
    found: list[ListSummary] = []
    for row in connection.execute(query):
        digest, name, authority, other, source, by, someone, last_ms, received, *rest = row
        standings: dict[Standing, int] = dict(zip(STANDINGS, rest, strict=True))
        found.append(
            ListSummary(
                digest, name, authority, authority != other, source, by, by != someone, last_ms,
                received, standings,
            )
        )  # fmt: skip
    return found


def totals(connection: Connection) -> dict[Standing, int]:
    """All requests by where they stand."""
    found: dict[Standing, int] = dict.fromkeys(STANDINGS, 0)
    for state, count in connection.execute(select(_R.state, func.count()).group_by(_R.state)):
        found[OF_STATE.get(state, "waiting")] += count
    return found


def choices(connection: Connection) -> Choices:
    """The authorities and marketplaces that requests have."""
    return Choices(_values(connection, _R.authority), _values(connection, _R.marketplace))


def requests(
    connection: Connection, wanted: Filter, after: str | None = None
) -> tuple[list[Request], str | None]:
    """A page of requests, the newest first, and where the next begins."""
    columns = [column for column in _R if column is not _R.record]
    query = select(*columns).where(*_conditions(wanted))
    if (place := _cursor(after)) is not None:
        query = query.where(tuple_(*_NEWEST) < tuple_(*(literal(each) for each in place)))
    rows = list(connection.execute(query.order_by(*(each.desc() for each in _NEWEST)).limit(PAGE + 1)))
    if len(rows) <= PAGE:
        return rows, None
    last = rows[PAGE - 1]
    return rows[:PAGE], f"{last.received_ms}.{last.request_id}"


def count(connection: Connection, wanted: Filter) -> int:
    """How many there are; `MOST_COUNTED` + 1 where there are more than that."""
    some = select(_R.request_id).where(*_conditions(wanted)).limit(MOST_COUNTED + 1).subquery()
    return connection.scalar(select(func.count()).select_from(some)) or 0


def _conditions(wanted: Filter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.standing is not None:
        conditions.append(_R.state.in_(STANDINGS[wanted.standing]))
    for column, value in (
        (_R.authority, wanted.authority),
        (_R.source, wanted.source),
        (_R.marketplace, wanted.marketplace),
        (_R.unresolved_because, wanted.reason),
    ):
        if value is not None:
            conditions.append(column == value)
    if wanted.sha256 is not None:
        conditions.append(_R.list_sha256 == wanted.sha256 if wanted.sha256 else _R.list_sha256.is_(None))
    if wanted.text is not None:
        conditions.append(_means(wanted.text))
    return conditions


def _means(text: str) -> ColumnElement[bool]:
    """The text is an id, a listing in whatever form of link, or a part of the link as it came."""
    ways: list[ColumnElement[bool]] = [
        _R.link.icontains(text, autoescape=True),
        _R.request_id == text,
        _R.takedown_id == text,
    ]
    try:
        target = target_of(text)
    except NoListingError:
        return or_(*ways)
    if target.listing_id is not None:
        ways.append(and_(_R.marketplace == target.marketplace, _R.listing_id == target.listing_id))
    return or_(*ways)


def _values(connection: Connection, column: Any) -> tuple[str, ...]:
    found = connection.scalars(
        select(column).where(column.is_not(None)).group_by(column).order_by(column).limit(MOST_CHOICES)
    )
    return tuple(found)


def _cursor(text: str | None) -> tuple[int, str] | None:
    received, dot, request_id = (text or "").partition(".")
    if not dot or not (received.isascii() and received.isdigit() and len(received) < 19):
        return None
    return int(received), request_id
