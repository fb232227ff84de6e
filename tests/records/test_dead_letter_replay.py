"""Dead letters go back byte for byte, once each, and only to where letters come from."""

import msgspec
import pytest
from alert_records import dead_letter
from hypothesis import given
from hypothesis import strategies as st
from kafka_client import KafkaClient

from connectors.codec import RecordError
from streams.dead_letter_replay import (
    FoundLetter,
    Place,
    letters,
    newest_copies,
    next_attempt,
    refusal,
    replay,
)
from streams.kafka_clients.record_reader import ReadError, RecordReader, UnreachableError
from streams.settings import Kafka, Settings
from streams.topics import ALERTS, DEAD_LETTERS


@given(st.builds(Place, st.integers(0, 10**6), st.integers(0, 2**62)))
def test_a_place_is_read_as_it_is_written(place: Place) -> None:
    assert Place.parse(str(place)) == place


@pytest.mark.parametrize("text", ["", "5", "a:b", "1:-2", "1:2:3", "²:1", ":1", "1:"])
def test_what_is_no_place_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="PARTITION:OFFSET"):
        Place.parse(text)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ((), [("rw_attempt", b"3")]),
        ((("ce_id", b"e1"), ("x", b"\xff")), [("ce_id", b"e1"), ("x", b"\xff"), ("rw_attempt", b"3")]),
        ((("rw_attempt", b"2"), ("x", b"")), [("rw_attempt", b"3"), ("x", b"")]),
    ],
)
def test_only_the_attempt_changes(
    headers: tuple[tuple[str, bytes], ...], expected: list[tuple[str, bytes]]
) -> None:
    assert next_attempt(dead_letter(headers=headers, attempt=2)) == expected


def test_of_copies_only_the_newest_goes_back() -> None:
    found = [
        FoundLetter(Place(0, 1), dead_letter(attempt=1)),
        FoundLetter(Place(0, 2), dead_letter(attempt=1, value=b"another")),
        FoundLetter(Place(1, 0), dead_letter(attempt=2)),
        FoundLetter(Place(0, 3), dead_letter(attempt=1)),
        FoundLetter(Place(0, 4), dead_letter(attempt=1, key=None)),
        FoundLetter(Place(0, 5), dead_letter(attempt=1, topic="takedowns")),
    ]
    assert newest_copies(found) == [Place(0, 2), Place(0, 4), Place(0, 5), Place(1, 0)]
    assert newest_copies([]) == []


def test_a_letter_goes_only_where_letters_come_from() -> None:
    settings = Settings()
    assert refusal(dead_letter(), settings) is None
    assert "'__consumer_offsets'" in (refusal(dead_letter(topic="__consumer_offsets"), settings) or "")
    assert "none of the topics" in (refusal(dead_letter(topic="dead-letters"), settings) or "")
    assert "neither key nor value" in (refusal(dead_letter(key=None, value=None), settings) or "")


@pytest.mark.kafka
def test_letters_go_back_byte_for_byte_and_are_acknowledged(topics: Settings) -> None:
    client = KafkaClient(topics)
    listings = client.name("listings")
    sent = [
        dead_letter(topic=listings),
        dead_letter(
            topic=listings,
            key=None,
            value=bytes(range(256)),
            headers=(("rw_attempt", b"4"), ("x", b"\xff")),
            attempt=4,
        ),
        dead_letter(topic=client.name("takedowns"), key=b"t1", value=None),
        dead_letter(topic="elsewhere"),
        dead_letter(topic=listings, error="internal-error"),
        dead_letter(topic=listings, key=b"large", value=b"x" * 2_000_000),
    ]
    try:
        client.send_all("dead-letters", [(str(number), letter) for number, letter in enumerate(sent)])
        with RecordReader(topics, DEAD_LETTERS) as reader:
            found = {each.letter: each.place for each in letters(reader, "malformed-json")}
            assert set(found) == set(sent) - {sent[4]}
            places = list(found.values())
            tried = replay(reader, places, topics, dry_run=True)
            assert len(tried.sent) == 4
            done = replay(reader, places, topics)
        assert set(done.sent) == set(tried.sent) == set(places) - {found[sent[3]]}
        assert [each.place for each in done.refused] == [found[sent[3]]]
        back = client.read_until("listings", lambda seen: len(seen) >= 3, quiet=0.5)
        withdrawn = client.read_until("takedowns", lambda seen: len(seen) >= 1)
    finally:
        client.close()
    assert sorted((message.key or b"", message.value, list(message.headers)) for message in back) == [
        (b"", bytes(range(256)), [("rw_attempt", b"5"), ("x", b"\xff")]),
        (b"large", b"x" * 2_000_000, [("ce_id", b"e1"), ("rw_attempt", b"2")]),
        (b"pasar-uji:l1", sent[0].value, [("ce_id", b"e1"), ("rw_attempt", b"2")]),
    ]
    assert [(message.key, message.value) for message in withdrawn] == [(b"t1", None)]


@pytest.mark.kafka
def test_a_record_is_found_at_its_place_and_nowhere_else(topics: Settings) -> None:
    client = KafkaClient(topics)
    try:
        places = [client.send("dead-letters", f"k{n}", f"value {n}".encode()).get(10) for n in range(20)]
    finally:
        client.close()
    with RecordReader(topics, DEAD_LETTERS) as reader:
        for number, place in enumerate(places):
            assert reader.at(place.partition, place.offset).value == f"value {number}".encode()
        assert len(list(reader.existing())) == 20
        with pytest.raises(ReadError, match="partitions 0 to 3, not 4"):
            reader.at(4, 0)
        with pytest.raises(ReadError, match=r"not 1000"):
            reader.at(places[0].partition, 1000)
        foreign: list[str] = []
        assert list(letters(reader, None, lambda _, why: foreign.append(why))) == []
        assert len(foreign) == 20
        with pytest.raises(RecordError, match="DeadLetter"):
            replay(reader, [Place(places[0].partition, places[0].offset)], topics)


@pytest.mark.kafka
def test_a_topic_that_is_missing_and_an_empty_one(settings: Settings, topics: Settings) -> None:
    with RecordReader(topics, ALERTS) as reader:
        assert list(reader.existing()) == []
        with pytest.raises(ReadError, match="no records"):
            reader.at(0, 0)
    elsewhere = msgspec.structs.replace(
        settings, topics=msgspec.structs.replace(settings.topics, prefix="nobody-made-")
    )
    with (
        pytest.raises(ReadError, match=r"nobody-made-alerts.*topics create"),
        RecordReader(elsewhere, ALERTS),
    ):
        pass


def test_a_broker_that_is_away_is_named() -> None:
    away = Settings(kafka=Kafka(bootstrap_servers="127.0.0.1:1"))
    with pytest.raises(UnreachableError, match=r"127\.0\.0\.1:1"), RecordReader(away, ALERTS):
        pass
