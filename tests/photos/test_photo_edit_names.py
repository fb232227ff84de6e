"""What was done to a photo is told in the right words, and its place in the query to a hundredth of its side."""

import dataclasses
import io
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from photo_bytes import drawn, garment_photo, garment_print, print_of
from PIL import Image, ImageOps

from fingerprints.photo_align import Alignment, relative_transform
from fingerprints.photo_compare import Agreement
from fingerprints.photo_edits import name_edits
from fingerprints.photo_match import PhotoIndex, PhotoMatch
from fingerprints.photo_print import PhotoPrint, decode_thumbnail
from streams.evaluation.edit_table import EDITS
from streams.evaluation.photo_edit import OtherPhotos

OTHERS = OtherPhotos([garment_photo(30 + number, 300 + number) for number in range(3)])
ALIKE = Agreement(mean=0.9, quarter=0.9, middle_inliers=20, seen=1, covered=0, contrast=1, brightness=0)


def explained(query: PhotoPrint, held: PhotoPrint) -> PhotoMatch:
    """With its alignment, also where the hash alone settles it."""
    index = PhotoIndex()
    index.add("held", (held,))
    try:
        return index.explain(query, index.search(query, 1).matches[0])
    finally:
        index.close()


def names_of(edit: str, garment: int) -> tuple[str, ...]:
    held = garment_print(garment, 100 + garment)
    query = print_of(EDITS[edit].apply(garment_photo(garment, 100 + garment), garment, OTHERS))
    match = explained(query, held)
    assert match.alignment is not None
    return name_edits(
        match.alignment,
        match.agreement,
        (query.width, query.height),
        (held.width, held.height),
        decode_thumbnail(query.thumbnail),
    )


NAMES = {
    "jpeg-30": [],
    "half": [],
    "blur": [],
    "tone": ["recoloured"],
    "gamma-2": ["recoloured"],
    "crop-5": ["cropped"],
    "crop-20": ["cropped"],
    "off-centre": ["cropped"],
    "top-half": ["cropped"],
    "border": ["border"],
    "mirror": ["mirrored"],
    "rotate-5": ["rotated ±5°", "border"],
    "rotate-30": ["rotated ±30°", "border"],
    "rotate-90": ["rotated ±90°"],
    "upside-down": ["rotated 180°"],
    "flip": ["mirrored", "rotated 180°"],
    "stretch": ["stretched"],
    "screenshot": ["screenshot"],
    "collage-2": ["collage"],
    "collage-4": ["collage"],
}


@pytest.mark.parametrize("edit", NAMES)
def test_every_clear_edit_is_named(edit: str) -> None:
    """Nothing else is said, but a collage's photo may fill its cell, and edges may not be compared well."""
    for garment in range(3):
        names = [name.replace("-", "").replace("rotated ", "rotated ±") for name in names_of(edit, garment)]
        expected = [name.replace("rotated 180", "rotated ±180") for name in NAMES[edit]]
        may_be = {"cropped", "covered in part"} if "collage" in edit else set()
        assert [name for name in names if name not in may_be] == expected


def test_several_edits_are_all_named_the_plainest_first() -> None:
    assert names_of("crop-mirror-band", 0)[:2] == ("mirrored", "cropped")
    assert {"mirrored", "screenshot"} <= set(names_of("screenshot-mirror-crop", 0))


def test_a_band_and_a_logo_cover_it_in_part() -> None:
    found = [
        ("covered in part" in names_of(edit, garment)) for edit in ("text-band", "logo") for garment in (0, 2)
    ]
    assert found == [True] * 4


def aligned(linear: object, shift: tuple[float, float] = (0, 0)) -> Alignment:
    return Alignment(np.column_stack([np.asarray(linear, float), shift]), 20, 0.004, np.zeros(20, complex))


def plain_names(alignment: Alignment, agreement: Agreement | None = ALIKE) -> tuple[str, ...]:
    size = (400, 400)
    return name_edits(alignment, agreement, size, size, None)


@given(st.floats(-180, 180), st.booleans(), st.floats(0.5, 2))
def test_any_turn_is_named_to_a_degree(degrees: float, mirror: bool, zoom: float) -> None:
    turn = np.radians(degrees)
    linear = zoom * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    if mirror:
        linear = linear @ np.diag([-1, 1])
    names = [
        name for name in plain_names(aligned(linear)) if name.startswith(("rotated", "mirrored", "stretched"))
    ]
    expected = ["mirrored"] if mirror else []
    if abs(degrees) >= 3:
        named = int(names[-1].removeprefix("rotated ").removesuffix("°"))
        assert -180 < named <= 180
        assert abs((named - degrees + 180) % 360 - 180) <= 0.51
        expected.append(names[-1])
    assert names == expected


@pytest.mark.parametrize(
    ("ratio", "named"), [(1.0, False), (1.08, False), (1 / 1.08, False), (1.15, True), (0.8, True)]
)
def test_a_stretch_is_named_from_a_tenth(ratio: float, named: bool) -> None:
    assert ("stretched" in plain_names(aligned(np.diag([ratio, 1])))) == named


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, ()),
        ({"covered": 0.05}, ()),
        ({"covered": 0.2}, ("covered in part",)),
        ({"contrast": 1.1, "brightness": -15}, ()),
        ({"contrast": 1.3}, ("recoloured",)),
        ({"contrast": 0.75}, ("recoloured",)),
        ({"contrast": 0.0}, ("recoloured",)),
        ({"brightness": 20}, ("recoloured",)),
        ({"brightness": -20}, ("recoloured",)),
        ({"covered": 0.5, "contrast": 2}, ("covered in part", "recoloured")),
    ],
)
def test_cover_and_tone(values: dict[str, float], expected: tuple[str, ...]) -> None:
    assert plain_names(aligned(np.eye(2)), dataclasses.replace(ALIKE, **values)) == expected
    assert plain_names(aligned(np.eye(2)), None) == ()


def test_what_is_around_it() -> None:
    """A held photo of 400 by 400 in the middle of half the width."""

    def around(page: Image.Image | None, size: tuple[int, int] = (400, 400)) -> tuple[str, ...]:
        alignment = aligned(np.eye(2) * 0.5 * size[0] / max(size), (0.25 * size[0] / max(size), 0.25))
        return name_edits(
            alignment, ALIKE, size, (400, 400), None if page is None else np.asarray(page.convert("L"))
        )

    assert around(None) == ("put into a larger picture",)
    for colour in ("white", "#222", "#e63"):
        assert around(Image.new("RGB", (200, 200), colour)) == ("border",)
        assert around(Image.new("RGB", (200, 400), colour), (400, 800)) == ("screenshot",)
    assert around(drawn(1, (200, 200))) == ("collage",)
    assert around(Image.new("L", (2, 2), 9)) == ("border",)
    assert around(Image.new("L", (1, 1), 9)) in {("border",), ("collage",)}


def test_identity_maps_corners_to_corners_whatever_the_shape() -> None:
    for size in ((300, 400), (400, 300), (500, 500)):
        assert np.allclose(relative_transform(np.eye(2, 3), size, size), np.eye(3))


def corners_in_query(query: Image.Image, held: Image.Image) -> np.ndarray:
    """Where the held photo's top left, top right and bottom left corner lie, in shares of the query's sides."""
    asked, kept = print_of(query), print_of(held)
    match = explained(asked, kept)
    assert match.alignment is not None
    relative = relative_transform(
        match.alignment.matrix, (asked.width, asked.height), (kept.width, kept.height)
    )
    x, y, one = relative @ np.array([[0, 1, 0], [0, 0, 1], [1, 1, 1]])
    assert np.allclose(one, 1)
    return np.stack([x, y], axis=1)


@pytest.fixture(scope="module")
def photo() -> Image.Image:
    return Image.open(io.BytesIO(garment_photo(3, 103))).convert("RGB")


def test_corners_of_a_mirrored_photo(photo: Image.Image) -> None:
    assert corners_in_query(ImageOps.mirror(photo), photo) == pytest.approx(
        np.array([[1, 0], [0, 0], [1, 1]]), abs=0.01
    )


@pytest.mark.parametrize("seed", range(4))
def test_corners_of_a_crop(photo: Image.Image, seed: int) -> None:
    chance = random.Random(seed)
    left, top = (round(side * chance.uniform(0, 0.2)) for side in photo.size)
    right, bottom = (round(side * chance.uniform(0.8, 1)) for side in photo.size)
    across, down = (side / cut for side, cut in zip(photo.size, (right - left, bottom - top), strict=True))
    corner = np.array([-left / (right - left), -top / (bottom - top)])
    expected = corner + np.array([[0, 0], [across, 0], [0, down]])
    assert corners_in_query(photo.crop((left, top, right, bottom)), photo) == pytest.approx(
        expected, abs=0.015
    )


@pytest.mark.parametrize(
    "turn", [Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_180, Image.Transpose.ROTATE_270]
)
def test_corners_of_a_turned_photo(photo: Image.Image, turn: Image.Transpose) -> None:
    expected = {
        Image.Transpose.ROTATE_90: [[0, 1], [0, 0], [1, 1]],
        Image.Transpose.ROTATE_180: [[1, 1], [0, 1], [1, 0]],
        Image.Transpose.ROTATE_270: [[1, 0], [1, 1], [0, 0]],
    }[turn]
    assert corners_in_query(photo.transpose(turn), photo) == pytest.approx(np.array(expected), abs=0.01)


def test_corners_within_a_border_and_a_page(photo: Image.Image) -> None:
    width, height = photo.size
    framed = ImageOps.expand(photo, 50, "#e63")
    across, down = 50 / (width + 100), 50 / (height + 100)
    expected = np.array([[across, down], [1 - across, down], [across, 1 - down]])
    assert corners_in_query(framed, photo) == pytest.approx(expected, abs=0.01)
    page = Image.new("RGB", (900, 1900), "white")
    page.paste(photo.resize((600, 800)), (150, 300))
    expected = np.array([[150 / 900, 300 / 1900], [750 / 900, 300 / 1900], [150 / 900, 1100 / 1900]])
    assert corners_in_query(page, photo) == pytest.approx(expected, abs=0.01)
