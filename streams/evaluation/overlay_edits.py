"""Edits that put something over the photo or around it: bands, watermarks, logos, dots, stripes, frames."""

import random

from PIL import Image, ImageDraw, ImageFont, ImageOps

from streams.evaluation.photo_edit import Change, OtherPhotos, colour, plain

SLOGANS = ("PROMO 50%", "READY STOCK", "GRATIS ONGKIR", "SALE")
DOT_COLOURS = ("#fc0", "#f36", "#6cf")


def bordered(share: float) -> Change:
    """A frame of one colour, `share` of the longer side wide on every side."""

    def change(photo: Image.Image, chance: random.Random, _others: OtherPhotos) -> Image.Image:
        return ImageOps.expand(photo, round(max(photo.size) * share), colour(chance))

    return change


def text_band(share: float) -> Change:
    """An opaque band with a slogan over `share` of the height: at the top, the bottom or across the middle."""

    def change(photo: Image.Image, chance: random.Random, _others: OtherPhotos) -> Image.Image:
        edited = photo.copy()
        draw = ImageDraw.Draw(edited)
        high = round(photo.height * share)
        top = chance.choice((0, photo.height - high, round(photo.height * 0.4)))
        draw.rectangle((0, top, photo.width, top + high), colour(chance))
        draw.text(
            (photo.width / 2, top + high / 2),
            chance.choice(SLOGANS),
            "white",
            ImageFont.load_default(max(8, high * 0.45)),
            anchor="mm",
        )
        return edited

    return change


def watermark(alpha: int, spacing: float = 1.0) -> Change:
    """A shop's name in translucent white all over, level or aslant.

    `alpha` is 0 to 255; at `spacing` 1 a line is 13% of the height below the last, half as dense at 2.
    """

    def change(photo: Image.Image, chance: random.Random, _others: OtherPhotos) -> Image.Image:
        ink = Image.new("L", photo.size)
        draw, font = ImageDraw.Draw(ink), ImageFont.load_default(max(8, photo.width / 11))
        across, down = photo.width * 0.33 * spacing, photo.height * 0.13 * spacing
        for row in range(-1, round(9 / spacing)):
            for column in range(-1, round(5 / spacing)):
                draw.text((column * across + row % 2 * across / 2, row * down), "@tokobaru", alpha, font)
        ink = ink.rotate(chance.choice((-20, 20, 0)))
        return Image.composite(Image.new("RGB", photo.size, "white"), photo, ink)

    return change


def logo(share: float) -> Change:
    """A round opaque logo in the middle, `share` of the width across."""

    def change(photo: Image.Image) -> Image.Image:
        edited = photo.copy()
        draw = ImageDraw.Draw(edited)
        x, y, r = photo.width / 2, photo.height / 2, photo.width * share / 2
        draw.ellipse((x - r, y - r, x + r, y + r), "#0a6")
        draw.text((x, y), "TOKO", "white", ImageFont.load_default(max(8, r * 0.6)), anchor="mm")
        return edited

    return plain(change)


def dots(count: int) -> Change:
    """Opaque dots the size of emoji (6% of the width across), anywhere."""

    def change(photo: Image.Image, chance: random.Random, _others: OtherPhotos) -> Image.Image:
        edited = photo.copy()
        draw, r = ImageDraw.Draw(edited), photo.width * 0.03
        for _ in range(count):
            x, y = chance.uniform(0, photo.width), chance.uniform(0, photo.height)
            draw.ellipse((x - r, y - r, x + r, y + r), chance.choice(DOT_COLOURS))
        return edited

    return change


def stripes(photo: Image.Image) -> Image.Image:
    """Half-transparent white diagonals, an eighth of the width apart and 5 px wide."""
    edited = photo.copy()
    draw = ImageDraw.Draw(edited, "RGBA")
    for start in range(0, photo.width + photo.height, max(1, round(photo.width / 8))):
        draw.line((start, 0, start - photo.height, photo.height), (255, 255, 255, 120), 5)
    return edited
