"""Dead letters in the database: counted, paged, offered, and matched with those that came back."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from console_rows import MINUTE_MS, letter_row, now_ms, put_letters

from streams.console.claims import claim, holder_of, let_go, renew
from streams.console.database import Database
from streams.console.dead_letter_bytes import in_hex, shown
from streams.console.dead_letter_replays import BATCH, BATCH_BYTES, in_batches
from streams.console.dead_letter_rows import (
    KEPT_MS,
    PAGE,
    Chosen,
    at_place,
    came_back,
    count_by_topic,
    kinds,
    letter,
    letters,
    of_kind,
    places,
    tries,
)
from streams.dead_letter_replay import Place

HOUR_MS = 60 * MINUTE_MS


def test_kinds_are_counted_by_time_and_by_what_is_left_to_do(database: Database) -> None:
    now = now_ms()
    put_letters(
        database,
        letter_row(1, failed_ms=now - 10 * MINUTE_MS),
        letter_row(2, failed_ms=now - 2 * HOUR_MS, replayed_ms=now, replayed_by="operator-3"),
        letter_row(3, failed_ms=now - 30 * HOUR_MS),
        letter_row(4, failed_ms=now - KEPT_MS - 1),
        letter_row(5, failed_ms=now, error="too-large"),
        letter_row(6, failed_ms=now - 1, stage="match"),
    )
    with database.read() as connection:
        found = kinds(connection, now)
    assert [(kind.error, kind.stage) for kind in found] == [
        ("too-large", "fingerprint-listings"),
        ("malformed-json", "match"),
        ("malformed-json", "fingerprint-listings"),
    ]
    last = found[-1]
    assert (last.hour, last.day, last.all, last.open) == (1, 2, 4, 2)
    assert last.newest_ms == now - 10 * MINUTE_MS


def test_pages_go_through_all_letters_once_the_newest_first(database: Database) -> None:
    now = now_ms()
    # Many failed in the same millisecond: pages must not lose or repeat any.
    put_letters(
        database, *(letter_row(n, failed_ms=now - n // 7, partition=n % 3) for n in range(3 * PAGE + 5))
    )
    seen: list[Place] = []
    after: str | None = None
    with database.read() as connection:
        while True:
            rows, after = letters(connection, Chosen(state="all"), now, after)
            seen += [Place(row.partition, row.offset) for row in rows]
            if after is None:
                break
    assert len(seen) == len(set(seen)) == 3 * PAGE + 5
    assert seen[0].offset < 7


@pytest.mark.parametrize("cursor", ["", "1.2", "a.b.c", "1.2.3.4", "9" * 40 + ".1.1", "-1.0.0"])
def test_a_page_that_begins_nowhere_is_the_first(database: Database, cursor: str) -> None:
    put_letters(database, letter_row(1))
    with database.read() as connection:
        rows, _ = letters(connection, Chosen(), now_ms(), cursor)
    assert len(rows) == 1


def test_a_replay_that_came_back_is_found_by_its_message_and_attempt(database: Database) -> None:
    now = now_ms()
    first = {
        "key": "k",
        "failed_ms": now - HOUR_MS,
        "replayed_ms": now - HOUR_MS + 5,
        "replayed_by": "operator-3",
    }
    put_letters(
        database,
        letter_row(1, **first),
        letter_row(9, key="k", attempt=2, failed_ms=now),
        letter_row(10, key="k", attempt=2, failed_ms=now, topic="takedowns"),
        letter_row(11, key="other", attempt=2, failed_ms=now),
        letter_row(12, key="k", attempt=3, failed_ms=now - 2 * HOUR_MS),
    )
    with database.read() as connection:
        rows, _ = letters(connection, Chosen(state="replayed"), now)
        back = came_back(connection, rows)
        one = letter(connection, Place(0, 1))
        assert one is not None
        again = tries(connection, one)
    assert {place: row.offset for place, row in back.items()} == {Place(0, 1): 9}
    assert [row.offset for row in again] == [1, 9]


def test_what_was_replayed_or_let_go_by_kafka_is_not_offered_unless_asked_for(database: Database) -> None:
    now = now_ms()
    put_letters(
        database,
        letter_row(1),
        letter_row(2, topic="takedowns", size=9),
        letter_row(3, replayed_ms=now, replayed_by="operator-3"),
        letter_row(4, failed_ms=now - KEPT_MS - MINUTE_MS),
        letter_row(5, failed_ms=now + MINUTE_MS),
    )
    kind = ("fingerprint-listings", "malformed-json", now, now)
    with database.read() as connection:
        assert count_by_topic(connection, of_kind(*kind)) == {"listings": 1, "takedowns": 1}
        assert places(connection, of_kind(*kind), 10) == [(Place(0, 1), 20), (Place(0, 2), 9)]
        assert count_by_topic(connection, of_kind(*kind, again=True)) == {"listings": 2, "takedowns": 1}
        assert places(connection, of_kind(*kind), 1) == [(Place(0, 2), 9)]
        assert count_by_topic(connection, at_place(Place(0, 3))) == {"listings": 1}


def test_batches_are_bounded_by_number_and_by_bytes() -> None:
    many = [(Place(0, offset), 1) for offset in range(2 * BATCH + 1)]
    assert [len(batch) for batch in in_batches(many)] == [BATCH, BATCH, 1]
    large = [(Place(0, offset), BATCH_BYTES // 2 + 1) for offset in range(3)]
    assert [len(batch) for batch in in_batches(large)] == [1, 1, 1]
    assert list(in_batches([])) == []


def test_bytes_are_shown_as_text_and_hex_without_what_a_browser_or_terminal_obeys() -> None:
    text = shown("satu\tdua\r\n\x1b[2J\u202etiga \\q é".encode())
    assert text.text == "satu\tdua\n⟨U+001B⟩[2J⟨U+202E⟩tiga \\q é"
    assert text.text_is_all
    torn = shown(b'{"torn \xff')
    assert torn.text is None
    assert torn.hex == '00000000  7b 22 74 6f 72 6e 20 ff                          {"torn .'
    long = shown(b"x" * 1_000_000)
    assert (long.text_is_all, long.hex_is_all, long.size) == (False, False, 1_000_000)
    assert len(long.text or "") == 20_000
    assert (
        in_hex(bytes(range(20))).splitlines()[1]
        == "00000010  10 11 12 13                                      ...."
    )


def test_of_many_who_claim_at_once_one_holds_it(database: Database) -> None:
    at_once = threading.Barrier(8)

    def take(number: int) -> str | None:
        at_once.wait(10)
        return claim(database, "what", f"operator-{number}", 1000, 50)

    with ThreadPoolExecutor(8) as threads:
        told = list(threads.map(take, range(8)))
    assert told.count(None) == 1
    holder = f"operator-{told.index(None)}"
    assert {each for each in told if each is not None} == {holder}
    assert holder_of(database, "what", 1049) == holder
    assert not renew(database, "what", "somebody", 2000)
    assert renew(database, "what", holder, 1100)
    let_go(database, "what", "somebody")
    assert claim(database, "what", "operator-9", 1099, 50) == holder
    assert claim(database, "what", "operator-9", 1100, 50) is None
    let_go(database, "what", "operator-9")
    assert holder_of(database, "what", 1101) is None
