"""Digits as sellers disguise them: as words, with letters for digits, glued to a word that announces them.

All of it reads plain text (`fingerprints.lookalikes`): lower case, digits of any script already 0 to 9.
"""

import re
from functools import lru_cache
from typing import NamedTuple

_WORDS = {
    "0": "nol kosong ksong zero",
    "1": "satu stu one siji",
    "2": "dua dwa two loro",
    "3": "tiga tga three telu",
    "4": "empat mpat ampat four papat",
    "5": "lima lma five",
    "6": "enam nam anam six",
    "7": "tujuh tuju tjuh seven pitu",
    "8": "delapan lapan dlapan delapn eight wolu",
    "9": "sembilan smbilan sembln nine",
    "10": "sepuluh ten",
    "11": "sebelas eleven",
    "12": "twelve",
    "13": "thirteen",
    "14": "fourteen",
    "15": "fifteen",
    "16": "sixteen",
    "17": "seventeen",
    "18": "eighteen",
    "19": "nineteen",
}
NUMBER_WORDS = {word: digits for digits, words in _WORDS.items() for word in words.split()}
TENS = {
    "twenty": "2",
    "thirty": "3",
    "forty": "4",
    "fifty": "5",
    "sixty": "6",
    "seventy": "7",
    "eighty": "8",
    "ninety": "9",
}
"""Words for twenty to ninety: "twenty one" is 21, "twenty" alone 20."""
AFTER_TEEN = "belas"
AFTER_TENS = "puluh"
TIMES = {"double": 2, "dobel": 2, "dobe": 2, "doble": 2, "triple": 3, "tripel": 3, "tripple": 3}
"""Words before a digit that is said twice or three times."""

GLUED_INTRODUCTIONS = (
    "whatsapp",
    "wasap",
    "telp",
    "tlp",
    "tel",
    "hub",
    "call",
    "sms",
    "wa",
    "hp",
    "cp",
    "no",
    "id",
)
"""What is written without a space before a number: "wa0812..."."""

_LETTERS = str.maketrans("oliszb", "011528")
_LEET = str.maketrans("0134567", "oieastj")
_MIXED = re.compile(r"[0-9oliszb]+")
_LETTERS_READ_AS_DIGITS = frozenset(("o", "oo", "l", "i"))
_GLUED = re.compile(rf"({'|'.join(GLUED_INTRODUCTIONS)})([0o8]\d[0-9oli]*|628[0-9oli]*)")
_TRAILING = re.compile(r"([0-9]{10,14})(?:wa|ya|aja|yah|only|call|sms|kak|sis|gan)")
_REPEATED = re.compile(r"([a-z])\1+")
_PART = re.compile("|".join(sorted((*NUMBER_WORDS, "[0-9]"), key=len, reverse=True)))
_COMPOSED_AT_MOST = 120
"""Characters of a word that is taken apart into number words; thirteen digits in words are at most 91."""

REMEMBERED_LETTERS = 128
"""Tokens of fewer characters are remembered, so that a hostile stream does not fill the memory."""


class Reading(NamedTuple):
    """What a token says as digits. `spelled`: by words; `lettered`: some digit was a letter; `introduced`:
    the token begins with what announces a number."""

    digits: str
    spelled: bool = False
    lettered: bool = False
    introduced: bool = False


def read_digits(token: str) -> Reading | None:
    """The digits of one run of letters and digits; None when it says none."""
    return _read_again(token) if len(token) < REMEMBERED_LETTERS else _read(token)


def _read(token: str) -> Reading | None:
    if token.isdecimal():
        return Reading(token)
    if (digits := NUMBER_WORDS.get(token)) is not None:
        return Reading(digits, spelled=True)
    if token in _LETTERS_READ_AS_DIGITS:
        return Reading(token.translate(_LETTERS), lettered=True)
    if any(map(str.isdecimal, token)):
        return _read_mixed(token)
    collapsed = _REPEATED.sub(r"\1", token)
    if collapsed != token and (digits := NUMBER_WORDS.get(collapsed)) is not None:
        return Reading(digits, spelled=True)
    return _read_composed(token)


_read_again = lru_cache(maxsize=16_384)(_read)


def _read_mixed(token: str) -> Reading | None:
    if (glued := _GLUED.fullmatch(token)) is not None:
        digits = glued[2].translate(_LETTERS)
        return Reading(digits, lettered=digits != glued[2], introduced=True)
    if (trailing := _TRAILING.fullmatch(token)) is not None:
        return Reading(trailing[1])
    if _MIXED.fullmatch(token) and _mostly_digits(token):
        return Reading(token.translate(_LETTERS), lettered=True)
    if (digits := NUMBER_WORDS.get(token.translate(_LEET))) is not None:
        return Reading(digits, spelled=True)
    return _read_composed(token)


def _mostly_digits(token: str) -> bool:
    """O, L and I pass for digits beside any; S, Z and B, which end sizes and units, only among many more."""
    digits = sum(map(str.isdecimal, token))
    doubtful = sum(letter in "szb" for letter in token)
    return not doubtful or (digits >= 3 * doubtful and len(token) > 4)


def _read_composed(token: str) -> Reading | None:
    """ "noldelapansatudua", "08satu2": number words and digits without spaces."""
    if len(token) > _COMPOSED_AT_MOST or len(token) < 4:
        return None
    parts: list[str] = []
    at = 0
    while at < len(token):
        part = _PART.match(token, at)
        if part is None:
            return None
        parts.append(part[0])
        at = part.end()
    return Reading("".join(NUMBER_WORDS.get(part, part) for part in parts), spelled=True)
