"""A world of a million listings that holds none of them: each is made from its number when it is asked for.

For measurements of connectors: the answer for a window of time is found by arithmetic, whatever the count.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from typing import overload

from connectors.events import EventType, ListingEvent, Price
from connectors.sample.catalogue import Item, distinctive_item
from connectors.sample.listing_ids import FORMS, SHOPEE, TIKTOK, link_of, listing_id_of
from connectors.sample.photo_recipe import PhotoRecipe
from connectors.sample.plan import START
from connectors.sample.seeds import dice
from connectors.sample.writer import SOURCE
from connectors.simulator.version import (
    ALL,
    KINDS,
    Shelf,
    Standing,
    Version,
    Wanted,
    milliseconds,
    moment,
)

POOL = 512
"""Different items for sale; each listing's title ends in its own number."""


class EndlessWorld:
    """One shop on each marketplace with `count` listings without photos, one every `pace` from `start` on."""

    def __init__(
        self,
        seed: int = 1,
        count: int = 1_000_000,
        *,
        start: datetime = START,
        pace: timedelta = timedelta(milliseconds=10),
    ) -> None:
        self.photos: Mapping[str, PhotoRecipe] = {}
        self._seed, self._count, self._start, self._pace = seed, count, start, pace
        self._made: dict[str, EndlessShelf] = {}

    def sellers(self, kind: str) -> list[str]:
        """Its one shop."""
        return [self._shelf(kind).seller]

    def shelf(self, kind: str, seller: str) -> Shelf:
        """What the shop shows; another shop shows nothing."""
        ours = self._shelf(kind)
        return ours if seller == ours.seller else EndlessShelf(self._seed, kind, 0, self._start, self._pace)

    def follow(self, told: Callable[[Version], None]) -> Callable[[], None]:  # noqa: ARG002
        """Nothing is ever put here: it is all there from the beginning, as time goes."""
        return lambda: None

    def _shelf(self, kind: str) -> "EndlessShelf":
        if kind not in self._made:
            self._made[kind] = EndlessShelf(self._seed, kind, self._count, self._start, self._pace)
        return self._made[kind]


class EndlessShelf:
    """Listing `n` of `count` appears at `start + n * pace`, and never changes."""

    def __init__(self, seed: int, kind: str, count: int, start: datetime, pace: timedelta) -> None:
        self.marketplace = KINDS[kind][0]
        chance = dice("endless", seed, kind)
        self.seller = str(FORMS[self.marketplace].seller_of(chance))
        self._first_item = 1_730_000_000_000_000_000 if self.marketplace == TIKTOK else 2_000_000_000
        self._count = count
        self._start_ms, self._pace_ms = milliseconds(start), max(1, round(pace / timedelta(milliseconds=1)))
        self._seed = seed

    def changed(self, since_ms: int, until_ms: int, now_ms: int, wanted: Wanted = ALL) -> Sequence[Version]:
        """See `Shelf.changed`; made one by one as they are looked at."""
        first = max(0, -((self._start_ms - since_ms) // self._pace_ms))
        last = self._past(min(until_ms, now_ms))
        if last <= first or not wanted(self.version(first)):
            return ()
        return _Run(self, first, last)

    def find(self, item: int, now_ms: int) -> Version | None:
        """The listing, once its time has come."""
        number = item - self._first_item
        return self.version(number) if 0 <= number < self._past(now_ms) else None

    def count(self, now_ms: int) -> int:
        """Listings that have appeared."""
        return self._past(now_ms)

    def version(self, number: int) -> Version:
        """Listing `number`, from 0."""
        chosen = self._items[number % POOL]
        item = self._first_item + number
        at_ms = self._start_ms + number * self._pace_ms
        at = moment(at_ms)
        event = ListingEvent(
            event_id=f"endless-{self._seed}-{number:09}",
            type=EventType.CREATED,
            marketplace=self.marketplace,
            listing_id=listing_id_of(self.marketplace, self.seller, item),
            seller_id=self.seller,
            url=link_of(self.marketplace, self.seller, item),
            title=f"{chosen.title} {number:07}",
            description=chosen.description,
            price=Price(amount=str(chosen.price), currency="IDR"),
            category=chosen.look.garment,
            condition="used" if self.marketplace == SHOPEE else "unknown",
            observed_at=at,
            listed_at=at,
            source=SOURCE,
        )
        return Version(event, item, at_ms, at_ms, ((self.marketplace, Standing.LIVE),))

    @cached_property
    def _items(self) -> list[Item]:
        return [distinctive_item(dice("endless item", self._seed, number)) for number in range(POOL)]

    def _past(self, now_ms: int) -> int:
        """How many have appeared by then."""
        return min(self._count, max(0, (now_ms - self._start_ms) // self._pace_ms + 1))


class _Run(Sequence[Version]):
    """Listings `first` up to `last`, made when looked at."""

    def __init__(self, shelf: EndlessShelf, first: int, last: int) -> None:
        self._shelf, self._first, self._last = shelf, first, last

    def __len__(self) -> int:
        return self._last - self._first

    @overload
    def __getitem__(self, place: int) -> Version: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Version]: ...
    def __getitem__(self, place: int | slice) -> Version | Sequence[Version]:
        numbers = range(self._first, self._last)[place]
        if isinstance(numbers, int):
            return self._shelf.version(numbers)
        return [self._shelf.version(number) for number in numbers]

    def __iter__(self) -> Iterator[Version]:
        return map(self._shelf.version, range(self._first, self._last))
