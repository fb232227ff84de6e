"""Replays from the console, on a real Kafka: to where the letter came from, one attempt higher, and told so."""

import time
from typing import Any

import msgspec
import pytest
from alert_records import dead_letter
from console_client import Served, Visitor
from console_rows import letter_row, put_letters
from kafka_client import KafkaClient
from sqlalchemy import select

from connectors.events import DeadLetter
from streams.console.claims import claim
from streams.console.dead_letter_replays import CLAIM
from streams.console.tables import CLAIMS, DEAD_LETTERS

pytestmark = pytest.mark.kafka


def kept(site: Served, client: KafkaClient, *letters: DeadLetter, **changes: Any) -> list[str]:
    """Put letters on the topic and in the database; their places."""
    places = []
    for each in letters:
        letter = msgspec.structs.replace(each, topic=client.name(each.topic))
        stands = client.send("dead-letters", letter.key, letter).get(timeout=30)
        row = letter_row(
            stands.offset, partition=stands.partition, topic=letter.topic, attempt=letter.attempt,
            key=None if letter.key is None else letter.key.decode("utf-8", "replace"), error=letter.error,
            stage=letter.stage, size=len(letter.value or b""),
        )  # fmt: skip
        put_letters(site.console.database, row | changes)
        places.append(f"{stands.partition}:{stands.offset}")
    return places


def confirmed(visitor: Visitor, **fields: str) -> dict[str, Any]:
    answer = visitor.post("/dead-letters/replay", **fields)
    assert answer.status_code == 200, answer.text
    return answer.json()  # type: ignore[no-any-return]


def ended(visitor: Visitor, job: dict[str, Any]) -> str:
    deadline = time.monotonic() + 30
    while True:
        text = visitor.get(job["address"], **{"X-Fragment": "1"}).text
        if ">Done<" in text or ">Stopped<" in text:
            return text
        assert time.monotonic() < deadline
        time.sleep(0.05)


def marks(site: Served) -> dict[str, str | None]:
    with site.console.database.read() as connection:
        return {
            f"{row.partition}:{row.offset}": row.replayed_by
            for row in connection.execute(select(DEAD_LETTERS))
        }


def test_one_letter_goes_back_byte_for_byte_one_attempt_higher(site: Served, client: KafkaClient) -> None:
    (place,) = kept(site, client, dead_letter())
    operator = site.visitor("operator")
    shown = operator.get(f"/dead-letters/{place}").text
    assert "7b 22 74 6f 72 6e 20 1b 5b 32 4a ff" in shown
    assert "ce_id" in shown
    file = operator.get(f"/dead-letters/{place}/value.bin")
    assert file.content == b'{"torn \x1b[2J\xff'
    assert file.headers["content-type"] == "application/octet-stream"
    assert (
        file.headers["content-disposition"]
        == f'attachment; filename="dead-letter-{place.replace(":", "-")}.bin"'
    )

    told = ended(operator, confirmed(operator, place=place, count="1"))
    assert ">Done<" in told
    (back,) = client.existing("listings")
    assert (back.key, back.value) == (b"pasar-uji:l1", b'{"torn \x1b[2J\xff')
    assert ("rw_attempt", b"2") in back.headers
    assert marks(site) == {place: "operator-7"}
    assert operator.post("/dead-letters/replay", place=place, count="1").status_code == 409
    again = confirmed(operator, place=place, count="1", again="1")
    ended(operator, again)
    assert len(client.existing("listings")) == 2


def test_of_a_kind_each_message_goes_back_once_and_every_letter_is_marked(
    site: Served, client: KafkaClient
) -> None:
    letters = [dead_letter(key=b"k%d" % number, value=b"%d" % number) for number in range(5)]
    places = kept(site, client, *letters)
    copies = kept(site, client, msgspec.structs.replace(letters[0], attempt=2))
    foreign = kept(site, client, dead_letter(topic="dead-letters"))
    (other,) = kept(site, client, dead_letter(error="too-large"))
    operator = site.visitor("operator")
    job = confirmed(operator, stage="fingerprint-listings", error="malformed-json", count="7")
    told = ended(operator, job)
    assert "none of the topics that letters come from" in told
    sent = client.existing("listings")
    assert sorted(each.value for each in sent) == [b"0", b"1", b"2", b"3", b"4"]
    attempts = {each.value: dict(each.headers)["rw_attempt"] for each in sent}
    assert attempts == {b"0": b"3", b"1": b"2", b"2": b"2", b"3": b"2", b"4": b"2"}
    replayed = {place for place, by in marks(site).items() if by == "operator-7"}
    assert replayed == {*places, *copies}
    assert marks(site)[foreign[0]] is None
    assert marks(site)[other] is None
    with site.console.database.read() as connection:
        assert connection.execute(select(CLAIMS)).all() == []


def test_what_kafka_no_longer_has_is_told_and_the_rest_goes(site: Served, client: KafkaClient) -> None:
    (place,) = kept(site, client, dead_letter())
    put_letters(site.console.database, letter_row(4_000, partition=0, topic=client.name("listings")))
    operator = site.visitor("operator")
    told = ended(
        operator, confirmed(operator, stage="fingerprint-listings", error="malformed-json", count="2")
    )
    assert "no longer on the topic" in told
    assert len(client.existing("listings")) == 1
    assert marks(site) == {place: "operator-7", "0:4000": None}


def test_of_two_who_press_at_once_one_replays(site: Served, client: KafkaClient) -> None:
    import threading

    (place,) = kept(site, client, dead_letter())
    visitors = [site.visitor("operator", f"operator-{number}") for number in range(4)]
    answers: list[int] = []
    at_once = threading.Barrier(4)

    def press(visitor: Visitor) -> None:
        at_once.wait(10)
        answers.append(visitor.post("/dead-letters/replay", place=place, count="1").status_code)

    threads = [threading.Thread(target=press, args=(visitor,)) for visitor in visitors]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(answers) == [200, 409, 409, 409]
    deadline = time.monotonic() + 30
    while claim(site.console.database, CLAIM, "test", int(time.time() * 1000), 60_000) is not None:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert len(client.existing("listings")) == 1
