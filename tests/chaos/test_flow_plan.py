"""What a run sends, held against the engine itself: each relist is one, nothing else is."""

from collections import Counter
from datetime import UTC, datetime

import msgspec
import pytest

from connectors.codec import Codec, RecordError
from connectors.events import ListingEvent
from fingerprints.photo_print import print_of_bytes
from streams.chaos.flow_plan import SHARES, FlowPlan, Outgoing
from streams.chaos.record import version_of
from streams.engine.pipeline import fingerprint_listing, fingerprint_takedown, match_listing
from streams.engine.takedown_bank import TakedownBank
from streams.policy.policy_file import rules_of
from streams.settings import Match

COUNT = 2500
NOW = 1_790_000_000.0


@pytest.fixture(scope="module")
def plan() -> FlowPlan:
    return FlowPlan(seed=7)


@pytest.fixture(scope="module")
def flow(plan: FlowPlan) -> list[Outgoing]:
    return [plan.next(NOW + number) for number in range(COUNT)]


def photos_of(event: ListingEvent) -> list:
    return [print_of_bytes(image.data or b"", max_pixels=50_000_000) for image in event.images]


def error_of(codec: Codec, value: bytes | None) -> str:
    """As a worker's stage says it."""
    if value is None:
        return "empty-value"
    with pytest.raises(RecordError) as caught:
        codec.decode(value)
    return caught.value.kind


def test_every_kind_is_there_as_often_as_said(flow: list[Outgoing]) -> None:
    kinds = Counter(each.planted.kind for each in flow)
    relists = SHARES["relist"] + SHARES["edited"] + SHARES["photo-relist"]
    assert kinds["relist"] == pytest.approx(relists * COUNT, rel=0.2)
    assert kinds["poison"] > 0
    assert all(each.planted.takedown for each in flow if each.planted.kind == "relist")


def test_the_same_seed_gives_the_same_listings(plan: FlowPlan, flow: list[Outgoing]) -> None:
    again = FlowPlan(seed=7)
    assert [again.next(NOW + number) for number in range(500)] == flow[:500]


def test_no_two_listing_versions_are_the_same(flow: list[Outgoing]) -> None:
    places = Counter((each.planted.key, each.planted.version) for each in flow)
    assert places.most_common(1)[0][1] == 1


def test_the_engine_finds_each_relist_and_nothing_else(plan: FlowPlan, flow: list[Outgoing]) -> None:
    bank = TakedownBank()
    for takedown in plan.takedowns:
        photos = [
            print_of_bytes(image.data or b"", max_pixels=50_000_000) for image in takedown.listing.images
        ]
        bank.put(fingerprint_takedown(takedown, photos))
    rules = rules_of(Match())
    codec = Codec(ListingEvent)
    for outgoing in flow[:800]:
        planted = outgoing.planted
        if planted.kind == "poison":
            assert error_of(codec, outgoing.value) == planted.error
            continue
        event = codec.decode(outgoing.value or b"").record
        assert planted.version == version_of(event.title)
        print_ = fingerprint_listing(event, photos_of(event))
        alert = match_listing(print_, bank, rules, matched_at=datetime.now(UTC)).alert
        found = None if alert is None else alert.takedown.takedown_id
        assert found == planted.takedown, event.title


def test_a_share_of_the_listings_meets_the_traps(plan: FlowPlan) -> None:
    flow = [plan.next(NOW, traps=("http://127.0.0.1/a", "http://127.0.0.1/b")) for _ in range(200)]
    urls = [
        image.get("url")
        for each in flow
        if each.planted.kind != "poison"
        for image in msgspec.json.decode(each.value or b"").get("images", ())
    ]
    assert {url for url in urls if url} == {"http://127.0.0.1/a", "http://127.0.0.1/b"}
