"""Some ten thousand recent listings on the disk: what a scan reads of them in planes, and their records whole.

Files only grow, at their end, until the segment is full. So a crash leaves at most a tail that nobody knows of, and
what is read is mapped, not held.
"""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import msgspec
import numpy as np
import numpy.typing as npt
from msgspec import Struct

from fingerprints.photo_rows import PLANES, PhotoRows
from fingerprints.snapshot_files import force
from streams.engine.print_algorithms import comparable
from streams.records import ListingFingerprint

ROW = np.dtype(
    [("key", "<u8"), ("seq", "<u8"), ("seen", "<f8"), ("record_at", "<u8"), ("record_bytes", "<u4"),
     ("title_at", "<u4"), ("title_bytes", "<u4"), ("first_photo", "<u4"), ("photos", "<u4")]
)  # fmt: skip
"""One listing in 52 bytes. `key`: digest of its key. `seq`: its number among all that came, ascending. `seen`: when
it came, in seconds since 1970. `first_photo`: where its photos' rows begin."""
ROWS, TITLES, RECORDS = "rows.bin", "titles.bin", "records.bin"
_decoder = msgspec.msgpack.Decoder(ListingFingerprint)
_encoder = msgspec.msgpack.Encoder()


class Extent(Struct, frozen=True):
    """How much of a segment counts: listings, photos, and bytes of the two files of bytes."""

    number: int
    rows: int = 0
    photos: int = 0
    titles: int = 0
    records: int = 0


@dataclass(frozen=True, slots=True)
class SegmentView:
    """A segment as it was at one moment. `wanted`: which of its listings are to be looked at."""

    segment: "Segment"
    rows: npt.NDArray[np.void]
    photos: PhotoRows
    wanted: npt.NDArray[np.bool_]

    def titles(self) -> list[tuple[int, str]]:
        """Place and normalised title of those that are wanted and have one."""
        raw = self.segment.read(TITLES)
        places = np.flatnonzero(self.wanted & (self.rows["title_bytes"] > 0))
        starts = self.rows["title_at"][places].tolist()
        lengths = self.rows["title_bytes"][places].tolist()
        return [
            (place, raw[start : start + length].decode())
            for place, start, length in zip(places.tolist(), starts, lengths, strict=True)
        ]

    def photo_owners(self) -> npt.NDArray[np.intp]:
        """For each photo's row the place of its listing, -1 where that is not wanted."""
        counts = self.rows["photos"].astype(np.intp)
        owners = np.repeat(np.arange(len(self.rows)), counts)
        return np.where(np.repeat(self.wanted, counts), owners, -1)

    def record(self, place: int) -> ListingFingerprint:
        """The listing at this place."""
        return self.segment.record(self.rows[place])


class Segment:
    """One folder of listings. Opened with `extent`; whatever lies behind that is cut off.

    Raises:
        OSError: from every method; the disk is full, or a file is shorter than it must be.
    """

    def __init__(self, folder: Path, extent: Extent) -> None:
        self.folder = folder
        self._extent = extent
        folder.mkdir(parents=True, exist_ok=True)
        self._files: dict[str, IO[bytes]] = {}
        for name, size in self._sizes(extent).items():
            file = (folder / name).open("ab")
            self._files[name] = file
            if os.fstat(file.fileno()).st_size < size:
                raise OSError(f"{folder / name} is shorter than {size} bytes")
            file.truncate(size)
        self._readers = {name: os.open(folder / name, os.O_RDONLY) for name in (TITLES, RECORDS)}

    @property
    def extent(self) -> Extent:
        """How much there is now."""
        return self._extent

    @property
    def disk_bytes(self) -> int:
        """Of all files."""
        return sum(self._sizes(self._extent).values())

    def append(self, key: int, seq: int, seen: float, fingerprint: ListingFingerprint) -> None:
        """Put a listing at the end."""
        prints, at = comparable(fingerprint.prints), self._extent
        photos = [one.print for one in prints.photos]
        title = prints.title.text.encode() if prints.title is not None else b""
        record = _encoder.encode(fingerprint)
        row = (key, seq, seen, at.records, len(record), at.titles, len(title), at.photos, len(photos))
        self._put(np.array([row], ROW).tobytes(), title, record, PhotoRows.of(photos) if photos else None)

    def append_copy(self, view: SegmentView, place: int) -> None:
        """Put the listing at this place of another segment at the end of this one."""
        row, at = view.rows[place].copy(), self._extent
        first, photos = int(row["first_photo"]), int(row["photos"])
        title = os.pread(view.segment._readers[TITLES], int(row["title_bytes"]), int(row["title_at"]))
        record = view.segment.raw_record(row)
        row["record_at"], row["title_at"], row["first_photo"] = at.records, at.titles, at.photos
        self._put(row.tobytes(), title, record, view.photos.part(first, first + photos) if photos else None)

    def flush(self) -> None:
        """What was put can be read."""
        for file in self._files.values():
            file.flush()

    def force(self) -> None:
        """What was flushed outlives a failure of the machine."""
        for name in self._files:
            force(self.folder / name)
        force(self.folder)

    def view(self) -> SegmentView:
        """All that is there now, all of it wanted."""
        self.flush()
        at = self._extent
        rows = self._mapped(ROWS, ROW, (at.rows,))
        planes: dict[str, Any] = {
            name: self._mapped(f"{name}.bin", kind, (at.photos, *shape))
            for name, (kind, shape) in PLANES.items()
        }
        return SegmentView(self, rows, PhotoRows(**planes), np.ones(at.rows, np.bool_))

    def read(self, name: str) -> bytes:
        """A whole file."""
        return (self.folder / name).read_bytes()

    def raw_record(self, row: npt.NDArray[np.void] | Any) -> bytes:
        """The bytes of a row's record."""
        return os.pread(self._readers[RECORDS], int(row["record_bytes"]), int(row["record_at"]))

    def record(self, row: npt.NDArray[np.void] | Any) -> ListingFingerprint:
        """A row's record."""
        return _decoder.decode(self.raw_record(row))

    def close(self) -> None:
        """Let go of the files; what is mapped stays readable."""
        for file in self._files.values():
            with contextlib.suppress(OSError):
                file.close()
        for reader in self._readers.values():
            os.close(reader)

    def _put(self, row: bytes, title: bytes, record: bytes, photos: PhotoRows | None) -> None:
        at = self._extent
        for name, raw in self._parts(row, title, record, photos):
            self._files[name].write(raw)
        self._extent = Extent(
            at.number, at.rows + 1, at.photos + (len(photos) if photos else 0),
            at.titles + len(title), at.records + len(record),
        )  # fmt: skip

    @staticmethod
    def _parts(
        row: bytes, title: bytes, record: bytes, photos: PhotoRows | None
    ) -> Iterator[tuple[str, bytes]]:
        yield from ((ROWS, row), (TITLES, title), (RECORDS, record))
        if photos is not None:
            for name in PLANES:
                yield f"{name}.bin", getattr(photos, name).tobytes()

    def _mapped(self, name: str, kind: np.dtype[Any], shape: tuple[int, ...]) -> npt.NDArray[Any]:
        if not shape[0]:
            return np.zeros(shape, kind)
        return np.memmap(self.folder / name, kind, "r", shape=shape)

    @staticmethod
    def _sizes(extent: Extent) -> dict[str, int]:
        sizes = {ROWS: extent.rows * ROW.itemsize, TITLES: extent.titles, RECORDS: extent.records}
        for name, (kind, shape) in PLANES.items():
            sizes[f"{name}.bin"] = extent.photos * kind.itemsize * int(np.prod(shape, dtype=np.int64))
        return sizes
