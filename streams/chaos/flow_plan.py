"""The listings of a run: honest ones, relists of known takedowns, and messages that no one can read. From a seed.

Titles are of invented words, so that no two are alike by chance: an alert for an honest listing is an error.
"""

import random
from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from connectors.events import EventType, Image, ListingEvent, Takedown, TakenDownListing
from connectors.sample.catalogue import distinctive_item
from connectors.sample.draw import draw_photo
from connectors.sample.invented import invented_words
from connectors.sample.jpeg_comment import commented
from connectors.sample.seeds import dice
from streams.chaos.record import Kind, Planted, version_of

MARKETPLACE = "pasar-uji"
TITLE_WORDS = 6
TAKEDOWNS = 300
WITH_PHOTO = 4
"""The first takedowns, that have a photo; relists of them by photo alone have another title."""
HONEST_PHOTOS = 6
SHARES = {"relist": 0.05, "edited": 0.01, "photo-relist": 0.01, "photo": 0.02, "poison": 0.003}
"""Of all listings; the rest is honest text."""
NO_TITLE = b'{"event_id": "x", "type": "listing.created", "marketplace": "m", "listing_id": "1"}'
POISONS: tuple[tuple[str, str, bytes | None], ...] = (
    ("cut-json", "malformed-json", b'{"event_id": "x", "title": "half a'),
    ("no-title", "invalid-record", NO_TITLE),
    ("no-value", "empty-value", None),
)
"""A name, the kind of its dead letter, and the message's value."""


class Outgoing(msgspec.Struct, frozen=True):
    """A message to send, and what is known of it."""

    planted: Planted
    value: bytes | None


class Relisted(msgspec.Struct):
    """A relist that may be edited later: by the same shop, to a title that it never had."""

    listing_id: str
    shop: str
    takedown: int
    titles: set[str]


class FlowPlan:
    """An endless stream of listings, the same for the same seed but for the times."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._number = 0
        self._relisted: list[Relisted] = []
        self._photos = [_photo(seed, number) for number in range(WITH_PHOTO + HONEST_PHOTOS)]
        self.takedowns = [self._takedown(number) for number in range(TAKEDOWNS)]

    def next(self, now: float, traps: Sequence[str] = ()) -> Outgoing:
        """The next listing. With `traps`, every 25th has one of these addresses as its photo."""
        number = self._number
        self._number += 1
        chance = dice("chaos", self._seed, number)
        kind = _drawn(chance)
        if kind == "poison":
            return self._poison(number, chance, now)
        listing_id, title, takedown = f"l{number}", _title(self._seed, number), None
        images: tuple[Image, ...] = ()
        shop = f"s{number % 997}"
        if kind == "edited" and self._relisted:
            edited = chance.choice(self._relisted)
            listing_id, shop, takedown = edited.listing_id, edited.shop, edited.takedown
            title = _shuffled(_title(self._seed, f"t{takedown}"), chance, edited.titles)
            edited.titles.add(title)
        elif kind in {"relist", "edited"}:
            takedown = chance.randrange(TAKEDOWNS)
            title = _shuffled(_title(self._seed, f"t{takedown}"), chance, set())
            self._relisted = [*self._relisted[-99:], Relisted(listing_id, shop, takedown, {title})]
        elif kind == "photo-relist":
            takedown = chance.randrange(WITH_PHOTO)
            images = (Image(data=commented(self._photos[takedown], str(number))),)
        elif kind == "photo":
            images = (Image(data=commented(chance.choice(self._photos[WITH_PHOTO:]), str(number))),)
        if traps and number % 25 == 0 and not images:
            images = (Image(url=traps[number // 25 % len(traps)]),)
        event = _event(listing_id, number, title, shop=shop, images=images, now=now)
        planted = Planted(
            key=event.key,
            version=version_of(title),
            kind="honest" if takedown is None else "relist",
            sent_at=now,
            takedown=None if takedown is None else f"t{takedown}",
        )
        return Outgoing(planted, msgspec.json.encode(event))

    def market_listing(
        self, number: int, shop: str, listing_id: str, photo: str, *, now: datetime
    ) -> tuple[ListingEvent, Kind, str | None]:
        """Listing `number` of a marketplace's shop, every fifth a relist, with the photo at that address."""
        takedown = number // 5 % TAKEDOWNS if number % 5 == 0 else None
        title = _title(self._seed, f"m{number}")
        if takedown is not None:
            title = _shuffled(
                _title(self._seed, f"t{takedown}"), dice("market", self._seed, number), set()
            ).upper()
        event = ListingEvent(
            event_id=f"market-{number}",
            type=EventType.CREATED,
            marketplace="shopee-id",
            listing_id=listing_id,
            seller_id=shop,
            title=title,
            images=(Image(url=photo),),
            observed_at=now,
        )
        kind: Kind = "honest" if takedown is None else "relist"
        return event, kind, None if takedown is None else f"t{takedown}"

    def honest_photo(self) -> bytes:
        """A photo that no takedown has."""
        return self._photos[-1]

    def _takedown(self, number: int) -> Takedown:
        images = (Image(data=self._photos[number]),) if number < WITH_PHOTO else ()
        listing = TakenDownListing(
            marketplace=MARKETPLACE,
            listing_id=f"gone{number}",
            seller_id=f"banned{number}",
            title=_title(self._seed, f"t{number}"),
            images=images,
        )
        return Takedown(takedown_id=f"t{number}", listing=listing, authority="kementerian", source="ministry")

    @staticmethod
    def _poison(number: int, chance: random.Random, now: float) -> Outgoing:
        name, error, value = chance.choice(POISONS)
        key = f"{MARKETPLACE}:{name}-{number}"
        return Outgoing(Planted(key=key, version="", kind="poison", sent_at=now, error=error), value)


def _drawn(chance: random.Random) -> str:
    """Which kind of listing comes next."""
    drawn = chance.random()
    for kind, share in SHARES.items():
        if drawn < share:
            return kind
        drawn -= share
    return "honest"


def _event(
    listing_id: str, number: int, title: str, *, shop: str, images: tuple[Image, ...], now: float
) -> ListingEvent:
    return ListingEvent(
        event_id=f"e{number}",
        type=EventType.CREATED,
        marketplace=MARKETPLACE,
        listing_id=listing_id,
        seller_id=shop,
        title=title,
        images=images,
        observed_at=datetime.fromtimestamp(now, UTC),
    )


def _title(seed: int, name: object) -> str:
    """Six invented words that no other name has."""
    return invented_words(TITLE_WORDS, "chaos title", seed, name)


def _shuffled(title: str, chance: random.Random, but: set[str]) -> str:
    """The words in another order, and in an order that is none of `but`."""
    words = title.split()
    while (found := " ".join(words).upper()) in but or words == title.split():
        chance.shuffle(words)
    return found


def _photo(seed: int, number: int) -> bytes:
    look = distinctive_item(dice("chaos look", seed, number)).look
    return draw_photo(look, seed * 1000 + number)
