"""Photos a second of every method on two processes at once, in turn, and where ours spends the time."""

import gc
import io
import multiprocessing
import os
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from fingerprints.photo_decode import PhotoError, decode_photo
from fingerprints.photo_descriptor import describe
from fingerprints.photo_match import PhotoIndex
from fingerprints.photo_points import find_points
from fingerprints.photo_print import DECODE_TARGET, POINTS, photo_print, shrunk
from fingerprints.photo_pyramid import LONGEST_SIDE, PyramidMaker
from streams.die_with_parent import die_with_parent
from streams.evaluation.edit_work import PROCESSES, Progress
from streams.evaluation.photo_bench_figures import StageFigure
from streams.evaluation.photo_bench_methods import LIMIT, MAX_PIXELS, Method
from streams.evaluation.photo_edit import decoded

QUALITY = 88
WARM_UP = 5
READY_SECONDS = 120.0
"""For the slower process to be warm."""
ENDED_SECONDS = 60.0
"""To wait for a process that has said its time."""

LOOK_UPS = {
    "hash": "look-up by hash",
    "points": "look-up by points, with the vote",
    "align": "align",
    "compare": "compare pixels",
}
"""The stages of `PhotoIndex`, as the table calls them."""


def sized(raw: bytes, side: int) -> bytes:
    """The photo as a JPEG whose longer side has so many pixels; 0: as it is. Raises OSError."""
    if not side:
        return raw
    photo = decoded(raw)
    scale = side / max(photo.size)
    size = max(1, round(photo.width * scale)), max(1, round(photo.height * scale))
    out = io.BytesIO()
    photo.resize(size, Image.Resampling.LANCZOS).save(out, "JPEG", quality=QUALITY)
    return out.getvalue()


def rates(
    methods: Sequence[Method], photos: Sequence[bytes], rounds: int, what: str, progress: Progress
) -> dict[str, list[float]]:
    """Photos a second by method and round: A B C A B C ..., so that a slow minute meets all alike."""
    found: dict[str, list[float]] = {method.name: [] for method in methods}
    for number in range(rounds):
        for place, method in enumerate(methods, start=1):
            found[method.name].append(len(photos) / seconds_of(method, photos))
            progress(what, number * len(methods) + place, rounds * len(methods))
    return found


def seconds_of(method: Method, photos: Sequence[bytes]) -> float:
    """Seconds from the first photo to the last, fingerprinted and looked up by two processes at once.

    Raises:
        RuntimeError: one of the processes failed; its own message is on stderr.
    """
    # Forked: both share the bank that is held already.
    context = multiprocessing.get_context("fork")
    gc.freeze()
    following, ready = context.Value("l", 0), context.Barrier(PROCESSES)
    work = _Work(method, photos, following, ready)
    pipes = [context.Pipe(duplex=False) for _ in range(PROCESSES)]
    workers = [context.Process(target=work.run, args=(os.getpid(), into)) for _, into in pipes]
    for worker in workers:
        worker.start()
    for _, into in pipes:
        into.close()
    try:
        times = [out.recv() for out, _ in pipes]
    except EOFError:
        raise RuntimeError(f"{method.name} failed on a photo") from None
    finally:
        for worker in workers:
            worker.join(ENDED_SECONDS)
    return float(max(end for _, end in times) - min(start for start, _ in times))


@dataclass(frozen=True, slots=True)
class _Work:
    method: Method
    photos: Sequence[bytes]
    following: Any
    """Number of the next photo that nobody has taken: neither process waits while the other has two left."""
    ready: Any

    def run(self, parent: int, into: Any) -> None:
        die_with_parent(parent)
        try:
            for raw in self.photos[:WARM_UP]:
                self.one(raw)
            self.ready.wait(READY_SECONDS)
        except BaseException:
            # The other process must not wait for this one.
            self.ready.abort()
            raise
        start = time.perf_counter()
        while (number := self.taken()) < len(self.photos):
            self.one(self.photos[number])
        into.send((start, time.perf_counter()))

    def taken(self) -> int:
        with self.following.get_lock():
            number = int(self.following.value)
            self.following.value = number + 1
        return number

    def one(self, raw: bytes) -> None:
        fingerprint = self.method.fingerprint(raw)
        if fingerprint is not None:
            self.method.look_up(fingerprint)


class StageClock:
    """Seconds of the processor by stage, each without those of the stages within it: what else the machine does
    counts for nothing."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self._within = 0.0

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Times what is done within."""
        outer, self._within = self._within, 0.0
        start = time.thread_time()
        try:
            yield
        finally:
            took = time.thread_time() - start
            self.seconds[name] += took - self._within
            self._within = outer + took


def stage_figures(index: PhotoIndex, clock: StageClock, photos: Sequence[bytes]) -> tuple[StageFigure, ...]:
    """Mean milliseconds of the processor a photo by stage, in this process alone. `clock.stage` must be the index's.

    What a print is made of is timed once more by itself, as making it has no hook for a clock; what is left of
    the whole may come out below nothing.
    """
    maker = PyramidMaker()
    for number, raw in enumerate((*photos[:WARM_UP], *photos)):
        if number == min(WARM_UP, len(photos)):
            clock.seconds.clear()
        try:
            with clock.stage("decode"):
                picture = decode_photo(raw, max_pixels=MAX_PIXELS, target=DECODE_TARGET, grey=True)
        except PhotoError:
            continue
        with clock.stage("print"):
            made = photo_print(picture)
        if made is None:
            continue
        working = shrunk(np.asarray(picture), LONGEST_SIDE)
        with clock.stage("pyramid"):
            pyramid = maker.make(working)
        if pyramid is not None:
            with clock.stage("points of the photo"):
                points = find_points(pyramid, POINTS)
            with clock.stage("describe"):
                describe(pyramid, points)
        with clock.stage("search"):
            index.search(made, LIMIT)
    spent = {name: seconds * 1000 / max(1, len(photos)) for name, seconds in clock.seconds.items()}
    inner = {name: spent.get(name, 0.0) for name in ("pyramid", "points of the photo", "describe")}
    rows = {
        "decode": spent.get("decode", 0.0),
        "shrink, hash and thumbnail": spent.get("print", 0.0) - sum(inner.values()),
        **inner,
        **{shown: spent.get(name, 0.0) for name, shown in LOOK_UPS.items()},
        "rest of the search": spent.get("search", 0.0),
    }
    return tuple(StageFigure(name, milliseconds) for name, milliseconds in rows.items())
