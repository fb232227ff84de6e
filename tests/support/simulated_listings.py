"""Listings in the form of the real marketplaces, a clock to set, and worlds of them."""

from datetime import UTC, datetime, timedelta

from connectors.events import EventType, Image, ListingEvent, Price
from connectors.sample.listing_ids import LAZADA, SHOPEE, TIKTOK, TOKOPEDIA, link_of, listing_id_of
from connectors.simulator.world import World

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
SHOP = {
    SHOPEE: "308864651",
    LAZADA: "400612345678",
    TIKTOK: "7494049642642441621",
    TOKOPEDIA: "7494049642642441621",
}
FIRST = {
    SHOPEE: 11_479_305_000,
    LAZADA: 6_038_744_000,
    TIKTOK: 1_730_811_847_233_275_000,
    TOKOPEDIA: 1_732_773_678_384_055_000,
}
MAIN = {"shopee": SHOPEE, "lazada": LAZADA, "tiktok": TIKTOK}


class SetClock:
    """A clock that goes when it is told to."""

    def __init__(self, at: datetime = NOON) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def go(self, **by: float) -> None:
        self.at += timedelta(**by)


def listing(marketplace: str, number: int, at: datetime = NOON, **other: object) -> ListingEvent:
    """Listing `number` of the marketplace's one shop."""
    seller, item = SHOP[marketplace], FIRST[marketplace] + number
    fields: dict[str, object] = {
        "event_id": f"event-{marketplace}-{number}",
        "type": EventType.CREATED,
        "marketplace": marketplace,
        "listing_id": listing_id_of(marketplace, seller, item),
        "seller_id": seller,
        "url": link_of(marketplace, seller, item),
        "title": f"Jaket varsity {number}",
        "description": f"Barang <asli> & mulus. Nomor {number}.",
        "price": Price(amount=str(85_000 + number * 1000), currency="IDR"),
        "category": "jaket",
        "condition": "used",
        "images": (Image(url=f"https://photos.example/{number}.jpg"),),
        "observed_at": at,
        "listed_at": at,
    }
    return ListingEvent(**{**fields, **other})  # type: ignore[arg-type]


def world_of(kind: str, count: int, clock: SetClock, pace_seconds: float = 1.0) -> World:
    """`count` listings on the API's main marketplace, the newest now."""
    world = World(clock)
    for number in range(count):
        at = clock() - timedelta(seconds=pace_seconds * (count - 1 - number))
        world.put(listing(MAIN[kind], number, at))
    return world
