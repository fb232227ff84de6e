"""Made-up listing texts: phone numbers in every disguise, and ordinary texts full of numbers that are none."""

import random
from collections.abc import Callable

from fingerprints.contact_numbering import MOBILE_PREFIXES

LANGUAGES = {
    "id": "nol satu dua tiga empat lima enam tujuh delapan sembilan",
    "id short": "kosong satu dua tiga empat lima enam tujuh lapan sembilan",
    "en": "zero one two three four five six seven eight nine",
}
WORDS = {language: words.split() for language, words in LANGUAGES.items()}
FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")
ARABIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
MATHEMATICAL = str.maketrans("0123456789", "𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗")
CIRCLED = str.maketrans("0123456789", "⓪①②③④⑤⑥⑦⑧⑨")


def mobile_number(rng: random.Random) -> str:
    """Digits of a mobile number as written within the country, 11 to 13 of them."""
    length = rng.choice((11, 12, 12, 12, 13))
    return f"0{rng.choice(sorted(MOBILE_PREFIXES))}" + "".join(rng.choices("0123456789", k=length - 4))


def grouped(number: str, separator: str, rng: random.Random) -> str:
    """In groups of three or four digits."""
    groups, rest = [number[:4]], number[4:]
    while rest:
        size = len(rest) if len(rest) < 6 else rng.choice((3, 4))
        groups.append(rest[:size])
        rest = rest[size:]
    return separator.join(groups)


def _lettered(number: str, rng: random.Random) -> str:
    swapped = "".join(rng.choice({"0": "oO0", "1": "lIi1"}.get(digit, digit)) for digit in number)
    return swapped if rng.random() < 0.5 else grouped(swapped, rng.choice(" -"), rng)


def _spelled(number: str, rng: random.Random, language: str) -> str:
    return rng.choice((" ", " ", "-", ", ", ".")).join(WORDS[language][int(digit)] for digit in number)


def _mixed(number: str, rng: random.Random) -> str:
    parts, at = [], 0
    while at < len(number):
        if rng.random() < 0.4:
            parts.append(WORDS[rng.choice(("id", "id short"))][int(number[at])])
            at += 1
        else:
            size = rng.randint(1, 3)
            parts.append(number[at : at + size])
            at += size
    if not any(part.isalpha() for part in parts[1:-1]):
        parts = [number[:2], *(WORDS["id"][int(digit)] for digit in number[2:5]), number[5:]]
    return " ".join(parts)


def _broken(number: str, rng: random.Random) -> str:
    """A mixed one with any mark between its parts."""
    parts = _mixed(number, rng).split()
    text = parts[0]
    for part in parts[1:]:
        text += rng.choice((" ", " - ", " .. ", "-", " _ ", " ~ ", " * "))
        text += f"({part})" if rng.random() < 0.2 else part
    return text


def _filled(number: str, rng: random.Random) -> str:
    return f" {rng.choice(('strip', 'spasi', 'lalu', '(hapus)', 'kak', '[ini]'))} ".join(
        grouped(number, " ", rng).split()
    )


def _pairs(number: str, rng: random.Random) -> str:
    pairs = [number[at : at + 2] for at in range(0, len(number), 2)]
    if len(pairs[-1]) == 1:
        pairs[-2:] = ["".join(pairs[-2:])]
    return rng.choice((" ", "-", ".")).join(pairs)


DISGUISES: dict[str, Callable[[str, random.Random], str]] = {
    "plain": lambda number, _: number,
    "hyphens": lambda number, rng: grouped(number, "-", rng),
    "spaces": lambda number, rng: grouped(number, " ", rng),
    "dots": lambda number, rng: grouped(number, ".", rng),
    "bracketed prefix": lambda number, rng: f"({number[:4]}) {grouped(number[4:], rng.choice('. -'), rng)}",
    "country code": lambda number, _: f"62{number[1:]}",
    "plus": lambda number, rng: (
        f"+62 {number[1:4]}{rng.choice(' -')}{number[4:8]}{rng.choice(' -')}{number[8:]}"
    ),
    "plus and zero": lambda number, _: f"+62 (0){number[1:4]}-{number[4:8]}-{number[8:]}",
    "pairs": _pairs,
    "one by one": lambda number, rng: rng.choice((" ", ".", "-", "  ", "_")).join(number),
    "letters": _lettered,
    "full width": lambda number, _: number.translate(FULL_WIDTH),
    "arabic": lambda number, _: number.translate(ARABIC),
    "mathematical": lambda number, rng: grouped(number, " ", rng).translate(MATHEMATICAL),
    "circled": lambda number, _: number.translate(CIRCLED),
    "keycaps": lambda number, rng: rng.choice(("", " ")).join(f"{digit}\ufe0f\u20e3" for digit in number),
    "zero-width": lambda number, rng: rng.choice("\u200b\u200d\u2060").join(number),
    "spelled": lambda number, rng: _spelled(number, rng, "id"),
    "spelled short": lambda number, rng: _spelled(number, rng, "id short"),
    "spelled english": lambda number, rng: _spelled(number, rng, "en"),
    "spelled in one": lambda number, _: "".join(WORDS["id"][int(digit)] for digit in number),
    "mixed": _mixed,
    "broken": _broken,
    "words between": _filled,
    "wa:": lambda number, rng: (
        f"{rng.choice(('WA: ', 'WA ', 'wa.', 'WhatsApp : ', 'wa', 'no wa ', 'hub '))}{number}"
    ),
    "wa without 0": lambda number, rng: f"WA {grouped(number, '-', rng)[1:]}",
    "wa.me": lambda number, rng: (
        f"{rng.choice(('', 'https://'))}wa.me/{rng.choice(('62', '+62'))}{number[1:]}"
    ),
    "wa.me broken": lambda number, _: f"wa . me / 62{number[1:]}",
    "api": lambda number, _: f"https://api.whatsapp.com/send?phone=62{number[1:]}&text=Halo%20kak%201234",
    "wa across lines": lambda number, rng: "WA\n" + grouped(number, "\n", rng),
}

ITEMS = [
    "jaket",
    "kemeja",
    "sepatu",
    "tas",
    "celana",
    "dress",
    "hijab",
    "kaos",
    "mukena",
    "sandal",
    "topi",
    "dompet",
    "jam",
    "kacamata",
    "botol",
    "panci",
]
KINDS = [
    "denim",
    "flanel",
    "anak",
    "wanita",
    "pria",
    "katun",
    "rajut",
    "import",
    "murah",
    "premium",
    "polos",
    "motif",
    "batik",
    "karet",
    "kulit",
    "putih",
    "hitam",
]


def sentence(rng: random.Random) -> str:
    """A few words of a listing, no numbers."""
    return " ".join([rng.choice(ITEMS), *rng.sample(KINDS, rng.randint(2, 4))])


def _code(rng: random.Random) -> str:
    return f"{rng.choice(('SKU', 'Kode', 'Art', 'Model', 'kode barang', 'Part No'))}{rng.choice((' ', ': ', ' : '))}"


def _digits(rng: random.Random, count: int) -> str:
    return "".join(rng.choices("0123456789", k=count))


ORDINARY: tuple[Callable[[random.Random], str], ...] = (
    lambda rng: f"Rp {rng.randint(1, 999)}.{_digits(rng, 3)}.000",
    lambda rng: f"Rp{rng.randint(10, 999)}.000,-",
    lambda rng: f"harga {rng.randint(8, 99)}0.000 nego",
    lambda rng: f"@ {rng.randint(5, 90)}rb",
    lambda rng: f"@{rng.randint(5, 90)}.000 / pcs",
    lambda rng: (
        f"@{rng.randint(5, 90)}{rng.choice(('rb', 'k', 'ribu', 'pcs', 'gram', 'ml', 'lusin', 'botol'))}"
    ),
    lambda rng: f"ukuran {' '.join(str(size) for size in range(36, 36 + rng.randint(3, 9)))}",
    lambda rng: f"size {' '.join(f'{size:02}' for size in range(8, 8 + 2 * rng.randint(3, 7), 2))}",
    lambda rng: f"size S M L XL XXL LD {rng.randint(80, 99)} PB {rng.randint(50, 99)}",
    lambda rng: f"{rng.randint(10, 300)} x {rng.randint(10, 300)} x {rng.randint(1, 99)} cm",
    lambda rng: f"{rng.randint(10, 300)}x{rng.randint(10, 300)}x{rng.randint(1, 99)}",
    lambda rng: (
        f"{rng.randint(1, 28):02}-{rng.randint(1, 12):02}-20{rng.randint(15, 27)} {rng.randint(8, 20):02}:{_digits(rng, 1)}0"
    ),
    lambda rng: (
        f"{rng.randint(1, 28):02}/{rng.randint(1, 12):02}/{rng.randint(18, 27)}-{rng.randint(1, 28):02}/{rng.randint(1, 12):02}/{rng.randint(18, 27)}"
    ),
    lambda rng: f"exp {rng.randint(1, 28):02}.{rng.randint(1, 12):02}.20{rng.randint(24, 29)}",
    lambda rng: (
        f"buka jam {rng.choice(('08.00', '08.15', '08:30', '09.00'))} - {rng.choice(('16.00', '17.30', '21:00'))}, sabtu 08.12 - 13.00"
    ),
    lambda rng: f"No order {_digits(rng, rng.randint(10, 16))}",
    lambda rng: f"resi JP{_digits(rng, 10)}",
    lambda rng: f"no resi 08{_digits(rng, 10)}",
    lambda rng: f"{_code(rng)}{rng.choice(('08', '62', '81', 'A', 'TS-'))}{_digits(rng, rng.randint(4, 11))}",
    lambda rng: f"TS-08{_digits(rng, 9)}",
    lambda rng: f"{_code(rng)}{', '.join('08' + _digits(rng, 2) for _ in range(rng.randint(2, 5)))}",
    lambda rng: f"{', '.join('08' + _digits(rng, 2) for _ in range(rng.randint(2, 5)))}",
    lambda rng: f"barcode 899{_digits(rng, 10)}",
    lambda rng: f"899{_digits(rng, 10)}",
    lambda rng: f"ISBN 978-602-{_digits(rng, 4)}-{_digits(rng, 2)}-{_digits(rng, 1)}",
    lambda rng: f"BPOM NA{_digits(rng, 11)}",
    lambda rng: f"rek BCA {rng.choice(('08', '81', '62'))}{_digits(rng, 8)} a/n toko",
    lambda rng: f"transfer Mandiri {_digits(rng, 13)}",
    lambda rng: f"IMEI 35{_digits(rng, 13)}",
    lambda rng: (
        f"isi {rng.randint(2, 12)} pcs, {rng.randint(1, 9)}00 gr, {rng.randint(1, 9)}.{rng.randint(1, 9)} l"
    ),
    lambda rng: f"nomor {' '.join(str(size) for size in rng.sample(range(36, 46), 6))}",
    lambda rng: f"dua tiga warna, satu lusin isi dua belas, {rng.randint(2, 9)} lima puluh ribu",
    lambda rng: f"beli satu gratis satu, min {rng.randint(2, 9)} harga delapan puluh dua ribu",
    lambda rng: f"kode pos {_digits(rng, 5)} blok {rng.choice('ABC')} no {rng.randint(1, 99)} RT 08/12",
    lambda rng: f"stok 0{rng.randint(1, 9)} {rng.randint(10, 99)} {_digits(rng, 3)}",
    lambda rng: f"email {rng.choice(ITEMS)}{_digits(rng, 4)}@gmail.com",
    lambda rng: f"B@ju @nak lucu, m@sker {rng.choice(KINDS)}",
    lambda rng: f"A-Line: {rng.choice(KINDS)}, A line dress {rng.choice(KINDS)}",
    lambda rng: f"ready @jakarta, grosir @lusin, {rng.choice(('cod @tempat', 'meet @mall', 'ambil @toko'))}",
    lambda rng: f"ring light tiktok viral {rng.choice(KINDS)} ig story fb ads line art",
    lambda rng: (
        f"shopee mall, tokopedia official, gratis ongkir shopee : {rng.choice(('ready', 'gratis', 'bisa'))}"
    ),
    lambda rng: f"voltase 100-240V 50/60 Hz {rng.randint(1, 9)}000 mAh 12V 0,8{_digits(rng, 1)}A",
    lambda rng: f"skala 1:{rng.randint(8, 99)} tahun 19{_digits(rng, 2)} - 20{rng.randint(10, 26)}",
    lambda rng: (
        f"toko buka senin-jumat 08.00-16.00 0{rng.randint(1, 9)} hari, garansi {rng.randint(1, 24)} bulan"
    ),
    lambda rng: f"https://shopee.co.id.example.net/x-{_digits(rng, 8)}-628{_digits(rng, 9)}",
    lambda rng: f"nilon 210D 08{_digits(rng, 1)}0 + 62{_digits(rng, 2)} + {_digits(rng, 4)}",
)


def ordinary_text(rng: random.Random) -> str:
    """A listing's text with several numbers and signs in it and no contact."""
    parts = []
    for _ in range(rng.randint(3, 7)):
        parts += [sentence(rng), rng.choice(ORDINARY)(rng)]
    return rng.choice((" ", ". ", "\n", " - ", ", ")).join(parts)


def text_around(contact: str, rng: random.Random) -> str:
    """A listing's text with the contact in it, numbers before and after."""
    before = rng.choice(("", sentence(rng), f"{sentence(rng)} harga 150.000", f"{sentence(rng)} size 40 41"))
    after = rng.choice(("", sentence(rng), "2 pcs", f"{sentence(rng)} 85rb", "stok 12"))
    return f"{before}{rng.choice((' ', '. ', chr(10)))}{contact}{rng.choice((' ', ', ', chr(10)))}{after}"
