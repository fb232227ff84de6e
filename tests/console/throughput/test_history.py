"""The last hour and day: remembered, written once for several consoles, and there again after a new start."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from streams.console.database import Database
from streams.console.history import MINUTES, MOST_SERIES, STEPS, History, load, save
from streams.console.tables import HISTORY

NOON = 1_795_000_020  # a whole minute
Figures = dict[str, float]


def watched(history: History, begin: int, figures: Sequence[Figures]) -> int:
    """So many seconds of figures; the second after them."""
    for second, values in enumerate(figures):
        history.take(begin + second + 0.3, values)
    return begin + len(figures)


def test_the_hour_has_a_figure_every_few_seconds() -> None:
    history = History()
    end = watched(history, NOON, [{"lag:listings": float(second)} for second in range(12)])
    hour = history.hour(end - 1)
    assert hour["step"] == 5
    assert hour["from"] == (NOON - 3600 + 5 * 3) * 1000
    values = hour["series"]["lag:listings"]
    assert len(values) == STEPS
    assert values[-3:] == [4.0, 9.0, 11.0]
    assert set(values[:-3]) == {None}


def test_a_minute_is_the_mean_of_rates_and_the_largest_lag() -> None:
    history = History()
    figures = (
        [{"in:match:a": 60.0, "lag:listings": 5.0}] * 20
        + [{"lag:listings": 900.0}]
        + [{"lag:listings": 1.0}] * 39
    )
    watched(history, NOON, [*figures, {}])
    assert sorted(history.unsaved()) == [
        ("in:match:a", NOON // 60, 20.0),
        ("lag:listings", NOON // 60, 900.0),
    ]
    assert history.unsaved() == []


def test_of_what_was_watched_nothing_is_none_and_nobody_knows_a_lag_not_asked_for() -> None:
    history = History()
    end = watched(history, NOON, [{"in:match:a": 1.0, "lag:listings": 2.0}] * 5 + [{}] * 5)
    series = history.hour(end - 1)["series"]
    assert series["in:match:a"][-2:] == [1.0, 0]
    assert series["lag:listings"][-2:] == [2.0, None]


def test_a_minute_of_which_little_was_seen_is_not_kept() -> None:
    history = History()
    watched(history, NOON + 45, [{"in:match:a": 9.0}] * 16)
    assert history.unsaved() == []


def test_names_without_end_are_left_out() -> None:
    history = History()
    history.take(
        NOON, {f"in:match:{number}": 1.0 for number in range(MOST_SERIES + 50)} | {"in:" + "x" * 300: 1.0}
    )
    assert len(history.hour(NOON)["series"]) == MOST_SERIES


@given(st.lists(st.integers(0, 200), min_size=1, max_size=30))
def test_time_goes_forward_and_every_series_is_as_long_as_the_hour(pauses: list[int]) -> None:
    history, now = History(), NOON
    for pause in pauses:
        now += pause
        history.take(now, {"in:match:a": 1.0})
    for course, count in ((history.hour(now), STEPS), (history.day(now), MINUTES)):
        assert all(len(values) == count for values in course["series"].values())
    assert history.hour(now)["series"]["in:match:a"][-1] == 1.0


def test_after_a_new_start_the_hour_is_there_by_the_minute_and_the_day_whole() -> None:
    rows = [
        ("in:match:a", NOON // 60 - age, float(age)) for age in (1, 2, 59, 600, MINUTES - 1, MINUTES, 5000)
    ]
    history = History()
    history.take(NOON, {"in:match:a": 77.0})
    history.restore(rows, NOON + 2)
    hour, day = history.hour(NOON + 2), history.day(NOON + 2)
    assert hour["series"]["in:match:a"][-25:] == [2.0] * 12 + [1.0] * 12 + [77.0]
    values = day["series"]["in:match:a"]
    assert (values[-1], values[-2], values[-600], values[1]) == (1.0, 2.0, 600.0, MINUTES - 1)
    assert sum(value is not None for value in values) == 6


def test_several_consoles_write_a_minute_once_and_a_day_is_kept(database: Database) -> None:
    minute = NOON // 60
    save(database, [("lag:listings", minute, 5.0), ("in:match:a", minute, 1.0)], NOON)
    save(
        database,
        [("in:match:a", minute, 1.5), ("lag:listings", minute, 6.0), ("in:match:b", minute, 2.0)],
        NOON,
    )
    assert sorted(load(database, NOON)) == [
        ("in:match:a", minute, 1.0),
        ("in:match:b", minute, 2.0),
        ("lag:listings", minute, 5.0),
    ]
    tomorrow = NOON + 24 * 3600 + 60
    save(database, [("in:match:a", minute + MINUTES, 3.0)], tomorrow)
    assert load(database, tomorrow) == [("in:match:a", minute + MINUTES, 3.0)]
    with database.read() as connection:
        assert connection.scalar(select(func.count()).select_from(HISTORY)) == 1


@pytest.mark.parametrize("rows", [[], [("in:match:a", NOON // 60, 1.0)]])
def test_writing_nothing_or_the_same_again_is_no_fault(
    database: Database, rows: list[tuple[str, int, float]]
) -> None:
    save(database, rows, NOON)
    save(database, rows, NOON)
    assert load(database, NOON) == rows
