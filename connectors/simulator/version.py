"""One version of a listing: what a marketplace shows of it from a moment on, and who may see it."""

import enum
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from connectors.events import ListingEvent
from connectors.sample.listing_ids import LAZADA, SHOPEE, TIKTOK, TOKOPEDIA
from connectors.sample.photo_recipe import PhotoRecipe

KINDS: dict[str, tuple[str, ...]] = {"shopee": (SHOPEE,), "lazada": (LAZADA,), "tiktok": (TIKTOK, TOKOPEDIA)}
"""The APIs, and the marketplaces that are read through each."""
KIND_OF = {marketplace: kind for kind, marketplaces in KINDS.items() for marketplace in marketplaces}


class Standing(enum.Enum):
    """What became of a listing on one marketplace."""

    LIVE = "live"
    BANNED = "banned"
    """Taken down by the marketplace."""
    DELETED = "deleted"
    """Taken away by its seller."""


@dataclass(frozen=True, slots=True)
class Version:
    """A listing as it is shown from `changed_ms` (milliseconds since 1970) on."""

    listing: ListingEvent
    item: int
    """The marketplace's own number of it."""
    created_ms: int
    changed_ms: int
    standing: tuple[tuple[str, Standing], ...]
    """By marketplace: on TikTok Shop's API a product may be on two."""
    reason: str = ""

    def on(self, marketplace: str) -> Standing | None:
        """What it is on that marketplace; None where it is not listed there."""
        return next((standing for name, standing in self.standing if name == marketplace), None)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A filter of listings: on all of these marketplaces, and on any of them in one of these standings."""

    standings: frozenset[Standing] = frozenset(Standing)
    marketplaces: frozenset[str] = frozenset()
    """None named: on any."""

    def __call__(self, version: Version) -> bool:
        """Whether the version passes."""
        there = dict(version.standing)
        asked = self.marketplaces or there.keys()
        return there.keys() >= asked and any(there[name] in self.standings for name in asked)


ALL = Wanted()


class Shelf(Protocol):
    """What one shop shows through one API."""

    def changed(self, since_ms: int, until_ms: int, now_ms: int, wanted: Wanted = ALL) -> Sequence[Version]:
        """Listings whose newest version, as of now, is of that time (both ends included); oldest first."""

    def find(self, item: int, now_ms: int) -> Version | None:
        """The listing as it is shown now."""

    def count(self, now_ms: int) -> int:
        """Listings known by now, gone ones too."""


class Shops(Protocol):
    """What a simulator needs of a world: its shops, their photos, and word of what is put there."""

    @property
    def photos(self) -> Mapping[str, PhotoRecipe]:
        """By file name."""

    def sellers(self, kind: str) -> list[str]:
        """The shops that the API `kind` knows."""

    def shelf(self, kind: str, seller: str) -> Shelf:
        """What one shop shows."""

    def follow(self, told: Callable[[Version], None]) -> Callable[[], None]:
        """Be told of each version there is, then of each as it is put; gives back how to end that."""


def milliseconds(at: datetime) -> int:
    """Whole milliseconds since 1970."""
    return int(at.timestamp() * 1000)


def moment(milliseconds_since_1970: int) -> datetime:
    """The other way round, in UTC."""
    return datetime.fromtimestamp(milliseconds_since_1970 / 1000, UTC)
