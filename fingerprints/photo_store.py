"""What is needed of the held photos only now and then: on disk, mapped into memory, read where it is needed.

Two files. `rows`: one fixed row a photo, its points and where its thumbnail lies. `thumbnails`: the JPEGs one
after another. Both only ever grow, so a copy of them as they are is a snapshot.
"""

import os
import tempfile
from pathlib import Path
from typing import IO

import numpy as np
import numpy.typing as npt

from fingerprints.photo_print import POINT, PhotoPrint, decode_thumbnail, unpack_points
from fingerprints.photo_pyramid import Grey

HELD_POINTS = 240
"""Points held of a photo, the first of its order (docs/decisions/008 has the recall by it)."""
HASH_BYTES = 32
ROW = np.dtype(
    [("points", POINT, HELD_POINTS), ("count", "<u2"), ("hash", "u1", HASH_BYTES), ("width", "<u2"), ("height", "<u2"),
     ("thumbnail_at", "<u8"), ("thumbnail_bytes", "<u4")]
)  # fmt: skip
FIRST_ROWS = 1024

Rows = npt.NDArray[np.void]


class PhotoStore:
    """Held photos by slot, 0 and up. `folder` None keeps the files nameless in the temporary folder.

    Raises:
        OSError: the files cannot be made, or the disk is full.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._rows_file = _opened(folder, "rows")
        self._thumbnails = _opened(folder, "thumbnails")
        self._end = self._thumbnails.seek(0, 2)
        self._rows = self._mapped(max(FIRST_ROWS, self._rows_file.seek(0, 2) // ROW.itemsize))

    @property
    def rows(self) -> Rows:
        """All rows, mapped; replaced when the store grows, so not to be kept."""
        return self._rows

    def put(self, slot: int, photo: PhotoPrint) -> Rows:
        """Keep the photo in this slot; gives its held points.

        Raises:
            ValueError: its points are malformed.
        """
        points = unpack_points(photo.points)[:HELD_POINTS]
        if slot >= len(self._rows):
            self._rows = self._mapped(2 * len(self._rows))
        row = self._rows[slot]
        row["points"][: len(points)] = points
        row["hash"] = np.frombuffer(photo.plain, np.uint8)
        row["count"], row["width"], row["height"] = len(points), photo.width, photo.height
        row["thumbnail_at"], row["thumbnail_bytes"] = self._end, len(photo.thumbnail)
        os.pwrite(self._thumbnails.fileno(), photo.thumbnail, self._end)
        self._end += len(photo.thumbnail)
        return points

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
        """Bytes of both files; rows not yet used are holes and take no disk."""
        return self._rows.nbytes + self._end

    def flush(self) -> None:
        """Hand everything to the operating system."""
        if isinstance(self._rows, np.memmap):
            self._rows.flush()

    def close(self) -> None:
        """Let go of the files."""
        self._rows = np.zeros(0, ROW)
        self._rows_file.close()
        self._thumbnails.close()

    def _mapped(self, rows: int) -> Rows:
        self._rows_file.truncate(rows * ROW.itemsize)
        return np.memmap(self._rows_file, dtype=ROW, mode="r+", shape=(rows,))


def _opened(folder: Path | None, name: str) -> IO[bytes]:
    if folder is None:
        return tempfile.TemporaryFile(prefix=f"relistwatch-{name}-", buffering=0)
    path = folder / f"{name}.bin"
    path.touch()
    return path.open("r+b", buffering=0)
