"""What the database says of the flow, the same on SQLite and PostgreSQL."""

import time
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import insert

from streams.console import store_figures
from streams.console.database import Database
from streams.console.store_figures import StoreReader
from streams.console.tables import ALERTS, DEAD_LETTERS

MINUTE = 60_000


def alert(number: int, ago_ms: int, **changes: Any) -> dict[str, Any]:
    usual = {
        "alert_id": f"a{number}", "kind": "relist", "probability": 0.9, "caught_by": "arrival", "marketplace": "m",
        "listing_key": f"m:{number}", "title": "t", "takedown_id": "t", "takedown_title": "t", "cluster": "t",
        "held": False, "observed_ms": 0, "matched_ms": int(time.time() * 1000) - ago_ms, "took_ms": 100 + number,
        "state": "open", "texts": "t", "record": b"{}",
    }  # fmt: skip
    return usual | changes


def letter(number: int, ago_ms: int, **changes: Any) -> dict[str, Any]:
    usual = {
        "partition": 0, "offset": number, "topic": "listings", "topic_partition": 0, "topic_offset": number,
        "stage": "match-listings", "error": "internal-error", "detail": "d", "attempt": 1, "size": 10,
        "failed_ms": int(time.time() * 1000) - ago_ms,
    }  # fmt: skip
    return usual | changes


def test_figures_are_of_the_last_minutes(database: Database) -> None:
    alerts = [alert(number, 2 * MINUTE) for number in range(100)]
    alerts += [alert(100, 0, kind="still_up", took_ms=9000), alert(101, 0, took_ms=None, state="relist")]
    alerts += [alert(102, 10 * MINUTE, took_ms=60_000)]
    with database.write() as connection:
        connection.execute(insert(ALERTS), alerts)
    figures = StoreReader(database).read()
    assert figures.took is not None
    assert (figures.took.count, figures.took.p50, figures.took.p95, figures.took.p99) == (101, 150, 195, 199)
    assert figures.took_minute is not None
    assert (figures.took_minute.count, figures.took_minute.p99) == (1, 9000)
    assert figures.alerts_minute == {"still_up": 1, "relist": 1}
    assert figures.open_alerts == 102


def test_dead_letters_by_kind_are_those_that_can_be_replayed(database: Database) -> None:
    letters = [letter(number, 60 * MINUTE) for number in range(5)]
    letters += [
        letter(5, MINUTE, error="malformed-json"),
        letter(6, MINUTE, replayed_ms=1, replayed_by="operator-7"),
    ]
    letters += [letter(7, 31 * 24 * 60 * MINUTE)]
    with database.write() as connection:
        for row in letters:
            connection.execute(insert(DEAD_LETTERS).values(row))
    figures = StoreReader(database).read()
    kinds = [(kind.error, kind.open, kind.recent) for kind in figures.letters]
    assert kinds == [("malformed-json", 1, 1), ("internal-error", 5, 0)]
    assert (figures.letters_open, figures.letters_recent) == (6, 1)


def test_counting_is_made_rare_by_a_slow_database_and_not_by_one_slow_count(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, taking, counted = 0.0, [3.0, 0.01, 3.0, 3.0, 0.01], list[float]()

    def count(_: object) -> int:
        nonlocal now
        counted.append(now)
        now += taking[len(counted) - 1]
        return len(counted)

    monkeypatch.setattr(store_figures, "time", SimpleNamespace(monotonic=lambda: now))
    monkeypatch.setattr(store_figures, "_open_alerts", count)
    reader = StoreReader(database)
    for second in range(166):
        now = max(now, second)
        assert reader.read().open_alerts == len(counted)
    assert counted == [0, 5, 10, 15, 165]


def test_an_empty_database_has_no_times(database: Database) -> None:
    figures = StoreReader(database).read()
    assert (figures.took, figures.took_minute, figures.open_alerts, figures.letters) == (None, None, 0, ())
