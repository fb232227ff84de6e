"""What is sent: records that the workers read, of the kinds and shares that were asked for, told again by their number."""

import io
from collections import Counter

import pytest
from PIL import Image as Pictures

from connectors.codec import Codec
from connectors.events import ListingEvent
from streams.load.pattern import Pattern, number_of
from streams.load.plan import Mix, Plan, amounts
from streams.load.schedule import Course
from streams.load.stock import MARKETPLACE, Stock

BEGAN = 1_790_000_000.0


def test_every_listing_is_a_record_with_its_own_ids_time_and_photo(plan: Plan) -> None:
    codec = Codec(ListingEvent)
    digests, ids = set(), set()
    photos = 0
    for number in range(200):
        decoded = codec.decode(plan.value(number, BEGAN))
        event = decoded.record
        assert decoded.unknown_fields == ()
        assert event.key.encode() == plan.key(number)
        assert event.marketplace == MARKETPLACE
        assert number_of(plan.stock.run, event.listing_id) == number
        assert event.observed_at.timestamp() == pytest.approx(BEGAN + plan.due[number], abs=1e-3)
        ids |= {event.event_id}
        assert len(event.images) == (plan.kind(number) == "photo")
        for image in event.images:
            assert image.data is not None
            digests.add(image.data)
            photos += 1
            with Pictures.open(io.BytesIO(image.data)) as opened:
                opened.load()
    assert len(ids) == 200
    assert photos > 20
    assert len(digests) == photos, "each photo has bytes of its own"


def test_the_shares_are_what_was_asked_for(plan: Plan) -> None:
    kinds = Counter((plan.kind(n), plan.relist(n) is not None) for n in range(len(plan)))
    assert kinds["photo", True] + kinds["photo", False] == pytest.approx(len(plan) / 4, rel=0.15)
    assert kinds["text", True] + kinds["photo", True] == pytest.approx(len(plan) / 10, rel=0.3)
    assert set(plan.relists_of("photo").tolist()) == {
        n for n in range(len(plan)) if plan.relist(n) is not None and plan.kind(n) == "photo"
    }


def test_the_same_seed_draws_the_same(plan: Plan) -> None:
    again = Plan(plan.course, plan.mix, 5, plan.stock)
    assert [plan.value(n, BEGAN) for n in range(50)] == [again.value(n, BEGAN) for n in range(50)]
    other = Plan(plan.course, plan.mix, 6, plan.stock)
    assert [plan.value(n, BEGAN) for n in range(50)] != [other.value(n, BEGAN) for n in range(50)]


def test_relists_are_of_takedowns_and_hidden(stock: Stock) -> None:
    ids = {takedown.takedown_id for takedown in stock.takedowns}
    titles = {takedown.listing.title for takedown in stock.takedowns}
    assert len(ids) == 8
    assert len(stock.text_relists) >= 6
    for relist in (*stock.text_relists, *stock.photo_relists):
        assert relist.takedown_id in ids
        assert relist.how
        assert Codec(ListingEvent).decode(filled(relist.pattern)).record.title not in titles
    assert all("not a real takedown" in (takedown.reason or "") for takedown in stock.takedowns)


def filled(pattern: Pattern) -> bytes:
    from datetime import UTC, datetime

    return pattern.filled(1, datetime(2026, 11, 24, tzinfo=UTC))


def test_no_id_of_others_is_taken_for_a_listing_of_the_run() -> None:
    assert number_of("load-1", "load-1-000000007") == 7
    for other in (
        "load-1-7",
        "load-2-000000007",
        "load-1-00000000x",
        "load-1-٠٠٠٠٠٠٠٠٧",
        "x-load-1-000000007",
        "",
    ):
        assert number_of("load-1", other) is None


def test_how_much_is_drawn_grows_with_the_load_and_no_further() -> None:
    short, long = Course(rate=10, seconds=10), Course(rate=2000, seconds=600)
    assert amounts(short, Mix()).texts < amounts(long, Mix(relists=0.05)).texts <= 5000
    assert amounts(short, Mix()).photos == amounts(short, Mix()).honest_photos == 0
    assert amounts(short, Mix(photos=1)).texts == 0
    assert Mix(relists=0).trouble()
    assert Mix(photos=1.1).trouble()
