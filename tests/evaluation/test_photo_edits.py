"""Each measured edit: the same for the same seed, changing the photo, and doing what its name says."""

import io

import numpy as np
import pytest
from listing_records import drawn_photo
from PIL import Image, ImageOps

from streams.evaluation.edit_table import EDITS, EXTRA, TABLE
from streams.evaluation.photo_edit import OtherPhotos

OTHERS = OtherPhotos([drawn_photo(number, (300, 400)) for number in (901, 902, 903)])
NO_OTHERS = OtherPhotos(())
SHOWS_OTHERS = {"collage-2", "collage-4", "mosaic-9", "picture-in-picture", "blend"}


@pytest.fixture(scope="module")
def photo() -> bytes:
    return drawn_photo(7, (400, 533))


def edited(photo: bytes, name: str, seed: int = 1) -> Image.Image:
    return Image.open(io.BytesIO(EDITS[name].apply(photo, seed, OTHERS))).convert("RGB")


def values(picture: Image.Image) -> np.ndarray:
    return np.asarray(picture.convert("RGB"), float)


def difference(one: Image.Image, other: Image.Image) -> float:
    return float(np.abs(values(one) - values(other)).mean())


def original(photo: bytes) -> Image.Image:
    return Image.open(io.BytesIO(photo)).convert("RGB")


def test_every_row_is_there_once():
    assert (len(TABLE), len(EXTRA)) == (21, 29)
    assert len(EDITS) == 50
    assert len({edit.what for edit in EDITS.values()}) == 50


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_is_the_same_for_the_same_seed_and_changes_the_photo(photo, name):
    first = EDITS[name].apply(photo, 1, OTHERS)
    assert EDITS[name].apply(photo, 1, OTHERS) == first
    with Image.open(io.BytesIO(first)) as picture:
        assert picture.format == "JPEG"
        picture.load()
        changed = picture.convert("RGB")
    if changed.size == original(photo).size:
        # JPEG at quality 30 changes least.
        assert difference(changed, original(photo)) > 0.5


@pytest.mark.parametrize(
    "name", ["off-centre", "text-band", "stickers", "screenshot", "perspective-8", "noise", "hue"]
)
def test_what_is_left_to_chance_varies_with_the_seed(photo, name):
    assert len({EDITS[name].apply(photo, seed, OTHERS) for seed in range(6)}) >= 3


@pytest.mark.parametrize("name", EDITS)
def test_only_collages_and_the_like_need_other_photos(photo, name):
    if name in SHOWS_OTHERS:
        with pytest.raises(ValueError, match="none were given"):
            EDITS[name].apply(photo, 1, NO_OTHERS)
    else:
        assert EDITS[name].apply(photo, 1, NO_OTHERS) == EDITS[name].apply(photo, 1, OTHERS)


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("half", (200, 266)),
        ("quarter", (100, 133)),
        ("crop-5", (360, 479)),
        ("crop-20", (240, 319)),
        ("crop-30", (160, 213)),
        ("top-half", (400, 266)),
        ("off-centre", (280, 373)),
        ("border", (400 + 2 * 43, 533 + 2 * 43)),
        ("rotate-90", (533, 400)),
        ("collage-4", (400, 533)),
        ("blurred-frame", (533, 533)),
        ("recapture", (520, 693)),
        ("crop-mirror-band", (360, 479)),
    ],
)
def test_sizes_are_as_named(photo, name, size):
    assert edited(photo, name).size == size


def test_a_screenshot_is_as_wide_as_a_phone_and_twice_as_high(photo):
    sizes = [edited(photo, "screenshot", seed).size for seed in range(8)]
    assert {width for width, _ in sizes} == {720, 1080}
    assert all(1.85 < height / width < 2.25 for width, height in sizes)


def test_a_screenshot_shows_the_photo(photo):
    screen = edited(photo, "screenshot", 3)
    colours = values(screen)[round(screen.width * 0.14) :, screen.width // 2]
    # Down the middle of the page the photo comes first, at least a third of the page's height of it.
    assert (np.abs(colours[: screen.height // 3] - 255).sum(axis=1) > 30).mean() > 0.7


def test_a_text_band_covers_22_percent_and_leaves_the_rest(photo):
    for seed in range(4):
        changed = np.abs(values(edited(photo, "text-band", seed)) - values(original(photo))).mean(axis=2) > 25
        assert 0.15 < (changed.mean(axis=1) > 0.5).mean() < 0.24


def test_mirrored_turned_and_flipped_are_undone(photo):
    plain = original(photo)
    assert difference(ImageOps.mirror(edited(photo, "mirror")), plain) < 4
    assert difference(edited(photo, "upside-down").rotate(180), plain) < 4
    assert difference(ImageOps.flip(edited(photo, "flip")), plain) < 4
    assert difference(ImageOps.invert(edited(photo, "invert")), plain) < 4


def test_gammas_go_opposite_ways(photo):
    light, dark = values(edited(photo, "gamma-0.5")).mean(), values(edited(photo, "gamma-2")).mean()
    assert light > values(original(photo)).mean() + 10
    assert dark < values(original(photo)).mean() - 10


def test_barrel_distortion_keeps_the_middle_and_pulls_the_corners_in(photo):
    bent, plain = values(edited(photo, "barrel")), values(original(photo))
    middle = (slice(256, 277), slice(190, 211))
    assert np.abs(bent[middle] - plain[middle]).mean() < 12
    assert bent[:6, :6].min() > 230


def test_a_picture_in_a_picture_is_small_and_a_blend_keeps_three_quarters(photo):
    plain = original(photo)
    assert difference(edited(photo, "blend"), plain) < difference(edited(photo, "picture-in-picture"), plain)


def test_the_heavy_watermark_is_heavier(photo):
    plain = original(photo)
    light = np.mean([difference(edited(photo, "watermark", seed), plain) for seed in range(4)])
    heavy = np.mean([difference(edited(photo, "watermark-heavy", seed), plain) for seed in range(4)])
    assert heavy > light * 1.4
