"""The disguises that are measured: `TABLE`, which the goal is set for; `EXTRA`, which no goal names; `UNSEEN`.

The weights were fitted on `TABLE` and `EXTRA` of the other half of the titles, and the list of filler words was made
by the same people as the paddings here. `UNSEEN` was written after all that and is never tuned on: it shows whether
the matcher was built for the kind of disguise or for the row.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from streams.evaluation.title_disguise import (
    Change,
    alphabet,
    apart,
    between_letters,
    between_words,
    chain,
    dropped,
    each_word,
    in_syllables,
    joined,
    joined_in_pairs,
    letters_from,
    one_of,
    overridden_words,
    padded,
    repeated,
    replaced,
    reversed_and_turned,
    shuffled,
    typing_errors,
    vowels_dropped,
)


@dataclass(frozen=True, slots=True)
class Disguise:
    """One disguise; `name` seeds its dice."""

    name: str
    what: str
    change: Change


_LEET = {"a": "44@", "e": "3", "i": "11!", "o": "0", "s": "55$", "t": "7", "g": "9", "b": "8"}
LEET = _LEET | {letter.upper(): signs for letter, signs in _LEET.items()}
CYRILLIC = {
    "a": "а", "c": "с", "e": "е", "o": "о", "p": "р", "x": "х", "y": "у", "i": "і", "s": "ѕ", "j": "ј", "k": "к",
    "d": "ԁ", "h": "һ", "A": "А", "B": "В", "C": "С", "E": "Е", "H": "Н", "K": "К", "M": "М", "O": "О", "P": "Р",
    "T": "Т", "X": "Х", "S": "Ѕ", "I": "І", "J": "Ј",
}  # fmt: skip
ZERO_WIDTH = ("\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u00ad")
PADDING = (
    "viral", "termurah", "promo", "bisa cod", "ready stock", "original", "import", "best seller", "gratis ongkir",
    "cuci gudang", "kekinian", "unisex", "pria wanita", "flash sale", "100% ori", "murah meriah", "trusted",
    "siap kirim", "diskon 50%", "terlaris", "kualitas premium", "model terbaru", "big sale", "hot item", "grosir",
)  # fmt: skip
TREND = (
    "samsung", "iphone", "korean style", "uniqlo", "nike", "tupperware", "kpop", "mobile legends", "lebaran 2021",
    "adidas", "zara", "scarlett", "erigo", "h&m", "anti corona", "xiaomi", "wardah", "disney", "ulzzang", "gucci",
)  # fmt: skip
"""What everybody looks for, and has nothing to do with the goods."""
FONTS = tuple(
    letters_from(alphabet(*starts))
    for starts in (
        (0x1D400, 0x1D41A, 0x1D7CE), (0x1D5D4, 0x1D5EE, 0x1D7EC), (0x1D670, 0x1D68A, 0x1D7F6),
        (0xFF21, 0xFF41, 0xFF10), (0x1D468, 0x1D482), (0x24B6, 0x24D0), (0x1D63C, 0x1D656), (0x1D56C, 0x1D586),
    )
)  # fmt: skip
SAME = {
    "baju": ["pakaian", "busana"], "kaos": ["tshirt", "kaus", "t-shirt"], "kemeja": ["shirt", "hem"],
    "celana": ["pants", "clana"], "jaket": ["jacket"], "sepatu": ["shoes", "spatu"], "sandal": ["sendal"],
    "tas": ["bag"], "topi": ["hat"], "rok": ["skirt"], "dress": ["gaun"], "hijab": ["jilbab", "kerudung"],
    "jilbab": ["hijab", "kerudung"], "dompet": ["wallet"], "jam": ["watch"], "kacamata": ["glasses"],
    "wanita": ["cewek", "cewe", "perempuan", "women"], "pria": ["cowok", "cowo", "men"],
    "anak": ["kids", "bocil"], "bayi": ["baby"], "baby": ["bayi"], "panjang": ["pjg", "long"], "murah": ["murmer"],
    "pendek": ["pdk", "short"], "hitam": ["black"], "putih": ["white"], "merah": ["red"], "biru": ["blue"],
    "hijau": ["green"], "original": ["ori", "asli"], "ori": ["original"], "besar": ["jumbo", "big"],
    "kecil": ["mini"], "warna": ["color"], "ukuran": ["size"], "size": ["ukuran", "uk"], "untuk": ["utk", "buat"],
    "dan": ["&", "dgn"], "lucu": ["cute"], "mainan": ["toys"], "botol": ["bottle"], "gratis": ["free"],
    "susu": ["milk"], "kopi": ["coffee"], "sabun": ["soap"], "rambut": ["hair"], "wajah": ["muka", "face"],
    "coklat": ["cokelat", "chocolate"], "buku": ["book"], "lampu": ["lamp"], "meja": ["table"], "madu": ["honey"],
    "minyak": ["oil"], "masker": ["mask"], "gelas": ["cup"], "kunci": ["key"], "tempat": ["holder"],
    "bantal": ["pillow"], "boneka": ["doll"], "import": ["impor"], "dengan": ["dgn"], "isi": ["pcs"],
}  # fmt: skip
"""Synonyms, English and abbreviations; more than the matcher's own list has."""

TYPOS = typing_errors(0.5)
MILD_LEET = letters_from(LEET, 0.6)

TABLE: tuple[Disguise, ...] = (
    Disguise("leet", "leet", MILD_LEET),
    Disguise("homoglyphs", "Cyrillic homoglyphs", letters_from(CYRILLIC, 0.8)),
    Disguise("spaced", "s p a c e d", apart(" ", "   ")),
    Disguise("zero-width", "zero-width characters", between_letters(ZERO_WIDTH, 0.6)),
    Disguise("dotted", "d.o.t.t.e.d", apart(".", " ")),
    Disguise("shuffled", "words shuffled", shuffled),
    Disguise("dropped", "40% of words dropped", dropped(0.4)),
    Disguise("padded", "SEO padding", padded(PADDING, 5)),
    Disguise("typos", "typos in half of the words", TYPOS),
    Disguise("repeated", "repeated letters", each_word(repeated)),
    Disguise("fonts", "decorative fonts", one_of(*FONTS)),
    Disguise("synonyms", "synonyms and slang", replaced(SAME)),
    Disguise("typo-shuffle", "typos + shuffle", chain(TYPOS, shuffled)),
    Disguise("pad-leet-shuffle", "padding + leet + shuffle", chain(padded(PADDING, 4), MILD_LEET, shuffled)),
)

CHEROKEE = dict(zip("ABCDEGHIJKLMPRSTVWZ", "ᎪᏴᏟᎠᎬᏀᎻᎥᎫᏦᏞᎷᏢᎡᏚᎢᏙᎳᏃ", strict=True))
LISU = dict(zip("ABCDEFGHIJKLMNOPRSTUVWXYZ", "ꓮꓐꓚꓓꓰꓝꓖꓧꓲꓙꓗꓡꓟꓠꓳꓑꓣꓢꓔꓴꓦꓪꓫꓬꓜ", strict=True))
GREEK = dict(zip("ABEHIKMNOPTXYZaikovunp", "ΑΒΕΗΙΚΜΝΟΡΤΧΥΖαικονυηρ", strict=True))
ARMENIAN = dict(zip("hnouSUO", "հոօսՏՍՕ", strict=True))
SMALL_CAPITALS = dict(zip("abcdefghijklmnoprtuvwyz", "ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀᴛᴜᴠᴡʏᴢ", strict=True))
MARKED: dict[str, Sequence[str]] = {
    letter: [letter + mark for mark in "\u0301\u0308\u0336\u0323\u030a"] for letter in "aeioubcdfgklmnprst"
}
LATIN_MARKED = dict(zip("aceiklnostuyz", "äçéíķłñøșţüÿž", strict=True))
BIDI = ("\u200e", "\u200f", "\u202a", "\u202c", "\u2066", "\u2069", "\u061c")
EMOJI = ("🔥", "✨", "💥", "❤️", "👕", "🛒", "⭐", "💯", "🧥", "🇮🇩", "👍🏽", "1️⃣")


def capitals(title: str, _chance: random.Random) -> str:
    """All in capitals: most of the lookalikes are."""
    return title.upper()


EXTRA: tuple[Disguise, ...] = (
    Disguise("cherokee", "Cherokee", chain(capitals, letters_from(CHEROKEE))),
    Disguise("lisu", "Lisu", chain(capitals, letters_from(LISU))),
    Disguise("greek", "Greek", letters_from(GREEK)),
    Disguise("armenian", "Armenian", letters_from(ARMENIAN)),
    Disguise("small-capitals", "small capitals", letters_from(SMALL_CAPITALS)),
    Disguise("squared", "squared and negative letters", chain(capitals, one_of(
        letters_from(alphabet(0x1F130, 0x1F130)), letters_from(alphabet(0x1F150, 0x1F150)),
        letters_from(alphabet(0x1F170, 0x1F170)), letters_from(alphabet(0x1F1E6, 0x1F1E6))))),
    Disguise("marked", "combining marks", letters_from(MARKED)),
    Disguise("accents", "accented letters", letters_from(LATIN_MARKED)),
    Disguise("bidi", "bidirectional marks", between_letters(BIDI, 0.5)),
    Disguise("backwards", "written backwards and turned by a mark", reversed_and_turned),
    Disguise("backwards-words", "words backwards, each turned by marks", each_word(overridden_words)),
    Disguise("emoji-between", "emoji for spaces", between_words(EMOJI)),
    Disguise("emoji-inside", "emoji between letters", between_letters(EMOJI, 0.4)),
    Disguise("underscored", "_ / | for spaces", between_words("_/|~")),
    Disguise("joined", "words joined, all", joined),
    Disguise("joined-pairs", "words joined in pairs", joined_in_pairs),
    Disguise("one-space", "every letter apart by one space, words too", apart(" ", " ")),
    Disguise("syllables", "words in syllables", each_word(in_syllables)),
    Disguise("vowels", "vowels dropped", each_word(vowels_dropped)),
    Disguise("vowels-half", "vowels dropped in half of the words", each_word(vowels_dropped, 0.5)),
    Disguise("trend", "padding with what everybody looks for", padded(TREND, 5)),
    Disguise("heavy-padding", "12 phrases of padding", padded((*PADDING, *TREND), 12)),
    Disguise("dropped-typos", "30% dropped + typos", chain(dropped(0.3), TYPOS)),
    Disguise("dropped-padded", "30% dropped + padding", chain(dropped(0.3), padded(PADDING, 4))),
    Disguise("synonyms-typos", "synonyms + typos + shuffle", chain(replaced(SAME), typing_errors(0.3), shuffled)),
    Disguise("homoglyph-spaced", "homoglyphs + spaced", chain(letters_from(CYRILLIC, 0.6), apart(" ", "  "))),
    Disguise("leet-joined", "leet + joined in pairs", chain(MILD_LEET, joined_in_pairs)),
    Disguise("fonts-repeated", "repeated + decorative fonts + emoji", chain(
        each_word(repeated), one_of(*FONTS), between_words(EMOJI))),
    Disguise("typos-all", "a typo in every word of four letters", typing_errors(1.0)),
    Disguise("everything", "shuffle + typos + padding + homoglyphs + zero-width", chain(
        shuffled, typing_errors(0.3), padded(PADDING, 4), letters_from(CYRILLIC, 0.5),
        between_letters(ZERO_WIDTH, 0.3))),
)  # fmt: skip

FRESH_PADDING = (
    "pengiriman kilat", "barang berkualitas tinggi", "langsung dari pabriknya", "lagi ngetrend", "stok menipis",
    "buruan checkout", "laku keras", "harga pelajar", "bisa retur", "fast respon", "packing rapi", "must have",
    "edisi khusus", "rekomen banget", "kado ulang tahun", "oleh oleh", "serba 50rb", "pilihan lengkap",
)  # fmt: skip
UPSIDE_DOWN = dict(zip("abcdefghijkmnpqrtuvwy", "ɐqɔpǝɟƃɥᴉɾʞɯudbɹʇnʌʍʎ", strict=True))


def upside_down(title: str, _chance: random.Random) -> str:
    """Letters that look turned by half a circle, from the last to the first."""
    return "".join(UPSIDE_DOWN.get(letter, letter) for letter in reversed(title.lower()))


UNSEEN: tuple[Disguise, ...] = (
    Disguise("fresh-padding", "padding with other phrases", padded(FRESH_PADDING, 5)),
    Disguise("fresh-padding-leet", "padding with other phrases + leet", chain(padded(FRESH_PADDING, 4), MILD_LEET)),
    Disguise("upside-down", "upside down", upside_down),
    Disguise("hyphens", "hyphens for spaces", between_words("-")),
    Disguise("said-twice", "all words twice, shuffled", chain(lambda title, _: f"{title} {title}", shuffled)),
    Disguise("scripts-dropped", "Greek and small capitals + 20% dropped", chain(
        dropped(0.2), letters_from(GREEK, 0.5), letters_from(SMALL_CAPITALS, 0.5))),
    Disguise("swapped-and-joined", "typos + joined in pairs", chain(typing_errors(0.3), joined_in_pairs)),
    Disguise("vowels-shuffled", "vowels dropped in a third of the words + shuffled + padding", chain(
        each_word(vowels_dropped, 0.33), shuffled, padded(PADDING, 3))),
)  # fmt: skip
