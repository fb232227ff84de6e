"""From a listing's images to fingerprints: fetched together, hashed in the pool, each failing on its own."""

import asyncio
from collections.abc import Sequence
from time import perf_counter

from connectors.events import Image
from fingerprints.photo_decode import PhotoError
from streams.metrics import Metrics
from streams.photo_fetch import PhotoFetcher
from streams.photo_pool import PhotoPool
from streams.pipeline import PhotoOutcome
from streams.records import ImageFailure


class PhotoReader:
    """Reads photos by URL and inline. A path is refused: what a file may name, a message from outside may not."""

    def __init__(self, fetcher: PhotoFetcher, pool: PhotoPool, metrics: Metrics, *, max_bytes: int) -> None:
        self._fetcher = fetcher
        self._pool = pool
        self._metrics = metrics
        self._max_bytes = max_bytes

    async def read_all(self, listings: Sequence[Sequence[Image]]) -> list[list[PhotoOutcome]]:
        """For each listing, the outcome of each of its images, in order."""
        wanted = [(number, image) for images in listings for number, image in enumerate(images)]
        if not wanted:
            return [[] for _ in listings]
        outcomes = iter(await asyncio.gather(*(self._read(number, image) for number, image in wanted)))
        return [[next(outcomes) for _ in images] for images in listings]

    async def _read(self, number: int, image: Image) -> PhotoOutcome:
        try:
            raw = await self._bytes_of(image)
            started = perf_counter()
            outcome = await self._pool.fingerprint(raw)
            self._metrics.photo_seconds.labels("fingerprint").observe(perf_counter() - started)
        except PhotoError as error:
            self._metrics.photo_failures.labels(error.kind).inc()
            return ImageFailure(number, error.kind)
        return outcome

    async def _bytes_of(self, image: Image) -> bytes:
        if image.data is not None:
            if len(image.data) > self._max_bytes:
                raise PhotoError("too-large", f"{len(image.data)} bytes inline, {self._max_bytes} allowed")
            return image.data
        if image.url is None:
            raise PhotoError("path-refused", "a path is read from files only, by scan and the file connector")
        started = perf_counter()
        raw = await self._fetcher.fetch(image.url)
        self._metrics.photo_seconds.labels("fetch").observe(perf_counter() - started)
        return raw
