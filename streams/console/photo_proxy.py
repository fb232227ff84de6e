"""Photos for pages: out of the photo store or from an address, never as they are.

Whatever the bytes were, a browser gets a JPEG that our own program drew from the pixels in a process apart
(`streams.photos.picture_pool`): no script, no metadata, no format but one, at most 800 pixels. A photo's host
is asked by us, through the guard that photos of listings go through (`streams.photos.fetch`), and never sees who looks.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack

import structlog

from fingerprints.photo_decode import PhotoError
from streams.console.picture_cache import Failure, Key, PictureCache
from streams.photos.address_guard import AddressGuard
from streams.photos.fetch import PhotoFetcher
from streams.photos.picture_pool import PicturePool
from streams.photos.store import PhotoStore, StoreError, open_store
from streams.settings import Settings

log = structlog.get_logger(__name__)

SIDES = (200, 800)
"""Pixels of the longer side that are made: of the strip of all photos, and of one looked at."""
PROCESSES = 2
IN_HAND = 8
"""Photos read, fetched and decoded at once; each may have `photos.max_bytes`."""
WAITING = 400
"""Photos that wait for one of those places; more are refused. A page with every photo of a listing and a takedown
asks for 100 at most, later than those in sight."""
STORE_THREADS = 4
STORE_SECONDS = 5.0


class PhotoProxy:
    """One for a console; its processes start with the first photo. Used from the loop that answers requests.

    `guard`: where photos may be fetched from, for tests; else as the settings say.
    """

    def __init__(
        self, settings: Settings, *, guard: AddressGuard | None = None, cache: PictureCache | None = None
    ) -> None:
        self._settings, self._guard = settings, guard
        self._cache = cache or PictureCache()
        self._making: dict[Key, asyncio.Task[bytes]] = {}
        self._places = asyncio.Semaphore(IN_HAND)
        self._opening = asyncio.Lock()
        self._opened: tuple[PhotoFetcher, PicturePool] | None = None
        self._stack = AsyncExitStack()
        self._threads = ThreadPoolExecutor(STORE_THREADS, "console-photos")
        self._store: PhotoStore | None = None
        self._closed = False
        try:
            self._store = open_store(settings)
        except StoreError as error:
            log.warning("photos are not shown from the store", error=str(error))

    async def close(self) -> None:
        """End its processes and connections; photos in hand fail."""
        self._closed = True
        for task in list(self._making.values()):
            task.cancel()
        await asyncio.gather(*self._making.values(), return_exceptions=True)
        async with self._opening:
            await self._stack.aclose()
            self._opened = None
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def kept(self, sha256: str, side: int) -> bytes:
        """The photo of this digest from the photo store.

        Raises:
            PhotoError: `not-kept`, `store-unreachable`, `busy`, and as `PicturePool.picture` does.
            ValueError: `sha256` is no digest.
        """
        return await self._shown((sha256, _side(side)), lambda: self._from_store(sha256))

    async def fetched(self, url: str, side: int) -> bytes:
        """The photo that is at this address now. `url` is one that a record names, never one that a browser sends.

        Raises:
            PhotoError: `busy`, and as `PhotoFetcher.fetch` and `PicturePool.picture` do.
        """
        return await self._shown((url, _side(side)), lambda: self._from_web(url))

    async def _shown(self, key: Key, read: Callable[[], Awaitable[bytes]]) -> bytes:
        held = self._cache.get(key, time.monotonic())
        if isinstance(held, Failure):
            raise PhotoError(held.kind, "as a moment ago")
        if held is not None:
            return held
        task = self._making.get(key)
        if task is None:
            if len(self._making) >= WAITING or self._closed:
                raise PhotoError("busy", f"{len(self._making)} photos are waited for")
            # A task of its own: whoever else waits for it gets it, also when the first browser goes away.
            task = self._making[key] = asyncio.create_task(self._make(key, read))
            task.add_done_callback(lambda done: self._made(key, done))
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            if task.cancelled():
                raise PhotoError("busy", "the console is ending") from None
            raise

    async def _make(self, key: Key, read: Callable[[], Awaitable[bytes]]) -> bytes:
        try:
            async with self._places:
                raw = await read()
                _, pool = await self._open()
                picture = await pool.picture(raw, key[1])
        except PhotoError as error:
            self._cache.failed(key, error.kind, time.monotonic())
            raise
        except (OSError, RuntimeError) as error:
            log.warning("a photo cannot be shown", error=str(error))
            raise PhotoError("busy", "no process for it") from None
        self._cache.put(key, picture)
        return picture

    def _made(self, key: Key, task: asyncio.Task[bytes]) -> None:
        self._making.pop(key, None)
        if not task.cancelled():
            task.exception()  # somebody asked for it, or nobody is left to tell

    async def _from_store(self, sha256: str) -> bytes:
        store = self._store
        if store is None:
            raise PhotoError("not-kept", "there is no photo store")
        try:
            async with asyncio.timeout(STORE_SECONDS):
                loop = asyncio.get_running_loop()
                raw = await loop.run_in_executor(self._threads, store.get, sha256)
        except TimeoutError:
            raise PhotoError("store-unreachable", f"nothing within {STORE_SECONDS} s") from None
        except StoreError as error:
            log.warning("the photo store does not answer", store=store.place, error=str(error))
            raise PhotoError("store-unreachable", str(error)) from None
        if raw is None:
            raise PhotoError("not-kept", "the photo store does not have it")
        return raw

    async def _from_web(self, url: str) -> bytes:
        fetcher, _ = await self._open()
        return await fetcher.fetch(url)

    async def _open(self) -> tuple[PhotoFetcher, PicturePool]:
        async with self._opening:
            if self._closed:
                raise PhotoError("busy", "the console is ending")
            if self._opened is None:
                limits, seconds = self._settings.photos, self._settings.worker.photo_item_timeout
                pool = PicturePool(PROCESSES, seconds, max_pixels=limits.max_pixels)
                fetcher = PhotoFetcher(limits, self._guard)
                self._opened = (
                    await self._stack.enter_async_context(fetcher),
                    await self._stack.enter_async_context(pool),
                )
            return self._opened


def _side(wanted: int) -> int:
    """The least side that is made and is as long, so that few pictures of one photo are kept."""
    return next((side for side in SIDES if side >= wanted), SIDES[-1])
