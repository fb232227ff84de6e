"""Texts that are made to take long: each shape, repeated, is the worst of something that readers of text do."""

import random

SHAPES: dict[str, str] = {
    "one letter": "a",
    "one capital": "A",
    "one digit": "7",
    "one sign": "$",
    "spaces": " ",
    "line feeds": "\n",
    "tabs and feeds": " \n\t",
    "accents": "\u0301",
    "zalgo": "a\u0301\u0316\u0489\u0334",
    "zero-width": "\u200b",
    "joiners": "a\u200d\u200c",
    "right to left": "\u202e",
    "turned and turned back": "\u202ea\u202c",
    "Arabic": "سلام ",
    "ligatures": "ﷺ",
    "flags": "🇮🇩",
    "half flags": "🇮",
    "keycaps": "1\ufe0f\u20e3",
    "emoji": "👩\u200d👩\u200d👧 ",
    "decorative": "𝕁𝕒",
    "full width": "ａ．ｂ",
    "astral": "\U0010ffff",
    "spaced letters": "j a k e t ",
    "dotted letters": "j.a.k.",
    "letter and sign": "a-",
    "letter and two signs": "a.b-",
    "at and letter": "a@",
    "at signs": "@",
    "dollars in words": "a$",
    "leet": "4n7i",
    "ones": "a1",
    "words": "kemeja flanel ",
    "digits and spaces": "0812 ",
    "digits and dashes": "0-",
    "digits and brackets": "(0)",
    "digits and a letter": "08a",
    "spelled digits": "nol delapan satu ",
    "tens": "dua puluh ",
    "almost phone": "+62 81",
    "almost phones": "0812-3456-78x ",
    "announced": "wa ",
    "announced number": "wa: 0812345678 ",
    "almost handle": "ig : ",
    "handle": "ig @a.b ",
    "network glued": "igfbline",
    "almost mail": "a@b.",
    "almost long mail": "aaaaaaaa.",
    "mail": "a@b.co ",
    "scheme": "https://",
    "scheme and host": "https://a.co/",
    "hosts": "a.",
    "almost host": "a-.",
    "host and slash": "a.co/",
    "dots": ".",
    "slashes": "/",
    "backslashes": "\\",
    "wa.me": "wa.me/62",
    "spaced link": "wa . me / ",
    "whatsapp": "whatsapp://send?",
    "question marks": "?a=b&",
    "percents": "%41",
    "percent": "%",
    "brackets open": "(",
    "brackets": "()",
    "square brackets": "[.]",
    "tag open": "<",
    "tag": "<b>",
    "tag name": "<a",
    "tag without an end": "<a ",
    "comment open": "<!--",
    "script": "<script>",
    "ampersand": "&",
    "entity": "&amp;",
    "entity number": "&#1234567;",
    "almost entity": "&#x",
    "quotes": '"',
    "apostrophes": "'",
    "commas": ",",
    "semicolons": ";,",
    "hashes": "#",
    "tags of words": "#a",
    "underscores": "_",
    "price": "Rp 85.000 ",
    "almost price": "1.000.",
    "equals": "=",
    "soft breaks": "=\n",
    "quoted": "> ",
    "surrogate": "\ud800",
    "zero": "\x00",
    "escape": "\x1b[",
    "sizes": "xxl ",
    "x": "x",
    "line separator": "\u2028",
    "dates": "12/11/2026 ",
    "times": "12.00 - ",
    "sum": "=SUM(",
}

BEGINNINGS = ("", "<", "https://shopee.co.id/", "wa ", "@", "0", '"', "a")
"""What stands before the flood: many a search only begins behind something."""
ENDINGS = ("", "!", "\x00", "<", "1")
"""What stands behind it: a match that fails at the very end is tried again from every place."""


def flood(shape: str, characters: int) -> str:
    """The shape again and again, cut to so many characters."""
    unit = SHAPES[shape]
    return (unit * (characters // len(unit) + 1))[:characters]


def mixture(characters: int, seed: int = 7) -> str:
    """All shapes in short runs, in an order that is the same for the same seed."""
    dice = random.Random(seed)
    units = list(SHAPES.values())
    parts: list[str] = []
    size = 0
    while size < characters:
        part = dice.choice(units) * dice.choice((1, 2, 3, 40, 700))
        parts.append(part)
        size += len(part)
    return "".join(parts)[:characters]
