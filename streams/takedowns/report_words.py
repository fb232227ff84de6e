"""The words of the report in each language. A test compares the keys."""

from typing import Final, Literal

Language = Literal["en", "id"]
LANGUAGES: Final[tuple[Language, ...]] = ("en", "id")

ENGLISH: Final[dict[str, str]] = {
    "title": "Takedowns and what became of them",
    "time": "Requests received",
    "from": "from",
    "until": "before",
    "all-time": "at any time",
    "made": "As of",
    "total": "All",
    "marketplace": "Marketplace",
    "authority": "Authority",
    "source": "Source",
    "week": "Week (UTC)",
    "none": "not stated",
    "received": "Received",
    "waiting": "Waiting",
    "resolved": "Resolved",
    "unresolved": "Unresolved",
    "still_up": "Still up",
    "down": "Down",
    "down_removed": "Down: removal seen",
    "down_not_seen": "Down: not seen since",
    "withdrawn": "Withdrawn",
    "relisted": "Relisted",
    "relists": "Relists found",
    "catch_median": "Time to catch, median",
    "catch_p95": "Time to catch, 95th percentile",
    "reasons": "Unresolved, by reason",
    "reason": "Reason",
    "count": "Requests",
    "source.ministry": "ministry",
    "source.manual": "manual",
    "source.ai": "AI",
    "source.platform": "platform",
    "reason.not-seen": "listing never seen, and no marketplace to ask",
    "reason.being-fingerprinted": "listing has just come in",
    "reason.gone": "the marketplace knows no such listing",
    "reason.connector-away": "the marketplace does not answer",
    "reason.connector-refused": "the marketplace refuses access",
    "reason.unreadable": "the marketplace's record cannot be read",
    "reason.no-listing": "the link leads to no listing",
    "reason.short-link": "nobody could say where the short link leads",
    "reason.too-large": "the record is too large",
    "note.case": "Each request counts once in every table, and so does a takedown published without one.",
    "note.still_up": "Still up: the listing was seen after its takedown was received, and no removal since.",
    "note.down": "Down: its removal was seen, or it was not seen again. What no connector reads is not seen.",
    "note.catch": "Time to catch: from a relist's first sight to its first alert. Alerts are kept for 90 days.",
}

INDONESIAN: Final[dict[str, str]] = {
    "title": "Penurunan konten dan tindak lanjutnya",
    "time": "Permintaan diterima",
    "from": "sejak",
    "until": "sebelum",
    "all-time": "sepanjang waktu",
    "made": "Keadaan per",
    "total": "Semua",
    "marketplace": "Lokapasar",
    "authority": "Instansi",
    "source": "Sumber",
    "week": "Minggu (UTC)",
    "none": "tidak disebutkan",
    "received": "Diterima",
    "waiting": "Menunggu",
    "resolved": "Ditemukan",
    "unresolved": "Belum ditemukan",
    "still_up": "Masih tayang",
    "down": "Sudah turun",
    "down_removed": "Turun: penghapusan terlihat",
    "down_not_seen": "Turun: tidak terlihat lagi",
    "withdrawn": "Dicabut",
    "relisted": "Tayang ulang",
    "relists": "Tayangan ulang ditemukan",
    "catch_median": "Waktu tangkap, median",
    "catch_p95": "Waktu tangkap, persentil ke-95",
    "reasons": "Belum ditemukan, menurut alasan",
    "reason": "Alasan",
    "count": "Permintaan",
    "source.ministry": "kementerian",
    "source.manual": "manual",
    "source.ai": "AI",
    "source.platform": "platform",
    "reason.not-seen": "produk belum pernah terlihat, dan tidak ada lokapasar yang bisa ditanya",
    "reason.being-fingerprinted": "produk baru saja masuk",
    "reason.gone": "lokapasar tidak mengenal produk ini",
    "reason.connector-away": "lokapasar tidak menjawab",
    "reason.connector-refused": "lokapasar menolak akses",
    "reason.unreadable": "data dari lokapasar tidak dapat dibaca",
    "reason.no-listing": "tautan tidak menuju ke produk",
    "reason.short-link": "tautan pendek tidak dapat ditelusuri",
    "reason.too-large": "data terlalu besar",
    "note.case": "Setiap permintaan dihitung sekali di setiap tabel, begitu pula penurunan tanpa permintaan.",
    "note.still_up": "Masih tayang: produk terlihat setelah permintaan diterima, dan penghapusannya belum terlihat.",
    "note.down": "Sudah turun: penghapusan terlihat, atau produk tidak terlihat lagi. "
    "Yang tidak dibaca konektor mana pun tidak terlihat.",
    "note.catch": "Waktu tangkap: dari tayangan ulang pertama kali terlihat sampai peringatan pertamanya. "
    "Peringatan disimpan 90 hari.",
}

WORDS: Final[dict[Language, dict[str, str]]] = {"en": ENGLISH, "id": INDONESIAN}


def duration(seconds: float | None, language: Language) -> str:
    """A time in words, to two units; a dash for none."""
    if seconds is None:
        return "–"
    units = {
        "en": (("d", 86400), ("h", 3600), ("min", 60), ("s", 1)),
        "id": (("hari", 86400), ("jam", 3600), ("menit", 60), ("detik", 1)),
    }[language]
    if seconds < 60:
        shown = f"{seconds:.1f}"
        return f"{shown.replace('.', ',') if language == 'id' else shown} {units[-1][0]}"
    left = int(seconds)
    parts: list[str] = []
    for name, length in units:
        if left >= length or parts:
            parts.append(f"{left // length} {name}")
            left %= length
    return " ".join(parts[:2])
