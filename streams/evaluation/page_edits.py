"""Edits that put the photo into a larger picture: screenshots, collages, frames, other photos beneath."""

import random

from PIL import Image, ImageDraw, ImageFilter, ImageFont, ImageOps

from streams.evaluation.photo_edit import Change, OtherPhotos, plain

SCREEN_WIDTHS = (720, 1080)
"""Pixels across the common phones."""
PAGE_WORDS = ("jaket", "original", "murah", "second", "import", "bekas", "wanita", "pria", "bagus")
SIDE_BY_SIDE = 800
"""Pixels of the longer side that marketplaces commonly scale a wide picture down to."""


def screenshot(photo: Image.Image, chance: random.Random, _others: OtherPhotos) -> Image.Image:
    """A phone's picture of an app page: bar, photo, price, six lines of text, button."""
    width = chance.choice(SCREEN_WIDTHS)
    height = round(width * chance.uniform(1.9, 2.2))
    screen = Image.new("RGB", (width, height), "white")
    draw = ImageDraw.Draw(screen)
    draw.rectangle((0, 0, width, width * 0.06), "#222")
    clock = f"{chance.randrange(24):02}:{chance.randrange(60):02}"
    draw.text((width * 0.05, width * 0.015), clock, "white", ImageFont.load_default(width * 0.035))
    # Half of the apps show a photo from edge to edge.
    shown = _fitted(photo, round(width * chance.choice((1, 1, 0.9, 0.75))), round(height * 0.62))
    y = round(width * 0.14)
    screen.paste(shown, ((width - shown.width) // 2, y))
    y += shown.height + 20
    price = f"Rp{chance.randrange(20, 400)}.000"
    draw.text((width * 0.04, y), price, "#ee4d2d", ImageFont.load_default(width * 0.06))
    for line in range(6):
        text = " ".join(chance.choice(PAGE_WORDS) for _ in range(6))
        below = y + width * (0.09 + 0.055 * line)
        draw.text((width * 0.04, below), text, "#333", ImageFont.load_default(width * 0.036))
    draw.rectangle((0, height - width * 0.13, width, height), "#ee4d2d")
    middle = (width / 2, height - width * 0.065)
    draw.text(middle, "Beli Sekarang", "white", ImageFont.load_default(width * 0.05), anchor="mm")
    return screen


def _fitted(photo: Image.Image, width: int, height_at_most: int) -> Image.Image:
    height = round(photo.height * width / photo.width)
    if height > height_at_most:
        width, height = round(photo.width * height_at_most / photo.height), height_at_most
    return photo.resize((max(1, width), max(1, height)))


def side_by_side(photo: Image.Image, chance: random.Random, others: OtherPhotos) -> Image.Image:
    """With another photo of the same height, left or right, at most 800 px wide or high together."""
    other = others.any_of(chance)
    other = other.resize((max(1, round(other.width * photo.height / other.height)), photo.height))
    left, right = (photo, other) if chance.random() < 0.5 else (other, photo)
    sheet = Image.new("RGB", (left.width + right.width, photo.height), "white")
    sheet.paste(left, (0, 0))
    sheet.paste(right, (left.width, 0))
    sheet.thumbnail((SIDE_BY_SIDE, SIDE_BY_SIDE))
    return sheet


def collage(columns: int, rows: int, gap: int) -> Change:
    """One of `columns` times `rows` photos on a canvas of the photo's size, `gap` px apart.

    Each is either cut to fill its cell or shown whole within it.
    """

    def change(photo: Image.Image, chance: random.Random, others: OtherPhotos) -> Image.Image:
        sheet = Image.new("RGB", photo.size, "white")
        cell = (photo.width // columns, photo.height // rows)
        room = (max(1, cell[0] - gap), max(1, cell[1] - gap))
        own = chance.randrange(columns * rows)
        for place in range(columns * rows):
            shown = photo if place == own else others.any_of(chance)
            shown = ImageOps.fit(shown, room) if chance.random() < 0.5 else ImageOps.contain(shown, room)
            column, row = place % columns, place // columns
            sheet.paste(shown, (column * cell[0] + gap // 2, row * cell[1] + gap // 2))
        return sheet

    return change


def blurred_frame(share: float) -> Change:
    """On a square of itself, stretched and blurred; `share` of the square's side."""

    def change(photo: Image.Image) -> Image.Image:
        side = max(photo.size)
        square = photo.resize((side, side)).filter(ImageFilter.GaussianBlur(15))
        shown = ImageOps.contain(photo, (round(side * share), round(side * share)))
        square.paste(shown, ((side - shown.width) // 2, (side - shown.height) // 2))
        return square

    return plain(change)


def picture_in_picture(share: float) -> Change:
    """Over another photo of the same size, anywhere; `share` of the width and height."""

    def change(photo: Image.Image, chance: random.Random, others: OtherPhotos) -> Image.Image:
        below = others.any_of(chance).resize(photo.size)
        shown = photo.resize((round(photo.width * share), round(photo.height * share)))
        left = chance.randrange(below.width - shown.width + 1)
        below.paste(shown, (left, chance.randrange(below.height - shown.height + 1)))
        return below

    return change


def blended(share: float) -> Change:
    """Another photo shines through with `share` of the light."""

    def change(photo: Image.Image, chance: random.Random, others: OtherPhotos) -> Image.Image:
        return Image.blend(photo, others.any_of(chance).resize(photo.size), share)

    return change
