"""What taken-down listings say beside their photos and titles: prices, shelves, descriptions, contacts. Drawn.

No set of real listings has all parts with known relists, so photos and titles are real (and of one half, as in the
other measures) and the rest is drawn in the way sellers write it: the same boilerplate in all of a seller's
listings, a contact in some.
"""

import random
from dataclasses import dataclass

from connectors.events import Condition, Price
from connectors.sample.seeds import dice

SHELVES = (
    ("Pakaian Wanita > Atasan", "Fashion Wanita/Blouse dan Atasan"),
    ("Pakaian Wanita > Dress", "Fashion Wanita/Dress"),
    ("Pakaian Pria > Kemeja", "Fashion Pria/Kemeja Formal"),
    ("Pakaian Pria > Jaket", "Fashion Pria/Outerwear Jaket"),
    ("Pakaian Pria > Celana", "Fashion Pria/Bawahan Celana"),
    ("Pakaian Anak > Setelan", "Fashion Anak/Setelan Anak"),
)
"""A shelf as two marketplaces call it."""
GENERIC = (
    "kemeja flanel thrift preloved murah ready", "jaket second import original murah", "baju wanita preloved ori",
    "dress korea thrift cantik ready", "celana bekas impor branded murah", "kaos thrift pria original second",
    "sweater rajut preloved murah meriah", "baju bal segel pl import", "outer cardigan second cantik",
    "blouse import preloved ready stock",
)  # fmt: skip
"""Titles that hundreds of honest sellers have, word for word."""
BOILERPLATE = (
    "Barang sesuai foto kondisi bisa dicek di gambar", "Pengiriman setiap hari kecuali minggu dan hari libur",
    "Cuci dulu sebelum dipakai ya kak", "No return no refund kecuali salah kirim",
    "Tanya stok dulu sebelum order supaya tidak kecewa", "Setiap pembelian dapat bonus masker",
    "Warna asli bisa beda sedikit karena cahaya", "Follow toko kami untuk dapat info barang terbaru",
    "Packing rapi pakai plastik tebal dan bubble wrap", "Bisa nego tipis untuk pembelian lebih dari dua",
    "Semua barang sudah dilaundry dan disetrika", "Order sebelum jam dua dikirim hari yang sama",
    "Sertakan video unboxing untuk komplain", "Gudang kami di bandung siap kirim ke seluruh indonesia",
)  # fmt: skip
DETAILS = (
    "lingkar dada {n} cm", "panjang badan {n} cm", "panjang lengan {n} cm", "bahan katun tebal tidak panas",
    "bahan rajut halus", "ada noda kecil di lengan kiri", "minus kancing satu hilang", "kondisi {p} persen mulus",
    "kerah ada bordir kecil", "resleting lancar", "saku depan dua", "label masih ada", "bahan denim kaku",
    "warna pudar tipis di bahu", "cocok untuk berat badan {n} kilo", "furing dalam lengkap", "jahitan rapi",
    "motif garis tipis", "motif bunga besar", "bagian bawah ada karet",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Particulars:
    """What a listing says of its goods beside photo and title; None and unknown where it says nothing."""

    price: Price | None
    category: str | None
    condition: Condition
    description: str | None


def rupiah(amount: float) -> Price:
    """A price as sellers write it, in whole thousands."""
    return Price(amount=str(max(5, round(amount / 1000)) * 1000), currency="IDR")


def contact_of(seller: str) -> str | None:
    """How a seller asks buyers to write to him; two in five do."""
    chance = dice("contact", seller)
    if chance.random() > 0.4:
        return None
    number = "08" + "".join(chance.choice("123456789") for _ in range(10))
    return chance.choice(("WA {}", "chat wa {} fast respon", "hub {}")).format(number)


def drawn(seller: str, item: str) -> Particulars:
    """Of a seller's item, the same every time."""
    chance = dice("particulars", seller, item)
    shelf = chance.choice(SHELVES)
    return Particulars(
        price=rupiah(chance.lognormvariate(11.3, 0.6)),
        category=shelf[0],
        condition=chance.choices(("used", "new", "unknown"), (0.7, 0.1, 0.2))[0],
        description=description(seller, item) if chance.random() < 0.85 else None,
    )


def description(seller: str, item: str) -> str:
    """The item's details between the seller's own sentences."""
    own, chance = dice("boilerplate", seller), dice("details", seller, item)
    before, after = own.sample(BOILERPLATE, 2), own.sample(BOILERPLATE, 3)
    details = [
        text.format(n=chance.randint(38, 110), p=chance.randint(80, 98)) for text in chance.sample(DETAILS, 5)
    ]
    contact = contact_of(seller)
    return ". ".join([*before, *details, *after, *([contact] if contact else [])]) + "."


def put_back(original: Particulars, seller: str, chance: random.Random) -> Particulars:
    """What the listing says when it comes back under another account: much the same, in part left out."""
    price = original.price and rupiah(float(original.price.amount) * chance.uniform(0.75, 1.25))
    category = original.category
    if category is not None and chance.random() < 0.4:
        category = next(other for name, other in SHELVES if name == category)
    return Particulars(
        price=price if chance.random() < 0.9 else None,
        category=category if chance.random() < 0.8 else None,
        condition=original.condition if chance.random() < 0.8 else "unknown",
        description=_reworded(original.description, seller, chance),
    )


def _reworded(text: str | None, seller: str, chance: random.Random) -> str | None:
    if text is None or chance.random() < 0.2:
        return None
    if chance.random() < 0.3:
        return description(seller, str(chance.random()))
    sentences = text.rstrip(".").split(". ")
    kept = [sentence for sentence in sentences if chance.random() < 0.8] or sentences
    chance.shuffle(kept)
    return ". ".join(kept) + "."
