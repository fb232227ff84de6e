"""What is older than `dashboard.keep_days` goes, in small steps; what is in force stays."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from alert_records import alert, dead_letter, verdict
from feed_records import Feeding, fed
from listing_records import takedown
from sqlalchemy import insert, select
from takedown_records import request, takedown_change

from streams.console.feed import retention
from streams.console.feed.retention import Retention
from streams.console.tables import (
    ALERTS,
    ATTEMPTS,
    CHANGES,
    CLAIMS,
    DEAD_LETTERS,
    DECISIONS,
    REQUESTS,
    SESSIONS,
    TAKEDOWN_PHOTOS,
    TAKEDOWNS,
    VERDICTS,
)
from streams.epoch import milliseconds
from streams.settings import Dashboard
from streams.topics import ALERTS as ALERTS_TOPIC
from streams.topics import DEAD_LETTERS as LETTERS_TOPIC
from streams.topics import TAKEDOWN_AUDIT, TAKEDOWN_FINGERPRINTS, TAKEDOWN_REQUESTS
from streams.topics import TAKEDOWNS as TAKEDOWNS_TOPIC
from streams.topics import VERDICTS as VERDICTS_TOPIC

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
NOW_MS = milliseconds(NOW)


def days(count: float) -> datetime:
    return NOW - timedelta(days=count)


@pytest.fixture
def old(feeding: Feeding) -> Retention:
    return Retention(feeding.turn, Dashboard(keep_days=90, session_hours=12), now=lambda: NOW_MS)


def keys(feeding: Feeding, table: Any) -> list[Any]:
    with feeding.database.read() as connection:
        return sorted(connection.scalars(select(next(iter(table.primary_key.columns)))))


def worked_off(old: Retention) -> list[int]:
    """What went in each step, until there is nothing to do for a while."""
    gone = []
    while old._due == 0.0:
        gone.append(old.step())
    return gone


def test_old_alerts_go_with_their_verdicts(feeding: Feeding, old: Retention) -> None:
    ages = {1: days(91), 2: days(91), 3: days(89), 4: days(89)}
    for number, age in ages.items():
        one = alert(number, matched_at=age)
        feeding.put((ALERTS_TOPIC, fed(one.alert_id, one)))
        if number % 2:
            said = verdict(number, alert=one, decided_at=days(1))
            feeding.put((VERDICTS_TOPIC, fed(said.alert_id, said)))
    assert sum(worked_off(old)) == 2
    assert keys(feeding, ALERTS) == ["alert-3", "alert-4"]
    assert keys(feeding, VERDICTS) == ["alert-3"]


def test_takedowns_in_force_stay_with_what_befell_them(feeding: Feeding, old: Retention) -> None:
    long_ago = milliseconds(days(200))
    for number in (1, 2, 3):
        feeding.put((TAKEDOWNS_TOPIC, fed(f"t{number}", takedown(number), timestamp=long_ago)))
        digests = {
            "takedown": {"takedown_id": f"t{number}"},
            "prints": {"photos": [{"image": 0, "sha256": "0" * 64}]},
        }
        feeding.put((TAKEDOWN_FINGERPRINTS, fed(f"t{number}", digests)))
        change = takedown_change(takedown_id=f"t{number}", at=days(180))
        feeding.put((TAKEDOWN_AUDIT, fed(change.key, change)))
    feeding.put((TAKEDOWNS_TOPIC, fed("t1", None, timestamp=milliseconds(days(91)))))
    feeding.put((TAKEDOWNS_TOPIC, fed("t2", None, timestamp=milliseconds(days(89)))))
    assert sum(worked_off(old)) == 2
    assert keys(feeding, TAKEDOWNS) == keys(feeding, TAKEDOWN_PHOTOS) == ["t2", "t3"]
    assert [row["takedown_id"] for row in feeding.rows(CHANGES)] == ["t2", "t3"]


def test_requests_letters_claims_attempts_and_sessions_go(feeding: Feeding, old: Retention) -> None:
    for number, age in enumerate((days(91), days(89))):
        asked = request(number, received_at=age)
        feeding.put((TAKEDOWN_REQUESTS, fed(asked.key, asked)))
        feeding.put((LETTERS_TOPIC, fed(b"k", dead_letter(failed_at=age), partition=number)))
    hour = 3_600_000
    with feeding.database.write() as connection:
        for number, until in enumerate((NOW_MS - 1, NOW_MS + 1)):
            held = until - hour
            connection.execute(insert(CLAIMS).values(alert_id=f"a{number}", person="p", until_ms=held))
            connection.execute(insert(ATTEMPTS).values(what=f"w{number}", failed=1, until_ms=until))
        for number, age in enumerate((25, 23)):
            values = {
                "decision": f"d{number}",
                "alert_id": "a",
                "person": "p",
                "decided_ms": NOW_MS - age * hour,
            }
            connection.execute(insert(DECISIONS).values(values))
        for token, made, seen in (("old", 13, 0), ("silent", 5, 4), ("alive", 11, 2)):
            times = {"made_ms": NOW_MS - made * hour, "seen_ms": NOW_MS - seen * hour}
            connection.execute(insert(SESSIONS).values(token=token, person="p", csrf="c", **times))
    assert sum(worked_off(old)) == 7
    assert keys(feeding, REQUESTS) == ["r1"]
    assert keys(feeding, DEAD_LETTERS) == [1]
    assert keys(feeding, CLAIMS) == ["a1"]
    assert keys(feeding, DECISIONS) == ["d1"]
    assert keys(feeding, ATTEMPTS) == ["w1"]
    assert keys(feeding, SESSIONS) == ["alive"]


def test_many_go_in_small_steps(feeding: Feeding, old: Retention, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "ROWS", 10)
    feeding.put(
        *((LETTERS_TOPIC, fed(b"k", dead_letter(failed_at=days(100)), offset=n)) for n in range(25)),
        *((ALERTS_TOPIC, fed("", alert(n, matched_at=days(100)))) for n in range(20)),
    )
    steps = worked_off(old)
    assert [gone for gone in steps if gone] == [10, 10, 10, 10, 5]
    assert old.step() == 0
