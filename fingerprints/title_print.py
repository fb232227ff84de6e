"""The kind of fingerprint that a title has: normalised text, compared word by word."""

from collections.abc import Sequence
from typing import Any

from fingerprints.registry import Example, FingerprintKind
from fingerprints.title_index import TitleIndex
from fingerprints.title_likeness import SIMILARITY_FLOOR, TitlePrint, compare
from fingerprints.title_normalise import normalise_title

__all__ = ["TITLE", "TitlePrint", "title_print"]


def title_print(title: Any) -> TitlePrint | None:
    """The fingerprint of a title; None when it has no letter or digit.

    Raises TypeError for what is no text.
    """
    if not isinstance(title, str):
        raise TypeError(f"title: expected text, not {type(title).__name__}")
    text = normalise_title(title)
    return TitlePrint(text) if text else None


def _examples() -> Sequence[Example]:
    original = "Jaket Varsity Wolverine Maroon Bordir"
    return (
        Example(original, "J4ket V4rsity W0lver1ne M4roon B0rdir", True, "digits for letters"),
        Example(original, "Jаkеt Vаrsіtу Wоlvеrіnе Mаrооn Bоrdіr", True, "Cyrillic lookalikes"),
        Example(
            original, "J a k e t   V a r s i t y   W o l v e r i n e   M a r o o n", True, "letters spaced"
        ),
        Example(original, "J.a.k.e.t V.a.r.s.i.t.y W.o.l.v.e.r.i.n.e M.a.r.o.o.n", True, "letters dotted"),
        Example(
            original,
            "Ja\u200bket Var\u200dsity Wol\u2060verine Ma\ufeffroon Bordir",
            True,
            "zero-width marks",
        ),
        Example(original, "𝕁𝕒𝕜𝕖𝕥 𝕍𝕒𝕣𝕤𝕚𝕥𝕪 𝕎𝕠𝕝𝕧𝕖𝕣𝕚𝕟𝕖 𝕄𝕒𝕣𝕠𝕠𝕟 𝔹𝕠𝕣𝕕𝕚𝕣", True, "a decorative font"),
        Example(original, "Jakettt Varsityyy Wolverineee Maroooon Bordirrr", True, "letters repeated"),
        Example(original, "Bordir Wolverine Jaket Maroon Varsity", True, "words shuffled"),
        Example(original, "Varsity Wolverine Maroon", True, "words dropped"),
        Example(original, f"READY STOK MURAH COD {original} preloved thrift original", True, "padded"),
        Example(original, "Jakte Varsiyt Wolvrine Marooon Bordri", True, "typing errors"),
        Example(original, "Sepatu Lari Anak Perempuan Ringan", False, "another product"),
        Example(original, "Celana Chino Slimfit Abu Tua", False, "another garment"),
    )


TITLE: FingerprintKind[TitlePrint] = FingerprintKind(
    name="title",
    algorithm="title-words-2",
    fingerprint=title_print,
    compare=compare,
    floor=SIMILARITY_FLOOR,
    new_index=TitleIndex,
    examples=_examples,
)
