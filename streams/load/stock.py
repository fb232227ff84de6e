"""What a load sends: takedowns of its own, relists of them under disguise, and honest listings.

All of the sample marketplace's making. Titles of takedowns end in invented words, so that it changes little which
takedowns the system has besides. What the engine, asked alone and unhurried, does not decide as it was planted is left
out: recall under load then says what the load lost, and not how good the engine is.
"""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

import msgspec
from msgspec import Struct

from connectors.events import Image, ListingEvent, Takedown, TakenDownListing
from connectors.sample.edits import EDITS, edit_photo
from connectors.sample.invented import invented_words
from connectors.sample.plan import SOFT_DISGUISES
from connectors.sample.writer import Shop, Writer
from fingerprints.photo_decode import PhotoError
from fingerprints.photo_print import print_of_bytes
from streams.engine.pipeline import PhotoOutcome, fingerprint_listing, fingerprint_takedown, match_listing
from streams.engine.rules import Rules
from streams.engine.takedown_bank import TakedownBank
from streams.load.pattern import Pattern, marked, pattern_of
from streams.settings import Photos

MARKETPLACE = "relistwatch-load"
"""Of every listing of a load; a real marketplace has another name."""
AUTHORITY = "relistwatch load"
SHOPS = 40
TAKEN_SHOPS = 5
"""So few that accounts which seem to be one seller, as shared backdrops tell, are few pairs and not one a listing."""
HONEST_TEXTS = 2000
HONEST_PHOTOS = 16
WORDS = 3
"""Invented ones in the title of what is taken down."""
EACH = 2
"""Relists drawn of each takedown."""
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


class Amounts(Struct, frozen=True, kw_only=True):
    """How much is drawn. Photos take some 0.1 s each."""

    texts: int
    """Takedowns that come back by their title."""
    photos: int
    """Takedowns with a photo, that come back by it under another title."""
    honest_texts: int = HONEST_TEXTS
    honest_photos: int = HONEST_PHOTOS


class Relist(Struct, frozen=True):
    """A listing that must be an alert for this takedown. `how`: the disguises or the edit."""

    pattern: Pattern
    takedown_id: str
    how: tuple[str, ...]


class Stock(Struct, frozen=True):
    """All that is sent. Those with a photo are apart, since they cost the system more."""

    run: str
    takedowns: tuple[Takedown, ...]
    honest_texts: tuple[Pattern, ...]
    honest_photos: tuple[Pattern, ...]
    text_relists: tuple[Relist, ...]
    photo_relists: tuple[Relist, ...]
    left_out: int = 0
    """Drawn, and not what the engine by itself takes them for."""


def draw_stock(run: str, seed: int, amounts: Amounts, now: datetime) -> Stock:
    """The stock of a run. The same seed draws the same but for the ids.

    Raises:
        ValueError: the engine decides hardly anything as it was planted: another seed may help.
    """
    return _Drawing(run, seed, now).stock(amounts)


class _Drawing:
    def __init__(self, run: str, seed: int, now: datetime) -> None:
        self._run, self._seed, self._now = run, seed, now
        self._writers = {
            False: Writer(seed, SHOPS, "none", "", 0),
            True: Writer(seed, SHOPS, "inline", "", 1),
        }
        """By whether there is a photo."""
        self._bank, self._rules = TakedownBank(), Rules()
        self._sellers = itertools.cycle(range(SHOPS))
        self._takedowns: list[Takedown] = []
        self._left_out = 0

    def stock(self, amounts: Amounts) -> Stock:
        """All of it. The takedowns first: what is honest is held against all of them."""
        texts = [self._original(photo=False) for _ in range(amounts.texts)]
        photos = [self._original(photo=True) for _ in range(amounts.photos)]
        text_relists = tuple(self._relists(texts, photo=False))
        photo_relists = tuple(self._relists(photos, photo=True))
        if len(text_relists) < len(texts) or len(photo_relists) < len(photos):
            raise ValueError(
                f"the engine decides only {len(text_relists)} and {len(photo_relists)} relists of "
                f"{len(texts)} titles and {len(photos)} photos as they were planted; try another seed"
            )
        honest = partial(self._honest, photo=False), partial(self._honest, photo=True)
        return Stock(
            run=self._run,
            takedowns=tuple(self._takedowns),
            honest_texts=tuple(self._kept(honest[0], amounts.honest_texts)),
            honest_photos=tuple(self._kept(honest[1], amounts.honest_photos)),
            text_relists=text_relists,
            photo_relists=photo_relists,
            left_out=self._left_out,
        )

    def _original(self, *, photo: bool) -> tuple[Takedown, ListingEvent, Shop]:
        """Taken down; in the bank from here on."""
        number = len(self._takedowns)
        writer = self._writers[photo]
        shop = writer.shop()
        item = writer.item(distinctive=True)
        item = replace(item, title=f"{item.title} {invented_words(WORDS, 'load title', self._seed, number)}")
        event = writer.listing(item, shop, EPOCH)
        kept = {name: getattr(event, name) for name in TakenDownListing.__struct_fields__}
        listing = TakenDownListing(**kept | {"url": None, "listed_at": None})
        takedown = Takedown(
            takedown_id=f"{self._run}-t{number:05d}",
            listing=msgspec.structs.replace(
                listing,
                marketplace=MARKETPLACE,
                listing_id=f"{self._run}-t{number:05d}",
                seller_id=f"load-taken-{number % TAKEN_SHOPS}",
                event_id=None,
                observed_at=None,
            ),
            reason=f"{self._run}: a load, not a real takedown",
            authority=AUTHORITY,
            source="platform",
            taken_down_at=self._now,
        )
        self._takedowns.append(takedown)
        self._bank.put(fingerprint_takedown(takedown, _prints(event)))
        return takedown, event, shop

    def _relists(
        self, originals: Sequence[tuple[Takedown, ListingEvent, Shop]], *, photo: bool
    ) -> Iterator[Relist]:
        writer, edits = self._writers[photo], itertools.cycle(EDITS)
        for _, (takedown, event, shop) in itertools.product(range(EACH), originals):
            other = writer.shop(other_than=shop)
            how: tuple[str, ...]
            if photo:
                how = (next(edits),)
                again = self._by_photo(event, other, how[0])
            else:
                again, _, how = writer.again(event, other, EPOCH, (), SOFT_DISGUISES)
            if self._alerted(again) == takedown.takedown_id:
                yield Relist(self._pattern(again), takedown.takedown_id, how)
            else:
                self._left_out += 1

    def _by_photo(self, event: ListingEvent, shop: Shop, edit: str) -> ListingEvent:
        """Its photo edited, and all else another item's, so that the photo alone can tell."""
        told = self._writers[False].listing(self._writers[False].item(distinctive=True), shop, EPOCH)
        edited = (
            Image(data=edit_photo(image.data, edit, self._seed))
            for image in event.images
            if image.data is not None
        )
        return msgspec.structs.replace(told, images=tuple(edited))

    def _honest(self, *, photo: bool) -> ListingEvent:
        writer = self._writers[photo]
        return writer.listing(writer.item(distinctive=writer.chance.random() < 0.6), writer.shop(), EPOCH)

    def _kept(self, draw: "partial[ListingEvent]", count: int) -> Iterator[Pattern]:
        tries = range(2 * count)
        kept = (event for event in (draw() for _ in tries) if self._is_honest(event))
        yield from map(self._pattern, itertools.islice(kept, count))

    def _is_honest(self, event: ListingEvent) -> bool:
        honest = self._alerted(event) is None
        self._left_out += not honest
        return honest

    def _alerted(self, event: ListingEvent) -> str | None:
        """The takedown for which the engine alerts this listing."""
        told = msgspec.structs.replace(event, marketplace=MARKETPLACE, seller_id="load-shop")
        match = match_listing(
            fingerprint_listing(told, _prints(event)), self._bank, self._rules, matched_at=self._now
        )
        return match.alert.takedown.takedown_id if match.alert else None

    def _pattern(self, event: ListingEvent) -> Pattern:
        images = tuple(marked(image.data) for image in event.images if image.data is not None)
        return pattern_of(
            msgspec.structs.replace(event, images=images),
            marketplace=MARKETPLACE,
            run=self._run,
            seller_id=f"load-shop-{next(self._sellers)}",
        )


def _prints(event: ListingEvent) -> list[PhotoOutcome]:
    return list(_photo_prints(image.data for image in event.images))


def _photo_prints(photos: Iterable[bytes | None]) -> Iterator[PhotoOutcome]:
    for photo in photos:
        try:
            yield print_of_bytes(photo, max_pixels=Photos().max_pixels) if photo is not None else None
        except PhotoError:
            yield None
