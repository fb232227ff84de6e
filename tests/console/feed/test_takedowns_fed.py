"""What becomes of takedowns, their photos, requests, changes, seller links and dead letters in the database."""

from itertools import permutations
from typing import Any

import msgspec
import pytest
from alert_records import NOON, dead_letter, seller_link
from feed_records import ARRIVED_MS, Fed, Feeding, fed
from listing_records import takedown
from sqlalchemy import update
from takedown_records import RECEIVED, after, request, takedown_change, takedown_status

from connectors.events import Image, Takedown
from connectors.seller_links import LinkedSeller
from connectors.takedown_status import TakedownChange, TakedownStatus
from fingerprints.photo_print import print_of_bytes
from streams.console.tables import (
    CHANGES,
    DEAD_LETTERS,
    REQUESTS,
    SELLER_LINKS,
    TAKEDOWN_PHOTOS,
    TAKEDOWNS,
)
from streams.engine.pipeline import fingerprint_takedown
from streams.epoch import milliseconds
from streams.records import ImageFailure, ImageFingerprint
from streams.topics import DEAD_LETTERS as LETTERS_TOPIC
from streams.topics import SELLER_LINKS as LINKS_TOPIC
from streams.topics import (
    TAKEDOWN_AUDIT,
    TAKEDOWN_FINGERPRINTS,
    TAKEDOWN_REQUESTS,
    TAKEDOWN_STATUS,
    TopicSpec,
)
from streams.topics import TAKEDOWNS as TAKEDOWNS_TOPIC

A, B, C = "a" * 64, "b" * 64, "c" * 64
URL = "https://photos.invalid/1.jpg"


def taken(number: int, *images: Image, **fields: Any) -> tuple[TopicSpec, Fed]:
    one = takedown(number, images=images)
    return TAKEDOWNS_TOPIC, fed(one.takedown_id, one, **fields)


def printed(number: int, *digests: tuple[int, str]) -> tuple[TopicSpec, Fed]:
    """Its fingerprint: photos of these digests, the last of which could not be read."""
    from sample_photos import before_one_backdrop

    record = fingerprint_takedown(takedown(number), [])
    photo = print_of_bytes(before_one_backdrop(0), max_pixels=10_000_000)
    photos = tuple(ImageFingerprint(image, photo, sha256) for image, sha256 in digests[:-1])
    failures = tuple(ImageFailure(image, "unreadable", sha256) for image, sha256 in digests[-1:])
    prints = msgspec.structs.replace(record.prints, photos=photos, failures=failures)
    return TAKEDOWN_FINGERPRINTS, fed(f"t{number}", msgspec.structs.replace(record, prints=prints))


def withdrawn(number: int, timestamp: int) -> tuple[TopicSpec, Fed]:
    return TAKEDOWNS_TOPIC, fed(f"t{number}", None, timestamp=timestamp)


def photos(feeding: Feeding) -> Any:
    return msgspec.json.decode(feeding.row(TAKEDOWNS)["photos"])


def test_a_takedown_is_a_row_with_its_record(feeding: Feeding) -> None:
    feeding.put(taken(1, Image(url=URL), Image(sha256=C)))
    row = feeding.row(TAKEDOWNS)
    one = takedown(1, images=(Image(url=URL), Image(sha256=C)))
    assert msgspec.json.decode(row.pop("record"), type=Takedown) == one
    assert msgspec.json.decode(row.pop("photos")) == [[0, None, URL], [1, C, None]]
    assert row == {
        "takedown_id": "t1",
        "listing_key": one.listing.key,
        "marketplace": one.listing.marketplace,
        "seller": f"{one.listing.marketplace}:{one.listing.seller_id}",
        "title": one.listing.title,
        "authority": one.authority,
        "source": one.source,
        "reason": one.reason,
        "taken_down_ms": None if one.taken_down_at is None else milliseconds(one.taken_down_at),
        "arrived_ms": ARRIVED_MS,
        "withdrawn_ms": None,
    }
    assert feeding.told == [{"takedowns"}]


@pytest.mark.parametrize("together", [True, False])
def test_a_photos_digest_finds_it_in_any_order(feeding: Feeding, together: bool) -> None:
    for order in permutations([taken(1, Image(url=URL), Image(sha256=C)), printed(1, (0, A), (2, B))]):
        if together:
            feeding.put(*order)
        else:
            for record in order:
                feeding.put(record)
        assert photos(feeding) == [[0, A, URL], [1, C, None], [2, B, None]]
        with feeding.turn.write() as connection:
            connection.execute(TAKEDOWNS.delete())
            connection.execute(TAKEDOWN_PHOTOS.delete())


def test_photos_of_a_takedown_that_comes_anew_are_its_new_ones(feeding: Feeding) -> None:
    feeding.put(taken(1, Image(url=URL)), printed(1, (0, A)))
    feeding.put((TAKEDOWN_FINGERPRINTS, fed("t1", None)), taken(1, Image(url=f"{URL}?2"), Image(url=URL)))
    assert photos(feeding) == [[0, None, f"{URL}?2"], [1, None, URL]]
    feeding.put(printed(1, (1, B)))
    assert photos(feeding) == [[0, None, f"{URL}?2"], [1, B, URL]]


def test_a_withdrawn_takedown_stays_with_when(feeding: Feeding) -> None:
    feeding.put(taken(1), taken(2), withdrawn(2, 5), withdrawn(9, 5))
    feeding.put(withdrawn(1, 7))
    assert [row["withdrawn_ms"] for row in feeding.rows(TAKEDOWNS)] == [7, 5]
    feeding.put(withdrawn(1, 8), taken(1, timestamp=9), taken(2, timestamp=10), withdrawn(2, 11))
    rows = feeding.rows(TAKEDOWNS)
    assert [(row["arrived_ms"], row["withdrawn_ms"]) for row in rows] == [(9, None), (10, 11)]


@pytest.mark.parametrize("status_first", [True, False])
def test_a_request_waits_until_something_is_said_of_it(feeding: Feeding, status_first: bool) -> None:
    asked = request(1, reason="barang palsu\x00")
    arrived = (TAKEDOWN_REQUESTS, fed(asked.key, asked))
    status = (TAKEDOWN_STATUS, fed("r1", takedown_status(asked)))
    if status_first:
        feeding.put(status)
    feeding.put(arrived, arrived)
    if not status_first:
        row = feeding.row(REQUESTS)
        assert (row["state"], row["changed_ms"], row["record"]) == ("waiting", milliseconds(RECEIVED), None)
        feeding.put(status)
    row = feeding.row(REQUESTS)
    assert msgspec.json.decode(row.pop("record"), type=TakedownStatus) == takedown_status(asked)
    assert row == {
        "request_id": "r1",
        "link": "https://pasar-uji.example/l1",
        "marketplace": "pasar-uji",
        "listing_id": "l1",
        "authority": "kementerian",
        "source": "ministry",
        "reason": "barang palsu\ufffd",
        "by": "analyst-7",
        "list_name": "daftar.csv",
        "list_sha256": "0" * 64,
        "list_row": "2",
        "received_ms": milliseconds(RECEIVED),
        "state": "unresolved",
        "unresolved_because": "connector-away",
        "takedown_id": None,
        "changed_ms": milliseconds(after(minutes=5)),
    }
    published = takedown_status(asked, state="published", takedown_id="td-1", reason=None)
    feeding.put((TAKEDOWN_STATUS, fed("r1", published)))
    row = feeding.row(REQUESTS)
    assert (row["state"], row["unresolved_because"], row["takedown_id"]) == ("published", None, "td-1")
    feeding.put((TAKEDOWN_STATUS, fed("r1", None)))
    row = feeding.row(REQUESTS)
    assert (row["state"], row["takedown_id"], row["record"]) == ("waiting", None, None)
    assert set.union(*feeding.told) == {"requests"}


def test_changes_are_kept_by_their_key(feeding: Feeding) -> None:
    seen = takedown_change(what="listing seen", at=after(hours=1))
    again = takedown_change(what="listing seen", at=after(hours=3))
    gone = takedown_change()
    feeding.put(*((TAKEDOWN_AUDIT, fed(each.key, each)) for each in (seen, gone)))
    feeding.put((TAKEDOWN_AUDIT, fed(again.key, again)))
    rows = feeding.rows(CHANGES)
    assert [msgspec.json.decode(row["record"], type=TakedownChange) for row in rows] == [again, gone]
    assert {row["at_ms"] for row in rows} == {milliseconds(again.at), milliseconds(gone.at)}


def test_a_seller_link_is_the_newest_of_its_key(feeding: Feeding) -> None:
    one, stronger = seller_link(1), seller_link(1, strength=50.0)
    feeding.put((LINKS_TOPIC, fed(one.key, one)), (LINKS_TOPIC, fed(stronger.key, stronger)))
    row = feeding.row(SELLER_LINKS)
    assert (row["left"], row["right"]) == ("pasar-uji:s1", "toko-uji:s0")
    assert msgspec.json.decode(row["record"])["strength"] == 50.0
    long = tuple(LinkedSeller(marketplace="m", seller_id="|" * 250 + end, listing_id="l") for end in "ab")
    huge = seller_link(2, sellers=long)
    feeding.put((LINKS_TOPIC, fed(huge.key, huge)), (LINKS_TOPIC, fed(one.key, None)))
    assert feeding.row(SELLER_LINKS)["left"] == long[0].key
    feeding.put((LINKS_TOPIC, fed(huge.key, None)))
    assert feeding.rows(SELLER_LINKS) == []


def test_a_dead_letter_is_known_by_its_place_and_keeps_its_replay(feeding: Feeding) -> None:
    letter = (LETTERS_TOPIC, fed(b"k", dead_letter(key=b"k\x00\xff", value=b"12345"), partition=3, offset=70))
    feeding.put(letter)
    assert feeding.row(DEAD_LETTERS) == {
        "partition": 3,
        "offset": 70,
        "topic": "listings",
        "topic_partition": 1,
        "topic_offset": 5,
        "key": "k\ufffd\ufffd",
        "stage": "fingerprint-listings",
        "error": "malformed-json",
        "detail": "ListingEvent: malformed \x1b]0;owned\x07",
        "attempt": 1,
        "size": 5,
        "failed_ms": milliseconds(NOON),
        "replayed_ms": None,
        "replayed_by": None,
    }
    with feeding.turn.write() as connection:
        connection.execute(update(DEAD_LETTERS).values(replayed_ms=9, replayed_by="operator-7"))
    feeding.put(letter)
    assert feeding.row(DEAD_LETTERS)["replayed_by"] == "operator-7"


def test_what_is_no_such_record_is_counted(feeding: Feeding) -> None:
    feeding.put(
        (TAKEDOWNS_TOPIC, fed("t2", takedown(1))),
        (TAKEDOWN_FINGERPRINTS, fed("t1", {"takedown": {"takedown_id": "t1"}})),
        (TAKEDOWN_REQUESTS, fed("x", None)),
        (TAKEDOWN_REQUESTS, fed("x", request(1, request_id="r" * 257))),
        (TAKEDOWN_STATUS, fed("r2", takedown_status(request(1)))),
        (TAKEDOWN_AUDIT, fed("x", takedown_change())),
        (LINKS_TOPIC, fed("x", seller_link(1))),
        (LETTERS_TOPIC, fed(None, dead_letter(partition=2**31))),
        (LETTERS_TOPIC, fed(None, b"")),
    )
    assert feeding.keeper.unreadable == {
        "takedowns": 1,
        "takedown-fingerprints": 1,
        "takedown-requests": 2,
        "takedown-status": 1,
        "takedown-audit": 1,
        "seller-links": 1,
        "dead-letters": 2,
    }
    for table in (TAKEDOWNS, TAKEDOWN_PHOTOS, REQUESTS, CHANGES, SELLER_LINKS, DEAD_LETTERS):
        assert feeding.rows(table) == []
