"""A simulated marketplace with some listings, and how a resolver is told of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from simulated_shops import SHOPS, offer

from connectors.events import ListingEvent
from connectors.simulator.simulator import Simulator
from connectors.simulator.world import World

SHOPEE_SHOP = "308864651"
KINDS = {
    "shopee-id": ("shopee", SHOPEE_SHOP),
    "lazada-id": ("lazada", SHOPS["lazada-id"]),
    "tiktok-id": ("tiktok", SHOPS["tiktok-id"]),
    "tokopedia-id": ("tiktok", SHOPS["tokopedia-id"]),
}
BEFORE = timedelta(hours=1)


def listed(marketplace: str, number: int = 1, **fields: Any) -> ListingEvent:
    at = datetime.now(UTC) - BEFORE
    if marketplace != "shopee-id":
        return offer(marketplace, number, listed_at=at, observed_at=at, **fields)
    own = {
        "marketplace": "shopee-id",
        "listing_id": f"{SHOPEE_SHOP}.{11_479_305_000 + number}",
        "seller_id": SHOPEE_SHOP,
    }
    return msgspec.structs.replace(offer("lazada-id", number, listed_at=at, observed_at=at, **fields), **own)


@contextmanager
def shop(
    marketplace: str, folder: Path, *events: ListingEvent, port: int = 0
) -> Iterator[tuple[Simulator, str]]:
    """The marketplace with these listings, and how the resolver is told of it."""
    kind, name = KINDS[marketplace]
    world = World()
    for event in events:
        world.put(event, at=event.observed_at)
    with Simulator(kind, world, port=port) as market:
        options = market.credentials_for(name).options(market.base_url)
        file = folder / f"{marketplace}.toml"
        file.write_text("".join(f"{key} = {value!r}\n" for key, value in options.items()), encoding="utf-8")
        yield market, f"{kind}@toko-7={file}"
