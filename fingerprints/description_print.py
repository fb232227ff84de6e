"""The kind of fingerprint that a description has: its plain words without contacts, sketched.

What changes from shop to shop is left out first: links, accounts, hashtags and long numbers are evidence of
their own (`fingerprints.contact`) and a seller replaces them when a listing comes back.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

from fingerprints.description_index import DescriptionIndex
from fingerprints.description_likeness import FLOOR, DescriptionPrint, compare, sketch
from fingerprints.lookalikes import PlainCharacters
from fingerprints.registry import Example, FingerprintKind
from fingerprints.title_normalise import LENGTH_AT_MOST, normalise_title

__all__ = ["DESCRIPTION", "DescriptionPrint", "description_print"]

READ_AT_MOST = 16_384
"""Characters of a description that are looked at."""
WORDS_AT_LEAST = 8
"""Fewer words than this are said by very many sellers in the same way."""
_CHARACTERS = PlainCharacters()
_LEFT_OUT = re.compile(
    r"https?://\S+|(?<![a-z0-9])[a-z0-9-]{1,30}\.(?:com|co|id|me|net|ly|ee|link)(?:\.id)?/\S*"
    r"|[#@][a-z0-9_.]+|(?<![a-z0-9])\+?\d[\d .()-]{6,}\d"
)
_TAKEN_APART = re.compile(r"(?:^|\s)\S{1,3}(?:\s{1,8}\S{1,3}){2}(?:\s|$)")
"""Three short words in a row, which may be the letters of one."""
_PIECE = re.compile(rf".{{1,{LENGTH_AT_MOST - 100}}}(?:\s|$)|\S{{{LENGTH_AT_MOST - 100}}}", re.DOTALL)


def description_print(description: Any) -> DescriptionPrint | None:
    """The fingerprint of a description; None when it has fewer than `WORDS_AT_LEAST` words.

    Raises TypeError for what is no text. Linear in the first `READ_AT_MOST` characters.
    """
    if not isinstance(description, str):
        raise TypeError(f"description: expected text, not {type(description).__name__}")
    text = " ".join(words for line in _lines(description) for words in _plain(line))
    return sketch(text) if len(text.split()) >= WORDS_AT_LEAST else None


def _plain(line: str) -> Iterator[str]:
    """The plain words of a line, letters and digits told apart no more than `read_as_letters` does."""
    if _TAKEN_APART.search(line):
        yield from normalise_title(line).split()
    else:
        yield from filter(None, map(_plain_token, line.split()))


@lru_cache(maxsize=65_536)
def _plain_token(token: str) -> str:
    """What stands between two spaces; by itself, as the words of descriptions come again and again."""
    return normalise_title(token)


def _lines(description: str) -> Iterator[str]:
    """The lines without what is left out, none longer than `normalise_title` keeps."""
    for line in description[:READ_AT_MOST].splitlines():
        plain = _LEFT_OUT.sub(" ", line.translate(_CHARACTERS))
        if len(plain) < LENGTH_AT_MOST - 100:
            yield plain
        else:
            yield from (piece[0] for piece in _PIECE.finditer(plain))


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
    algorithm="description-minhash-1",
    fingerprint=description_print,
    compare=compare,
    floor=FLOOR,
    new_index=DescriptionIndex,
    examples=_examples,
)
