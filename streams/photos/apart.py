"""Photos decoded in a process apart, for commands that wait for each.

What a hostile photo takes over or ends is a child without secrets, not the process that signs evidence packs.
"""

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any, Self, TypeVar

from PIL import Image

from fingerprints.photo_decode import PhotoError, decode_photo
from streams.photos.picture_pool import PicturePool

SECONDS = 10.0
"""For one photo, as a worker gives it (`worker.photo_item_timeout`), and room for a loaded machine."""

T = TypeVar("T")


class PhotosApart:
    """Used as a context manager; its process starts with the first photo.

    A thread of its own runs the loop, so that it can be used inside and outside of another.
    """

    def __init__(self, max_pixels: int) -> None:
        self._max_pixels = max_pixels
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._pool: PicturePool | None = None

    def photo(self, raw: bytes, side: int) -> Image.Image | None:
        """The photo upright in colour, its longer side at most `side` pixels; None where it cannot be used.

        Raises:
            OSError: no process can be started.
        """
        try:
            drawn = self._run(self._picture(raw, side))
            # Whatever the child is by now, only a JPEG of this size is decoded here.
            return decode_photo(drawn, max_pixels=side * side, target=side).convert("RGB")
        except PhotoError:
            return None

    async def _picture(self, raw: bytes, side: int) -> bytes:
        if self._pool is None:
            self._pool = await PicturePool(1, SECONDS, max_pixels=self._max_pixels).__aenter__()
        return await self._pool.picture(raw, side)

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            self._thread = threading.Thread(target=self._loop.run_forever, name="photos-apart", daemon=True)
            self._thread.start()
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """End the process."""
        if self._loop is None or self._thread is None:
            return
        if self._pool is not None:
            self._run(self._pool.__aexit__())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
