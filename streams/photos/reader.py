"""From a listing's images to fingerprints: fetched together, kept, hashed in the pool, each failing on its own."""

import asyncio
from collections.abc import Sequence
from time import perf_counter

from connectors.events import Image
from fingerprints.photo_decode import PhotoError
from fingerprints.photo_format import photo_format
from streams.engine.pipeline import PhotoOutcome
from streams.metrics.metrics import Metrics
from streams.photos.byte_gate import ByteGate
from streams.photos.fetch import SNIFFED, PhotoFetcher
from streams.photos.keeper import PhotoKeeper
from streams.photos.pool import PhotoPool
from streams.photos.store import digest_of
from streams.records import ImageFailure, ImageFingerprint
from streams.settings import Photos, Worker

HELD_BYTES = Worker().buffer_bytes
"""Of photos fetched and not yet hashed, before no further fetch begins."""
FETCHES = Photos().fetch_concurrency
NO_FEATURES = "no-features"
"""A plain surface: nothing went wrong, but there is nothing to compare."""


class PhotoReader:
    """Reads photos by digest, by URL and inline, and keeps them as they came. A path is refused: what a file may
    name, a message from outside may not."""

    def __init__(
        self,
        fetcher: PhotoFetcher,
        pool: PhotoPool,
        metrics: Metrics,
        *,
        max_bytes: int,
        keeper: PhotoKeeper | None = None,
        held_bytes: int = HELD_BYTES,
        fetches: int = FETCHES,
    ) -> None:
        self._fetcher = fetcher
        self._pool = pool
        self._metrics = metrics
        self._max_bytes = max_bytes
        self._keeper = keeper
        # Hosts may be faster than the pool: what waits for it is bounded, but for what is on its way.
        self._gate = ByteGate(held_bytes)
        self._fetching = asyncio.Semaphore(fetches)
        self.finished = 0
        """Photos read or given up since the start: a batch of slow ones gets on, though none of it is finished."""

    async def read_all(self, listings: Sequence[Sequence[Image]]) -> list[list[PhotoOutcome]]:
        """For each listing, the outcome of each of its images, in order."""
        wanted = [(number, image) for images in listings for number, image in enumerate(images)]
        if not wanted:
            return [[] for _ in listings]
        outcomes = iter(await asyncio.gather(*(self._read(number, image) for number, image in wanted)))
        return [[next(outcomes) for _ in images] for images in listings]

    async def _read(self, number: int, image: Image) -> PhotoOutcome:
        try:
            return await self._outcome(number, image)
        finally:
            self.finished += 1

    async def _outcome(self, number: int, image: Image) -> PhotoOutcome:
        sha256: str | None = None
        held = 0
        try:
            async with self._fetching:
                await self._gate.room()
                raw = await self._bytes_of(image)
                held = len(raw)
                self._gate.take(held)
            # First, since a photo that hangs or kills its process is evidence too.
            sha256 = await self._keep(raw)
            started = perf_counter()
            outcome = await self._pool.fingerprint(raw)
            self._metrics.photo_seconds.labels("fingerprint").observe(perf_counter() - started)
        except PhotoError as error:
            self._metrics.photo_failures.labels(error.kind).inc()
            return ImageFailure(number, error.kind, sha256)
        finally:
            self._gate.give(held)
        if outcome is None:
            return ImageFailure(number, NO_FEATURES, sha256)
        return ImageFingerprint(number, outcome, sha256)

    async def _keep(self, raw: bytes) -> str:
        """The digest; what does not begin like a picture is named but not kept."""
        if self._keeper is None or photo_format(raw[:SNIFFED]) is None:
            return digest_of(raw)
        return await self._keeper.keep(raw)

    async def _bytes_of(self, image: Image) -> bytes:
        if image.data is not None:
            if len(image.data) > self._max_bytes:
                raise PhotoError("too-large", f"{len(image.data)} bytes inline, {self._max_bytes} allowed")
            return image.data
        if image.sha256 is not None and self._keeper is not None:
            kept = await self._keeper.find(image.sha256)
            if kept is not None:
                return kept
        if image.url is None and image.path is None:
            raise PhotoError("not-kept", "the photo store does not have it, and there is nowhere else to ask")
        if image.url is None:
            raise PhotoError("path-refused", "a path is read from files only, by scan and the file connector")
        started = perf_counter()
        raw = await self._fetcher.fetch(image.url)
        self._metrics.photo_seconds.labels("fetch").observe(perf_counter() - started)
        return raw
