"""The words of an evidence pack's summary, in English and Indonesian. A test holds that both have the same."""

from collections.abc import Mapping
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
from streams.evidence_words import evidence_words
from streams.safe_text import safe_text

Language = Literal["en", "id"]
TEXT_SHOWN = 100

WORDS: Mapping[Language, Mapping[str, str]] = {
    "en": {
        "title": "Evidence pack", "made": "Made on", "by": "by", "with": "with", "about": "About",
        "everything": "all alerts", "takedown": "takedown", "seller": "seller", "from": "from",
        "until": "up to, not including,", "redacted": "Personal data in this pack was replaced by pseudonyms, the "
        "same for the same person, by the maker, who can say whom they mean. Replaced",
        "not_redacted": "Not replaced", "missing": "No longer to be had", "takedowns": "Takedowns",
        "alerts": "Alerts", "verdicts": "Verdicts", "listings": "Snapshots", "seller_links": "Seller links",
        "photos": "Photos", "records": "Records", "listing": "Listing", "taken_down": "Taken down",
        "authority": "Authority", "reason": "Reason", "source": "Reported by", "withdrawn": "withdrawn",
        "no_photo": "no photo", "still_up": "still up", "relist": "relist", "flood": "flood",
        "probability": "probability", "observed": "seen", "matched": "matched", "record": "record",
        "verdict": "Verdict", "taken_back": "taken back", "says": "says", "none": "None.",
        "more": "more are in the records of this pack", "price": "price", "address": "address",
        "time": "Time", "event": "Event", "why": "Why", "strength": "Strength", "accounts": "Accounts",
        "held": "held back", "photo": "photo", "description": "description",
        "listing.created": "created", "listing.updated": "changed", "listing.removed": "removed",
        "v:relist": "relist", "v:not a relist": "not a relist", "v:same backdrop": "same backdrop",
        "v:unsure": "unsure", "s:ministry": "ministry", "s:manual": "person", "s:ai": "AI",
        "s:platform": "platform", "r:same backdrop": "same backdrop", "r:same photos": "same photos",
        "r:same contact": "same contact",
        "x:seller-ids": "seller ids", "x:listing-ids": "listing ids (they hold the shop's id)",
        "x:event-ids": "event ids", "x:addresses": "addresses of listings, photos and shops",
        "x:contacts-in-texts": "phone numbers, account names and links in texts, disguised ones too",
        "x:analysts": "names of analysts", "x:photos": "photos (they may show a face, a number or a name)",
        "x:names-in-texts": "names of people and shops written out in a title or a description",
        "m:snapshot": "the listing's snapshot, which is kept for some days only",
        "m:photo": "the photo, which the photo store does not have",
        "m:takedown": "the takedown, which was withdrawn or never was",
        "how": "How to check that nothing was changed",
        "how_1": "The pack holds the SHA-256 of every file. Unpack it, open a terminal in its folder and say:",
        "how_2": "Every line must end in OK. The files photos/ are named for the SHA-256 of their bytes.",
        "how_3": "The pack is signed. With the maker's public key, which you have from the maker and not from here:",
        "how_4": "The pack is not signed: compare the SHA-256 of manifest.json with the one that its maker told you.",
        "how_5": "Text from listings is shown as it was written; characters without a visible form of their own are "
        "shown as codes such as \\u202e.",
    },
    "id": {
        "title": "Berkas bukti", "made": "Dibuat pada", "by": "oleh", "with": "dengan", "about": "Tentang",
        "everything": "semua peringatan", "takedown": "takedown", "seller": "penjual", "from": "dari",
        "until": "sampai sebelum", "redacted": "Data pribadi di berkas ini diganti dengan nama samaran, yang sama "
        "untuk orang yang sama, oleh pembuat berkas, yang dapat menyebutkan siapa yang dimaksud. Yang diganti",
        "not_redacted": "Yang tidak diganti", "missing": "Sudah tidak tersedia", "takedowns": "Takedown",
        "alerts": "Peringatan", "verdicts": "Penilaian", "listings": "Rekaman iklan",
        "seller_links": "Hubungan penjual", "photos": "Foto", "records": "Catatan", "listing": "Iklan",
        "taken_down": "Yang diturunkan", "authority": "Instansi", "reason": "Alasan", "source": "Dilaporkan oleh",
        "withdrawn": "ditarik kembali", "no_photo": "tidak ada foto", "still_up": "masih tayang",
        "relist": "tayang ulang", "flood": "banjir", "probability": "kemungkinan", "observed": "terlihat",
        "matched": "dicocokkan", "record": "catatan", "verdict": "Penilaian", "taken_back": "dicabut",
        "says": "menurut", "none": "Tidak ada.", "more": "lagi ada di catatan berkas ini", "price": "harga",
        "address": "alamat", "time": "Waktu", "event": "Kejadian", "why": "Sebab", "strength": "Kekuatan",
        "accounts": "Akun", "held": "ditahan", "photo": "foto", "description": "deskripsi",
        "listing.created": "dibuat", "listing.updated": "diubah", "listing.removed": "dihapus",
        "v:relist": "tayang ulang", "v:not a relist": "bukan tayang ulang", "v:same backdrop": "latar yang sama",
        "v:unsure": "tidak pasti", "s:ministry": "kementerian", "s:manual": "orang", "s:ai": "AI",
        "s:platform": "platform", "r:same backdrop": "latar yang sama", "r:same photos": "foto yang sama",
        "r:same contact": "kontak yang sama",
        "x:seller-ids": "ID penjual", "x:listing-ids": "ID iklan (memuat ID toko)", "x:event-ids": "ID kejadian",
        "x:addresses": "alamat iklan, foto, dan toko",
        "x:contacts-in-texts": "nomor telepon, nama akun, dan tautan dalam teks, juga yang disamarkan",
        "x:analysts": "nama analis", "x:photos": "foto (mungkin menampilkan wajah, nomor, atau nama)",
        "x:names-in-texts": "nama orang dan toko yang ditulis dalam judul atau deskripsi",
        "m:snapshot": "rekaman iklan, yang hanya disimpan beberapa hari",
        "m:photo": "foto, yang tidak ada di penyimpanan foto",
        "m:takedown": "takedown, yang ditarik kembali atau tidak pernah ada",
        "how": "Cara memeriksa bahwa tidak ada yang diubah",
        "how_1": "Berkas ini memuat SHA-256 setiap file. Ekstrak, buka terminal di foldernya, lalu jalankan:",
        "how_2": "Setiap baris harus berakhir dengan OK. Nama file di photos/ adalah SHA-256 dari isinya.",
        "how_3": "Berkas ini ditandatangani. Dengan kunci publik pembuatnya, yang Anda terima dari pembuat dan bukan "
        "dari berkas ini:",
        "how_4": "Berkas ini tidak ditandatangani: bandingkan SHA-256 dari manifest.json dengan yang diberikan "
        "pembuatnya.",
        "how_5": "Teks dari iklan ditampilkan seperti ditulis; karakter yang tidak terlihat ditampilkan sebagai kode "
        "seperti \\u202e.",
    },
}  # fmt: skip

_KINDS_ID = {"phone": "nomor telepon", "handle": "nama akun", "messenger": "kontak pesan", "shop": "toko"}
_RELATIONS_ID = {"same photo": "foto yang sama", "same backdrop": "latar yang sama"}
_CONDITIONS_ID = {"new": "baru", "used": "bekas"}
_EDITS_ID = {
    "mirrored": "dicerminkan", "cropped": "dipotong", "stretched": "ditarik", "covered in part": "tertutup sebagian",
    "recoloured": "diubah warnanya", "border": "diberi bingkai", "collage": "di dalam kolase",
    "screenshot": "tangkapan layar", "put into a larger picture": "diletakkan di gambar yang lebih besar",
}  # fmt: skip


def part_words(part: Evidence, language: Language) -> str:  # noqa: PLR0911  one line for each kind
    """What the two listings have in common in this part, without its weight."""
    if language == "en":
        return evidence_words(part)
    match part:
        case PhotoEvidence():
            return _photo_words_id(part)
        case TitleEvidence():
            return f"judul {part.similarity:.0%} serupa: “{_safe(part.listing_text)}” / “{_safe(part.takedown_text)}”"
        case DescriptionEvidence():
            return f"deskripsi {part.similarity:.0%} serupa"
        case PriceEvidence():
            return f"perbandingan harga {part.ratio:.2f}"
        case CategoryEvidence():
            return f"kategori “{_safe(part.listing_category)}” / “{_safe(part.takedown_category)}”"
        case ConditionEvidence():
            return f"kondisi {_CONDITIONS_ID[part.listing_condition]} / {_CONDITIONS_ID[part.takedown_condition]}"
        case SellerEvidence():
            return f"penjual yang sama {_safe(part.seller_id)}"
        case ContactEvidence():
            return f"{_KINDS_ID[part.contact]} yang sama {_safe(part.value)}"
        case FloodEvidence():
            return f"{part.listings} iklan cocok dengan takedown ini dalam {part.minutes:g} menit"


def _photo_words_id(part: PhotoEvidence) -> str:
    words = [_RELATIONS_ID[part.relation], *map(_edit_id, part.edits[:8])]
    if part.inliers is not UNSET:
        words.append(f"{part.inliers} titik cocok")
    if part.distance is not UNSET:
        words.append(f"{part.distance} dari 256 bit berbeda")
    return f"foto {part.listing_image + 1} dan foto takedown {part.takedown_image + 1}: {', '.join(words)}"


def _edit_id(edit: str) -> str:
    turned = edit.removeprefix("rotated ")
    return f"diputar {_safe(turned)}" if turned != edit else _EDITS_ID.get(edit, _safe(edit))


def _safe(text: str) -> str:
    return safe_text(text, TEXT_SHOWN)
