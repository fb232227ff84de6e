"""A `PhotoIndex` on disk: written while it goes on, and read back without putting in one point again.

A folder holds second names of the store's files (`rows.bin`, `thumbnails.bin`), the blocks of the point index as
they lie in memory, the hashes, and `photos.msgpack`: who owns each slot, and length and checksum of the rest.

Writing has two steps. `write_changing` writes what adding and withdrawing change in place, so nothing may be
added or withdrawn meanwhile; searching may go on. `write_rest` needs no such pause. Rows and thumbnails are
neither copied nor checked: a snapshot's own rows do not change as long as it is the newest
(`PhotoIndex.snapshot_taken`), and they are on the disk before it counts.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from fingerprints.hamming_index import WORDS
from fingerprints.photo_print import ALGORITHM
from fingerprints.photo_store import FILES, HELD_POINTS, ROW, PhotoStore
from fingerprints.point_blocks import SLOTS, Blocks
from fingerprints.point_index import FILL, FIRST_BITS, LONGEST_CHAIN, ROOM, PointIndex
from fingerprints.snapshot_files import (
    DAMAGED,
    SnapshotError,
    Written,
    link_or_copy,
    map_file,
    read_file,
    read_struct,
    write_file,
    write_struct,
)

FORMAT = f"2 {ALGORITHM} {HELD_POINTS}x{ROW.itemsize} {SLOTS}x{LONGEST_CHAIN}/{FILL} {FIRST_BITS}"
"""The format's number, and all that the meaning of the files hangs on."""
STATE = "photos.msgpack"

Where = tuple[str, int]
Words = npt.NDArray[np.uint64]


class _BlockNumbers(Struct, frozen=True, array_like=True):
    bits: int
    split: int
    points: int
    spares_used: int
    spares_free: list[int]


class _State(Struct, frozen=True, array_like=True):
    format: str
    owners: list[Where | None]
    free: list[int]
    thumbnails_end: int
    garbage: int
    blocks: _BlockNumbers
    files: dict[str, Written]


@dataclass(slots=True)
class FrozenPhotos:
    """A `PhotoIndex` at one moment, on its way to the disk. `hashes`: of each place (`HammingIndex.all_held`).
    `resting`: how many of the slots that wait for a newer snapshot this one frees."""

    owners: list[Where | None]
    free: list[int]
    resting: int
    hashes: tuple[list[Where | None], Words]
    points: PointIndex
    store: PhotoStore
    _files: dict[str, Written] = field(default_factory=dict)
    _blocks: _BlockNumbers = field(init=False)
    _thumbnails: tuple[int, int] = field(init=False)

    def write_changing(self, folder: Path) -> None:
        """Write what changes in place. Where the thumbnails are mostly garbage, `store` is another afterwards.

        Raises:
            OSError: such as a full disk.
        """
        points = self.points
        for blocks, name, file, used in _used(
            points._main, points._spare, points.buckets, points._spares_used
        ):
            self._files[file] = write_file(folder / file, [getattr(blocks, name)[:used]])
        self._blocks = _BlockNumbers(
            points._bits, points._split, len(points), points._spares_used, list(points._spares_free)
        )
        if self.store.wasteful:
            owned = (slot for slot, owner in enumerate(self.owners) if owner is not None)
            self.store = self.store.compacted(len(self.owners), owned)
        self._thumbnails = (self.store.end, self.store.garbage)

    def write_rest(self, folder: Path) -> None:
        """Write the rest; may run while photos are added and withdrawn.

        Raises:
            OSError: such as a full disk.
        """
        self.store.share(folder, len(self.owners), self._thumbnails[0])
        places, words = self.hashes
        place_of = {where: place for place, where in enumerate(places) if where is not None}
        order = [place_of[where] for where in self.owners if where is not None]
        self._files["hashes.bin"] = write_file(folder / "hashes.bin", [np.ascontiguousarray(words[:, order])])
        state = _State(FORMAT, self.owners, self.free, *self._thumbnails, self._blocks, self._files)
        self._files = {STATE: write_struct(folder / STATE, state)}

    @property
    def written(self) -> Written:
        """Length and checksum of `photos.msgpack`, which `read_photos` wants to know."""
        return self._files[STATE]


@dataclass(slots=True)
class ReadPhotos:
    """What a `PhotoIndex` is made of again. `hashes` in the order of the owned slots."""

    owners: list[Where | None]
    free: list[int]
    slots: dict[str, tuple[int, ...]]
    wheres: list[Where]
    hashes: Words
    points: PointIndex
    store: PhotoStore


def read_photos(folder: Path, written: Written, store_folder: Path | None) -> ReadPhotos:
    """A snapshot, whose store goes on with names of its own in `store_folder`, which is empty (None: copied into
    nameless files).

    Raises:
        SnapshotError: it is incomplete, damaged, or of another version of the program.
    """
    state = read_struct(folder / STATE, written, _State)
    if state.format != FORMAT:
        raise SnapshotError(f"photos are of the format {state.format!r}, not {FORMAT!r}")
    owned = [where for where in state.owners if where is not None]
    try:
        raw = read_file(folder / "hashes.bin", state.files["hashes.bin"])
        hashes = np.frombuffer(raw, np.uint64).reshape(WORDS, len(owned))
        points = _read_points(folder, state)
        slots = _slots_of(state.owners)
        store = _read_store(folder, state, store_folder)
    except DAMAGED as error:
        raise SnapshotError(f"{STATE}: {type(error).__name__}: {error}") from None
    return ReadPhotos(state.owners, state.free, slots, owned, hashes, points, store)


def _used(main: Blocks, spare: Blocks, buckets: int, spares: int) -> Iterator[tuple[Blocks, str, str, int]]:
    """Each array of the blocks: where it is, its name there, the name of its file, how much of it is used."""
    for kind, blocks, used in (("main", main, buckets), ("spare", spare, spares)):
        for name in ("words", "number"):
            yield blocks, name, f"{kind}-{name}.bin", used


def _read_points(folder: Path, state: _State) -> PointIndex:
    points, was = PointIndex(), state.blocks
    points._bits, points._split, points._len = was.bits, was.split, was.points
    points._spares_used, points._spares_free = was.spares_used, was.spares_free
    if points.buckets > ROOM:
        points._main = Blocks(2 * points.buckets)
    points._spare = Blocks(max(1024, 2 * was.spares_used))
    for blocks, name, file, _ in _used(points._main, points._spare, points.buckets, was.spares_used):
        fresh = getattr(blocks, name)
        mapped = map_file(folder / file, state.files[file], fresh.nbytes)
        setattr(blocks, name, np.frombuffer(mapped, fresh.dtype).reshape(fresh.shape))
    return points


def _slots_of(owners: list[Where | None]) -> dict[str, tuple[int, ...]]:
    """Each owner's slots by item."""
    items: dict[str, list[tuple[int, int]]] = {}
    for slot, where in enumerate(owners):
        if where is not None:
            items.setdefault(where[0], []).append((where[1], slot))
    return {owner: tuple(slot for _, slot in sorted(held)) for owner, held in items.items()}


def _read_store(folder: Path, state: _State, store_folder: Path | None) -> PhotoStore:
    lengths = (len(state.owners) * ROW.itemsize, state.thumbnails_end)
    try:
        for name, length in zip(FILES, lengths, strict=True):
            if (folder / name).stat().st_size < length:
                raise SnapshotError(f"{name} is shorter than was written")
            if store_folder is not None:
                link_or_copy(folder / name, store_folder / name, length)
        store = PhotoStore(store_folder)
        if store_folder is None:
            store.fill(folder, *lengths)
    except OSError as error:
        raise SnapshotError(f"the store's files: {error}") from None
    store.resume(state.thumbnails_end, state.garbage)
    return store
