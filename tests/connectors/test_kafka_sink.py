"""The Kafka sink on a real broker: keyed, headed, acknowledged, and loud about what is not."""

import os
import signal
import socket

import msgspec
import pytest
from kafka.partitioner.default import murmur2
from kafka_client import KafkaClient
from listing_records import listing, takedown

from connectors.counts import Counts
from connectors.events import Image
from connectors.kafka import KafkaSink, KafkaSinkOptions, belongs, cloud_event_headers, key_and_value
from connectors.kafka_delivery import KafkaDelivery
from connectors.memory import MemorySource, MemorySourceOptions
from connectors.runner import Failure, Problem, Runner
from connectors.sdk import AbortError, RawRecord, RetryError, SkipError, Withdrawal
from streams.kafka_clients.kafka_options import client_options
from streams.kafka_local.broker import LocalKafka
from streams.settings import Settings


def sink(settings: Settings, topic: str = "listings", **options: object) -> KafkaSink:
    given = {
        "topic": settings.topics.prefix + topic,
        "client": client_options(settings.kafka),
        "records": "takedowns" if topic == "takedowns" else "listings",
    }
    return KafkaSink(KafkaSinkOptions(**(given | options)))  # type: ignore[arg-type]


def test_events_become_keyed_messages_with_cloud_event_headers() -> None:
    assert key_and_value(listing(1)) == (b"pasar-uji:l1", msgspec.json.encode(listing(1)))
    assert key_and_value(takedown(1)) == (b"t1", msgspec.json.encode(takedown(1)))
    assert key_and_value(Withdrawal(takedown_id="t1")) == (b"t1", None)
    assert key_and_value(RawRecord(b"{")) == (None, b"{")
    assert dict(cloud_event_headers(listing(1), "relistwatch/test")) == {
        "ce_id": b"e1",
        "ce_type": b"relistwatch.listing.created",
        "ce_source": b"relistwatch/test",
        "ce_time": b"2026-11-24T03:00:01+00:00",
    }
    raw = dict(cloud_event_headers(RawRecord(b"{"), "o"))
    assert raw["ce_type"] == b"relistwatch.undecoded"
    assert "ce_time" not in raw
    assert raw == dict(cloud_event_headers(RawRecord(b"{", "key"), "o"))
    assert not belongs(takedown(1), "listings")
    assert not belongs(listing(1), "takedowns")


@pytest.mark.kafka
def test_every_event_is_on_the_broker_when_the_run_ends(topics: Settings) -> None:
    source = MemorySource(MemorySourceOptions(count=3000), script=[RawRecord(b"\xff{", "pasar-uji:l9")])
    counts = Runner(source, sink(topics, compression="gzip")).run()
    assert counts == Counts(read=3001, written=3001)
    client = KafkaClient(topics)
    try:
        messages = client.read_until("listings", lambda seen: len(seen) >= 3001, quiet=0.5)
    finally:
        client.close()
    assert len(messages) == 3001
    by_key = {message.key: message for message in messages}
    assert by_key[b"pasar-uji:l9"].value == b"\xff{"
    for number in range(3000):
        message = by_key[f"memory:listing-{number}".encode()]
        assert msgspec.json.decode(message.value)["title"] == source.listing(number).title
        assert dict(message.headers)["ce_id"] == source.listing(number).event_id.encode()
        # The Java client's partitioner, so that every producer sends a listing's events to one partition.
        assert message.partition == (murmur2(message.key) & 0x7FFFFFFF) % topics.topics.partitions


@pytest.mark.kafka
def test_takedowns_and_withdrawals_keep_their_order(topics: Settings) -> None:
    kafka_sink = sink(topics, "takedowns")
    kafka_sink.open()
    kafka_sink.write([takedown(1), Withdrawal(takedown_id="t1"), takedown(1, title="again")])
    kafka_sink.flush()
    kafka_sink.close()
    client = KafkaClient(topics)
    try:
        messages = client.read_until("takedowns", lambda seen: len(seen) >= 3)
    finally:
        client.close()
    values = [message.value for message in messages]
    assert values == [
        msgspec.json.encode(takedown(1)),
        None,
        msgspec.json.encode(takedown(1, title="again")),
    ]


@pytest.mark.kafka
def test_what_the_client_finds_too_large_is_refused_and_the_rest_arrive(topics: Settings) -> None:
    large = listing(2, images=(Image(data=b"x" * 200_000),))
    problems: list[Problem] = []
    source = MemorySource(script=[listing(1), large, listing(3)])
    counts = Runner(source, sink(topics, max_request_bytes=100_000), on_problem=problems.append).run()
    assert counts == Counts(read=3, written=2, failed=1)
    (failure,) = problems
    assert isinstance(failure, Failure)
    assert failure.event == large
    client = KafkaClient(topics)
    try:
        messages = client.read_until("listings", lambda seen: len(seen) >= 2, quiet=0.5)
    finally:
        client.close()
    assert sorted(message.key for message in messages) == [b"pasar-uji:l1", b"pasar-uji:l3"]


@pytest.mark.kafka
def test_what_the_broker_finds_too_large_is_refused_and_the_rest_arrive(topics: Settings) -> None:
    large = listing(2, description="x" * (topics.topics.max_message_bytes + 1000))
    kafka_sink = sink(topics, max_request_bytes=4 * topics.topics.max_message_bytes)
    kafka_sink.open()
    # The others share the producer, and some of them a batch, with what will be refused.
    others = [listing(number) for number in range(10, 60)]
    kafka_sink.write([listing(1), *others[:25], large, *others[25:], listing(3)])
    with pytest.raises(SkipError, match=r"max\.message\.bytes") as caught:
        kafka_sink.flush()
    assert caught.value.refused == (large,)
    kafka_sink.write([listing(4)])
    kafka_sink.flush()
    kafka_sink.close()
    client = KafkaClient(topics)
    try:
        messages = client.read_until("listings", lambda seen: len(seen) >= 53, quiet=0.5)
    finally:
        client.close()
    keys = {message.key for message in messages}
    assert keys == {f"pasar-uji:l{n}".encode() for n in (1, 3, 4, *range(10, 60))}


@pytest.mark.kafka
def test_a_missing_topic_ends_the_run_and_is_not_made(topics: Settings) -> None:
    missing = sink(topics, "no-such-topic")
    with pytest.raises(AbortError, match=r"no-such-topic.*relistwatch topics create"):
        Runner(MemorySource(script=[listing(1)]), missing).run()


@pytest.mark.kafka
def test_a_record_of_the_wrong_kind_ends_the_run(topics: Settings) -> None:
    with pytest.raises(AbortError, match="a Takedown does not belong on listings"):
        Runner(MemorySource(script=[takedown(1)]), sink(topics)).run()


def test_a_broker_that_is_away_is_named() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{held.getsockname()[1]}"
        options = KafkaSinkOptions(
            topic="listings", client={"bootstrap_servers": [address], "bootstrap_timeout_ms": 300}
        )
        with pytest.raises(RetryError, match="kafka: "):
            KafkaSink(options).open()


@pytest.mark.kafka
def test_a_producer_that_is_given_up_ends(kafka: LocalKafka, topics: Settings) -> None:
    """Else what it was given would still be sent, behind what is sent again by another."""
    delivery = KafkaDelivery(client_options(topics.kafka), max_request_bytes=1_000_000)
    topic = topics.topics.prefix + "listings"
    delivery.send(topic, key=b"first", value=b"{}")
    delivery.flush()
    sender = delivery._producer._sender
    (node,) = kafka.pids
    os.kill(node, signal.SIGSTOP)
    try:
        delivery.send(topic, key=b"second", value=b"{}")
        delivery.close()
        sender.join(10)
        assert not sender.is_alive()
    finally:
        os.kill(node, signal.SIGCONT)
