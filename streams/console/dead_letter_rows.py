"""Dead letters in the console's database: their kinds with counts, pages of them, one, and what came back."""

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from sqlalchemy import ColumnElement, Connection, Row, and_, case, func, select, tuple_

from streams.console.tables import DEAD_LETTERS
from streams.dead_letter_replay import Place
from streams.topics import DAY_MS
from streams.topics import DEAD_LETTERS as TOPIC

HOUR_MS = 3600 * 1000
KEPT_MS = (TOPIC.retention_days or 30) * DAY_MS
"""After which Kafka has let a letter go: nothing of it can be replayed any more."""
PAGE = 50
State = Literal["open", "replayed", "all"]
STATES: tuple[State, ...] = ("open", "replayed", "all")
Letter: TypeAlias = Row[*tuple[Any, ...]]

_L = DEAD_LETTERS.c
_COLUMNS = (
    _L.partition, _L.offset, _L.topic, _L.topic_partition, _L.topic_offset, _L.key, _L.stage, _L.error,
    _L.attempt, _L.size, _L.failed_ms, _L.replayed_ms, _L.replayed_by,
    # Of what pages show; a detail may be a whole stack.
    func.substr(_L.detail, 1, 2000).label("detail"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Kind:
    """Letters that failed in one stage with one error, counted. `open`: can be replayed and were not."""

    stage: str
    error: str
    hour: int
    day: int
    all: int
    open: int
    newest_ms: int


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which letters: of a stage and an error, or any."""

    stage: str | None = None
    error: str | None = None
    state: State = "open"


def kinds(connection: Connection, now_ms: int) -> list[Kind]:
    """Every kind, the one with the newest letter first."""
    rows = connection.execute(
        select(
            _L.stage,
            _L.error,
            func.sum(case((_L.failed_ms >= now_ms - HOUR_MS, 1), else_=0)),
            func.sum(case((_L.failed_ms >= now_ms - DAY_MS, 1), else_=0)),
            func.count(),
            func.sum(case((_can_be_replayed(now_ms), 1), else_=0)),
            func.max(_L.failed_ms),
        ).group_by(_L.error, _L.stage)
    ).all()
    return sorted((Kind(*row) for row in rows), key=lambda kind: (-kind.newest_ms, kind.stage, kind.error))


def letters(
    connection: Connection, chosen: Chosen, now_ms: int, after: str | None = None
) -> tuple[list[Letter], str | None]:
    """A page of letters, the newest first, and where the next page begins. `after`: where this one does."""
    newest = (_L.failed_ms, _L.partition, _L.offset)
    query = select(*_COLUMNS).where(*_conditions(chosen, now_ms))
    if (place := _cursor(after)) is not None:
        query = query.where(tuple_(*newest) < tuple_(*place))
    rows = list(connection.execute(query.order_by(*(each.desc() for each in newest)).limit(PAGE + 1)))
    if len(rows) <= PAGE:
        return rows, None
    last = rows[PAGE - 1]
    return rows[:PAGE], f"{last.failed_ms}.{last.partition}.{last.offset}"


def letter(connection: Connection, place: Place) -> Letter | None:
    """The one at this place of `dead-letters`."""
    return connection.execute(
        select(*_COLUMNS).where(_L.partition == place.partition, _L.offset == place.offset)
    ).one_or_none()


def tries(connection: Connection, row: Letter) -> list[Letter]:
    """The letters of the same message, this one among them, by attempt: with its key, from its topic, and tried
    once more each. A message without a key is only itself."""
    if row.key is None:
        return [row]
    found = connection.execute(
        select(*_COLUMNS)
        .where(_L.topic == row.topic, _L.key == row.key, _L.attempt != row.attempt)
        .order_by(_L.failed_ms)
        .limit(20)
    )
    same_way = [each for each in found if (each.attempt > row.attempt) == (each.failed_ms >= row.failed_ms)]
    return sorted([row, *same_way], key=lambda each: (each.attempt, each.failed_ms))


def came_back(connection: Connection, rows: list[Letter]) -> dict[Place, Letter]:
    """Of these letters those that were replayed and failed again: the newest letter of each, by the first's place."""
    replayed = [row for row in rows if row.replayed_ms is not None and row.key is not None]
    if not replayed:
        return {}
    later = connection.execute(
        select(*_COLUMNS)
        .where(
            _L.failed_ms >= min(row.replayed_ms for row in replayed),
            _L.key.in_({row.key for row in replayed}),
            _L.attempt > 1,
        )
        .order_by(_L.failed_ms)
        .limit(20 * PAGE)
    ).all()
    found: dict[Place, Letter] = {}
    for row in replayed:
        for each in later:
            same = (each.topic, each.key) == (row.topic, row.key)
            if same and each.attempt > row.attempt and each.failed_ms >= row.failed_ms:
                found[Place(row.partition, row.offset)] = each
    return found


def count_by_topic(connection: Connection, condition: ColumnElement[bool]) -> dict[str, int]:
    """How many letters go back to which topic."""
    rows = connection.execute(
        select(_L.topic, func.count()).where(condition).group_by(_L.topic).order_by(_L.topic)
    )
    return {row.topic: row[1] for row in rows}


def of_kind(
    stage: str, error: str, until_ms: int, now_ms: int, *, again: bool = False
) -> ColumnElement[bool]:
    """The letters of a kind that are offered for replay: of until then, still on Kafka, and not replayed yet unless
    `again` is asked for."""
    still_there = _L.failed_ms >= now_ms - KEPT_MS
    chosen = and_(_L.stage == stage, _L.error == error, _L.failed_ms <= until_ms, still_there)
    return chosen if again else and_(chosen, _L.replayed_ms.is_(None))


def at_place(place: Place) -> ColumnElement[bool]:
    """The letter at this place."""
    return and_(_L.partition == place.partition, _L.offset == place.offset)


def places(connection: Connection, condition: ColumnElement[bool], most: int) -> list[tuple[Place, int]]:
    """The oldest so many letters and the size of each in bytes, as they stand on the topic."""
    rows = connection.execute(
        select(_L.partition, _L.offset, _L.size)
        .where(condition)
        .order_by(_L.failed_ms, _L.partition, _L.offset)
        .limit(most)
    )
    return sorted((Place(row.partition, row.offset), row.size) for row in rows)


def _conditions(chosen: Chosen, now_ms: int) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if chosen.stage is not None:
        conditions.append(_L.stage == chosen.stage)
    if chosen.error is not None:
        conditions.append(_L.error == chosen.error)
    if chosen.state == "open":
        conditions.append(_can_be_replayed(now_ms))
    elif chosen.state == "replayed":
        conditions.append(_L.replayed_ms.is_not(None))
    return conditions


def _can_be_replayed(now_ms: int) -> ColumnElement[bool]:
    return and_(_L.replayed_ms.is_(None), _L.failed_ms >= now_ms - KEPT_MS)


def _cursor(text: str | None) -> tuple[int, int, int] | None:
    """`failed_ms.partition.offset`; what is none begins at the newest."""
    parts = (text or "").split(".")
    if len(parts) != 3 or not all(part.isascii() and part.isdigit() and len(part) < 19 for part in parts):
        return None
    return int(parts[0]), min(int(parts[1]), 2**31 - 1), int(parts[2])
