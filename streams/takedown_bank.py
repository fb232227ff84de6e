"""All takedowns that listings are matched against, in memory, searched by each kind of fingerprint. Pure."""

from dataclasses import dataclass

from fingerprints.photo_hash import PHOTO_HASH
from fingerprints.registry import Hit
from fingerprints.title_index import TitleIndex
from fingerprints.title_print import TITLE
from streams.records import Prints, TakedownFingerprint


@dataclass(slots=True)
class Resemblance:
    """Where a listing met one takedown: for each kind the best pair of fingerprints, if any."""

    photo: tuple[int, Hit] | None = None
    """The listing's photo number, and the hit in the takedown's photos."""
    title: Hit | None = None


class TakedownBank:
    """Takedowns by id and by listing, with one index for each kind of fingerprint.

    Fingerprints of another algorithm version than this program's are left out of the indexes and counted in
    `stale`: unlike versions are never compared.
    """

    def __init__(self) -> None:
        self.takedowns: dict[str, TakedownFingerprint] = {}
        self.stale = 0
        self.titles = TitleIndex()
        self.photos = PHOTO_HASH.new_index()
        self._by_listing: dict[str, set[str]] = {}

    def __len__(self) -> int:
        return len(self.takedowns)

    def put(self, fingerprint: TakedownFingerprint) -> None:
        """Hold this takedown, instead of its earlier version if there is one."""
        takedown_id = fingerprint.takedown.takedown_id
        self.withdraw(takedown_id)
        self.takedowns[takedown_id] = fingerprint
        self._by_listing.setdefault(fingerprint.takedown.key, set()).add(takedown_id)
        prints = fingerprint.prints
        if prints.title is not None and prints.algorithms.text == TITLE.algorithm:
            self.titles.add(takedown_id, (prints.title,))
        if prints.photos and prints.algorithms.image == PHOTO_HASH.algorithm:
            self.photos.add(takedown_id, tuple(photo.print for photo in prints.photos))
        self.stale += _is_stale(prints)

    def withdraw(self, takedown_id: str) -> None:
        """Forget the takedown; an unknown one is no error."""
        earlier = self.takedowns.pop(takedown_id, None)
        if earlier is None:
            return
        owners = self._by_listing[earlier.takedown.key]
        owners.discard(takedown_id)
        if not owners:
            del self._by_listing[earlier.takedown.key]
        self.titles.withdraw(takedown_id)
        self.photos.withdraw(takedown_id)
        self.stale -= _is_stale(earlier.prints)

    def taken_down_as(self, listing_key: str) -> list[TakedownFingerprint]:
        """The takedowns of this very listing, by id."""
        return [self.takedowns[takedown_id] for takedown_id in sorted(self._by_listing.get(listing_key, ()))]

    def resembling(self, prints: Prints, candidates: int) -> dict[str, Resemblance]:
        """For each takedown that any kind of fingerprint finds, where they meet."""
        found: dict[str, Resemblance] = {}
        if prints.title is not None and prints.algorithms.text == TITLE.algorithm:
            for hit in self.titles.search(prints.title, candidates):
                found.setdefault(hit.owner, Resemblance()).title = hit
        if prints.algorithms.image == PHOTO_HASH.algorithm:
            for photo in prints.photos:
                for hit in self.photos.search(photo.print, candidates):
                    met = found.setdefault(hit.owner, Resemblance())
                    if met.photo is None or hit.similarity > met.photo[1].similarity:
                        met.photo = (photo.image, hit)
        return found


def _is_stale(prints: Prints) -> bool:
    return prints.algorithms.text != TITLE.algorithm or prints.algorithms.image != PHOTO_HASH.algorithm
