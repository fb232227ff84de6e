"""One piece of evidence in words for a person, in each language: the same in the report, on the terminal, in the
console and in an evidence pack.

A new kind needs its words in `_in_english_and_indonesian` alone; a test names the kind that has none. All text from
outside is made safe to print; what shows it in HTML escapes it once more.
"""

from typing import Literal

from msgspec import UNSET

from connectors.evidence import (
    CategoryEvidence,
    ConditionEvidence,
    ContactEvidence,
    DescriptionEvidence,
    Evidence,
    FloodEvidence,
    PhotoEvidence,
    PriceEvidence,
    SellerEvidence,
    TitleEvidence,
)
from streams.words.photos import EDITS_SHOWN, photo_words
from streams.words.safe_text import safe_text

Language = Literal["en", "id"]
TEXT_SHOWN = 100
"""Characters of a title or another text from outside."""

_KINDS_ID = {"phone": "nomor telepon", "handle": "nama akun", "messenger": "kontak pesan", "shop": "toko"}
_RELATIONS_ID = {"same photo": "foto yang sama", "same backdrop": "latar yang sama"}
_CONDITIONS_ID = {"new": "baru", "used": "bekas"}
_EDITS_ID = {
    "mirrored": "dicerminkan", "cropped": "dipotong", "stretched": "ditarik", "covered in part": "tertutup sebagian",
    "recoloured": "diubah warnanya", "border": "diberi bingkai", "collage": "di dalam kolase",
    "screenshot": "tangkapan layar", "put into a larger picture": "diletakkan di gambar yang lebih besar",
}  # fmt: skip


def evidence_words(part: Evidence, language: Language = "en") -> str:
    """What the two listings have in common in this part, without its weight."""
    english, indonesian = _in_english_and_indonesian(part)
    return indonesian if language == "id" else english


def _in_english_and_indonesian(part: Evidence) -> tuple[str, str]:  # noqa: PLR0911  one return for each kind
    match part:
        case PhotoEvidence():
            ours, theirs = part.listing_image + 1, part.takedown_image + 1
            return (
                f"photo {ours} and the takedown's {theirs}: {photo_words(part)}",
                f"foto {ours} dan foto takedown {theirs}: {_photo_words_id(part)}",
            )
        case TitleEvidence():
            titles = f"“{_safe(part.listing_text)}” / “{_safe(part.takedown_text)}”"
            return (
                f"titles {part.similarity:.0%} alike: {titles}",
                f"judul {part.similarity:.0%} serupa: {titles}",
            )
        case DescriptionEvidence():
            return f"descriptions {part.similarity:.0%} alike", f"deskripsi {part.similarity:.0%} serupa"
        case PriceEvidence():
            return f"price ratio {part.ratio:.2f}", f"perbandingan harga {part.ratio:.2f}"
        case CategoryEvidence():
            shelves = f"“{_safe(part.listing_category)}” / “{_safe(part.takedown_category)}”"
            return f"categories {shelves}", f"kategori {shelves}"
        case ConditionEvidence():
            ours_id, theirs_id = (
                _in(_CONDITIONS_ID, each) for each in (part.listing_condition, part.takedown_condition)
            )
            return (
                f"condition {part.listing_condition} / {part.takedown_condition}",
                f"kondisi {ours_id} / {theirs_id}",
            )
        case SellerEvidence():
            return f"the same seller {_safe(part.seller_id)}", f"penjual yang sama {_safe(part.seller_id)}"
        case ContactEvidence():
            value = _safe(part.value)
            return f"the same {part.contact} {value}", f"{_in(_KINDS_ID, part.contact)} yang sama {value}"
        case FloodEvidence():
            return (
                f"{part.listings} listings met this takedown within {part.minutes:g} minutes",
                f"{part.listings} iklan cocok dengan takedown ini dalam {part.minutes:g} menit",
            )


def _photo_words_id(part: PhotoEvidence) -> str:
    words = [_in(_RELATIONS_ID, part.relation), *map(_edit_id, part.edits[:EDITS_SHOWN])]
    if part.inliers is not UNSET:
        words.append(f"{part.inliers} titik cocok")
    if part.distance is not UNSET:
        words.append(f"{part.distance} dari 256 bit berbeda")
    return ", ".join(words)


def _edit_id(edit: str) -> str:
    turned = edit.removeprefix("rotated ")
    return f"diputar {_safe(turned)}" if turned != edit else _EDITS_ID.get(edit, _safe(edit))


def _in(words: dict[str, str], text: str) -> str:
    """The word for it; what another version or another sender wrote stays as it is."""
    return words.get(text) or _safe(text)


def _safe(text: str) -> str:
    return safe_text(text, TEXT_SHOWN)
