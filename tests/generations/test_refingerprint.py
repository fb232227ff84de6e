"""On a real Kafka: what has no bytes or text of its own is asked of the listings, and an ended run goes on."""

import asyncio
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import msgspec
import pytest
from kafka_client import KafkaClient
from listing_records import listing, takedown, told
from msgspec.structs import replace

from connectors.events import ListingEvent
from streams.cli.refingerprint import _run
from streams.engine.pipeline import fingerprint_listing, fingerprint_takedown
from streams.engine.print_algorithms import unlike
from streams.generations.refingerprint import Renewed
from streams.generations.start import GenerationError
from streams.kafka_clients.outbox import Outbox
from streams.kafka_clients.record_reader import no_progress
from streams.kafka_clients.topic_admin import create_topics
from streams.records import ListingFingerprint, TakedownFingerprint
from streams.settings import Settings

pytestmark = pytest.mark.kafka

DAYS = 10_000.0


@pytest.fixture
def old(topics: Settings) -> Settings:
    """The generation that is there."""
    work = replace(topics.worker, photo_processes=1)
    return replace(topics, worker=work, photos=replace(topics.photos, allow_private_addresses=True))


@pytest.fixture
def new(old: Settings) -> Settings:
    """The one that is to be, with its topics."""
    settings = replace(old, topics=replace(old.topics, generation=2))
    create_topics(settings)
    return settings


@pytest.fixture
def client(old: Settings) -> Iterator[KafkaClient]:
    with closing(KafkaClient(old)) as client:
        yield client


def of_another_version(fingerprint: Any) -> Any:
    """As a version would have made it that describes descriptions otherwise."""
    algorithms = replace(fingerprint.prints.algorithms, description="words-0")
    return replace(fingerprint, prints=replace(fingerprint.prints, algorithms=algorithms))


def held(event: ListingEvent) -> ListingFingerprint:
    return of_another_version(fingerprint_listing(event, []))  # type: ignore[no-any-return]


def refingerprinted(old: Settings, new: Settings) -> Renewed:
    return asyncio.run(_run(old, new, DAYS, no_progress))


def newest(client: KafkaClient, topic: str) -> dict[str, bytes | None]:
    return {record.key.decode(): record.value for record in client.existing(topic)}


def test_texts_are_asked_of_the_listings_and_what_is_gone_is_counted(
    old: Settings, new: Settings, client: KafkaClient
) -> None:
    there, gone, changed = (listing(number, description=told(number)) for number in (1, 2, 3))
    later = replace(changed, event_id="later", title="another title", description=told(9))
    down = takedown(1, description=told(4))
    client.send_all("listings", [(there.key, there), (later.key, later)])
    client.send_all("takedowns", [("t1", down)])
    client.send_all("fingerprints", [(each.key, held(each)) for each in (there, gone, changed)])
    client.send_all(
        "takedown-fingerprints",
        [
            ("t1", of_another_version(fingerprint_takedown(down, []))),
            ("t2", of_another_version(fingerprint_takedown(takedown(2), []))),
            ("t2", None),
            ("t3", b"no fingerprint"),
        ],
    )

    done = refingerprinted(old, new)
    assert done.copied == {"takedown-fingerprints": 2, "fingerprints": 3}
    # The second's listing is gone; of the third there is another version only.
    assert (done.withdrawn, done.unreadable, done.descriptions_lost) == (1, 1, 2)

    listings = newest(client, "fingerprints-2")
    assert listings.keys() == {there.key, gone.key, changed.key}
    for event in (there, gone, changed):
        made = msgspec.json.decode(listings[event.key] or b"", type=ListingFingerprint)
        own = fingerprint_listing(event, []).prints
        assert unlike(made.prints.algorithms) is None
        assert (made.event_id, made.prints.title) == (event.event_id, own.title)
        assert made.prints.description == (own.description if event is there else None)
        assert made.prints.contacts == own.contacts, "what only the fingerprint still tells is kept"
    takedowns = newest(client, "takedown-fingerprints-2")
    assert takedowns.keys() == {"t1", "t2"}
    assert takedowns["t2"] is None
    renewed = msgspec.json.decode(takedowns["t1"] or b"", type=TakedownFingerprint)
    assert renewed == fingerprint_takedown(down, [])

    with pytest.raises(GenerationError, match="has begun"):
        refingerprinted(old, new)


def test_a_run_that_was_ended_goes_on_where_it_was(
    old: Settings, new: Settings, client: KafkaClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    everything = [fingerprint_takedown(takedown(number), []) for number in range(12)]
    client.send_all("takedown-fingerprints", [(f"t{number}", one) for number, one in enumerate(everything)])
    monkeypatch.setattr("streams.generations.refingerprint.BATCH", 4)
    deliver, times = Outbox.deliver, iter(range(100))

    async def ends_the_third_time(outbox: Outbox, records: Any) -> None:
        if next(times) == 2:
            raise InterruptedError
        await deliver(outbox, records)

    monkeypatch.setattr(Outbox, "deliver", ends_the_third_time)
    with pytest.raises(InterruptedError):
        refingerprinted(old, new)
    monkeypatch.setattr(Outbox, "deliver", deliver)
    done = refingerprinted(old, new)
    assert done.copied == {"takedown-fingerprints": 4}, "eight were copied before"
    keys = [record.key for record in client.existing("takedown-fingerprints-2")]
    assert sorted(keys) == sorted(f"t{number}".encode() for number in range(12))
