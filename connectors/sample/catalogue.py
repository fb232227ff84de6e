"""What sellers of second-hand clothes write: Indonesian titles, descriptions, prices.

The word lists are our own and every brand is invented. A distinctive title has enough rare words to be
recognised by; a generic one is written by hundreds of honest sellers and proves nothing.
"""

import random
from dataclasses import dataclass

from connectors.sample.garments import CUTS
from connectors.sample.prints import ALL_OVER, COLOURS, MOTIFS, PLAIN, Look

BRANDS = (
    "Zelbaro", "Kovrenta", "Muraska", "Tandravi", "Bolnari", "Vextoru", "Oskamilo", "Lirandeq",
    "Draponi", "Sagutrek", "Welkaro", "Narvigosa", "Jukembra", "Pelantiq", "Rovastu", "Gintaraq",
)  # fmt: skip
WORDS = ("SENJA", "RIMBA", "OMBAK 88", "KOTA LAMA", "PUNCAK", "ANGIN", "LAYAR", "BARA", "FAJAR", "TEPI")
SIZES = ("S", "M", "L", "XL", "XXL", "all size")
GRADES = ("second", "thrift", "preloved", "bekas", "like new")
QUALITIES = ("mulus", "minus noda kecil", "kondisi 90%", "no minus", "kancing lengkap", "warna masih pekat")
GENERIC = {
    "kaos": ("kaos distro thrift", "kaos polos second murah", "kaos oversize preloved"),
    "sweater": ("sweater crewneck thrift", "sweater rajut preloved", "sweater polos second"),
    "hoodie": ("hoodie zipper thrift", "hoodie jumper second", "hoodie polos preloved"),
    "jaket": ("jaket varsity thrift", "jaket bomber second", "jaket parasut preloved"),
    "kemeja": ("kemeja flanel thrift", "kemeja kotak second", "kemeja lengan panjang preloved"),
    "dress": ("dress korea thrift", "dress vintage preloved", "dress santai second"),
    "celana": ("celana jeans thrift", "celana kargo second", "celana bahan preloved"),
    "rok": ("rok plisket thrift", "rok span second", "rok vintage preloved"),
    "topi": ("topi baseball thrift", "topi second murah", "topi polos preloved"),
}
BASE_PRICE = {
    "kaos": 45, "sweater": 75, "hoodie": 95, "jaket": 135, "kemeja": 65,
    "dress": 85, "celana": 90, "rok": 60, "topi": 40,
}  # fmt: skip
"""Usual prices in thousands of rupiah."""
GARMENT_NAMES, COLOUR_NAMES = tuple(CUTS), tuple(COLOURS)
_ORDERS = (
    "{garment} {brand} {print} {colour} size {size} {code}",
    "{brand} {garment} {print} warna {colour} {size} kode {code}",
    "{garment} {print} {brand} {code} {colour} {size} {grade}",
    "{grade} {garment} {brand} {colour} {print} uk {size} {code}",
)
_OPENINGS = (
    "Barang sesuai foto",
    "Real pict kak",
    "Foto asli tanpa edit",
    "Stok cuma 1 pcs",
    "Siap kirim hari ini",
)
_CLOSINGS = (
    "no retur ya kak",
    "bisa nego tipis",
    "kirim dari gudang",
    "tanya dulu sebelum order",
    "fix tidak cancel",
)


@dataclass(frozen=True, slots=True)
class Item:
    """One garment for sale. `price` in rupiah; `look` is what the photo shows."""

    title: str
    description: str
    price: int
    look: Look


def describe(look: Look, size: str, chance: random.Random) -> str:
    """A description that says little, as most do."""
    lines = (
        f"{chance.choice(_OPENINGS)}.",
        f"{look.garment} {look.colour}, {chance.choice(QUALITIES)}, uk {size}.",
        f"Lebar {chance.randint(44, 64)} cm, panjang {chance.randint(60, 112)} cm.",
        f"{chance.choice(_CLOSINGS)}.",
    )
    return " ".join(lines)


def price_of(garment: str, chance: random.Random) -> int:
    """A price in rupiah, ending as prices do."""
    return max(15, int(BASE_PRICE[garment] * chance.uniform(0.6, 1.8))) * 1000 - chance.choice(
        (0, 0, 100, 1000)
    )


def look_of(chance: random.Random, *, garment: str | None = None, motif: str | None = None) -> Look:
    """How some item looks; what is not given is drawn."""
    colour, second = chance.sample(COLOUR_NAMES, 2)
    while not _contrasts(colour, second):
        second = chance.choice(COLOUR_NAMES)
    return Look(
        garment=garment or chance.choice(GARMENT_NAMES),
        colour=colour,
        second=second,
        motif=motif or chance.choice(MOTIFS),
        lettering=chance.choice(WORDS),
        seed=chance.getrandbits(40),
    )


def _contrasts(colour: str, other: str) -> bool:
    """A print in nearly the cloth's own colour is none."""
    return sum(abs(a - b) for a, b in zip(COLOURS[colour], COLOURS[other], strict=True)) > 150


def distinctive_item(chance: random.Random, look: Look | None = None) -> Item:
    """An item with brand, print, colour, size and a model code in its title."""
    look = look or look_of(chance)
    brand, size = chance.choice(BRANDS), chance.choice(SIZES)
    title = chance.choice(_ORDERS).format(
        garment=look.garment,
        brand=brand,
        print=_print_words(look),
        colour=look.colour,
        size=size,
        grade=chance.choice(GRADES),
        code=f"{brand[:2].upper()}{chance.choice('BDFGKMRT')}{chance.randint(1000, 9999)}",
    )
    return Item(title, describe(look, size, chance), price_of(look.garment, chance), look)


def generic_item(chance: random.Random, look: Look | None = None) -> Item:
    """An item whose title is everybody's, such as "kemeja flanel thrift"."""
    garment = look.garment if look else chance.choice(GARMENT_NAMES)
    title = chance.choice(GENERIC[garment])
    if look is None:
        words = {PLAIN: PLAIN, "flanel": "kotak", "kotak": "kotak"}
        look = look_of(
            chance,
            garment=garment,
            motif=next((words[word] for word in title.split() if word in words), None),
        )
    return Item(title, describe(look, chance.choice(SIZES), chance), price_of(look.garment, chance), look)


def _print_words(look: Look) -> str:
    if look.motif == PLAIN:
        return PLAIN
    if look.motif in ALL_OVER:
        return f"motif {look.motif}"
    return f"print {look.motif} {look.lettering.title()}"
