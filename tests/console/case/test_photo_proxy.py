"""Photos that attack: what reaches a browser is a small JPEG of ours, or a reason."""

import asyncio
import io
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from case_scene import console_settings
from hostile_host import INTERNET, HostileHost, answer, drip, endless_chunks, hang, hostile_host, redirect
from msgspec.structs import replace
from photo_bytes import bmp_bomb, drawn, encoded, gif_bomb, jpeg_bomb, png_bomb, webp_bomb
from PIL import Image

from connectors.public_addresses import is_public
from fingerprints.photo_decode import PhotoError
from streams.console.photo_proxy import IN_HAND, PhotoProxy
from streams.console.picture_cache import Failure, PictureCache
from streams.photos.address_guard import AddressGuard
from streams.photos.store import digest_of, open_store
from streams.settings import Photos

PHOTO = encoded(drawn(1, (1000, 700)), quality=95)
LIMITS = Photos(max_bytes=3_000_000, max_pixels=5_000_000, fetch_timeout=1.0)


@pytest.fixture
async def inside() -> AsyncIterator[HostileHost]:
    """A service of ours that nobody outside may reach, with a photo for whoever does."""
    async with hostile_host({"/photo": answer(PHOTO)}, "127.0.0.1") as host:
        yield host


@pytest.fixture
async def proxy(tmp_path: Path) -> AsyncIterator[PhotoProxy]:
    """One to which 127.0.0.2 is the internet."""
    guard = AddressGuard(lambda address: address == INTERNET or is_public(address))
    made = PhotoProxy(console_settings(tmp_path, photos=LIMITS), guard=guard)
    yield made
    await made.close()


async def why_not(proxy: PhotoProxy, url: str) -> str:
    with pytest.raises(PhotoError) as caught:
        await proxy.fetched(url, 800)
    return caught.value.kind


async def test_hosts_that_attack_give_a_reason_and_no_photo(proxy: PhotoProxy, inside: HostileHost) -> None:
    within = f"http://127.0.0.1:{inside.port}/photo"
    pages = {
        "/redirected": (redirect(within), "refused-address"),
        "/to-file": (redirect("file:///etc/passwd"), "bad-url"),
        "/page": (
            answer(b"<!doctype html><script>alert(1)</script>", "Content-Type: image/jpeg"),
            "not-an-image",
        ),
        "/svg": (
            answer(
                b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
                "Content-Type: image/svg+xml",
            ),
            "unsupported-format",
        ),
        "/png-bomb": (answer(png_bomb()), "too-many-pixels"),
        "/gif-bomb": (answer(gif_bomb()), "too-many-pixels"),
        "/bmp-bomb": (answer(bmp_bomb()), "too-many-pixels"),
        "/jpeg-bomb": (answer(jpeg_bomb()), "too-many-pixels"),
        "/webp-bomb": (answer(webp_bomb()), "too-many-pixels"),
        "/cut": (answer(PHOTO[:5000]), "truncated"),
        "/large": (answer(b"\xff\xd8\xff" + bytes(3_100_000)), "too-large"),
        "/endless": (endless_chunks, "too-large"),
        "/gone": (answer(b"", status="410 Gone"), "http-status"),
        "/hang": (hang, "timeout"),
        "/drip": (drip, "timeout"),
    }
    async with hostile_host({path: page for path, (page, _) in pages.items()}) as host:
        kinds = await asyncio.gather(
            *(why_not(proxy, f"http://{INTERNET}:{host.port}{path}") for path in pages)
        )
        assert dict(zip(pages, kinds, strict=True)) == {path: kind for path, (_, kind) in pages.items()}
    assert await why_not(proxy, within) == "refused-address"
    assert await why_not(proxy, f"http://localhost:{inside.port}/photo") == "refused-address"
    assert await why_not(proxy, "http://2130706433/photo") == "bad-url"
    assert inside.seen == []


async def test_a_photo_becomes_a_small_jpeg_with_nothing_else_in_it(proxy: PhotoProxy) -> None:
    exif = Image.Exif()
    exif[0x010E] = "taken at home, 6.2 S 106.8 E"
    exif[0x0112] = 6
    raw = (
        encoded(
            drawn(2, (1000, 600)),
            exif=exif,
            comment=b"<script>alert(1)</script>",
            icc_profile=b"profile of theirs" * 9,
        )
        + b"<script>behind the end</script>"
    )
    async with hostile_host({"/photo": answer(raw)}) as host:
        url = f"http://{INTERNET}:{host.port}/photo"
        pictures = [await proxy.fetched(url, side) for side in (1, 200, 201, 800, 5000, -7)]
        assert len(host.seen) == 2, "one for each of the two sides that are made"
    for picture in pictures:
        assert picture.startswith(b"\xff\xd8\xff")
        assert not any(text in picture for text in (b"script", b"Exif", b"at home", b"profile of theirs"))
    sizes = [Image.open(io.BytesIO(picture)).size for picture in pictures]
    assert sizes == [(120, 200), (120, 200), (480, 800), (480, 800), (480, 800), (120, 200)]


async def test_photos_of_the_store_are_those_of_their_digest(tmp_path: Path, proxy: PhotoProxy) -> None:
    store = open_store(console_settings(tmp_path))
    assert store is not None
    digest = store.put(PHOTO)
    assert (await proxy.kept(digest, 800)).startswith(b"\xff\xd8\xff")
    other = store.put(encoded(drawn(5)))
    (file,) = (tmp_path / "photos").rglob(f"*{other[8:]}*")
    file.write_bytes(PHOTO)
    for missing in (other, digest_of(b"never kept")):
        with pytest.raises(PhotoError, match="does not have it"):
            await proxy.kept(missing, 800)
    for no_digest in ("../../etc/passwd", digest.upper(), digest + "0", ""):
        with pytest.raises(ValueError, match="not a SHA-256"):
            await proxy.kept(no_digest, 800)


async def test_a_photo_asked_for_by_many_is_fetched_once_and_a_failure_is_remembered(
    proxy: PhotoProxy,
) -> None:
    async with hostile_host({"/photo": answer(PHOTO), "/gone": answer(b"", status="404 No")}) as host:
        base = f"http://{INTERNET}:{host.port}"
        all_of_them = await asyncio.gather(*(proxy.fetched(f"{base}/photo", 800) for _ in range(30)))
        assert len(set(all_of_them)) == 1
        assert [await why_not(proxy, f"{base}/gone") for _ in range(3)] == ["http-status"] * 3
        assert len(host.seen) == 2


async def test_hosts_that_hang_leave_places_for_others(tmp_path: Path) -> None:
    guard = AddressGuard(lambda address: address == INTERNET)
    settings = console_settings(tmp_path, photos=replace(LIMITS, fetch_timeout=0.3))
    proxy = PhotoProxy(settings, guard=guard)
    store = open_store(settings)
    assert store is not None
    digest = store.put(PHOTO)
    async with hostile_host({f"/{number}": hang for number in range(3 * IN_HAND)}) as host:
        asked = [
            asyncio.create_task(proxy.fetched(f"http://{INTERNET}:{host.port}/{number}", 800))
            for number in range(3 * IN_HAND)
        ]
        async with asyncio.timeout(20):
            assert (await proxy.kept(digest, 800)).startswith(b"\xff\xd8\xff")
            outcomes = await asyncio.gather(*asked, return_exceptions=True)
    assert {outcome.kind for outcome in outcomes if isinstance(outcome, PhotoError)} == {"timeout"}
    await proxy.close()
    with pytest.raises(PhotoError) as caught:
        await proxy.kept(digest_of(b"another"), 800)
    assert caught.value.kind == "busy"


def test_the_cache_keeps_what_was_used_last_within_its_bound() -> None:
    cache = PictureCache(most_bytes=100)
    for name in "abc":
        cache.put((name, 800), bytes(40))
        assert cache.get(("a", 800), 0.0) is not None
    assert cache.get(("b", 800), 0.0) is None
    assert cache.held == 80
    cache.put(("a", 800), bytes(10))
    assert cache.held == 50
    cache.put(("large", 800), bytes(101))
    assert cache.held <= 100
    cache.failed(("d", 800), "timeout", 10.0)
    assert cache.get(("d", 800), 11.0) == Failure("timeout", 40.0)
    assert cache.get(("d", 800), 41.0) is None
    cache.put(("d", 800), b"x")
    assert cache.get(("d", 800), 11.0) == b"x"
