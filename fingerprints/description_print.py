"""The kind of fingerprint that a description has: its plain words without contacts, sketched.

What changes from shop to shop is left out first: links, accounts, hashtags and long numbers are evidence of
their own (`fingerprints.contact`) and a seller replaces them when a listing comes back.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

from fingerprints.description_likeness import FLOOR, DescriptionPrint, compare, sketch
from fingerprints.lookalikes import PlainCharacters
from fingerprints.registry import Example, FingerprintKind, LinearIndex
from fingerprints.title_normalise import LENGTH_AT_MOST, normalise_title

__all__ = ["DESCRIPTION", "DescriptionPrint", "description_print"]

READ_AT_MOST = 16_384
"""Characters of a description that are looked at."""
WORDS_AT_LEAST = 8
"""Fewer words than this are said by very many sellers in the same way."""
REMEMBERED_LETTERS = 64
"""Longest piece whose plain words are remembered, so that a hostile stream does not fill the memory; what has
more without a space is read in pieces."""

_CHARACTERS = PlainCharacters()
_CHARACTERS[ord("\n")] = "\n"
"""Lines are kept apart until what is left out is gone: no number goes on in the next line."""
_TOP_DOMAIN = r"\.(?:com|co|id|me|net|ly|ee|link)(?:\.id)?/"
_MAY_BE_LINKED = re.compile(rf"://|{_TOP_DOMAIN}")
_LINK = re.compile(rf"https?://\S+|(?<![a-z0-9])[a-z0-9-]{{1,30}}{_TOP_DOMAIN}\S*")
_TAG = re.compile(r"[#@][a-z0-9_.]+")
_NUMBER = re.compile(r"\d(?<![a-z0-9]\d)[\d .()-]{6,}\d")
"""Eight characters or more. The look behind comes second, so that the search runs from digit to digit."""
_SINGLE_LETTERS = re.compile(r" [^ ] [^ ] [^ ](?: |$)|^[^ ] [^ ] [^ ](?: |$)")
"""In plain words: what may be left of a word taken apart."""
_TAKEN_APART = re.compile(r"(?<!\w)([^\W_])\1{0,2}(?:[\W_]{1,8}([^\W_])\2{0,2}){2,}(?!\w)")
"""Three or more single characters in a row, also repeated ones, which may be the letters of one word."""
_PIECE = re.compile(rf"\S{{1,{REMEMBERED_LETTERS}}}")


def description_print(description: Any) -> DescriptionPrint | None:
    """The fingerprint of a description; None when it has fewer than `WORDS_AT_LEAST` words.

    Raises TypeError for what is no text. Linear in the first `READ_AT_MOST` characters.
    """
    if not isinstance(description, str):
        raise TypeError(f"description: expected text, not {type(description).__name__}")
    text = _without_contacts(description[:READ_AT_MOST].translate(_CHARACTERS))
    words = " ".join(filter(None, map(_remembered, _PIECE.findall(text))))
    if _SINGLE_LETTERS.search(words):
        words = " ".join(filter(None, map(_words_of, _pieces(text))))
    return sketch(words) if words.count(" ") >= WORDS_AT_LEAST - 1 else None


def _without_contacts(text: str) -> str:
    """The plain characters without links, accounts, hashtags and long numbers."""
    if "/" in text and _MAY_BE_LINKED.search(text):
        text = _LINK.sub(" ", text)
    if "#" in text or "@" in text:
        text = _TAG.sub(" ", text)
    return _NUMBER.sub(" ", text)


def _pieces(text: str) -> Iterator[str]:
    """What stands between two spaces, but the letters of a word taken apart together."""
    for line in text.split("\n"):
        ended = 0
        for run in _TAKEN_APART.finditer(line):
            if run.start() >= ended:
                start = max(line.rfind(" ", ended, run.start()) + 1, ended)
                space = line.find(" ", run.end())
                end = space if space >= 0 else len(line)
                yield from _PIECE.findall(line[ended:start])
                yield from _cut(line[start:end])
                ended = end
        yield from _PIECE.findall(line[ended:])


def _cut(taken_apart: str) -> Iterator[str]:
    """Pieces that `normalise_title` reads whole."""
    for at in range(0, len(taken_apart), LENGTH_AT_MOST):
        yield taken_apart[at : at + LENGTH_AT_MOST]


def _words_of(piece: str) -> str:
    return _remembered(piece) if len(piece) <= REMEMBERED_LETTERS else normalise_title(piece)


_remembered = lru_cache(maxsize=32_768)(normalise_title)
"""The words of descriptions come again and again."""


_ORIGINAL = (
    "Jaket varsity wolverine warna maroon, bordir tebal di dada dan lengan.\n"
    "Bahan fleece cotton lembut, furing dormeuil, kancing logam.\n"
    "Lingkar dada 112 cm panjang 68 cm, muat sampai berat 75 kg.\n"
    "Barang siap kirim setiap hari sebelum jam dua siang."
)


def _examples() -> Sequence[Example]:
    lines = _ORIGINAL.split("\n")
    other = (
        "Panci presto stainless isi delapan liter dengan dua katup pengaman.\n"
        "Cocok untuk kompor gas maupun induksi, tutup rapat dan pegangan tidak panas."
    )
    return (
        Example(_ORIGINAL, "\n".join(lines[::-1]), True, "sentences moved"),
        Example(_ORIGINAL, "\n".join(lines[:3]), True, "a sentence removed"),
        Example(
            _ORIGINAL, f"{_ORIGINAL}\nWA 0812-3456-7890 IG @toko.baju #jaket #varsity", True, "contacts added"
        ),
        Example(_ORIGINAL, f"Diskon hari ini saja untuk semua pembeli!\n{_ORIGINAL}", True, "padded"),
        Example(_ORIGINAL, _ORIGINAL.replace("a", "4").replace("e", "3"), True, "digits for letters"),
        Example(_ORIGINAL, _ORIGINAL.replace("a", "а").replace("e", "е"), True, "Cyrillic lookalikes"),
        Example(_ORIGINAL, other, False, "another item of another seller"),
    )


DESCRIPTION: FingerprintKind[DescriptionPrint] = FingerprintKind(
    name="description",
    algorithm="description-minhash-2",
    fingerprint=description_print,
    compare=compare,
    floor=FLOOR,
    new_index=lambda: LinearIndex(compare, FLOOR),
    examples=_examples,
)
