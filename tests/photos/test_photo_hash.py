"""The perceptual hash: frozen values, what it survives, what it must never call alike."""

import io

import cv2
import imagehash
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from photo_bytes import drawn, encoded, garment_photo
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageOps

from fingerprints.hamming_index import are_related
from fingerprints.photo_hash import (
    BITS,
    MOST_DISTANCE,
    PHOTO_HASH,
    PhotoHash,
    compare,
    hamming,
    hash_of_grey,
    match_details,
    photo_hash,
)
from fingerprints.photo_print import print_of_bytes

HASHES = st.binary(min_size=32, max_size=32)
PRINTS = st.builds(PhotoHash, HASHES, HASHES)

GOLDEN: dict[int, tuple[str, str]] = {
    1: (
        "da49f0a09c8ff4aee1f223583326fa4d94a504846a5a0d90cdd9dfbd1f1f0a3d",
        "8f1ca5f5c9daa1f9b4a5770d6773af18c1f151513f0f58c5988c8a484a4a5f68",
    ),
    2: (
        "8c9d526ca24c9a4f3e4798cc94ad5c8ee634667718cfa2776a536626c4e474e6",
        "d9c80719f719cf1a6b10cd91c1f809dbb36133224d9af7263f06337391b131b7",
    ),
    3: (
        "fe0b01f0dc8dfa46f8cfc9d0fb4b8374e2652d301c8b7c9204b93737126925b6",
        "ab5e54a589d8af13ad9a9c85ae1ed621b730786549de29c751ec6262473c70e3",
    ),
    4: (
        "c4b821f2c4b88f1c42782b56897c9b4881fc55517e1f75b17e37d4c0bd1e7171",
        "91ed74a791edda4b172d7e03dc29ce1fd4af00252b4a20e42b6a81b7e8cb26a7",
    ),
}
"""Of `drawn(seed)`. A change of these is a new algorithm version, never a new golden value alone."""


def printed(picture: Image.Image) -> PhotoHash:
    made = photo_hash(picture)
    assert made is not None
    return made


def printed_bytes(raw: bytes) -> PhotoHash:
    made = print_of_bytes(raw, max_pixels=50_000_000)
    assert made is not None
    return made


@pytest.mark.parametrize("seed", GOLDEN)
def test_hashes_are_frozen(seed: int) -> None:
    made = printed(drawn(seed))
    assert (made.plain.hex(), made.mirrored.hex()) == GOLDEN[seed]


def test_the_version_is_frozen() -> None:
    assert (PHOTO_HASH.name, PHOTO_HASH.algorithm, PHOTO_HASH.floor) == ("photo", "phash256-2", 0.8125)


def imagehash_of(small: np.ndarray) -> bytes:
    return np.packbits(imagehash.phash(Image.fromarray(small), hash_size=16).hash).tobytes()


def assert_it_is_imagehash(grey: np.ndarray) -> None:
    small = cv2.resize(grey, (64, 64), interpolation=cv2.INTER_AREA)
    made = hash_of_grey(grey)
    assert made is not None
    assert made.plain == imagehash_of(small)
    assert made.mirrored == imagehash_of(np.ascontiguousarray(small[:, ::-1]))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.integers(32, 300), st.integers(32, 300), st.booleans())
def test_it_is_imagehash_of_the_reduction_bit_for_bit(
    seed: int, width: int, height: int, noise: bool
) -> None:
    if noise:
        numbers = np.random.default_rng(seed)
        grey = numbers.integers(0, 256, (height, width), dtype=np.uint8)
    else:
        grey = np.asarray(drawn(seed, (width, height)).convert("L"))
    assert_it_is_imagehash(grey)


@pytest.mark.parametrize("garment", range(3))
def test_it_is_imagehash_of_drawn_garments(garment: int) -> None:
    with Image.open(io.BytesIO(garment_photo(garment, 100 + garment))) as photo:
        assert_it_is_imagehash(np.asarray(photo.convert("L")))


@pytest.mark.parametrize("seed", range(5))
def test_it_is_nearly_imagehash_of_the_whole_photo(seed: int) -> None:
    """Pillow reduces by another filter, and decoding small reduces before: a few bits."""
    picture = drawn(seed)
    expected = imagehash_of(np.asarray(picture.convert("L")))
    made = printed(picture)
    assert hamming(made.plain, expected) <= 16
    assert hamming(made.mirrored, imagehash_of(np.asarray(ImageOps.mirror(picture).convert("L")))) <= 16
    for kind in ("JPEG", "PNG", "WEBP"):
        assert hamming(printed_bytes(encoded(picture, kind, quality=97)).plain, expected) <= 20


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
    assert photo_hash(FEATURELESS[name]) is None
    for kind in ("JPEG", "PNG", "GIF"):
        assert print_of_bytes(encoded(FEATURELESS[name], kind), max_pixels=1_000_000) is None


def test_a_faint_photo_still_has_one() -> None:
    faint = ImageEnhance.Contrast(drawn(4)).enhance(0.3)
    assert compare(printed(faint), printed(drawn(4))) >= PHOTO_HASH.floor


def test_only_pictures_are_taken() -> None:
    with pytest.raises(TypeError, match="not bytes"):
        photo_hash(b"\xff\xd8\xff")


@given(PRINTS, PRINTS)
def test_compare_agrees_with_counting_bits_one_by_one(query: PhotoHash, held: PhotoHash) -> None:
    def slowly(left: bytes, right: bytes) -> int:
        return sum(
            (a >> bit & 1) != (b >> bit & 1) for a, b in zip(left, right, strict=True) for bit in range(8)
        )

    plain, mirrored = slowly(query.plain, held.plain), slowly(query.mirrored, held.plain)
    assert match_details(query, held) == (min(plain, mirrored), mirrored < plain)
    related = [
        bits
        for bits, digest in ((plain, query.plain), (mirrored, query.mirrored))
        if are_related(digest, held.plain)
    ]
    assert compare(query, held) == (1 - min(related) / BITS if related else 0.0)
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
