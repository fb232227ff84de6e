"""The perceptual hash: frozen values, what it survives, what it must never call alike."""

import imagehash
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from photo_bytes import drawn, encoded
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageOps

from fingerprints.photo_hash import (
    BITS,
    MOST_DISTANCE,
    PHOTO_HASH,
    PhotoPrint,
    compare,
    hamming,
    match_details,
    photo_print,
    print_of_bytes,
)

HASHES = st.binary(min_size=32, max_size=32)
PRINTS = st.builds(PhotoPrint, HASHES, HASHES)

GOLDEN: dict[int, tuple[str, str]] = {
    1: (
        "da49f0a09c8ff4aee1f023783226fa4d94a584846a5a0d98cdd9dfbf1f1f0a19",
        "8f1ca5f5c9daa1f9b4a5760d6773af18c1f151513f0f58c5988c8b484a585f4c",
    ),
    2: (
        "8c9d524ca24c9a4f3e4798cc94ad5c8ee634667718cfa2777a536626c4e574e2",
        "d9c80719f719cf1a6b12cd91c1f809dbb36533224d9af7223f06337391b121b7",
    ),
    3: (
        "fe0b01f0dc8ffa46f8cfc9d0fb4b8374e26c2c301c8b7c9204ab3737126b25b2",
        "ab5e54a589daaf13ad9a9c85ae1ed621b720786549de29c751fc6262473a70a6",
    ),
    4: (
        "c4b821f2c4b88f0c42782b56895c9b4a81fc55517e1f75b07e3fd4c0bd9f7170",
        "91ed74a791edda5b172d7e03dc29ce1fd4ab00242b6a20ed2b7a81b7e8ca2427",
    ),
}
"""Of `drawn(seed)`. A change of these is a new algorithm version, never a new golden value alone."""


def printed(picture: Image.Image) -> PhotoPrint:
    made = photo_print(picture)
    assert made is not None
    return made


def printed_bytes(raw: bytes) -> PhotoPrint:
    made = print_of_bytes(raw, max_pixels=50_000_000)
    assert made is not None
    return made


@pytest.mark.parametrize("seed", GOLDEN)
def test_hashes_are_frozen(seed: int) -> None:
    made = printed(drawn(seed))
    assert (made.plain.hex(), made.mirrored.hex()) == GOLDEN[seed]


def test_the_version_is_frozen() -> None:
    assert (PHOTO_HASH.name, PHOTO_HASH.algorithm, PHOTO_HASH.floor) == ("photo", "phash256-1", 0.8125)


@pytest.mark.parametrize("seed", range(5))
def test_it_is_imagehash_of_the_whole_photo(seed: int) -> None:
    picture = drawn(seed)
    expected = np.packbits(imagehash.phash(picture, hash_size=16).hash).tobytes()
    mirrored = np.packbits(imagehash.phash(ImageOps.mirror(picture), hash_size=16).hash).tobytes()
    made = printed(picture)
    assert made.plain == expected
    # Mirrored after the reduction instead of before it: the reduction's rounding is not quite symmetric.
    assert hamming(made.mirrored, mirrored) <= 4
    for kind in ("JPEG", "PNG", "WEBP"):
        # The way through small decoding costs a few bits only.
        assert hamming(printed_bytes(encoded(picture, kind, quality=97)).plain, expected) <= 12


@pytest.mark.parametrize("example", PHOTO_HASH.examples(), ids=lambda example: example.why)
def test_examples(example: object) -> None:
    similarity = compare(printed(example.left), printed(example.right))  # type: ignore[attr-defined]
    assert (similarity >= PHOTO_HASH.floor) == example.alike  # type: ignore[attr-defined]


EDITS = {
    "jpeg 30": lambda p: encoded(p, quality=30),
    "half size": lambda p: encoded(p.resize((p.width // 2, p.height // 2))),
    "brightness": lambda p: encoded(ImageEnhance.Brightness(p).enhance(0.8)),
    "contrast": lambda p: encoded(ImageEnhance.Contrast(p).enhance(1.2)),
    "saturation": lambda p: encoded(ImageEnhance.Color(p).enhance(0.5)),
    "sepia": lambda p: encoded(ImageOps.colorize(ImageOps.grayscale(p), "#241404", "#fff0c8")),
    "blur": lambda p: encoded(p.filter(ImageFilter.GaussianBlur(2.5))),
    "mirror": lambda p: encoded(ImageOps.mirror(p)),
    "as png": lambda p: encoded(p, "PNG"),
    "as webp": lambda p: encoded(p, "WEBP", quality=60),
}


@pytest.mark.parametrize("edit", EDITS)
def test_edited_photos_are_found_and_others_are_not(edit: str) -> None:
    pictures = [drawn(seed) for seed in range(20, 30)]
    held = [printed_bytes(encoded(picture)) for picture in pictures]
    for number, picture in enumerate(pictures):
        query = printed_bytes(EDITS[edit](picture))
        distances = [match_details(query, other) for other in held]
        distance, mirrored = distances.pop(number)
        assert distance <= MOST_DISTANCE
        assert mirrored == (edit == "mirror")
        assert min(distances)[0] > MOST_DISTANCE


def gradient(*, down: bool) -> Image.Image:
    plain = Image.linear_gradient("L").resize((300, 300))
    return plain if down else plain.rotate(90)


def stripes() -> Image.Image:
    picture = Image.new("RGB", (300, 300), "white")
    draw = ImageDraw.Draw(picture)
    for left in range(0, 300, 40):
        draw.rectangle((left, 0, left + 15, 300), fill="black")
    return picture


FEATURELESS = {
    "white": Image.new("RGB", (400, 400), "white"),
    "black": Image.new("L", (400, 400), 0),
    "nearly blank": Image.fromarray(np.random.default_rng(1).integers(250, 256, (400, 400), dtype=np.uint8)),
    "gradient down": gradient(down=True),
    "gradient across": gradient(down=False),
    "stripes": stripes(),
    "one pixel": Image.new("RGB", (1, 1), "red"),
    "an icon": drawn(1, (31, 200)),
}


@pytest.mark.parametrize("name", FEATURELESS)
def test_featureless_photos_have_no_fingerprint(name: str) -> None:
    assert photo_print(FEATURELESS[name]) is None
    for kind in ("JPEG", "PNG", "GIF"):
        assert print_of_bytes(encoded(FEATURELESS[name], kind), max_pixels=1_000_000) is None


def test_a_faint_photo_still_has_one() -> None:
    faint = ImageEnhance.Contrast(drawn(4)).enhance(0.3)
    assert compare(printed(faint), printed(drawn(4))) >= PHOTO_HASH.floor


def test_only_pictures_are_taken() -> None:
    with pytest.raises(TypeError, match="not bytes"):
        photo_print(b"\xff\xd8\xff")


@given(PRINTS, PRINTS)
def test_compare_agrees_with_counting_bits_one_by_one(query: PhotoPrint, held: PhotoPrint) -> None:
    def slowly(left: bytes, right: bytes) -> int:
        return sum(
            (a >> bit & 1) != (b >> bit & 1) for a, b in zip(left, right, strict=True) for bit in range(8)
        )

    plain, mirrored = slowly(query.plain, held.plain), slowly(query.mirrored, held.plain)
    assert match_details(query, held) == (min(plain, mirrored), mirrored < plain)
    assert compare(query, held) == 1 - min(plain, mirrored) / BITS
    assert compare(query, query) == 1.0


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32), st.floats(0.5, 1.0), st.booleans())
def test_tone_that_clips_nothing_and_mirroring_are_always_survived(
    seed: int, contrast: float, mirror: bool
) -> None:
    picture = drawn(seed, (200, 240))
    edited = ImageEnhance.Contrast(picture).enhance(contrast)
    query = printed(ImageOps.mirror(edited) if mirror else edited)
    assert compare(query, printed(picture)) >= PHOTO_HASH.floor
