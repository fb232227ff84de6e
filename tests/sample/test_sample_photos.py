"""The drawn photos: the same for the same seed, each garment drawable, and told apart as real ones are."""

import io
import math
from dataclasses import replace
from itertools import combinations

import imagehash
import numpy as np
import pytest
from PIL import Image, ImageOps

from connectors.sample.backdrops import HUNG, LYING, MARGIN, SIZES, Scene, paint_backdrop, scene_of
from connectors.sample.catalogue import look_of
from connectors.sample.draw import MOST_SHIFT, MOST_TURN, MOST_ZOOM, draw_photo
from connectors.sample.edits import MILD, edit_photo
from connectors.sample.garments import CUTS, cut_garment
from connectors.sample.photo_recipe import PhotoRecipe, PhotoShelf
from connectors.sample.prints import MOTIFS
from connectors.sample.seeds import dice, seed_of


def opened(photo: bytes) -> Image.Image:
    return Image.open(io.BytesIO(photo)).convert("RGB")


def distance(left: Image.Image, right: Image.Image) -> int:
    """Of 256 bits, the nearer of plain and mirrored."""
    query = imagehash.phash(left, hash_size=16)
    return min(int(query - imagehash.phash(side, hash_size=16)) for side in (right, ImageOps.mirror(right)))


def test_seeds_are_the_same_in_every_process():
    assert seed_of("plan", 7) == 6223889069830793863
    assert dice("plan", 7).random() == dice("plan", 7).random() != dice("plan", 8).random()


def test_the_same_seed_draws_the_same_bytes():
    look = look_of(dice("bytes"))
    first = draw_photo(look, 3)
    paint_backdrop.cache_clear()
    assert draw_photo(look, 3) == first
    assert draw_photo(look, 3, shot=1) != first
    assert draw_photo(look, 4) != first
    assert draw_photo(replace(look, seed=look.seed + 1), 3) != first


@pytest.mark.parametrize("garment", CUTS)
def test_every_garment_fills_the_square_and_no_more(garment):
    for number in range(20):
        cut = cut_garment(garment, dice(garment, number))
        reach = max(abs(side) for piece in cut.pieces for point in piece.outline for side in point)
        assert reach == pytest.approx(0.8 if garment == "topi" else 1.0)


@pytest.mark.parametrize("motif", MOTIFS)
def test_every_motif_shows(motif):
    """A print differs from the plain garment in many pixels of the photo."""
    look = replace(look_of(dice("motif", 5)), garment="kaos", motif=motif)
    plain = np.asarray(opened(draw_photo(replace(look, motif="polos"), 2, 0)), int)
    printed = opened(draw_photo(look, 2, 0))
    assert printed.size in SIZES
    share = (np.abs(np.asarray(printed, int) - plain).max(axis=2) > 40).mean()
    assert share == 0 if motif == "polos" else share > 0.004


@pytest.mark.parametrize("kind", [*LYING, *HUNG])
def test_every_backdrop_has_texture_and_is_its_sellers_own(kind):
    one, other = (
        np.asarray(paint_backdrop(Scene(kind, kind in HUNG, SIZES[0], seed)), float) for seed in (1, 2)
    )
    assert one.std() > 4
    assert np.abs(one - other).mean() > 4


@pytest.mark.parametrize("size", SIZES)
def test_the_camera_never_sees_past_the_backdrop(size):
    """The turned, widest view, moved as far as it may be, lies within the backdrop on both axes."""
    turn = math.radians(MOST_TURN)
    for side, across in (size, size[::-1]):
        view = MOST_ZOOM * (side * math.cos(turn) + across * math.sin(turn)) + 2 * MOST_SHIFT * side
        assert view <= MARGIN * side


def test_a_sellers_photos_share_the_place_and_differ_in_camera():
    look = look_of(dice("camera"))
    assert scene_of(11) == scene_of(11)
    first, second = (opened(draw_photo(look, 11, shot)) for shot in (0, 1))
    assert first.size == second.size == scene_of(11).size
    assert distance(first, second) > 20


def test_different_garments_of_one_seller_are_never_near_duplicates():
    """Garments of one cut, the hardest case: least 46 of 256 bits in some 6,000 pairs, median about 114."""
    chance = dice("honest")
    for seller in range(6):
        look = look_of(chance)
        looks = [
            look,
            replace(look, seed=look.seed + 1),
            look_of(chance),
            look_of(chance, garment=look.garment),
        ]
        photos = [opened(draw_photo(each, seller)) for each in looks]
        assert min(distance(one, other) for one, other in combinations(photos, 2)) >= 44


@pytest.mark.parametrize("name", MILD)
def test_a_perceptual_hash_recognises_mild_edits(name):
    """Measured over 40 photos an edit: at most 28 of 256."""
    for seller in range(4):
        photo = draw_photo(look_of(dice("mild", seller)), seller)
        assert distance(opened(photo), opened(edit_photo(photo, name, seller))) < 32


def test_the_shelf_draws_once_and_keeps_the_newest(monkeypatch):
    recipes = [PhotoRecipe(look_of(dice("shelf", number)), 1, 0) for number in range(3)]
    drawn: list[str] = []
    real = PhotoRecipe.draw

    def counted(recipe: PhotoRecipe) -> bytes:
        drawn.append(recipe.name)
        return real(recipe)

    monkeypatch.setattr(PhotoRecipe, "draw", counted)
    shelf = PhotoShelf(room=2)
    first = shelf.photo(recipes[0])
    assert shelf.photo(recipes[0]) == first
    assert len(drawn) == 1
    for recipe in (recipes[1], recipes[2], recipes[0]):
        shelf.photo(recipe)
    assert drawn == [recipe.name for recipe in (recipes[0], recipes[1], recipes[2], recipes[0])]


def test_recipe_names_are_their_contents():
    recipe = PhotoRecipe(look_of(dice("name")), 1, 0)
    assert recipe.name == replace(recipe).name
    assert recipe.name != replace(recipe, edits=("mirror",)).name != replace(recipe, edits=("blur",)).name
