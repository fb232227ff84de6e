"""Photo edits: valid, different, the same for the same seed, and doing what their names say."""

import io

import numpy as np
import pytest
from PIL import Image, ImageOps

from connectors.sample.catalogue import look_of
from connectors.sample.draw import draw_photo
from connectors.sample.edits import EDITS, HARD, MILD, edit_photo
from connectors.sample.seeds import dice


@pytest.fixture(scope="module")
def photo() -> bytes:
    return draw_photo(look_of(dice("edits"), motif="tulisan"), 5)


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data)).convert("RGB")


def pixels(data: bytes) -> np.ndarray:
    return np.asarray(opened(data), float)


@pytest.mark.parametrize("name", EDITS)
def test_every_edit_gives_another_valid_jpeg(photo, name):
    edited = edit_photo(photo, name, 1)
    with Image.open(io.BytesIO(edited)) as image:
        assert image.format == "JPEG"
        image.load()
        assert min(image.size) >= 200
    assert edited != photo
    assert edit_photo(photo, name, 1) == edited


@pytest.mark.parametrize("name", [name for name in HARD if name not in ("screenshot", "border")])
def test_hard_edits_vary_with_the_seed(photo, name):
    assert len({edit_photo(photo, name, seed) for seed in range(5)}) > 1


@pytest.mark.parametrize("name", EDITS)
@pytest.mark.parametrize("strength", [0.0, 0.3, 2.0])
def test_every_strength_gives_a_photo(photo, name, strength):
    assert opened(edit_photo(photo, name, 2, strength)).width >= 32


def test_the_two_groups_are_all_edits():
    assert set(MILD) | set(HARD) == set(EDITS)
    assert not set(MILD) & set(HARD)
    assert {"mirror", "jpeg", "crop-1"} <= set(MILD)
    assert {"collage-4", "screenshot", "rotate"} <= set(HARD)


def test_mirror_is_the_mirror_image(photo):
    mirrored = np.asarray(ImageOps.mirror(opened(edit_photo(photo, "mirror"))), float)
    assert np.abs(mirrored - pixels(photo)).mean() < 4


def test_sizes_change_as_named(photo):
    width, height = opened(photo).size
    assert opened(edit_photo(photo, "half-size")).size == (round(width / 2), round(height / 2))
    assert opened(edit_photo(photo, "crop-20")).size == (
        width - round(width * 0.2),
        height - round(height * 0.2),
    )
    assert opened(edit_photo(photo, "border")).width == width + 2 * round(width * 0.08)
    assert opened(edit_photo(photo, "screenshot")).height > height * 1.3


def test_jpeg_is_much_smaller(photo):
    assert len(edit_photo(photo, "jpeg")) < len(photo) / 2


def test_sepia_takes_the_colour(photo):
    red, green, blue = (pixels(edit_photo(photo, "sepia"))[..., channel].mean() for channel in range(3))
    assert red > green > blue


def test_a_text_band_leaves_the_rest(photo):
    changed = np.abs(pixels(edit_photo(photo, "text-band", 4)) - pixels(photo)).mean(axis=2) > 40
    rows = changed.mean(axis=1) > 0.5
    assert 0.1 < rows.mean() < 0.2


def test_wrong_names_and_strengths_are_errors(photo):
    with pytest.raises(KeyError, match="emboss"):
        edit_photo(photo, "emboss")
    with pytest.raises(ValueError, match="strength is 0 to 2, not 3"):
        edit_photo(photo, "blur", strength=3)
