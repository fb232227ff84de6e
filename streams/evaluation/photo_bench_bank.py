"""The bank of the photo benchmark: photos of the senders that were tuned on, changed at random beyond recognition.

They are there to be searched through, not to be found. Nothing is kept: what is drawn is the same every time.
"""

import io
import multiprocessing
import os
import random
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image, ImageEnhance, ImageOps

from connectors.sample.seeds import dice, field
from fingerprints.photo_decode import PhotoError
from fingerprints.photo_print import POINT, Packed, PhotoPrint, print_of_bytes
from fingerprints.photo_store import HELD_POINTS
from streams.die_with_parent import die_with_parent
from streams.evaluation.edit_work import PROCESSES, Progress
from streams.evaluation.photo_bench_methods import MAX_PIXELS
from streams.evaluation.photo_edit import decoded
from streams.evaluation.photo_set import DataError

TOGETHER = 20
AT_ONCE = 2_000
"""Photos that are made before those made so far are taken over: they wait in memory, some 16 KB each."""
QUALITY = 85
TURNS = (Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_180, Image.Transpose.ROTATE_270)


def changed(photo: Image.Image, chance: random.Random) -> Image.Image:
    """Another photo of the same goods, as it were: mirrored, turned, cropped to 45 to 95%, zoomed, in another light."""
    if chance.random() < 0.5:
        photo = ImageOps.mirror(photo)
    if chance.random() < 0.3:
        photo = photo.transpose(chance.choice(TURNS))
    share = chance.uniform(0.45, 0.95)
    width, height = max(1, int(photo.width * share)), max(1, int(photo.height * share))
    left, top = chance.randrange(photo.width - width + 1), chance.randrange(photo.height - height + 1)
    photo = photo.crop((left, top, left + width, top + height))
    zoom = chance.uniform(0.9, 1.5)
    size = max(1, int(width * zoom)), max(1, int(height * zoom * chance.uniform(0.9, 1.1)))
    return ImageEnhance.Contrast(photo.resize(size)).enhance(chance.uniform(0.7, 1.3))


class PhotoMaker:
    """Prints of changed photos by number: the same number always gives the same print."""

    def __init__(self, sources: Sequence[Path]) -> None:
        if not sources:
            raise DataError("no photos of senders that were tuned on, and the bank is made of those")
        self._sources = tuple(sources)

    def prints(self, first: int, many: int, progress: Progress) -> Iterator[PhotoPrint]:
        """Those of the numbers from `first` on, in order; photos without features have none.

        Nothing is worked on ahead once the last was given.

        Raises:
            DataError: a photo cannot be read.
        """
        # Spawned, not forked: what is held already is large, and numpy's threads do not survive a fork.
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(PROCESSES, context, _prepare, (os.getpid(),)) as pool:
            for start in range(0, many, AT_ONCE):
                numbers = range(first + start, first + min(start + AT_ONCE, many))
                jobs = [(number, self._source(number)) for number in numbers]
                for done, made in enumerate(pool.map(_make, jobs, chunksize=TOGETHER), start=start + 1):
                    progress("bank", done, many)
                    if made is not None:
                        yield made

    def _source(self, number: int) -> Path:
        return dice("bench source", number).choice(self._sources)


def _prepare(parent: int) -> None:
    die_with_parent(parent)


def _make(job: tuple[int, Path]) -> PhotoPrint | None:
    number, source = job
    try:
        photo = changed(decoded(source.read_bytes()), dice("bench change", number))
    except OSError as error:
        raise DataError(f"cannot read {source}: {error}") from None
    out = io.BytesIO()
    photo.save(out, "JPEG", quality=QUALITY)
    try:
        return print_of_bytes(out.getvalue(), max_pixels=MAX_PIXELS)
    except PhotoError:
        return None


MOST_KEPT = 20_000
"""Prints whose points drawn ones are like: 77 MB."""
THUMBNAILS = 64
"""Of so many of them the thumbnail is kept too: what is drawn shall take as much disk."""
MOST_TURNED = 0.04
"""How likely a sign is turned at most, half of it on average. Measured, means of 60 photos: a search that meets
3,776 points of 40,000 real prints (1,760 of them by query points that meet 40 at most) meets 3,545 (1,694) of
16,000 real and 24,000 drawn ones, and 2,988 (1,568) with 0.15; of the 16,000 real ones alone it is 2,270 (1,236)."""
SIGNS, LARGE = 32, 16
HELD_BYTES = HELD_POINTS * POINT.itemsize


class PrintDrawer:
    """Draws prints whose points crowd as those of real photos do, a hundred times faster than photos are made.

    Uniform bits would not do: real codes are far from uniform, and crowded buckets are what a look-up costs.
    """

    def __init__(self) -> None:
        self._points: list[bytes] = []
        self._thumbnails: list[PhotoPrint] = []

    @property
    def kept_bytes(self) -> int:
        """Bytes of memory of what was learned, nearly."""
        return sum(map(len, self._points)) + sum(len(p.thumbnail) + len(p.points) for p in self._thumbnails)

    def learn(self, photo: PhotoPrint) -> None:
        """Take a real print as a pattern; enough is enough."""
        if len(self._points) < MOST_KEPT:
            self._points.append(photo.points[:HELD_BYTES])
        if len(self._thumbnails) < THUMBNAILS:
            self._thumbnails.append(photo)

    def prints(self, first: int, many: int) -> Iterator[PhotoPrint]:
        """Those of the numbers from `first` on.

        Raises:
            ValueError: no real print with points was learned from.
        """
        rows = np.frombuffer(b"".join(self._points), POINT)
        if not len(rows):
            raise ValueError("no points to draw others like")
        for number in range(first, first + many):
            numbers = field("bench drawn", number)
            like = self._thumbnails[int(numbers.integers(len(self._thumbnails)))]
            points = turned(rows[numbers.integers(0, len(rows), HELD_POINTS)], numbers).tobytes()
            plain, mirrored = numbers.bytes(32), numbers.bytes(32)
            yield PhotoPrint(plain, mirrored, like.width, like.height, points, like.thumbnail)


def turned(rows: Packed, numbers: np.random.Generator) -> Packed:
    """These rows of `POINT` with every sign turned with a small probability of its own, and places shuffled."""
    likely = numbers.uniform(0, MOST_TURNED, SIGNS + LARGE)
    turns = numbers.random((len(rows), SIGNS + LARGE)) < likely
    weights = np.left_shift(np.uint64(1), np.arange(SIGNS + LARGE, dtype=np.uint64))
    mask = (turns * weights).sum(axis=1, dtype=np.uint64)
    drawn = rows.copy()
    drawn["signs"] ^= (mask & np.uint64(0xFFFFFFFF)).astype(np.uint32)
    drawn["large"] ^= (mask >> np.uint64(SIGNS)).astype(np.uint16)
    order = numbers.permutation(len(rows))
    for name in ("x", "y", "sigma", "angle"):
        drawn[name] = rows[name][order]
    return drawn
