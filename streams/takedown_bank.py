"""All takedowns that listings are matched against, searched by each kind of fingerprint."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import msgspec.structs

from fingerprints.photo_match import PhotoIndex, PhotoMatch, Stage, no_stage
from fingerprints.photo_print import ALGORITHM as PHOTO_ALGORITHM
from fingerprints.photo_print import PhotoPrint
from fingerprints.title_index import TitleHit, TitleIndex
from fingerprints.title_print import TITLE
from streams.bank_files import FrozenBank, read_bank
from streams.records import Prints, TakedownFingerprint


@dataclass(frozen=True, slots=True)
class PhotoMeeting:
    """A photo of a listing that resembles one of a takedown; `listing_image` and `takedown_image` count from 0
    among all their images."""

    listing_image: int
    takedown_image: int
    print: PhotoPrint
    match: PhotoMatch


@dataclass(slots=True)
class Resemblance:
    """Where a listing met one takedown: for each kind the best pair of fingerprints, if any."""

    photo: PhotoMeeting | None = None
    title: TitleHit | None = None


@dataclass(slots=True)
class Resembling:
    """What resembles a listing. `backdrops`: photos that only share a backdrop, with their takedown's id.
    `tiers`: how many of the listing's photos each tier of the photo search settled."""

    takedowns: dict[str, Resemblance] = field(default_factory=dict)
    backdrops: list[tuple[str, PhotoMeeting]] = field(default_factory=list)
    tiers: Counter[str] = field(default_factory=Counter)


class TakedownBank:
    """Takedowns by id and by listing, with one index for each kind of fingerprint.

    Fingerprints of another algorithm version than this program's are left out of the indexes and counted in
    `stale`: unlike versions are never compared. Photos' fingerprints live in the photo index and its files
    (in `folder`) only; `takedowns` holds the rest. `stage` as in `PhotoIndex`.
    """

    def __init__(self, folder: Path | None = None, stage: Stage = no_stage) -> None:
        self.takedowns: dict[str, TakedownFingerprint] = {}
        self.stale = 0
        self.titles = TitleIndex()
        self.photos = PhotoIndex(folder, stage)
        self._stage = stage
        self._images: dict[str, tuple[int, ...]] = {}
        """For each takedown the image numbers of its photos in the index."""
        self._by_listing: dict[str, set[str]] = {}

    def __len__(self) -> int:
        return len(self.takedowns)

    def put(self, fingerprint: TakedownFingerprint) -> None:
        """Hold this takedown, instead of its earlier version if there is one."""
        takedown_id = fingerprint.takedown.takedown_id
        self.withdraw(takedown_id)
        prints = fingerprint.prints
        if prints.photos and prints.algorithms.image == PHOTO_ALGORITHM:
            self.photos.add(takedown_id, tuple(photo.print for photo in prints.photos))
            self._images[takedown_id] = tuple(photo.image for photo in prints.photos)
        without_photos = msgspec.structs.replace(prints, photos=())
        self._hold(msgspec.structs.replace(fingerprint, prints=without_photos))
        if prints.title is not None and prints.algorithms.text == TITLE.algorithm:
            self.titles.add(takedown_id, (prints.title,))

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
        self._images.pop(takedown_id, None)
        self.stale -= _is_stale(earlier.prints)

    def settle_in(self, folder: Path) -> None:
        """Keep the photos' files in this folder, which is empty, from now on; only while the bank is empty."""
        if self.takedowns:
            raise ValueError("the bank holds takedowns already")
        before, self.photos = self.photos, PhotoIndex(folder, self._stage)
        before.close()

    def freeze(self) -> FrozenBank:
        """The bank as it is now, to be written (`streams.bank_files`)."""
        return FrozenBank(
            list(self.takedowns.values()), dict(self._images), self.titles, self.photos.freeze()
        )

    def thaw(self, frozen: FrozenBank) -> None:
        """What changes in place is written: takedowns may be put and withdrawn again."""
        self.photos.thaw(frozen.photos)

    def snapshot_taken(self, frozen: FrozenBank) -> None:
        """This snapshot is on the disk and no older one is."""
        self.photos.snapshot_taken(frozen.photos)

    def save(self, folder: Path) -> None:
        """Write all into the folder, which is empty, with nothing put or withdrawn meanwhile.

        Raises:
            OSError: such as a full disk.
        """
        frozen = self.freeze()
        frozen.write_changing(folder)
        self.thaw(frozen)
        frozen.write_rest(folder)
        self.snapshot_taken(frozen)

    def load(self, saved: Path, folder: Path | None = None) -> None:
        """Become what was saved, the photos' files going on in `folder`, which is empty; only while the bank is
        empty. Nothing is changed where it fails.

        Raises:
            SnapshotError: it is incomplete, damaged, or of another version of the program.
        """
        if self.takedowns:
            raise ValueError("the bank holds takedowns already")
        read = read_bank(saved)
        loaded = TakedownBank(None, self._stage)
        for record in read.records:
            loaded._hold(record)
        loaded.photos.close()
        loaded.photos = PhotoIndex.load(saved, read.photos, folder, self._stage)
        loaded.titles, loaded._images = read.titles, read.images
        self.photos.close()
        vars(self).update(vars(loaded))

    def _hold(self, fingerprint: TakedownFingerprint) -> None:
        """All but the indexes."""
        takedown_id, prints = fingerprint.takedown.takedown_id, fingerprint.prints
        self.takedowns[takedown_id] = fingerprint
        self._by_listing.setdefault(fingerprint.takedown.key, set()).add(takedown_id)
        self.stale += _is_stale(prints)

    def taken_down_as(self, listing_key: str) -> list[TakedownFingerprint]:
        """The takedowns of this very listing, by id."""
        return [self.takedowns[takedown_id] for takedown_id in sorted(self._by_listing.get(listing_key, ()))]

    def resembling(self, prints: Prints, candidates: int) -> Resembling:
        """The takedowns that any kind of fingerprint finds, and where they meet."""
        found = Resembling()
        if prints.title is not None and prints.algorithms.text == TITLE.algorithm:
            for hit in self.titles.search(prints.title, candidates):
                found.takedowns.setdefault(hit.owner, Resemblance()).title = hit
        if prints.algorithms.image == PHOTO_ALGORITHM:
            for photo in prints.photos:
                self._add_photo(found, photo.image, photo.print, candidates)
        return found

    def explained(self, meeting: PhotoMeeting) -> PhotoMeeting:
        """The meeting with how the two photos lie on each other, where that can be said."""
        match = self.photos.explain(meeting.print, meeting.match)
        return PhotoMeeting(meeting.listing_image, meeting.takedown_image, meeting.print, match)

    def _add_photo(self, found: Resembling, image: int, photo: PhotoPrint, candidates: int) -> None:
        search = self.photos.search(photo, candidates)
        found.tiers[search.tier] += 1
        for match in search.matches:
            meeting = PhotoMeeting(image, self._images[match.owner][match.item], photo, match)
            if match.same_backdrop:
                found.backdrops.append((match.owner, meeting))
            met = found.takedowns.setdefault(match.owner, Resemblance())
            if met.photo is None or match.rank < met.photo.match.rank:
                met.photo = meeting


def _is_stale(prints: Prints) -> bool:
    return prints.algorithms.text != TITLE.algorithm or prints.algorithms.image != PHOTO_ALGORITHM
