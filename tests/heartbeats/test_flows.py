"""Listings counted by stage and marketplace: what is acknowledged, by the key alone, and never without bound."""

from collections import Counter
from collections.abc import Sequence

import msgspec
import pytest
from listing_records import listing, relist, takedown
from sent_message import Sent
from structlog.testing import capture_logs

from connectors.context import Context
from connectors.events import EventType
from connectors.flows import FlowCount, Flows, by_marketplace
from connectors.memory import MemorySink, MemorySource
from connectors.rate import Rate
from connectors.runner import Runner
from connectors.sdk import RawRecord, SkipError, Withdrawal
from streams.engine.pipeline import fingerprint_listing, fingerprint_takedown
from streams.engine.rules import Rules
from streams.engine.takedown_bank import TakedownBank
from streams.health.heartbeat_figures import counted, flows_of
from streams.kafka_clients.outbox import Outbox, Outgoing, TooLargeError
from streams.metrics.metrics import Metrics
from streams.photos.fetch import PhotoFetcher
from streams.photos.pool import PhotoPool
from streams.photos.reader import PhotoReader
from streams.settings import Settings
from streams.stages.fingerprint import FingerprintListings
from streams.stages.match import MatchListings


class Taking(Outbox):
    """An outbox whose broker takes everything but alerts of the listings that are named."""

    too_large: frozenset[bytes] = frozenset()
    taken: Sequence[Outgoing] = ()

    async def deliver(self, records: Sequence[Outgoing]) -> None:
        for record in records:
            if record.listing in self.too_large:
                raise TooLargeError(record)
        self.taken = records


def test_keys_are_counted_by_what_stands_before_the_colon() -> None:
    keys = [b"pasar-uji:1", b"pasar-uji:a:b", b"toko-uji:1", b"no colon", b"", None]
    assert by_marketplace(keys) == {b"pasar-uji": 2, b"toko-uji": 1, b"no colon": 1, b"": 2}


def test_what_is_no_name_of_a_marketplace_is_other() -> None:
    flows = Flows()
    flows.take("match", Counter([b"pasar-uji", b"", b"Upper", b"\xff\xfe", b"a" * 65, b"sp ace", b"x\n"]))
    assert flows.counts() == [FlowCount("match", "other", 6, 0), FlowCount("match", "pasar-uji", 1, 0)]


def test_invented_names_are_counted_together_past_the_fiftieth() -> None:
    flows = Flows()
    flows.take("fingerprint", {b"pasar-uji": 1})
    for number in range(1000):
        flows.take("fingerprint", {b"m%d" % number: 1})
        flows.give("match", {b"m%d" % number: 1})
    flows.take("fingerprint", {b"pasar-uji": 4})
    counts = flows.counts()
    assert len({count.marketplace for count in counts}) == 51
    assert FlowCount("fingerprint", "pasar-uji", 5, 0) in counts
    assert FlowCount("fingerprint", "other", 1000 - 49, 0) in counts
    assert FlowCount("match", "other", 0, 1000 - 49) in counts


async def test_fingerprints_are_given_for_good_events_alone() -> None:
    metrics = Metrics()
    photos = PhotoReader(
        PhotoFetcher(Settings().photos), PhotoPool(1, 1.0, max_pixels=1000), metrics, max_bytes=1000
    )
    stage = FingerprintListings(Taking(Settings(), metrics), metrics, photos)
    events = [listing(1), listing(2, type=EventType.REMOVED), listing(3, marketplace="toko-uji")]
    sent = [Sent(msgspec.json.encode(e), n, "listings", key=e.key.encode()) for n, e in enumerate(events)]
    sent.append(Sent(b"{", 9, "listings", key=b"toko-uji:l9"))
    await stage.handle(sent)
    assert metrics.flows.counts() == [
        FlowCount("fingerprint", "pasar-uji", 2, 1),
        FlowCount("fingerprint", "toko-uji", 2, 1),
    ]
    assert metrics.registry.get_sample_value(
        "relistwatch_listings_in_total", {"stage": "fingerprint", "marketplace": "toko-uji"}
    ) == 2  # fmt: skip
    assert counted(metrics.dead_letters, ("stage", "error")) == {"fingerprint-listings malformed-json": 1}


async def test_alerts_are_given_under_their_listings_marketplace_once_acknowledged() -> None:
    metrics = Metrics()
    bank = TakedownBank()
    bank.put(fingerprint_takedown(takedown(1), []))
    outbox = Taking(Settings(), metrics)
    outbox.too_large = frozenset({b"toko-uji:l12"})
    stage = MatchListings(outbox, metrics, bank, Rules())
    events = [
        relist(10, 1),
        relist(11, 1, marketplace="toko-uji"),
        relist(12, 1, marketplace="toko-uji"),
        listing(13),
    ]
    prints = [fingerprint_listing(event, []) for event in events]
    with capture_logs() as logs:
        await stage.handle(
            [Sent(msgspec.json.encode(p), n, key=p.listing.key.encode()) for n, p in enumerate(prints)]
        )
    assert metrics.flows.counts() == [
        FlowCount("match", "pasar-uji", 2, 1),
        FlowCount("match", "toko-uji", 2, 1),
    ]
    assert [(record.topic.name, record.key) for record in outbox.taken][-1] == (
        "dead-letters",
        b"toko-uji:l12",
    )
    assert [(entry["topic"], entry["key"]) for entry in logs] == [("alerts", "toko-uji:l12")]
    assert [flow.given for flow in flows_of(metrics.flows.counts())] == [1, 1]


def test_a_connector_counts_listings_and_what_the_sink_took() -> None:
    refused = listing(2, marketplace="toko-uji")
    events = [
        listing(1),
        refused,
        RawRecord(b"{", "toko-uji:l3"),
        RawRecord(b"["),
        Withdrawal(takedown_id="t1"),
    ]
    sink = MemorySink(flush_errors=[SkipError("too large", [refused])])
    context = Context("memory")
    Runner(MemorySource(script=events), sink, context=context).run()
    assert context.flows.counts() == [
        FlowCount("connect", "other", 1, 1),
        FlowCount("connect", "pasar-uji", 1, 1),
        FlowCount("connect", "toko-uji", 2, 1),
    ]


def test_the_rate_in_force_is_that_of_the_api_that_may_be_asked_most() -> None:
    context = Context("shop")
    assert context.requests_per_second is None
    tokens, listings = Rate(1.0), Rate(10.0)
    for rate in (tokens, listings):
        context.http("https://shop.example", rate=rate).close()
    assert context.requests_per_second == pytest.approx(10.0)
    listings.refused(context.clock, 0.0)
    listings.refused(context.clock, 0.0)
    assert context.requests_per_second == pytest.approx(2.5)
