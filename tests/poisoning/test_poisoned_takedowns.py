"""Detection that somebody poisons: what an honest seller's photo, a catalogue's photo, a flood and near-blank listings
do, and what holds them. Through the match stage, with the fingerprints of real pixels."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any

import msgspec
import numpy as np
import pytest
from alert_records import verdict
from listing_records import drawn_photo, listing, takedown
from photo_bytes import encoded, garment_photo
from PIL import Image, ImageDraw, ImageFilter
from sent_message import Sent

from connectors.events import Alert, ListingEvent, Takedown
from connectors.evidence import PhotoEvidence
from connectors.seller_links import SellerLink
from connectors.verdicts import Judgement
from fingerprints.photo_print import PhotoPrint, print_of_bytes
from streams.engine.pipeline import fingerprint_listing, fingerprint_takedown
from streams.engine.rules import Rules
from streams.engine.takedown_bank import TakedownBank
from streams.kafka_clients.outbox import Outbox, Outgoing
from streams.metrics.metrics import Metrics
from streams.records import ImageFingerprint
from streams.settings import Settings
from streams.stages.match import MatchListings
from streams.verdicts.flood_guard import FloodGuard

HONEST, THIEF = "honest-1", "thief-1"
SHOP, GARMENT, OTHER_GARMENTS = 3, 32, (28, 11, 45)


@cache
def printed(raw: bytes) -> PhotoPrint | None:
    return print_of_bytes(raw, max_pixels=10_000_000)


class Poisoned:
    """A worker's match stage with these takedowns, and analysts who say what they say."""

    def __init__(self, *takedowns: tuple[Takedown, Sequence[bytes]], flood: int = 0) -> None:
        self.bank, self.rules, self.guard = TakedownBank(), Rules(), FloodGuard(flood, 60)
        for record, photos in takedowns:
            self.bank.put(fingerprint_takedown(record, [printed(photo) for photo in photos]))
        metrics = Metrics()
        self.stage = MatchListings(Outbox(Settings(), metrics), metrics, self.bank, self.rules, self.guard)

    async def see(self, *seen: tuple[ListingEvent, Sequence[bytes]]) -> dict[str, list[Any]]:
        """What left, by topic."""
        messages = []
        for number, (event, photos) in enumerate(seen):
            outcomes: list[Any] = [
                None if (one := printed(photo)) is None else ImageFingerprint(n, one) for n, photo in enumerate(photos)
            ]  # fmt: skip
            messages.append(Sent(msgspec.json.encode(fingerprint_listing(event, outcomes)), number))
        left: dict[str, list[Any]] = {"alerts": [], "held-alerts": [], "seller-links": []}
        kinds = {"alerts": Alert, "held-alerts": Alert, "seller-links": SellerLink}
        for one in await self.stage.process(messages):
            assert isinstance(one, Outgoing)
            left[one.topic.name].append(msgspec.json.decode(one.value, type=kinds[one.topic.name]))
        return left

    def judge(self, alert: Alert, said: Judgement) -> None:
        """An analyst's verdict, as every worker hears it."""
        word = msgspec.structs.replace(verdict(1, said), alert_id=alert.alert_id, alert=alert)
        self.rules.allowed.put(alert.alert_id, word)
        self.guard.judge(alert.alert_id, word)


def offered(number: int, seller: str, title: str | None = None, **changes: Any) -> ListingEvent:
    """A listing of this seller with a title that nobody else has."""
    return listing(number, seller_id=seller, observed_at=datetime(2026, 11, 24, 3, tzinfo=UTC), **(
        {} if title is None else {"title": title}
    ), **changes)  # fmt: skip


async def test_a_competitors_photo_in_a_takedown_reaches_only_listings_with_that_very_photo() -> None:
    """The thief copies an honest seller's photo into a listing of its own and sees to it that it is taken down."""
    photo = garment_photo(GARMENT, SHOP)
    world = Poisoned((takedown(900, seller_id=THIEF), [photo]))
    own = (offered(1, HONEST), [photo])
    others = [(offered(2 + n, HONEST), [garment_photo(one, SHOP)]) for n, one in enumerate(OTHER_GARMENTS)]
    left = await world.see(own, *others)
    # One alert, for the copied photo, which an analyst sees side by side with both sellers' names; the rest of the
    # shop, on the same floor, makes none: it is evidence that two accounts may be one, and no more.
    (alert,) = left["alerts"]
    assert (alert.listing.listing_id, alert.listing.seller_id) == ("l1", HONEST)
    assert alert.takedown.seller_id == THIEF
    assert isinstance(alert.evidence[0], PhotoEvidence)
    assert {link.reason for link in left["seller-links"]} <= {"same backdrop", "same photos"}

    # One verdict clears one account, which is not enough to silence the takedown for everybody...
    world.judge(alert, "not a relist")
    again = await world.see(
        (offered(1, HONEST, description="baru"), [photo]), (offered(60, "elsewhere"), [photo])
    )
    assert len(again["alerts"]) == 2
    # ...and one who is nobody cannot do it at all. Withdrawing the takedown ends it at once, on every worker.
    world.bank.withdraw("t900")
    assert (await world.see((offered(1, HONEST, description="lagi"), [photo])))["alerts"] == []


async def test_a_catalogue_photo_is_quiet_once_three_honest_accounts_are_cleared() -> None:
    photo = drawn_photo(77)
    world = Poisoned((takedown(900), [photo]), flood=5)
    shops = [(offered(n, f"shop-{n}"), [photo]) for n in range(1, 5)]
    first = (await world.see(*shops))["alerts"]
    assert [one.kind for one in first] == ["relist"] * 4
    # However often one account is cleared, it is one account; and one thief's accounts are not three others.
    for alert in (first[0], first[0], first[1]):
        world.judge(alert, "not a relist")
    assert len((await world.see((offered(20, "shop-20"), [photo])))["alerts"]) == 1
    world.judge(first[2], "not a relist")
    later = await world.see(*((offered(n, f"shop-{n}"), [photo]) for n in range(30, 90)))
    assert later["alerts"] == later["held-alerts"] == []
    # The takedown's title still counts: only what honest sellers use is let go.
    relist = offered(91, "shop-91", title=takedown(900).listing.title)
    assert len((await world.see((relist, [photo])))["alerts"]) == 1


async def test_convictions_outweigh_clearances_so_a_thief_cannot_clear_a_photo_with_three_accounts() -> None:
    photo = drawn_photo(78)
    world = Poisoned((takedown(900), [photo]))
    accounts = [(offered(n, f"shop-{n}"), [photo]) for n in range(1, 8)]
    alerts = (await world.see(*accounts))["alerts"]
    for alert in alerts[:3]:
        world.judge(alert, "relist")
    for alert in alerts[3:6]:
        world.judge(alert, "not a relist")
    assert len((await world.see((offered(50, "shop-50"), [photo])))["alerts"]) == 1
    world.judge(alerts[6], "not a relist")
    assert (await world.see((offered(51, "shop-51"), [photo])))["alerts"] == []


async def test_a_flood_is_one_alert_whatever_it_is_made_of_and_nothing_of_it_is_lost() -> None:
    photo = drawn_photo(79)
    world = Poisoned((takedown(900), [photo]), (takedown(901), []), flood=20)
    flood = [(offered(n, f"shop-{n}"), [photo]) for n in range(1, 121)]
    relist = (offered(700, "shop-700", title=takedown(901).listing.title), [])
    left = await world.see(*flood[:100], relist, *flood[100:])
    kinds = [one.kind for one in left["alerts"] if one.takedown.takedown_id == "t900"]
    assert kinds == ["relist"] * 20 + ["flood"]
    assert len(left["held-alerts"]) == 100
    # Another takedown's relist in the middle of it is told at once.
    assert [one.listing.listing_id for one in left["alerts"] if one.takedown.takedown_id == "t901"] == [
        "l700"
    ]


def near_blank(kind: str, seed: int) -> bytes:
    """A photo with hardly anything on it, unlike that of any other seed."""
    numbers = np.random.default_rng(seed)
    width, height = 480, 640
    y, x = np.mgrid[0:height, 0:width]
    base = numbers.integers(190, 250)
    if kind == "noise":
        grey = base + numbers.normal(0, 6, (height, width))
    elif kind == "gradient":
        grey = base - numbers.uniform(10, 60) * (x / width) - numbers.uniform(10, 60) * (y / height)
    elif kind == "vignette":
        centre = numbers.uniform(0.4, 0.6, 2)
        grey = base - numbers.uniform(20, 50) * ((x / width - centre[0]) ** 2 + (y / height - centre[1]) ** 2)
    elif kind == "bars":
        grey = base - 60 * ((x // numbers.integers(20, 60)) % 2)
    elif kind == "paper":
        coarse = Image.fromarray(numbers.integers(0, 256, (60, 45), dtype=np.uint8)).resize((width, height))
        grey = base + (np.asarray(coarse, float) - 128) * 0.03
    elif kind == "dot":
        picture = Image.new("L", (width, height), int(base))
        at = numbers.integers(100, 300, 2)
        ImageDraw.Draw(picture).ellipse((*map(int, at), *map(int, at + 8)), fill=0)
        grey = np.asarray(picture, float)
    else:
        shade = Image.new("L", (width, height), int(base))
        ImageDraw.Draw(shade).line(
            (0, int(numbers.integers(0, height)), width, int(numbers.integers(0, height))),
            fill=int(base) - 30,
            width=60,
        )
        grey = np.asarray(shade.filter(ImageFilter.GaussianBlur(40)), float)
    return encoded(Image.fromarray(grey.clip(0, 255).astype(np.uint8)), quality=int(numbers.integers(60, 95)))


KINDS = ["noise", "gradient", "vignette", "bars", "paper", "dot", "shade"]
BLANK_TITLES = ["", " ", "...", "\u200b", "1", "jual", "ready stok murah", "kemeja flanel thrift preloved murah ready", "\U0001f525\U0001f525\U0001f525", "baju baju baju"]  # fmt: skip
BOILERPLATE = "Barang ready kak, silakan langsung diorder. Real pict, pengiriman setiap hari. Terima kasih sudah mampir."


async def test_thousands_of_near_blank_listings_match_no_near_blank_takedown() -> None:
    """Takedowns with hardly anything to recognise, and listings that have as little: none is an alert by that alone."""
    photos = {kind: [near_blank(kind, seed) for seed in range(6)] for kind in KINDS}
    taken = [
        (takedown(800 + n, title=BLANK_TITLES[n % len(BLANK_TITLES)], category="Pakaian"), photos[KINDS[n % len(KINDS)]][:2])
        for n in range(70)
    ]  # fmt: skip
    world = Poisoned(*taken)
    seen = [
        (offered(n, f"shop-{n}", title=BLANK_TITLES[n % len(BLANK_TITLES)], category="Pakaian"), [photos[KINDS[n % len(KINDS)]][2 + n % 4]])
        for n in range(5001, 6001)
    ]  # fmt: skip
    left = await world.see(*seen)
    assert left["alerts"] == left["held-alerts"] == []


async def test_boilerplate_that_thousands_share_is_no_alert_by_itself() -> None:
    shared = {"description": BOILERPLATE, "category": "Pakaian", "condition": "used"}
    world = Poisoned(*((takedown(800 + n, title="Baju murah", **shared), []) for n in range(60)))
    left = await world.see(
        *((offered(n, f"shop-{n}", title="Baju murah", **shared), []) for n in range(1, 201))
    )
    assert left["alerts"] == []


@pytest.mark.parametrize("kind", KINDS)
def test_near_blank_photos_have_no_fingerprint_or_resemble_no_other(kind: str) -> None:
    from fingerprints.photo_match import PhotoIndex

    prints = [print_of_bytes(near_blank(kind, seed), max_pixels=10_000_000) for seed in range(40)]
    index = PhotoIndex()
    for number, one in enumerate(prints[:20]):
        index.add(str(number), [one] if one is not None else [])
    alike = [
        match
        for one in prints[20:]
        if one is not None
        for match in index.search(one, 20).matches
        if match.same_photo
    ]
    index.close()
    assert alike == []
