"""Listings, takedowns and small drawn photos for tests."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

from photo_bytes import encoded
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFilter

from connectors.events import EventType, Image, ListingEvent, Takedown, TakenDownListing

START = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
WORDS = [
    "jaket",
    "kemeja",
    "hoodie",
    "sweater",
    "celana",
    "rok",
    "gaun",
    "rompi",
    "kaos",
    "topi",
    "varsity",
    "bomber",
    "parka",
    "denim",
    "flanel",
    "corduroy",
    "linen",
    "wolf",
    "harimau",
    "naga",
    "bunga",
    "garis",
    "kotak",
    "polos",
    "bordir",
    "sablon",
    "merah",
    "biru",
    "hijau",
    "hitam",
    "putih",
    "coklat",
    "abu",
    "navy",
    "maroon",
    "mustard",
    "krem",
    "lavender",
    "oversize",
    "slim",
    "crop",
    "boxy",
    "vintage",
    "klasik",
    "retro",
    "tebal",
    "tipis",
    "adem",
    "hangat",
    "kancing",
    "resleting",
    "kantong",
    "kerah",
    "tudung",
    "lengan",
    "panjang",
    "pendek",
    "pria",
    "wanita",
    "anak",
    "dewasa",
    "unisex",
]


def distinctive_title(number: int) -> str:
    """A title of seven words that no other number has."""
    draw = random.Random(f"title {number}")
    return " ".join([*draw.sample(WORDS, 6), f"{draw.choice('KLMNPR')}{1000 + number}"])


def listing(number: int, **changes: Any) -> ListingEvent:
    """Listing `number` of a quiet shop."""
    fields: dict[str, Any] = {
        "event_id": f"e{number}",
        "type": EventType.CREATED,
        "marketplace": "pasar-uji",
        "listing_id": f"l{number}",
        "seller_id": f"s{number % 50}",
        "title": distinctive_title(number),
        "observed_at": START + timedelta(seconds=number),
    }
    return ListingEvent(**(fields | changes))


def takedown(number: int, **changes: Any) -> Takedown:
    """The takedown of listing `number`."""
    original = listing(number)
    fields: dict[str, Any] = {
        "marketplace": original.marketplace,
        "listing_id": original.listing_id,
        "seller_id": original.seller_id,
        "title": original.title,
    }
    return Takedown(
        takedown_id=f"t{number}",
        listing=TakenDownListing(**(fields | changes)),
        authority="kementerian",
        source="ministry",
    )


def relist(number: int, of: int, **changes: Any) -> ListingEvent:
    """Listing `number`: another shop offers what `of` offered, the words in another order."""
    words = distinctive_title(of).split()
    random.Random(number).shuffle(words)
    return listing(number, **({"title": " ".join(words).upper(), "seller_id": f"other{number}"} | changes))


def told(number: int, contact: str | None = None) -> str:
    """A description of some fifty words that no other number has, with a phone number of its own."""
    draw = random.Random(f"told {number}")
    sentences = [" ".join(draw.sample(WORDS, 8)) for _ in range(6)]
    return ". ".join([*sentences, contact or f"wa 0812{3_000_000 + number}"])


def drawn_photo(seed: int, size: tuple[int, int] = (480, 640)) -> bytes:
    """A JPEG of overlapping shapes, unlike that of any other seed."""
    draw_random = random.Random(f"photo {seed}")
    picture = Pillow.new("RGB", size, tuple(draw_random.randrange(256) for _ in range(3)))
    draw = ImageDraw.Draw(picture)
    for _ in range(25):
        x, y = draw_random.randrange(size[0]), draw_random.randrange(size[1])
        w, h = draw_random.randrange(30, 260), draw_random.randrange(30, 260)
        colour = tuple(draw_random.randrange(256) for _ in range(3))
        shape = draw.ellipse if draw_random.random() < 0.5 else draw.rectangle
        shape((x - w // 2, y - h // 2, x + w // 2, y + h // 2), fill=colour)
    return encoded(picture.filter(ImageFilter.GaussianBlur(1)))


def inline(*photos: bytes) -> tuple[Image, ...]:
    """The photos as a listing carries them inline."""
    return tuple(Image(data=photo) for photo in photos)
