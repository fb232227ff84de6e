"""The alerts that a filter means, in their order, a page at a time: never by OFFSET, never counting all.

One walk along an index gives the ids of the page and how many there are at least (`COUNTED`); only the page's own
rows are then looked up. A filter that next to nothing matches makes the walk a long one, which was measured to be in
time (docs/console.md); only for words PostgreSQL reads the table from end to end instead, which is twice as fast.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from msgspec import Struct
from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    case,
    func,
    literal,
    or_,
    select,
    tuple_,
    union_all,
)

from streams.console.queue.filters import JUDGEMENTS, Filter
from streams.console.tables import ALERTS

COUNTED = 1000
"""More than so many are said to be so many and more."""

A = ALERTS.c
ORDERS: dict[str, tuple[ColumnElement[Any], ...]] = {
    "probability": (A.probability, A.matched_ms, A.alert_id),
    "newest": (A.matched_ms, A.alert_id),
    "oldest": (A.matched_ms, A.alert_id),
}
KEYS = (A.probability, A.matched_ms, A.alert_id)


class PlaceError(ValueError):
    """The text names no place in a queue."""


class Place(NamedTuple):
    """Where an alert stands in a queue. `part`: 0 the open ones, 1 those that are decided."""

    part: int
    probability: float
    matched_ms: int
    alert_id: str

    def __str__(self) -> str:
        return f"{self.part},{self.probability!r},{self.matched_ms},{self.alert_id}"


class Found(Struct, frozen=True):
    """Places in their order; `more` where not all were asked for."""

    places: tuple[Place, ...]
    more: bool


def place_of(text: str) -> Place:
    """The place that a page's link names.

    Raises:
        PlaceError: it names none.
    """
    try:
        part, probability, matched, alert_id = text.split(",", 3)
        if part not in ("0", "1") or not alert_id or "\0" in alert_id:
            raise PlaceError(text)
        place = Place(int(part), float(probability), int(matched), alert_id)
    except ValueError as error:
        raise PlaceError(text) from error
    if abs(place.matched_ms) >= 2**63 or not 0 <= place.probability <= 1:
        raise PlaceError(text)
    return place


def find(
    connection: Connection,
    wanted: Filter,
    now_ms: int,
    *,
    limit: int,
    after: Place | None = None,
    backwards: bool = False,
) -> Found:
    """The first alerts that match, or those behind `after`; with `backwards` those before it, the nearest first."""
    parts = _parts(wanted)
    if wanted.words and connection.dialect.name == "postgresql":
        query = _scan(connection, wanted, now_ms, parts, after=after, limit=limit + 1, backwards=backwards)
        places = tuple(Place(*row) for row in connection.execute(query))
        return Found(places[:limit], len(places) > limit)
    found: list[Place] = []
    for number, states in sorted(parts.items(), reverse=backwards):
        if after is not None and (number > after.part if backwards else number < after.part):
            continue
        start = after if after is not None and after.part == number else None
        query = _walk(
            connection, wanted, now_ms, states, after=start, limit=limit + 1 - len(found), backwards=backwards
        )
        found += [Place(number, *row) for row in connection.execute(query)]
        if len(found) > limit:
            break
    return Found(tuple(found[:limit]), len(found) > limit)


def conditions(connection: Connection, wanted: Filter, now_ms: int) -> list[ColumnElement[bool]]:
    """What an alert must be, its state aside."""
    held = wanted.kind == "held"
    said: list[ColumnElement[bool]] = [A.held.is_(held)]
    if wanted.kind and not held:
        said.append(A.kind == wanted.kind)
    for name in ("marketplace", "seller", "authority", "cluster", "caught_by"):
        if value := getattr(wanted, name):
            said.append(A[name] == value)
    if (since := wanted.since_ms(now_ms)) is not None:
        said.append(A.matched_ms >= since)
    if wanted.to_ms is not None:
        said.append(A.matched_ms < wanted.to_ms)
    return said + [_holds(connection, word) for word in wanted.words]


def _parts(wanted: Filter) -> dict[int, Sequence[str]]:
    match wanted.state:
        case "all":
            return {0: ("open",), 1: JUDGEMENTS}
        case "decided":
            return {1: JUDGEMENTS}
        case "open":
            return {0: ("open",)}
        case _:
            return {1: (wanted.state,)}


def _walk(
    connection: Connection,
    wanted: Filter,
    now_ms: int,
    states: Sequence[str],
    *,
    after: Place | None,
    limit: int,
    backwards: bool,
) -> Select[Any]:
    """Of each state so many, along its index; then so many of all of them."""
    said = conditions(connection, wanted, now_ms)
    if after is not None:
        said.append(_beyond(wanted, after, backwards=backwards))
    each = [
        _ordered(select(*KEYS).where(and_(A.state == state, *said)), A, wanted, backwards=backwards).limit(
            limit
        )
        for state in states
    ]
    if len(each) == 1:
        return each[0]
    together = union_all(*(select(query.subquery()) for query in each)).subquery()
    return _ordered(select(together), together.c, wanted, backwards=backwards).limit(limit)


def _scan(
    connection: Connection,
    wanted: Filter,
    now_ms: int,
    parts: Mapping[int, Sequence[str]],
    *,
    after: Place | None,
    limit: int,
    backwards: bool,
) -> Select[Any]:
    """All parts at once: ordered by what no index has, so that the whole table is read."""
    part = case((A.state == "open", 0), else_=1)
    said = conditions(connection, wanted, now_ms)
    said.append(A.state.in_([state for states in parts.values() for state in states]))
    if after is not None:
        further = part < after.part if backwards else part > after.part
        said.append(or_(further, and_(part == after.part, _beyond(wanted, after, backwards=backwards))))
    query = select(part.label("part"), *KEYS).where(and_(*said))
    query = query.order_by(part.desc() if backwards else part.asc())
    return _ordered(query, A, wanted, backwards=backwards).limit(limit)


def _ordered(query: Select[Any], columns: Any, wanted: Filter, *, backwards: bool) -> Select[Any]:
    keys = [columns[column.key] for column in ORDERS[wanted.sort]]
    descends = _descends(wanted, backwards=backwards)
    return query.order_by(*(key.desc() if descends else key.asc() for key in keys))


def _beyond(wanted: Filter, after: Place, *, backwards: bool) -> ColumnElement[bool]:
    """What comes behind a place, or with `backwards` before it."""
    order = ORDERS[wanted.sort]
    key = tuple_(*order)
    start = tuple_(*(literal(getattr(after, str(column.key)), column.type) for column in order))
    return key < start if _descends(wanted, backwards=backwards) else key > start


def _descends(wanted: Filter, *, backwards: bool) -> bool:
    return (wanted.sort != "oldest") != backwards


def _holds(connection: Connection, word: str) -> ColumnElement[bool]:
    """Whether the word stands in one of the texts. A word has no line end, so it spans no two of them."""
    place = func.strpos if connection.dialect.name == "postgresql" else func.instr
    return place(A.texts, word) > 0
