"""The figures of the last hour, every few seconds, and of the last day, by the minute. Pure but for their rows.

The minutes are kept in the table HISTORY too, so that a console which starts again has them. Several consoles on one
database see the same system: of a minute the first to write it is kept, so nothing is there twice.
"""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite

from streams.console.database import Database
from streams.console.tables import HISTORY

STEP_SECONDS = 5
STEPS = 3600 // STEP_SECONDS
MINUTES = 24 * 60
LEAST_SHARE = 1 / 3
"""Of a minute that must have been watched for it to be kept: a minute of two seconds says little."""
MOST_SERIES = 300
MOST_NAME = 200
LARGEST = ("lag:", "took:")
"""Series whose minute is its largest figure, so that no peak is hidden. Of all others it is the mean, of seconds
without a figure as of zero."""

Values = Mapping[str, float]
Row = tuple[str, int, float]
"""A series, a minute since 1970, and a value, as the table has them."""


@dataclass(slots=True)
class _Minute:
    number: int
    seen: int
    sums: dict[str, float]
    highest: dict[str, float]


class History:
    """Takes the figures of each second in."""

    def __init__(self) -> None:
        self._steps: deque[tuple[int, Values]] = deque(maxlen=STEPS)
        self._minutes: dict[int, dict[str, float]] = {}
        self._now: _Minute | None = None
        self._unsaved: deque[Row] = deque(maxlen=60 * MOST_SERIES)

    def take(self, now: float, values: Values) -> None:
        """The figures at that second since 1970; seconds go forward. Of too many series the rest is left out."""
        values = {name: values[name] for name in sorted(values)[:MOST_SERIES] if len(name) <= MOST_NAME}
        step, number = int(now // STEP_SECONDS), int(now // 60)
        if self._steps and step < self._steps[-1][0]:
            return
        if self._steps and self._steps[-1][0] == step:
            self._steps.pop()
        self._steps.append((step, values))
        if self._now is None or number != self._now.number:
            self._finish()
            self._now = _Minute(number, 0, {}, {})
        self._now.seen += 1
        for name, value in values.items():
            self._now.sums[name] = self._now.sums.get(name, 0.0) + value
            self._now.highest[name] = max(self._now.highest.get(name, value), value)

    def unsaved(self) -> list[Row]:
        """Rows of the minutes that are over, for the table; given once."""
        rows = []
        while self._unsaved:
            rows.append(self._unsaved.popleft())
        return rows

    def restore(self, rows: Iterable[Row], now: float) -> None:
        """Take in what the table holds, before the first figures: of the last hour each minute fills its steps."""
        for series, minute, value in rows:
            self._minutes.setdefault(minute, {})[series] = value
        first = self._steps[0][0] if self._steps else int(now // STEP_SECONDS)
        each = 60 // STEP_SECONDS
        old = [
            (step, self._minutes[step // each])
            for step in range(int(now // STEP_SECONDS) - STEPS + 1, first)
            if step // each in self._minutes
        ]
        self._steps = deque([*old, *self._steps], maxlen=STEPS)
        self._forget(int(now // 60))

    def hour(self, now: float) -> dict[str, Any]:
        """The last hour for a chart: `from` (milliseconds since 1970), `step` (seconds), and by series a value for
        each step, null where there is none."""
        return _grid(dict(self._steps), int(now // STEP_SECONDS) - STEPS + 1, STEPS, STEP_SECONDS)

    def day(self, now: float) -> dict[str, Any]:
        """The last day, by the minute, in the same form."""
        return _grid(self._minutes, int(now // 60) - MINUTES, MINUTES, 60)

    def _finish(self) -> None:
        done = self._now
        if done is None or done.seen < 60 * LEAST_SHARE:
            return
        values = {
            name: done.highest[name] if name.startswith(LARGEST) else total / done.seen
            for name, total in done.sums.items()
        }
        self._minutes[done.number] = values
        self._unsaved.extend((name, done.number, value) for name, value in values.items())
        self._forget(done.number)

    def _forget(self, newest: int) -> None:
        for minute in [minute for minute in self._minutes if minute < newest - MINUTES]:
            del self._minutes[minute]


def _grid(held: Mapping[int, Values], first: int, count: int, step: int) -> dict[str, Any]:
    places = range(first, first + count)
    names = sorted({name for place in places if place in held for name in held[place]})
    series: dict[str, list[float | None]] = {name: [None] * count for name in names}
    for index, place in enumerate(places):
        values = held.get(place)
        if values is None:
            continue
        for name in names:
            value = values.get(name)
            # What was watched and not there was nothing; but a time that nobody took, or a lag not known, is none.
            if value is not None:
                series[name][index] = round(value, 3)
            elif not name.startswith(LARGEST):
                series[name][index] = 0
    return {"from": first * step * 1000, "step": step, "series": series}


def load(database: Database, now: float) -> list[Row]:
    """The last day's rows.

    Raises:
        SQLAlchemyError: the database does not answer.
    """
    h = HISTORY.c
    with database.read() as connection:
        rows = connection.execute(
            select(h.series, h.minute, h.value).where(h.minute >= int(now // 60) - MINUTES)
        )
        return [(str(series), int(minute), float(value)) for series, minute, value in rows]


def save(database: Database, rows: Sequence[Row], now: float) -> None:
    """Write the rows whose series and minute no console has written, and drop what is older than a day.

    Raises:
        SQLAlchemyError: the database does not answer.
    """
    if not rows:
        return
    values = [{"series": series, "minute": minute, "value": value} for series, minute, value in sorted(rows)]
    dialect = postgresql if database.is_postgres else sqlite
    with database.write() as connection:
        connection.execute(dialect.insert(HISTORY).on_conflict_do_nothing(), values)
        connection.execute(delete(HISTORY).where(HISTORY.c.minute < int(now // 60) - MINUTES))
