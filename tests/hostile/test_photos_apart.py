"""Commands that draw photos into pages decode them in a process of their own: one that ends it costs itself alone."""

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from photo_bytes import drawn, encoded, png_bomb

from streams.photos import apart as photo_apart
from streams.photos.apart import PhotosApart
from streams.photos.pool import PhotoPool

PHOTO = encoded(drawn(1))


class Hostile(PhotoPool):
    """A pool whose children do what their photo says (`photo_child_hostile`)."""

    def __init__(self, processes: int, item_timeout: float, *, max_pixels: int) -> None:
        super().__init__(processes, 1.0, max_pixels=max_pixels, child="photo_child_hostile")

    async def picture(self, raw: bytes, side: int) -> bytes:
        await self._reply(raw)
        return PHOTO


@pytest.fixture
def apart() -> Iterator[PhotosApart]:
    with PhotosApart(5_000_000) as opened:
        yield opened


def test_a_photo_is_drawn_elsewhere(apart: PhotosApart) -> None:
    photo = apart.photo(PHOTO, 200)
    assert photo is not None
    assert max(photo.size) == 200
    assert photo.mode == "RGB"
    assert apart._pool is not None
    assert os.getpid() not in apart._pool.pids
    assert len(apart._pool.pids) == 1


@pytest.mark.parametrize(
    "raw", [b"", b"<html>", png_bomb(), PHOTO[: len(PHOTO) // 2], b"\xff\xd8\xff" + b"\x55" * 200]
)
def test_what_cannot_be_used_is_none(apart: PhotosApart, raw: bytes) -> None:
    assert apart.photo(raw, 200) is None


@pytest.mark.parametrize("raw", [b"segfault", b"killed", b"hang"])
def test_a_photo_that_ends_its_process_costs_itself_alone(
    raw: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(photo_apart, "PicturePool", Hostile)
    with PhotosApart(5_000_000) as apart:
        assert apart.photo(raw, 200) is None
        assert apart.photo(PHOTO, 800) is not None


async def test_it_may_be_used_within_a_loop() -> None:
    with PhotosApart(5_000_000) as apart:
        assert apart.photo(PHOTO, 100) is not None
        await asyncio.sleep(0)


def test_no_process_is_left() -> None:
    with PhotosApart(5_000_000) as apart:
        apart.photo(PHOTO, 100)
        assert apart._pool is not None
        (pid,) = apart._pool.pids
    stat = Path(f"/proc/{pid}/stat")
    assert not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] in {"Z", "X"}


def test_without_a_photo_no_process_is_started() -> None:
    with PhotosApart(5_000_000) as apart:
        assert apart._pool is None
