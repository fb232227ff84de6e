"""What is needed of the held photos only now and then: on disk, mapped into memory, read where it is needed.

Two files. `rows`: one fixed row a photo, its points and where its thumbnail lies. `thumbnails`: the JPEGs one
after another. A thumbnail is never written over. A row is, when its slot is used again: `PhotoIndex` does not
use a slot again while a snapshot on the disk shows its photo, so a snapshot is a second name of both files.
"""

import os
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import IO

import numpy as np
import numpy.typing as npt

from fingerprints.photo_print import POINT, PhotoPrint, decode_thumbnail, unpack_points
from fingerprints.photo_pyramid import Grey
from fingerprints.snapshot_files import copy_bytes, force, link_or_copy

HELD_POINTS = 240
"""Points held of a photo, the first of its order (docs/decisions/008 has the recall by it)."""
HASH_BYTES = 32
ROW = np.dtype(
    [("points", POINT, HELD_POINTS), ("count", "<u2"), ("hash", "u1", HASH_BYTES), ("width", "<u2"), ("height", "<u2"),
     ("thumbnail_at", "<u8"), ("thumbnail_bytes", "<u4")]
)  # fmt: skip
FILES = ("rows.bin", "thumbnails.bin")
FIRST_ROWS = 1024
MOST_NEW_ROWS = 32768
"""Rows that are added at once, at most: 130 MB of disk."""
LEAST_GARBAGE = 16 * 1024 * 1024
"""Bytes of withdrawn photos' thumbnails that are not worth a new file."""

Rows = npt.NDArray[np.void]


class PhotoStore:
    """Held photos by slot, 0 and up. `folder` None keeps the files nameless in the temporary folder.

    Raises:
        OSError: the files cannot be made, or the disk is full.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder
        self.garbage = 0
        """Bytes of thumbnails whose photos are forgotten."""
        self._rows_file = _opened(folder, "rows")
        self._thumbnails = _opened(folder, "thumbnails")
        self._end = self._thumbnails.seek(0, 2)
        self._rows = self._mapped(max(FIRST_ROWS, self._rows_file.seek(0, 2) // ROW.itemsize))

    @property
    def rows(self) -> Rows:
        """All rows, mapped; replaced when the store grows, so not to be kept."""
        return self._rows

    def put(self, slot: int, photo: PhotoPrint) -> Rows:
        """Keep the photo in this slot; gives its held points."""
        points = unpack_points(photo.points)[:HELD_POINTS]
        if slot >= len(self._rows):
            self._rows = self._mapped(len(self._rows) + min(len(self._rows), MOST_NEW_ROWS))
        row = self._rows[slot]
        row["points"][: len(points)] = points
        row["hash"] = np.frombuffer(photo.plain, np.uint8)
        row["count"], row["width"], row["height"] = len(points), photo.width, photo.height
        row["thumbnail_at"], row["thumbnail_bytes"] = self._end, len(photo.thumbnail)
        os.pwrite(self._thumbnails.fileno(), photo.thumbnail, self._end)
        self._end += len(photo.thumbnail)
        return points

    def forget(self, slot: int) -> None:
        """The photo in this slot is not needed any more; it stays readable until the slot is used again."""
        self.garbage += int(self._rows[slot]["thumbnail_bytes"])

    def points(self, slot: int) -> Rows:
        """The points of the photo in this slot."""
        row = self._rows[slot]
        return np.asarray(row["points"][: int(row["count"])])

    def hash(self, slot: int) -> bytes:
        """The plain perceptual hash of the photo in this slot."""
        return bytes(self._rows[slot]["hash"])

    def size(self, slot: int) -> tuple[int, int]:
        """Width and height of the photo in this slot."""
        return int(self._rows[slot]["width"]), int(self._rows[slot]["height"])

    def thumbnail(self, slot: int) -> Grey | None:
        """The thumbnail's grey values; None where there is none."""
        row = self._rows[slot]
        jpeg = os.pread(self._thumbnails.fileno(), int(row["thumbnail_bytes"]), int(row["thumbnail_at"]))
        return decode_thumbnail(jpeg)

    @property
    def disk_bytes(self) -> int:
        """Bytes of both files; rows not yet used count."""
        return self._rows.nbytes + self._end

    @property
    def end(self) -> int:
        """Bytes of the thumbnails' file; what is put goes on there."""
        return self._end

    @property
    def wasteful(self) -> bool:
        """Whether more than half of the thumbnails' file is garbage, and enough to be worth `compacted`."""
        return self.garbage > max(LEAST_GARBAGE, self._end // 2)

    def resume(self, end: int, garbage: int) -> None:
        """Go on where a snapshot ended: what lies behind it was put after it, and is written over."""
        self._end, self.garbage = end, garbage

    def compacted(self, rows: int, slots: Iterable[int]) -> "PhotoStore":
        """The first `rows` rows in new files, with the thumbnails of these slots only. The new files take the
        old ones' names; this store goes on with the nameless old ones until it is closed.

        Raises:
            OSError: the disk is full; this store is as it was.
        """
        folder = (
            None if self.folder is None else Path(tempfile.mkdtemp(dir=self.folder, prefix="compacting-"))
        )
        new = PhotoStore(folder)
        try:
            self._copy_into(new, rows, slots)
            if folder is not None and self.folder is not None:
                for name in FILES:
                    (folder / name).replace(self.folder / name)
        except OSError:
            new.close()
            raise
        finally:
            if folder is not None:
                shutil.rmtree(folder, ignore_errors=True)
        new.folder = self.folder
        return new

    def _copy_into(self, new: "PhotoStore", rows: int, slots: Iterable[int]) -> None:
        new._rows = new._mapped(max(FIRST_ROWS, rows))
        copy_bytes(self._rows_file.fileno(), new._rows_file.fileno(), rows * ROW.itemsize)
        for slot in slots:
            row = new._rows[slot]
            jpeg = os.pread(self._thumbnails.fileno(), int(row["thumbnail_bytes"]), int(row["thumbnail_at"]))
            os.pwrite(new._thumbnails.fileno(), jpeg, new._end)
            row["thumbnail_at"] = new._end
            new._end += len(jpeg)

    def fill(self, folder: Path, rows_length: int, end: int) -> None:
        """Copy what `share` wrote into this new store's own files."""
        self._rows = self._mapped(max(FIRST_ROWS, rows_length // ROW.itemsize))
        for file, name, length in zip(
            (self._rows_file, self._thumbnails), FILES, (rows_length, end), strict=True
        ):
            with (folder / name).open("rb", buffering=0) as source:
                copy_bytes(source.fileno(), file.fileno(), length)

    def share(self, folder: Path, rows: int, end: int) -> None:
        """Give the files, of which these many rows and bytes count, second names in the folder, or copy them
        where there can be none. On the disk when it returns.

        Raises:
            OSError: such as a full disk.
        """
        os.fsync(self._rows_file.fileno())
        os.fsync(self._thumbnails.fileno())
        for file, name, length in zip(
            (self._rows_file, self._thumbnails), FILES, (rows * ROW.itemsize, end), strict=True
        ):
            if self.folder is not None:
                link_or_copy(self.folder / name, folder / name, length)
            else:
                with (folder / name).open("xb", buffering=0) as copy:
                    copy_bytes(file.fileno(), copy.fileno(), length)
            force(folder / name)

    def close(self) -> None:
        """Let go of the files."""
        self._rows = np.zeros(0, ROW)
        self._rows_file.close()
        self._thumbnails.close()

    def _mapped(self, rows: int) -> Rows:
        # Room is claimed before it is mapped: writing to a hole on a full disk would end the process with SIGBUS.
        length = rows * ROW.itemsize
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(self._rows_file.fileno(), 0, length)
        self._rows_file.truncate(length)
        return np.memmap(self._rows_file, dtype=ROW, mode="r+", shape=(rows,))


def _opened(folder: Path | None, name: str) -> IO[bytes]:
    if folder is None:
        return tempfile.TemporaryFile(prefix=f"relistwatch-{name}-", buffering=0)
    path = folder / f"{name}.bin"
    path.touch()
    return path.open("r+b", buffering=0)
