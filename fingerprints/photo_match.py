"""All photos of all takedowns, searched in two tiers: by perceptual hash, and by points where that finds nothing.

The hash settles what was only resized, recompressed or recoloured. Points find the rest: those that meet the
query's vote for a photo and a transform, the few best photos are aligned, and their pixels tell the same photo
from the same backdrop.
"""

import math
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np

from fingerprints.hamming_index import BITS, BYTES_A_HASH
from fingerprints.photo_align import Alignment, Pairs, align
from fingerprints.photo_compare import HELD_SIDE, Agreement, compare_pixels
from fingerprints.photo_hash import PhotoHash, match_details, new_hash_index
from fingerprints.photo_print import (
    Geometry,
    Packed,
    PhotoPrint,
    decode_thumbnail,
    geometry_of,
    shrunk,
    unpack_points,
)
from fingerprints.photo_pyramid import Grey
from fingerprints.photo_sameness import LEAST_BACKDROP, same_photo_log_odds
from fingerprints.photo_scan import HeldPhoto, Sighting
from fingerprints.photo_snapshot import FrozenPhotos, read_photos
from fingerprints.photo_store import PhotoStore
from fingerprints.photo_vote import candidates, numbers_of
from fingerprints.point_index import PointIndex
from fingerprints.point_meetings import differing
from fingerprints.snapshot_files import Written

SETTLED = 40
"""Bits of 256: nearer than any other photo of 2,400, even on the same backdrop (docs/benchmarks.md)."""
MOST_FAILED = 3
"""Photos in a row that cannot be aligned, after which those with fewer votes are not tried."""
PLENTY = 40
"""Agreeing points that need no second look."""
MOST_DIFFERENT_PAIRED = 11
"""Bits of 48 between points of two photos that are thought to belong together: more than among all photos."""
NEAREST = 10
"""Held points that a point of the query votes for at most, whatever is held (docs/decisions/008)."""

Stage = Callable[[str], AbstractContextManager[None]]
Tier = Literal["hash", "points", "none"]


def no_stage(_name: str) -> AbstractContextManager[None]:
    """Times nothing."""
    return nullcontext()


@dataclass(frozen=True, slots=True)
class PhotoMatch:
    """One held photo that the query resembles.

    `owner` and `item` as it was added. `distance`: bits of 256 between the hashes, where within
    `photo_hash.MOST_DISTANCE`, and `nearer_mirrored` whether the query's mirror image is the nearer one.
    `alignment`, `agreement`: where points agree. `log_odds`: nats that it is the same photo rather than another
    of the same backdrop; `inf` where the hash alone settles it.
    """

    owner: str
    item: int
    distance: int | None = None
    nearer_mirrored: bool = False
    alignment: Alignment | None = None
    agreement: Agreement | None = None
    log_odds: float = -np.inf

    @property
    def rank(self) -> tuple[float, int, str, int]:
        """Sorts the best match first, and equal ones always in one order."""
        return (-self.log_odds, BITS if self.distance is None else self.distance, self.owner, self.item)

    @property
    def same_photo(self) -> bool:
        """Whether the pixels say that it is the same photo."""
        return self.log_odds > 0

    @property
    def similarity(self) -> float:
        """0 to 1: how sure it is that it is the same photo by its pixels, or the share of bits that agree,
        whichever is more."""
        by_hash = 0.0 if self.distance is None else 1 - self.distance / BITS
        return max(by_hash, 0.0 if self.alignment is None else 1 / (1 + math.exp(-self.log_odds)))

    @property
    def backdrop(self) -> float:
        """0 to 1: how sure it is that it is another photo of the same backdrop; 0.5 at `LEAST_BACKDROP`."""
        if self.same_photo or self.alignment is None:
            return 0.0
        return self.alignment.inliers / (self.alignment.inliers + LEAST_BACKDROP)

    @property
    def same_backdrop(self) -> bool:
        """Whether enough points agree, but it is another photo."""
        return not self.same_photo and self.alignment is not None and self.alignment.inliers >= LEAST_BACKDROP


@dataclass(frozen=True, slots=True)
class PhotoSearch:
    """What a search found, best first, and which tier settled it; `none` where neither found the same photo."""

    matches: tuple[PhotoMatch, ...]
    tier: Tier


class PhotoIndex:
    """Photos by owner. Adding an owner again replaces what it had.

    `folder` is where the files of `PhotoStore` go; `stage` is entered around each stage's work, by its name
    (`hash`, `points`, `align`, `compare`), for whoever wants to time it.
    """

    def __init__(self, folder: Path | None = None, stage: Stage = no_stage) -> None:
        self._start(PhotoStore(folder), stage)

    def _start(self, store: PhotoStore, stage: Stage) -> None:
        self._hashes = new_hash_index()
        self._points = PointIndex()
        self._store = store
        self._stage = stage
        self._owners: list[tuple[str, int] | None] = []
        """Owner and item of each slot; None where it is free."""
        self._free: list[int] = []
        self._resting: list[int] = []
        """Withdrawn slots whose rows a snapshot on the disk still shows: free once a newer one has replaced it."""
        self._snapshots = False
        self._slots: dict[str, tuple[int, ...]] = {}
        self._waiting: list[tuple[Packed, int]] = []
        """Points not yet in the index: many at once are put in faster, so they wait for the next search."""

    def __len__(self) -> int:
        return len(self._owners) - len(self._free) - len(self._resting)

    def add(self, owner: str, photos: Sequence[PhotoPrint]) -> None:
        """Hold these under `owner`, instead of any earlier ones."""
        self.withdraw(owner)
        if not photos:
            return
        slots = []
        for item, photo in enumerate(photos):
            slot = self._free.pop() if self._free else len(self._owners)
            if slot == len(self._owners):
                self._owners.append(None)
            self._owners[slot] = (owner, item)
            self._waiting.append((self._store.put(slot, photo), slot))
            slots.append(slot)
        self._slots[owner] = tuple(slots)
        self._hashes.add(owner, photos)
        if len(self._waiting) >= MOST_WAITING:
            self.settle()

    def withdraw(self, owner: str) -> None:
        """Forget the owner; an unknown one is no error."""
        slots = self._slots.pop(owner, ())
        if slots:
            self.settle()
        for slot in slots:
            points = self._store.points(slot)
            self._points.remove(points, numbers_of(slot, len(points)))
            self._owners[slot] = None
            self._store.forget(slot)
            (self._resting if self._snapshots else self._free).append(slot)
        self._hashes.withdraw(owner)

    def search(self, query: PhotoPrint, limit: int) -> PhotoSearch:
        """At most `limit` photos that resemble the query, the same photo before the same backdrop."""
        with self._stage("hash"):
            hits = self._hashes.search(query, limit)
        near = [self._by_hash(query, hit.owner, hit.item) for hit in hits]
        settled = tuple(match for match in near if match.log_odds == np.inf)
        if settled:
            return PhotoSearch(settled, "hash")
        found = self._by_points(query)
        seen = {(match.owner, match.item): match for match in near}
        for match in found:
            twin = seen.get((match.owner, match.item), match)
            seen[match.owner, match.item] = replace(
                match, distance=twin.distance, nearer_mirrored=twin.nearer_mirrored
            )
        ordered = sorted(seen.values(), key=lambda match: match.rank)
        tier: Tier = "points" if ordered and ordered[0].same_photo else "none"
        return PhotoSearch(tuple(ordered[:limit]), tier)

    def explain(self, query: PhotoPrint, match: PhotoMatch) -> PhotoMatch:
        """The match with its alignment, where the hash settled it before any points were looked at."""
        if match.alignment is not None or match.owner not in self._slots:
            return match
        slot = self._slots[match.owner][match.item]
        asked = _Query(query)
        pairs = _pairs(asked.points, self._store.points(slot))
        compared = self._compare(asked, slot, pairs, mirrored=match.nearer_mirrored)
        if compared is None:
            return match
        return replace(match, alignment=compared.alignment, agreement=compared.agreement)

    def held(self, owner: str) -> list[HeldPhoto]:
        """The owner's photos as `PhotoScan` looks for them, in the order of the items; none of an unknown one."""
        return [
            HeldPhoto(self._store.hash(slot), self._store.size(slot), self._store.points(slot).copy())
            for slot in self._slots.get(owner, ())
        ]

    def look_at(self, query: PhotoPrint, owner: str, item: int, sighting: Sighting) -> PhotoMatch | None:
        """What a search would say of the query and this photo, which a scan has brought up; None where it is nothing,
        or is not held any more."""
        slots = self._slots.get(owner, ())
        if item >= len(slots):
            return None
        if sighting.pairs is None:
            return self._by_hash(query, owner, item)
        return self._compare(_Query(query), slots[item], sighting.pairs, mirrored=sighting.mirrored)

    def size_of(self, match: PhotoMatch) -> tuple[int, int]:
        """Width and height of the held photo, in pixels as it was decoded."""
        return self._store.size(self._slots[match.owner][match.item])

    def freeze(self) -> FrozenPhotos:
        """The index as it is now, to be written. Call `thaw` and `snapshot_taken` as each step is done."""
        self.settle()
        self._snapshots = True
        return FrozenPhotos(
            list(self._owners), [*self._free, *self._resting], len(self._resting),
            self._hashes.all_held(), self._points, self._store,
        )  # fmt: skip

    def thaw(self, frozen: FrozenPhotos) -> None:
        """What changes in place is written: photos may be added and withdrawn again."""
        if frozen.store is not self._store:
            self._store.close()
            self._store = frozen.store

    def snapshot_taken(self, frozen: FrozenPhotos) -> None:
        """This snapshot is on the disk and no older one is: what only older ones showed may be written over."""
        self._free += self._resting[: frozen.resting]
        del self._resting[: frozen.resting]

    def save(self, folder: Path) -> Written:
        """Write all into the folder, which is empty; gives what `load` wants to know. The steps in between that
        let the index go on meanwhile are `freeze`, `thaw` and `snapshot_taken`.

        Raises:
            OSError: such as a full disk.
        """
        frozen = self.freeze()
        frozen.write_changing(folder)
        self.thaw(frozen)
        frozen.write_rest(folder)
        self.snapshot_taken(frozen)
        return frozen.written

    @classmethod
    def load(
        cls, saved: Path, written: Written, folder: Path | None = None, stage: Stage = no_stage
    ) -> "PhotoIndex":
        """What was saved, going on in `folder`, which is empty.

        Raises:
            SnapshotError: it is incomplete, damaged, or of another version of the program.
        """
        read = read_photos(saved, written, folder)
        index = cls.__new__(cls)
        index._start(read.store, stage)
        index._owners, index._free, index._slots = read.owners, read.free, read.slots
        index._points = read.points
        index._hashes.add_all(read.wheres, read.hashes)
        index._snapshots = True
        return index

    @property
    def memory_bytes(self) -> int:
        """Bytes of memory of the points and hashes; owners' names and 4 MB for the hashes' parts come on top."""
        return self._points.used_bytes + BYTES_A_HASH * len(self._hashes)

    @property
    def disk_bytes(self) -> int:
        """Bytes of the files, which are mapped."""
        return self._store.disk_bytes

    def close(self) -> None:
        """Let go of the files and the memory; what was held is gone."""
        self._store.close()
        self._points = PointIndex()

    def settle(self) -> None:
        """Put what was added lately where searches look; else the next search does, and takes longer."""
        if self._waiting:
            rows = np.concatenate([points for points, _ in self._waiting])
            numbers = np.concatenate([numbers_of(slot, len(points)) for points, slot in self._waiting])
            self._waiting.clear()
            self._points.add(rows, numbers)

    def _by_hash(self, query: PhotoPrint, owner: str, item: int) -> PhotoMatch:
        held = PhotoHash(self._store.hash(self._slots[owner][item]), b"")
        distance, mirrored = match_details(query, held)
        return PhotoMatch(
            owner, item, distance, mirrored, log_odds=np.inf if distance <= SETTLED else -np.inf
        )

    def _by_points(self, photo: PhotoPrint) -> list[PhotoMatch]:
        query = _Query(photo)
        if not len(query.points):
            return []
        with self._stage("points"):
            self.settle()
            met = self._points.search(query.points, NEAREST)
            voted = candidates(query.geometry, met, self._store.rows["points"])
        found: list[PhotoMatch] = []
        failed = 0
        for one in voted:
            match = self._compare(query, one.slot, one.pairs, mirrored=one.mirrored)
            failed = 0 if match else failed + 1
            found += [match] if match else []
            if failed == MOST_FAILED:
                break
        return found

    def _compare(self, query: "_Query", slot: int, pairs: Pairs, *, mirrored: bool) -> PhotoMatch | None:
        owner = self._owners[slot]
        if owner is None:
            return None
        with self._stage("align"):
            held = geometry_of(self._store.points(slot))
            alignment = align(query.geometry, held, pairs, query.width, mirrored=mirrored)
            if alignment is not None and alignment.inliers < PLENTY:
                # With all pairs of points of the two photos, not only those that the index lets meet.
                more = _pairs(query.points, self._store.points(slot))
                again = align(query.geometry, held, more, query.width, mirrored=mirrored)
                if again is not None and again.inliers > alignment.inliers:
                    alignment = again
        if alignment is None:
            return None
        with self._stage("compare"):
            mine, theirs = query.thumbnail(), self._store.thumbnail(slot)
            agreement = None
            if mine is not None and theirs is not None:
                agreement = compare_pixels(
                    mine, shrunk(theirs, HELD_SIDE), alignment, query.size, self._store.size(slot)
                )
        log_odds = same_photo_log_odds(alignment, agreement)
        return PhotoMatch(*owner, alignment=alignment, agreement=agreement, log_odds=log_odds)


MOST_WAITING = 1024


class _Query:
    """A photo that is searched for, with what is made of it once."""

    def __init__(self, photo: PhotoPrint) -> None:
        self.points = unpack_points(photo.points)
        self.geometry: Geometry = geometry_of(self.points)
        self.size = (photo.width, photo.height)
        self.width = photo.width / max(self.size)
        self._jpeg = photo.thumbnail
        self._grey: Grey | None = None

    def thumbnail(self) -> Grey | None:
        """Its grey values, decoded when first asked for."""
        if self._grey is None:
            self._grey = decode_thumbnail(self._jpeg)
        return self._grey


def _pairs(query: Packed, held: Packed) -> Pairs:
    different = differing(query, held)
    mine, theirs = np.nonzero(different <= MOST_DIFFERENT_PAIRED)
    return Pairs(mine, theirs, different[mine, theirs])
