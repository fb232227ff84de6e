"""A load from beginning to end, drawn before anything is sent: when each listing is due, and which it is. Pure."""

from datetime import UTC, datetime, timedelta
from typing import Literal

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from connectors.sample.seeds import field
from streams.load.pattern import Pattern, listing_id_of
from streams.load.schedule import Course, due_times
from streams.load.stock import HONEST_PHOTOS, HONEST_TEXTS, MARKETPLACE, Amounts, Relist, Stock

Kind = Literal["text", "photo"]
KINDS: tuple[Kind, ...] = ("text", "photo")
RELISTS_EACH = 100
"""Times that one takedown comes back in a run: `match.flood_listings` holds what comes over 200 times an hour."""
LEAST_TEXTS, MOST_TEXTS = 40, 5000
LEAST_PHOTOS, MOST_PHOTOS = 4, 200
HONEST_EACH = 20
"""Times that one photo is in honest listings of a short run, each time in other bytes."""


class Mix(Struct, frozen=True, kw_only=True):
    """What the listings are, as shares of all."""

    photos: float = 0.0
    """Have a photo, inline."""
    relists: float = 0.02
    """Are relists: of those with a photo by the photo, of the others by the title."""

    def trouble(self) -> str | None:
        """What is wrong with it; None where nothing is."""
        if not (0 <= self.photos <= 1 and 0 < self.relists <= 0.5):
            return "photos are a share between 0 and 1, relists one above 0 and up to 0.5"
        return None


def amounts(course: Course, mix: Mix) -> Amounts:
    """How much stock the load needs."""
    relists = course.expected * mix.relists / RELISTS_EACH
    return Amounts(
        texts=0 if mix.photos == 1 else _between(LEAST_TEXTS, relists * (1 - mix.photos), MOST_TEXTS),
        photos=0 if mix.photos == 0 else _between(LEAST_PHOTOS, relists * mix.photos, MOST_PHOTOS),
        honest_texts=0
        if mix.photos == 1
        else _between(LEAST_TEXTS, course.expected * (1 - mix.photos), HONEST_TEXTS),
        honest_photos=0
        if mix.photos == 0
        else _between(LEAST_PHOTOS, course.expected * mix.photos / HONEST_EACH, HONEST_PHOTOS),
    )


def _between(least: int, wanted: float, most: int) -> int:
    return min(most, max(least, round(wanted)))


class Plan:
    """Every listing by its number, from 0 in the order in which they are due."""

    def __init__(self, course: Course, mix: Mix, seed: int, stock: Stock) -> None:
        self.course, self.mix, self.stock = course, mix, stock
        self.due: NDArray[np.float64] = due_times(course, seed)
        """Seconds after the beginning."""
        chance = field("load mix", seed)
        size = self.due.size
        self._is_photo = chance.random(size) < mix.photos
        self._is_relist = chance.random(size) < mix.relists
        self._which = chance.integers(0, 2**31, size)

    def __len__(self) -> int:
        return int(self.due.size)

    def kind(self, number: int) -> Kind:
        """Whether it has a photo."""
        return "photo" if self._is_photo[number] else "text"

    def relist(self, number: int) -> Relist | None:
        """What the listing must be an alert for; None of an honest one."""
        if not self._is_relist[number]:
            return None
        relists = self.stock.photo_relists if self._is_photo[number] else self.stock.text_relists
        return relists[int(self._which[number]) % len(relists)]

    def pattern(self, number: int) -> Pattern:
        """How the listing looks."""
        if (relist := self.relist(number)) is not None:
            return relist.pattern
        honest = self.stock.honest_photos if self._is_photo[number] else self.stock.honest_texts
        return honest[int(self._which[number]) % len(honest)]

    def key(self, number: int) -> bytes:
        """The listing's key on `listings`."""
        return f"{MARKETPLACE}:{listing_id_of(self.stock.run, f'{number:09d}')}".encode()

    def value(self, number: int, began: float) -> bytes:
        """The listing as it is sent, observed when it was due; `began`: the load's, in seconds since 1970."""
        observed_at = datetime.fromtimestamp(began, UTC) + timedelta(seconds=float(self.due[number]))
        return self.pattern(number).filled(number, observed_at)

    def relists_of(self, kind: Kind) -> NDArray[np.intp]:
        """The numbers of this kind's relists, ascending."""
        return np.flatnonzero(self._is_relist & (self._is_photo == (kind == "photo")))
