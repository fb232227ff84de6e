"""Honest listings without end, fast enough to load a pipeline: for benchmarks and fault tests."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import count

from connectors.events import EventType, Image, ListingEvent, Price
from connectors.sample.catalogue import distinctive_item, generic_item, look_of
from connectors.sample.draw import draw_photo
from connectors.sample.jpeg_comment import commented
from connectors.sample.plan import START
from connectors.sample.seeds import dice
from connectors.sample.writer import MARKETPLACES, SOURCE

POOL = 48
"""Photos that a stream draws before it begins (seconds) and then uses in turn."""


def stream_listings(
    seed: int,
    photos: int = 0,
    *,
    start: datetime = START,
    pace: timedelta = timedelta(milliseconds=1),
    pool: int = POOL,
) -> Iterator[ListingEvent]:
    """New listings for ever, each with `photos` inline photos from a pool of drawn ones.

    A photo used again has other bytes (a JPEG comment), so nothing that remembers photos by their bytes
    makes a benchmark look better than it is.
    """
    chance = dice("stream", seed)
    drawn = [draw_photo(look_of(chance), place % 12, place) for place in range(pool)] if photos else []
    for number in count():
        item = distinctive_item(chance) if chance.random() < 0.6 else generic_item(chance)
        seller = 70_000_000 + int(chance.random() * 50_000)
        yield ListingEvent(
            event_id=f"stream-{seed}-{number:09}",
            type=EventType.CREATED,
            marketplace=MARKETPLACES[number % len(MARKETPLACES)],
            listing_id=f"{seller}.{seed}{number:09}",
            seller_id=str(seller),
            title=item.title,
            description=item.description,
            price=Price(amount=str(item.price), currency="IDR"),
            category=item.look.garment,
            condition="used",
            images=tuple(
                Image(data=commented(drawn[(number * photos + place) % pool], f"{number}.{place}"))
                for place in range(photos)
            ),
            observed_at=start + pace * number,
            source=SOURCE,
        )
