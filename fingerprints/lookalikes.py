"""One character at a time: what a reader takes it for, in lower-case Latin where there is such a reading.

Sellers write "јаkеt" with Cyrillic letters, "𝕛𝕒𝕜𝕖𝕥" with mathematical ones, "ᴊᴀᴋᴇᴛ" with small capitals.
Nearly all of this is data that others keep: Unicode's compatibility decompositions and character names come
with Python, Unicode's confusables (UTS #39) with `confusable_homoglyphs`. `_SUPPLEMENT` is what fancy-text
generators draw on and the confusables leave out, since they list what cannot be told apart, not what is read
alike ("₣ʀᴇᴇ", "ᗩᗷᑕ").
"""

import unicodedata
from functools import cache
from re import compile as compiled

from confusable_homoglyphs.confusables import confusables_data

OTHER = "\u00b7"
"""Stands for any character that is no letter, digit, space or ASCII mark: emoji, ornaments, bullets."""

_SUPPLEMENT_BY_SCRIPT = {
    "Cyrillic": "вb дa зz иn кk лl мm нh пn тt цu шw щw ьb яr бb ԍg єe ґr қk ңh ҳx ҹy әe өo ҡk ӏl",
    "Greek": "Δa Λa Πn Ωo Ξe Σe βb γy δd εe ζz ηn κk λl μu ξe πn σo ςs τt υu χx ωw",
    "Armenian": "լl յj Լl",
    "Cherokee": "Ꮆg Ꮑn Ꮎo Ꮜu Ꮞ4",
    "Canadian syllabics": "ᗩa ᗅa ᗷb ᑕc ᕮe ᗴe ᘜg ᒎj ᑎn ᗝo ᔕs ᗯw ᖻy ᘔz ᑯd ᑲb ᒿ2",
    "Coptic": "ⲁa ⲃb ⲉe ⲏh ⲓi ⲕk ⲙm ⲛn ⲧt ⲩy ⲭx ⲍz",
    "read as i": "Ιi Іi ꓲi ᛁi ⵏi",
    "currency": "₳a ฿b ₵c €e ₣f ₲g ₭k £l ₥m ₦n ₱p ₴s ₮t ₩w ¥y ¢c ₫d",
    "phonetic": "ɐa ʙb ɔo ɛe ɜe ɢg ɭl ɲn ŋn ɴn ɵo ʀr ʃs ʊu ʌv ʋv ƒf ƨs ƽs ƅb ƿp ꞵb ꭓx ƻ2 ɩi ƍg",
}
_SUPPLEMENT = {pair[0]: pair[1] for row in _SUPPLEMENT_BY_SCRIPT.values() for pair in row.split()}
_LATIN_NAME = compiled(
    r"(?:LATIN|INDICATOR SYMBOL)(?: SMALL| CAPITAL| LETTER| LIGATURE| TURNED| REVERSED| SIDEWAYS"
    r"| OPEN| CLOSED| SCRIPT| DOTLESS| INSULAR| INVERTED| LONG| SHARP| BARRED| STRETCHED| MIDDLE-WELSH)*"
    r" ([A-Z]{1,2})(?: WITH .+)?$"
)
_REMEMBERED_AT_MOST = 20_000
"""Entries of the table kept in memory: a hostile stream of rare characters must not fill it."""


class PlainCharacters(dict[int, str]):
    """A table for `str.translate` that works out each character when it is first met.

    A value is lower-case letters and digits, a space, one ASCII punctuation mark, `OTHER`, or nothing at all
    (controls, zero-width and direction marks, combining marks). Translating twice changes nothing more.
    """

    def __missing__(self, codepoint: int) -> str:
        plain = _plain(chr(codepoint))
        if len(self) < _REMEMBERED_AT_MOST:
            self[codepoint] = plain
        return plain


def _plain(character: str) -> str:
    for _ in range(4):
        seen = "".join(map(_plain_once, character))
        if seen == character:
            break
        character = seen
    return character


def _plain_once(character: str) -> str:
    if character.isascii():
        return _plain_ascii(character)
    category = unicodedata.category(character)
    if category[0] in "CM":
        return ""
    reading = _reading(character)
    if reading is not None:
        return reading
    if category[0] in "LN":
        return character
    return " " if category[0] == "Z" else OTHER


def _reading(character: str) -> str | None:
    """Something plainer that is read the same, the most certain source first; None for nothing."""
    if (known := _SUPPLEMENT.get(character)) is not None:
        return known
    if (latin := _LATIN_NAME.search(unicodedata.name(character, ""))) is not None:
        return latin[1].lower()
    if (digit := unicodedata.digit(character, None)) is not None:
        return str(digit)
    parts = unicodedata.normalize("NFKD", character)
    unmarked = unicodedata.normalize("NFC", "".join(p for p in parts if unicodedata.category(p)[0] != "M"))
    # Before case is folded: a capital eta looks like H, a small one like n.
    if unmarked and unmarked != character:
        return unmarked
    if (confusable := _confusables().get(character)) is not None:
        return confusable
    folded = unmarked.casefold()
    return None if folded == character else folded


def _plain_ascii(character: str) -> str:
    if character.isprintable():
        return character.lower()
    return " " if character.isspace() else ""


@cache
def _confusables() -> dict[str, str]:
    """Characters that Unicode's confusables give as one ASCII letter or digit."""
    readings: dict[str, str] = {}
    for character, alike in confusables_data.items():
        plain = next((one["c"] for one in alike if len(one["c"]) == 1 and _is_plain(one["c"])), None)
        if len(character) == 1 and not character.isascii() and plain is not None:
            readings[character] = plain.lower()
    return readings


def _is_plain(character: str) -> bool:
    return character.isascii() and character.isalnum()
