"""The report's page as text: what it says, what it escapes, and how large it gets."""

import base64
import dataclasses
import io
import math
import re
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import numpy as np
import pytest
from listing_records import inline, takedown
from photo_bytes import encoded
from PIL import Image, ImageChops, ImageStat

from connectors.evidence import PhotoEvidence
from streams.photos.aligned_pair import aligned_pair
from streams.photos.apart import PhotosApart
from streams.scan.report import SHOWN
from streams.scan.report_photos import MOST_BYTES, THUMBNAIL, laid_over, open_photo, thumbnail
from streams.scan.scan import Found
from streams.settings import Photos
from streams.words.photos import photo_words

Make = Callable[..., Found]
Render = Callable[[Sequence[Found]], str]
JPEG = "data:image/jpeg;base64,"


def evidence(**changes: Any) -> PhotoEvidence:
    fields: dict[str, Any] = {
        "listing_image": 0, "takedown_image": 0, "relation": "same photo", "edits": (), "weight": 1.0,
    }  # fmt: skip
    return PhotoEvidence(**(fields | changes))


def decoded(url: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(url.removeprefix(JPEG))))


def test_the_words_name_what_is_known_and_nothing_else() -> None:
    assert photo_words(evidence()) == "same photo"
    full = evidence(relation="same backdrop", edits=("mirrored", "rotated 90°"), inliers=57, distance=12)
    assert photo_words(full) == "same backdrop, mirrored, rotated 90°, 57 points agree, 12 of 256 bits differ"
    assert photo_words(evidence(inliers=1, distance=0)) == "same photo, 1 point agrees, 0 of 256 bits differ"


def test_the_words_are_bounded_and_plain() -> None:
    words = photo_words(evidence(edits=("x" * 10_000, "a\u202eb", *["mirrored"] * 1000)))
    assert len(words) < 300
    assert "\\u202e" in words
    assert "and 994 more edits" in words


def test_an_aligned_alert_has_outlines_and_one_more_photo(
    found_of: Make, page_of: Render, pairs: Sequence[Any]
) -> None:
    page = page_of([found_of(number, pair) for number, pair in enumerate(pairs)])
    assert page.count(JPEG) == 9
    assert page.count('class="outline"') == 6
    assert page.count('type="radio"') == 9
    assert page.startswith("<!doctype html>")
    assert "default-src 'none'; img-src data:; style-src 'unsafe-inline'" in page
    assert "118 points agree, 41 of 256 bits differ" in page
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(
    "transform",
    [
        msgspec.UNSET,
        ((0.0,) * 3,) * 3,
        ((math.nan,) * 3,) * 3,
        ((1.0, 0.0, math.inf), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
        ((1.0, 2.0, 0.0), (2.0, 4.0, 0.0), (0.0, 0.0, 1.0)),
        ((1.0,),),
        (),
    ],
)
def test_without_a_usable_transform_the_photos_stand_side_by_side(
    transform: Any, found_of: Make, page_of: Render, pairs: Sequence[Any]
) -> None:
    page = page_of([found_of(1, pairs[0], transform=transform, distance=msgspec.UNSET)])
    assert page.count(f'<img src="{JPEG}') == page.count(JPEG) == 2
    assert "<svg" not in page
    assert 'type="radio"' not in page
    assert "UNSET" not in page
    assert "118 points agree" in page


def test_a_photo_that_cannot_be_read_leaves_no_comparison(
    found_of: Make, page_of: Render, pairs: Sequence[Any]
) -> None:
    whole = found_of(1, pairs[0])
    broken = takedown(1, images=inline(b"\xff\xd8\xff no JPEG"))
    for lost in (
        dataclasses.replace(whole, takedown=broken),
        dataclasses.replace(whole, takedown=None),
        found_of(1, pairs[0], takedown_image=9),
        found_of(1, pairs[0], listing_image=-1),
    ):
        page = page_of([lost])
        assert page.count(JPEG) == page.count('<div class="none">no photo</div>') == 1
        assert "<svg" not in page


def test_every_value_from_outside_is_escaped(found_of: Make, page_of: Render, pairs: Sequence[Any]) -> None:
    evil = "\"'><script>alert(1)</script>\u202e"
    page = page_of([found_of(1, pairs[0], title=evil, relation=evil, edits=(evil,))])
    assert "<script" not in page
    assert "\u202e" not in page
    assert page.count("&lt;script&gt;") >= 4
    long = page_of([found_of(1, pairs[0], title="w" * 100_000)])
    assert "w" * 301 not in long


@pytest.mark.parametrize("number", [0, 1, 2])
def test_the_takedowns_photo_is_laid_where_it_lies(number: int, pairs: Sequence[Any]) -> None:
    """Against the listing's frame made with the takedown's own photo, by other means than the report's."""
    pair = pairs[number]
    aligned = aligned_pair(pair.transform)
    assert aligned is not None
    over = laid_over(pair.listing, pair.takedown, aligned)
    expected = pair.laid_over.copy()
    expected.thumbnail((THUMBNAIL, THUMBNAIL))
    assert (over.width, over.height) == expected.size
    off = ImageStat.Stat(ImageChops.difference(decoded(over.url).convert("RGB"), expected)).mean
    assert max(off) < 6
    # The photos of a pair differ by far more, so this sees which of them is shown.
    plain = pair.listing.copy()
    plain.thumbnail((THUMBNAIL, THUMBNAIL))
    assert max(ImageStat.Stat(ImageChops.difference(plain, expected)).mean) > 12


def test_a_photo_shown_small_is_averaged_and_not_sampled() -> None:
    """Fine stripes laid into a tenth of a listing are grey there, never stripes of another width."""
    stripes = np.zeros((600, 600, 3), dtype=np.uint8)
    stripes[:, ::2] = 255
    aligned = aligned_pair(((0.33, 0.0, 0.3), (0.0, 0.33, 0.3), (0.0, 0.0, 1.0)))
    assert aligned is not None
    over = laid_over(Image.new("RGB", (600, 600)), Image.fromarray(stripes), aligned)
    inner = np.asarray(decoded(over.url).convert("L"))[105:190, 105:190]
    assert inner.mean() == pytest.approx(128, abs=6)
    assert inner.std() < 12


@pytest.mark.parametrize("size", [(3000, 3), (3, 3000), (1, 1), (320, 320), (1500, 1300)])
def test_a_thumbnail_keeps_the_aspect_and_the_bound(size: tuple[int, int]) -> None:
    noise = np.random.Generator(np.random.PCG64(1)).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    raw = encoded(Image.fromarray(noise), "PNG")
    with PhotosApart(Photos().max_pixels) as apart:
        photo = open_photo(inline(raw), 0, None, Photos(), apart)  # type: ignore[arg-type]
    assert photo is not None
    small = thumbnail(photo)
    assert decoded(small.url).size == (small.width, small.height)
    assert max(small.width, small.height) <= THUMBNAIL
    scale = min(1, THUMBNAIL / max(size))
    assert small.width == pytest.approx(size[0] * scale, abs=1)
    assert small.height == pytest.approx(size[1] * scale, abs=1)
    assert len(small.url) <= len(JPEG) + MOST_BYTES * 4 / 3 + 4


def test_a_thumbnail_carries_nothing_of_the_source_but_its_pixels() -> None:
    raw = encoded(Image.new("RGB", (40, 30), "navy"), "JPEG", comment=b"secret" * 9000)
    with PhotosApart(Photos().max_pixels) as apart:
        photo = open_photo(inline(raw), 0, None, Photos(), apart)  # type: ignore[arg-type]
    assert photo is not None
    small = base64.b64decode(thumbnail(photo).url.removeprefix(JPEG))
    assert b"secret" not in small
    assert len(small) < 2000


def test_a_report_of_many_alerts_stays_small(found_of: Make, page_of: Render, pairs: Sequence[Any]) -> None:
    page = page_of([found_of(0, pairs[0])] * (SHOWN + 5))
    assert page.count("<article") == SHOWN
    assert "5 more alerts are in the alerts file" in page
    assert len(page) < 20_000_000
