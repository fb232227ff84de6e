"""A store that is full, broken or hangs costs its photos and nothing else."""

import asyncio
import threading
from collections.abc import Iterator
from datetime import datetime

import pytest
from photo_bytes import drawn, encoded

from connectors.events import Image
from streams.metrics.metrics import Metrics
from streams.photos.fetch import PhotoFetcher
from streams.photos.keeper import THREADS, PhotoKeeper
from streams.photos.pool import PhotoPool
from streams.photos.reader import PhotoReader
from streams.photos.store import PhotoStore, StoredPhoto, StoreError, StoreFullError, digest_of
from streams.records import ImageFailure, ImageFingerprint
from streams.settings import Photos


class Held(PhotoStore):
    """In memory; does what `fails` says instead, if anything."""

    place = "memory"

    def __init__(self) -> None:
        self.photos: dict[str, bytes] = {}
        self.fails: BaseException | threading.Event | None = None
        self.calls = 0

    def put(self, raw: bytes) -> str:
        self._trouble()
        self.photos[digest_of(raw)] = raw
        return digest_of(raw)

    def get(self, sha256: str) -> bytes | None:
        self._trouble()
        return self.photos.get(sha256)

    def entries(self) -> Iterator[StoredPhoto]:
        yield from ()

    def delete(self, sha256: str, *, kept_before: datetime) -> bool:
        return self.photos.pop(sha256, None) is not None

    def _trouble(self) -> None:
        self.calls += 1
        if isinstance(self.fails, threading.Event):
            self.fails.wait()
        elif self.fails is not None:
            raise self.fails


def counted(metrics: Metrics, outcome: str) -> float:
    return metrics.registry.get_sample_value("relistwatch_photos_kept_total", {"outcome": outcome}) or 0


async def test_photos_are_kept_and_found() -> None:
    store, metrics = Held(), Metrics()
    async with PhotoKeeper(store, metrics) as keeper:
        names = await asyncio.gather(*(keeper.keep(bytes([n])) for n in range(100)))
        assert store.photos == {name: bytes([n]) for n, name in enumerate(names)}
        assert await keeper.find(names[7]) == bytes([7])
        assert await keeper.find(digest_of(b"x")) is None
    assert counted(metrics, "kept") == 100


async def test_without_a_store_photos_are_named_and_none_is_found() -> None:
    async with PhotoKeeper(None, Metrics()) as keeper:
        assert await keeper.keep(b"photo") == digest_of(b"photo")
        assert await keeper.find(digest_of(b"photo")) is None


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (StoreFullError("full"), "full"),
        (StoreError("no disk"), "failed"),
        (ValueError("our own mistake"), "failed"),
    ],
)
async def test_a_store_that_fails_is_left_alone_for_a_while(error: Exception, outcome: str) -> None:
    store, metrics = Held(), Metrics()
    store.fails = error
    async with PhotoKeeper(store, metrics) as keeper:
        for n in range(50):
            assert await keeper.keep(bytes([n])) == digest_of(bytes([n]))
        assert store.calls == 1
        assert (counted(metrics, outcome), counted(metrics, "skipped")) == (1, 49)
        assert await keeper.find(digest_of(b"x")) is None
        store.fails = None
        keeper._paused_until = 0.0
        await keeper.keep(b"photo")
    assert counted(metrics, "kept") == 1


async def test_a_store_that_hangs_holds_no_more_than_its_threads() -> None:
    store, metrics, go_on = Held(), Metrics(), threading.Event()
    store.fails = go_on
    async with PhotoKeeper(store, metrics, patience=0.2) as keeper:
        names = await asyncio.gather(*(keeper.keep(n.to_bytes(2, "big")) for n in range(200)))
        assert len(set(names)) == 200
        assert store.calls == THREADS
        assert counted(metrics, "timeout") == 200
        # Still hanging: no thread is free, and whoever tries again does not wait long.
        keeper._paused_until = 0.0
        await keeper.keep(b"again")
        assert store.calls == THREADS
        go_on.set()
        deadline = asyncio.get_running_loop().time() + 20
        while counted(metrics, "kept") < 1:
            assert asyncio.get_running_loop().time() < deadline
            keeper._paused_until = 0.0
            await keeper.keep(b"photo")
    assert store.photos[digest_of(b"photo")] == b"photo"


async def test_the_reader_keeps_names_and_takes_photos_by_their_digest() -> None:
    store, metrics = Held(), Metrics()
    photo, plain = encoded(drawn(1), "JPEG"), encoded(drawn(1).point(lambda _: 9), "PNG")
    limits = Photos(max_bytes=5_000_000, fetch_timeout=2.0)
    torn = photo[:200]
    async with (
        PhotoFetcher(limits) as fetcher,
        PhotoPool(1, 20.0, max_pixels=10**7) as pool,
        PhotoKeeper(store, metrics) as keeper,
    ):
        reader = PhotoReader(fetcher, pool, metrics, max_bytes=limits.max_bytes, keeper=keeper)
        ((one, flat, broken, junk),) = await reader.read_all(
            [[Image(data=photo), Image(data=plain), Image(data=torn), Image(data=b"no picture")]]
        )
        assert isinstance(one, ImageFingerprint)
        assert one.sha256 == digest_of(photo)
        assert flat == ImageFailure(1, "no-features", digest_of(plain))
        assert isinstance(broken, ImageFailure)
        assert broken.sha256 == digest_of(torn)
        assert isinstance(junk, ImageFailure)
        assert junk.sha256 == digest_of(b"no picture")
        assert set(store.photos.values()) == {photo, plain, torn}
        # Nobody answers at the address: the listing is gone, and the photo is not.
        gone = "http://photos.invalid/1.jpg"
        ((again, lost),) = await reader.read_all(
            [[Image(url=gone, sha256=digest_of(photo)), Image(url=gone, sha256=digest_of(b"never"))]]
        )
        assert again == ImageFingerprint(0, one.print, digest_of(photo))
        assert lost == ImageFailure(1, "unreachable")
        # A store that is broken: the same fingerprint, without the store.
        store.fails = StoreError("no disk")
        ((without,),) = await reader.read_all([[Image(data=photo)]])
        assert without == one
