"""Edits that change values and leave every pixel where it is: brightness, colour, blur, noise."""

import random

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageEnhance, ImageFilter

from connectors.sample.edits import enhanced
from streams.evaluation.photo_edit import Change, OtherPhotos, chain, from_sample, plain

toned = chain(
    from_sample(enhanced(ImageEnhance.Brightness, 0.3)),
    from_sample(enhanced(ImageEnhance.Contrast, 0.3)),
    from_sample(enhanced(ImageEnhance.Color, 0.6)),
)
"""Brightness, contrast and saturation, each up or down by up to 30%, 30% and 60%."""


def blurred(radius: float) -> Change:
    """Gaussian blur; `radius` is the standard deviation in pixels."""
    return plain(lambda photo: photo.filter(ImageFilter.GaussianBlur(radius)))


def vignette(depth: float) -> Change:
    """Darker away from the centre; the corners keep 1 - `depth` of their light."""

    def change(photo: Image.Image) -> Image.Image:
        down, across = np.mgrid[-1 : 1 : photo.height * 1j, -1 : 1 : photo.width * 1j]
        light = 1 - depth * (across**2 + down**2) / 2
        return _picture(np.asarray(photo, np.float32) * light[..., None])

    return plain(change)


def noisy(deviation: float) -> Change:
    """Gaussian noise on every value of 0 to 255."""

    def change(photo: Image.Image, chance: random.Random, _others: OtherPhotos) -> Image.Image:
        values = np.asarray(photo, np.float32)
        grain = np.random.default_rng(chance.getrandbits(64)).normal(0, deviation, values.shape)
        return _picture(values + grain)

    return change


def moire(depth: float) -> Change:
    """The slanted waves of a screen's pixels seen by a camera's, about seven pixels each."""

    def change(photo: Image.Image) -> Image.Image:
        down, across = np.mgrid[: photo.height, : photo.width]
        waves = 1 + depth * np.sin(0.9 * across + 0.13 * down)
        return _picture(np.asarray(photo, np.float32) * waves[..., None])

    return plain(change)


def gamma(exponent: float) -> Change:
    """Every value v of 0 to 1 becomes v to the `exponent`: lighter below 1, darker above."""
    table = [round((value / 255) ** exponent * 255) for value in range(256)] * 3
    return plain(lambda photo: photo.point(table))


def hue_turned(photo: Image.Image, chance: random.Random, _others: OtherPhotos) -> Image.Image:
    """Other colours of the same lightness: the hue moves by 40 to 200 of 256 steps."""
    hue, saturation, value = photo.convert("HSV").split()
    step = chance.randrange(40, 200)
    turned = hue.point([(level + step) % 256 for level in range(256)])
    return Image.merge("HSV", (turned, saturation, value)).convert("RGB")


def _picture(values: npt.NDArray[np.floating]) -> Image.Image:
    return Image.fromarray(values.clip(0, 255).astype(np.uint8))
