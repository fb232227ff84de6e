"""What sellers do to a taken-down photo before they use it again: JPEG bytes in, JPEG bytes out.

Each edit is a line in `EDITS`. A perceptual hash on the plain and mirrored photo recognises those with
`survives_hash`; the others are recognised by points that agree on how the two photos lie on each other.
"""

import io
import random
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageFont, ImageOps

from connectors.sample.seeds import dice

Change = Callable[[Image.Image, random.Random, float], Image.Image]


@dataclass(frozen=True, slots=True)
class Edit:
    """One edit: `change(photo, dice, strength)`; strength 1 is what sellers usually do, 0 nearly nothing."""

    name: str
    change: Change
    survives_hash: bool
    quality: int = 88
    """JPEG quality of the result."""


def _same(photo: Image.Image, _chance: random.Random, _strength: float) -> Image.Image:
    return photo


def half(photo: Image.Image, _chance: random.Random, strength: float) -> Image.Image:
    """Both sides in half at strength 1, and never under 32 px."""
    share = 1 - 0.5 * strength
    return photo.resize((max(32, round(photo.width * share)), max(32, round(photo.height * share))))


def enhanced(enhancer: Callable[[Image.Image], ImageEnhance._Enhance], reach: float) -> Change:
    """Brightness, contrast or colour times 1 ± 0.7 to 1 of `reach`."""

    def change(photo: Image.Image, chance: random.Random, strength: float) -> Image.Image:
        step = reach * strength * chance.uniform(0.7, 1.0)
        return enhancer(photo).enhance(1 + step if chance.random() < 0.6 else 1 - step)

    return change


def sepia(photo: Image.Image, _chance: random.Random, strength: float) -> Image.Image:
    """Browned, as an old photo."""
    toned = ImageOps.colorize(photo.convert("L"), (36, 22, 10), (255, 240, 208), mid=(146, 112, 78))
    return Image.blend(photo, toned, min(1.0, 0.9 * strength))


def _blur(photo: Image.Image, chance: random.Random, strength: float) -> Image.Image:
    return photo.filter(ImageFilter.GaussianBlur(max(photo.size) / 500 * strength * chance.uniform(0.8, 1.4)))


def mirror(photo: Image.Image, _chance: random.Random, _strength: float) -> Image.Image:
    """Left and right exchanged."""
    return ImageOps.mirror(photo)


def _crop(share: float) -> Change:
    """Cut `share` of each dimension away, unevenly between its two sides."""

    def change(photo: Image.Image, chance: random.Random, strength: float) -> Image.Image:
        cut_x, cut_y = round(photo.width * share * strength), round(photo.height * share * strength)
        left, top = round(cut_x * chance.random()), round(cut_y * chance.random())
        return photo.crop((left, top, photo.width - cut_x + left, photo.height - cut_y + top))

    return change


def _watermark(photo: Image.Image, chance: random.Random, strength: float) -> Image.Image:
    size = photo.width // 14
    ink = Image.new("L", photo.size)
    name = chance.choice(("toko baru", "@lapak.second", "thrift store", "gudang bal"))
    at = (photo.width // 2, round(photo.height * chance.uniform(0.35, 0.7)))
    ImageDraw.Draw(ink).text(at, name, round(80 * strength), ImageFont.load_default(size), anchor="mm")
    return Image.composite(Image.new("RGB", photo.size, (250, 250, 250)), photo, ink)


def _border(photo: Image.Image, chance: random.Random, strength: float) -> Image.Image:
    colour = chance.choice(((255, 255, 255), (20, 20, 20), (240, 90, 60), (60, 130, 220)))
    return ImageOps.expand(photo, round(photo.width * 0.08 * strength), colour)


def _band(photo: Image.Image, chance: random.Random, strength: float) -> Image.Image:
    edited = photo.copy()
    draw, high = ImageDraw.Draw(edited), round(photo.height * 0.16 * strength)
    top = photo.height - high if chance.random() < 0.6 else 0
    draw.rectangle(
        (0, top, photo.width, top + high), chance.choice(((214, 40, 40), (250, 204, 30), (20, 20, 20)))
    )
    text = chance.choice(("SALE 50%", "READY STOCK", "GRATIS ONGKIR", "PROMO HARI INI"))
    draw.text(
        (photo.width / 2, top + high / 2),
        text,
        "white",
        ImageFont.load_default(max(8, high // 2)),
        anchor="mm",
    )
    return edited


def stickers(photo: Image.Image, chance: random.Random, strength: float) -> Image.Image:
    """Four opaque stickers at strength 1, each 12% to 22% of the width across."""
    edited = photo.copy()
    draw = ImageDraw.Draw(edited)
    for _ in range(max(1, round(4 * strength))):
        r = photo.width * chance.uniform(0.06, 0.11)
        x, y = chance.uniform(r, photo.width - r), chance.uniform(r, photo.height - r)
        draw.ellipse(
            (x - r, y - r, x + r, y + r), chance.choice(("#ff4f79", "#ffd23f", "#3bceac", "#4361ee"))
        )
        draw.text(
            (x, y),
            chance.choice(("HOT", "NEW", "-50%", "TOP")),
            "white",
            ImageFont.load_default(r * 0.7),
            "mm",
        )
    return edited


def _screenshot(photo: Image.Image, chance: random.Random, strength: float) -> Image.Image:
    """The photo as a phone shows it: bars above, buttons and text below."""
    width = photo.width
    bar, foot = round(width * 0.12 * strength), round(width * 0.5 * strength)
    screen = Image.new("RGB", (width, photo.height + bar + foot), "white")
    screen.paste(photo, (0, bar))
    draw = ImageDraw.Draw(screen)
    draw.text(
        (width * 0.05, bar * 0.3),
        f"{chance.randint(0, 23):02}:{chance.randint(0, 59):02}",
        "black",
        ImageFont.load_default(max(8, width // 28)),
    )
    low = photo.height + bar
    for row in range(3):
        y = low + foot * (0.12 + 0.2 * row)
        draw.rectangle((width * 0.05, y, width * chance.uniform(0.4, 0.9), y + foot * 0.09), (206, 206, 210))
    draw.rounded_rectangle(
        (width * 0.5, low + foot * 0.72, width * 0.95, low + foot * 0.94), 12, (238, 77, 45)
    )
    return screen


def _collage(columns: int, rows: int) -> Change:
    """The photo beside others: here other parts and mirrorings of itself, so that none other is needed."""

    def change(photo: Image.Image, chance: random.Random, _strength: float) -> Image.Image:
        sheet = Image.new("RGB", photo.size, "white")
        cell = (photo.width // columns, photo.height // rows)
        places = [(column, row) for row in range(rows) for column in range(columns)]
        whole = chance.choice(places)
        for column, row in places:
            part = photo
            if (column, row) != whole:
                left, top = (round(side * chance.uniform(0.1, 0.45)) for side in photo.size)
                part = photo.crop((left, top, left + photo.width // 2, top + photo.height // 2))
            sheet.paste(
                ImageOps.contain(part, (cell[0] - 6, cell[1] - 6)), (column * cell[0] + 3, row * cell[1] + 3)
            )
        return sheet

    return change


def _rotate(photo: Image.Image, chance: random.Random, strength: float) -> Image.Image:
    angle = chance.choice((-1, 1)) * chance.uniform(5, 14) * strength
    return photo.rotate(angle, Image.Resampling.BICUBIC, fillcolor=(245, 245, 245))


def perspective(photo: Image.Image, chance: random.Random, strength: float) -> Image.Image:
    """As a screen photographed aslant: each corner moves inwards by up to a tenth."""
    width, height = photo.size
    corners = ((0, 0), (width, 0), (width, height), (0, height))
    moved = [
        (x + (1 if x == 0 else -1) * width * 0.1 * strength * chance.uniform(0.3, 1),
         y + (1 if y == 0 else -1) * height * 0.1 * strength * chance.uniform(0.3, 1))
        for x, y in corners
    ]  # fmt: skip
    rows, wanted = [], []
    for (x, y), (u, v) in zip(moved, corners, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        wanted += [u, v]
    solved = np.linalg.solve(np.array(rows), np.array(wanted)).tolist()
    return photo.transform(
        photo.size, Image.Transform.PERSPECTIVE, solved, Image.Resampling.BICUBIC, fillcolor="white"
    )


EDITS: dict[str, Edit] = {
    edit.name: edit
    for edit in (
        Edit("jpeg", _same, True, quality=30),
        Edit("half-size", half, True),
        Edit("brightness", enhanced(ImageEnhance.Brightness, 0.22), True),
        Edit("contrast", enhanced(ImageEnhance.Contrast, 0.3), True),
        Edit("saturation", enhanced(ImageEnhance.Color, 0.6), True),
        Edit("sepia", sepia, True),
        Edit("blur", _blur, True),
        Edit("mirror", mirror, True),
        Edit("crop-1", _crop(0.01), True),
        Edit("watermark", _watermark, True),
        Edit("crop-5", _crop(0.05), False),
        Edit("crop-20", _crop(0.2), False),
        Edit("border", _border, False),
        Edit("text-band", _band, False),
        Edit("stickers", stickers, False),
        Edit("screenshot", _screenshot, False),
        Edit("collage-2", _collage(2, 1), False),
        Edit("collage-4", _collage(2, 2), False),
        Edit("rotate", _rotate, False),
        Edit("perspective", perspective, False),
    )
}
MILD = tuple(name for name, edit in EDITS.items() if edit.survives_hash)
HARD = tuple(name for name, edit in EDITS.items() if not edit.survives_hash)


def edit_photo(photo: bytes, name: str, seed: int = 0, strength: float = 1.0) -> bytes:
    """The photo after one edit, as JPEG.

    Raises:
        KeyError: no such edit; the names are `EDITS`' keys.
        ValueError: strength outside 0 to 2.
    """
    if not 0 <= strength <= 2:
        raise ValueError(f"strength is 0 to 2, not {strength}")
    edit = EDITS[name]
    with Image.open(io.BytesIO(photo)) as opened:
        changed = edit.change(opened.convert("RGB"), dice("edit", name, seed), strength)
    out = io.BytesIO()
    changed.save(out, "JPEG", quality=edit.quality)
    return out.getvalue()
