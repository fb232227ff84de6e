"""One character at a time: what a reader takes it for, in lower-case Latin where there is such a reading.

Sellers write "јаkеt" with Cyrillic letters, "𝕛𝕒𝕜𝕖𝕥" with mathematical ones, "ᴊᴀᴋᴇᴛ" with small capitals.
Most of this is in the Unicode data that Python carries: compatibility decompositions (styled and
full-width letters) and character names ("LATIN SMALL LETTER D WITH STROKE"). Only letters of other scripts
that merely look Latin need a table, and it is short: the scripts that fancy-text generators draw on.
"""

import re
import unicodedata

OTHER = "\u00b7"
"""Stands for any character that is no letter, digit, space or ASCII mark: emoji, ornaments, bullets."""

_LOOKALIKES_BY_SCRIPT = {
    "Cyrillic": "аa бb вb гr дa еe зз иn кk лл мm нh оo пn рp сc тt уy хx цu шw щw ьb яr "
    "ѕs іi јj ԁd һh ԛq ԝw ѵv ӏl ԍg єe үy ґr қk ңh ҳx ҹy әe өo ҡk",
    "Greek, capital": "ΑA ΒB ΓR ΔA ΕE ΖZ ΗH ΙI ΚK ΛA ΜM ΝN ΟO ΠN ΡP ΣE ΤT ΥY ΧX ΩO ϹC ϺM",
    "Greek, small": "αa βb γy δd εe ζz ηn ιi κk λl μu νv οo πn ρp σo ςs τt υu χx ωw ϲc ϳj",
    "Armenian": "աw գq զq լl հh յj ոn ռn սu ցg օo ՏS ՍU ՕO ՀH ԼL",
    "Cherokee": "ᎪA ᏴB ᏟC ᎠD ᎬE ᎶG ᏀG ᎻH ᎥI ᎫJ ᏦK ᏞL ᎷM ᏁN ᎾO ᏢP ᎡR ᏒR ᏚS ᏕS ᎢT ᏌU ᏙV ᎳW ᎩY ᎽY ᏃZ ᏂH ᏧD",
    "Lisu": "ꓮA ꓐB ꓚC ꓓD ꓰE ꓝF ꓖG ꓧH ꓲI ꓙJ ꓗK ꓡL ꓟM ꓠN ꓳO ꓑP ꓣR ꓢS ꓔT ꓴU ꓦV ꓪW ꓫX ꓬY ꓜZ",
    "Canadian syllabics": "ᗅA ᗩA ᗷB ᑕC ᗞD ᗪD ᕮE ᗴE ᖴF ᘜG ᕼH ᒍJ ᒎJ ᒪL ᗰM ᑎN ᗝO ᑭP ᖇR ᔕS ᑌU ᐯV ᗯW ᙭X ᖻY ᘔZ "
    "ᑯD ᑲB",
    "Coptic": "ⲁa ⲃb ⲉe ⲏh ⲓi ⲕk ⲙm ⲛn ⲟo ⲣp ⲥc ⲧt ⲩy ⲭx ⲍz",
    "Runic and Tifinagh": "ᛕK ᚷX ᛖM ᛁI ⵔO ⵝX ⵏI ⵕQ",
    "currency": "₳a ฿b ₵c €e ₣f ₲g ₭k £l ₥m ₦n ₱p ₴s ₮t ₩w ¥y ¢c ₫d",
    "phonetic": "ɑa ɐa ʙb ɔo ɛe ɜe ɡg ɢg ɣy ɩi ɪi ɭl ɲn ŋn ɴn ɵo ʀr ʃs ʊu ʋv ʌv ʏy ƒf ƨs ƽs ƅb ȣ8 ƿp ꞵb ꭓx "
    "ℓl ℮e ℯe",
    "digits": "Ꮞ4 Ʒ3 ᒿ2 ƻ2",
}
_LOOKALIKES = {pair[0]: pair[1].lower() for row in _LOOKALIKES_BY_SCRIPT.values() for pair in row.split()}
_LATIN_NAME = re.compile(
    r"(?:LATIN|INDICATOR SYMBOL)(?: SMALL| CAPITAL| LETTER| LIGATURE| TURNED| REVERSED| SIDEWAYS"
    r"| OPEN| CLOSED| SCRIPT| DOTLESS| INSULAR| INVERTED| LONG| SHARP| BARRED| STRETCHED| MIDDLE-WELSH)*"
    r" ([A-Z]{1,2})(?: WITH .+)?"
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
    if (lookalike := _LOOKALIKES.get(character)) is not None:
        return lookalike
    if (latin := _LATIN_NAME.search(unicodedata.name(character, ""))) is not None:
        return latin[1].lower()
    if (digit := unicodedata.digit(character, None)) is not None:
        return str(digit)
    parts = unicodedata.normalize("NFKD", character)
    unmarked = "".join(part for part in parts if unicodedata.category(part)[0] != "M")
    folded = unicodedata.normalize("NFC", unmarked).casefold()
    return None if folded == character else folded


def _plain_ascii(character: str) -> str:
    if character.isprintable():
        return character.lower()
    return " " if character.isspace() else ""
