"""Aligned photos: what their pixels say of the same photo, of another garment, of what covers it, and of its tone."""

import dataclasses

import cv2
import numpy as np
import pytest
from photo_bytes import drawn, garment_photo, garment_print, print_of
from photo_pairs import match_pair
from PIL import Image, ImageDraw

from fingerprints.photo_align import Alignment
from fingerprints.photo_compare import (
    BLOCK,
    EVERY,
    HELD_SIDE,
    Agreement,
    _thumbnail_matrix,
    block_sums,
    compare_pixels,
)
from fingerprints.photo_print import shrunk
from fingerprints.photo_sameness import LEAST_ERROR, UNSEEN, same_photo_log_odds
from streams.evaluation.edit_table import EDITS
from streams.evaluation.photo_edit import OtherPhotos

SIZE = (300, 400)
SAME = np.array([[1.0, 0, 0], [0, 1, 0]])
PLACES = np.array([0.3 + 0.5j, 0.4 + 0.4j, 0.05 + 0.05j])
"""In longer sides of a photo of 3 by 4: the first two in its middle."""


def thumbnail(picture: Image.Image) -> np.ndarray:
    return shrunk(np.asarray(picture.convert("L")), 320)


def aligned(matrix: np.ndarray) -> Alignment:
    return Alignment(matrix, len(PLACES), 0.004, PLACES)


def compared(query: Image.Image, held: Image.Image, matrix: np.ndarray) -> Agreement:
    agreement = compare_pixels(
        thumbnail(query), shrunk(thumbnail(held), HELD_SIDE), aligned(matrix), query.size, held.size
    )
    assert agreement is not None
    return agreement


def placed(scale: float, left: float, top: float, query: Image.Image) -> np.ndarray:
    """The held photo (of `SIZE`) at this scale with its corner at these pixels of the query."""
    longer = max(query.size)
    return np.array([[scale * 400 / longer, 0, left / longer], [0, scale * 400 / longer, top / longer]])


def test_a_photo_agrees_with_itself_to_the_last_block() -> None:
    agreement = compared(drawn(1, SIZE), drawn(1, SIZE), SAME)
    assert agreement.mean > 0.97
    assert agreement.quarter > 0.95
    assert (agreement.middle_inliers, agreement.seen, agreement.covered) == (2, 1.0, 0.0)
    assert agreement.contrast == pytest.approx(1, abs=0.05)
    assert agreement.brightness == pytest.approx(0, abs=1)


def test_another_photo_does_not_agree() -> None:
    agreement = compared(drawn(2, SIZE), drawn(1, SIZE), SAME)
    assert agreement.mean < 0.5
    assert agreement.covered > 0.3


@pytest.mark.parametrize("shift", [(0, 0), (7, 0), (0, -7), (60, 0), (0, 60)])
def test_an_alignment_may_be_off_by_little_only(shift: tuple[int, int]) -> None:
    """Blocks look two pixels of 96 around: here eight of 400."""
    photo = drawn(1, SIZE)
    agreement = compared(photo, photo, placed(1, *shift, photo))
    assert (agreement.mean > 0.9) == (max(map(abs, shift)) < 8)


@pytest.mark.parametrize(
    ("left", "top", "right", "bottom"), [(30, 0, 300, 400), (60, 80, 240, 320), (0, 0, 300, 220)]
)
def test_a_crop_agrees_and_says_how_much_is_seen(left: int, top: int, right: int, bottom: int) -> None:
    photo = drawn(3, SIZE)
    crop = photo.crop((left, top, right, bottom))
    agreement = compared(crop, photo, placed(1, -left, -top, crop))
    assert agreement.mean > 0.9
    assert agreement.covered == 0
    assert agreement.seen == pytest.approx((right - left) * (bottom - top) / (300 * 400), abs=0.04)


def test_a_larger_and_a_mirrored_copy_agree() -> None:
    photo = drawn(4, SIZE)
    large = photo.resize((1200, 1600))
    assert compared(large, photo, SAME).mean > 0.95
    mirrored = photo.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    assert compared(mirrored, photo, np.array([[-1, 0, 0.75], [0, 1, 0]])).mean > 0.95
    assert compared(mirrored, photo, SAME).mean < 0.6
    page = Image.new("RGB", (500, 900), "white")
    page.paste(photo.resize((450, 600)), (25, 100))
    inside = compared(page, photo, placed(1.5, 25, 100, page))
    assert inside.mean > 0.95
    assert inside.seen == 1


@pytest.mark.parametrize("share", [0.15, 0.3, 0.5])
def test_an_overlay_covers_its_share_of_the_blocks(share: float) -> None:
    photo = drawn(5, SIZE)
    covered = photo.copy()
    ImageDraw.Draw(covered).rectangle((0, 0, 300, round(400 * share)), fill="#d33")
    agreement = compared(covered, photo, SAME)
    assert agreement.covered == pytest.approx(share, abs=0.12)
    assert agreement.contrast == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize(("contrast", "brightness"), [(0.5, 40), (0.7, 0), (0.8, -20), (1, 15)])
def test_tone_is_measured(contrast: float, brightness: int) -> None:
    photo = Image.fromarray(64 + np.asarray(drawn(6, SIZE).convert("L")) // 2)
    grey = np.asarray(photo).astype(float)
    toned = (grey - grey.mean()) * contrast + grey.mean() + brightness
    agreement = compared(Image.fromarray(toned.clip(0, 255).astype(np.uint8)), photo, SAME)
    assert agreement.mean > 0.9
    assert agreement.covered == 0
    assert agreement.contrast == pytest.approx(contrast, abs=0.05)
    assert agreement.brightness == pytest.approx(brightness, abs=8)


def test_too_little_to_compare_is_none() -> None:
    photo, blank = drawn(7, SIZE), Image.new("L", SIZE, 128)
    for held, matrix in (
        (blank, SAME),
        (photo, placed(1, 290, 0, photo)),
        (photo, placed(1, 900, 900, photo)),
    ):
        small = shrunk(thumbnail(held), HELD_SIDE)
        assert compare_pixels(thumbnail(photo), small, aligned(matrix), SIZE, SIZE) is None
    strip = shrunk(thumbnail(drawn(7, (400, 30))), HELD_SIDE)
    assert compare_pixels(thumbnail(photo), strip, aligned(SAME), SIZE, (400, 30)) is None


@pytest.mark.parametrize("side", [5, BLOCK, BLOCK + EVERY, 60, 96])
def test_blocks_are_means_of_whole_blocks(side: int) -> None:
    sums = block_sums(side)
    starts = [start for start in range(0, side, EVERY) if start + BLOCK <= side]
    values = np.random.default_rng(side).random(side).astype(np.float32)
    assert sums.shape == (len(starts), side)
    assert np.allclose(sums @ values, [values[start : start + BLOCK].mean() for start in starts], atol=1e-5)


def test_correlation_is_opencvs() -> None:
    """A block of the held photo and the best of its places in the query, as `matchTemplate` has it."""
    photo, other = drawn(8, SIZE), drawn(9, SIZE)
    held, query = (
        shrunk(thumbnail(photo), HELD_SIDE),
        shrunk(thumbnail(Image.blend(photo, other, 0.5)), HELD_SIDE),
    )
    agreement = compare_pixels(query, held, aligned(SAME), SIZE, SIZE)
    assert agreement is not None
    best = []
    for top in range(0, held.shape[0] - BLOCK + 1, EVERY):
        for left in range(0, held.shape[1] - BLOCK + 1, EVERY):
            down, across = (top + 6.5) / held.shape[0] - 0.5, (left + 6.5) / held.shape[1] - 0.5
            block = held[top : top + BLOCK, left : left + BLOCK]
            if abs(down) < 0.35 and abs(across) < 0.3 and block.var() > 16:
                around = query[top - 2 : top + BLOCK + 2, left - 2 : left + BLOCK + 2]
                best.append(cv2.matchTemplate(around, block, cv2.TM_CCOEFF_NORMED).max())
    assert len(best) > 50
    assert agreement.mean == pytest.approx(np.mean(best), abs=0.02)
    assert agreement.quarter == pytest.approx(np.quantile(best, 0.25), abs=0.03)


def test_thumbnails_are_laid_on_each_other_by_the_middle_of_the_pixel() -> None:
    """The corners of the held thumbnail's pixels are those of the query's, not the pixels' middles."""
    query, held = np.zeros((320, 240), np.uint8), np.zeros((96, 72), np.uint8)
    onto = _thumbnail_matrix(SAME, query, held, SIZE, SIZE)
    for corner, wanted in (((-0.5, -0.5), (-0.5, -0.5)), ((71.5, 95.5), (239.5, 319.5))):
        assert onto @ [*corner, 1] == pytest.approx(wanted)


LIKELY = Agreement(mean=0.85, quarter=0.8, middle_inliers=12, seen=1, covered=0, contrast=1, brightness=0)


@pytest.mark.parametrize(("field", "more"), [("mean", 0.95), ("quarter", 0.9), ("middle_inliers", 30)])
def test_more_agreement_is_more_likely_the_same_photo(field: str, more: float) -> None:
    better = dataclasses.replace(LIKELY, **{field: more})
    assert same_photo_log_odds(aligned(SAME), better) > same_photo_log_odds(aligned(SAME), LIKELY) + 0.1


def test_more_and_nearer_points_are_more_likely_the_same_photo() -> None:
    few, many = (Alignment(SAME, inliers, 0.006, PLACES) for inliers in (10, 40))
    near, nearer = (Alignment(SAME, 40, error, PLACES) for error in (LEAST_ERROR, 0.0))
    odds = [same_photo_log_odds(each, LIKELY) for each in (few, many, near)]
    assert odds[0] + 1 < odds[1] < odds[2] - 1
    # A camera that never moves: no error is too small to be another photo's.
    assert same_photo_log_odds(nearer, LIKELY) == odds[2]
    # Where nothing can be compared, what a bad copy shows is assumed.
    assert same_photo_log_odds(many, None) == same_photo_log_odds(many, UNSEEN) < odds[1]
    assert np.isfinite(same_photo_log_odds(Alignment(SAME, 3, 0.0, PLACES), None))


@pytest.mark.parametrize("number", [0, 4])
def test_drawn_garments_before_one_backdrop(number: int) -> None:
    """Many points agree for the backdrop, but only the same photo is the same photo."""
    held = garment_print(number, 100 + number)
    other = match_pair(garment_print(50 + number, 100 + number), held)
    crop = EDITS["crop-20"].apply(garment_photo(number, 100 + number), 1, OtherPhotos(()))
    same = match_pair(print_of(crop), held)
    assert other is not None
    assert same is not None
    assert other.agreement is not None
    assert same.agreement is not None
    assert (other.same_photo, other.same_backdrop, same.same_photo, same.same_backdrop) == (
        False,
        True,
        True,
        False,
    )
    assert other.agreement.mean + 0.25 < same.agreement.mean
    assert other.agreement.covered > same.agreement.covered
    assert 0.5 < other.backdrop < 1
    assert same.backdrop == 0
