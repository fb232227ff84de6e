"""Which format a photo's bytes are in, by their first bytes: names and content types lie."""

DECODED_FORMATS = frozenset({"JPEG", "PNG", "WEBP", "GIF", "BMP", "AVIF"})
"""Pillow's names of the formats that are decoded; what marketplaces serve, and no more attack surface."""

_STARTS: tuple[tuple[bytes, str], ...] = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"BM", "BMP"),
    # Known, named in the error, not decoded.
    (b"II*\x00", "TIFF"),
    (b"MM\x00*", "TIFF"),
    (b"\xff\x0a", "JPEG XL"),
    (b"\x00\x00\x00\x0cJXL \r\n\x87\n", "JPEG XL"),
    (b"\x00\x00\x00\x0cjP  \r\n\x87\n", "JPEG 2000"),
    (b"8BPS", "Photoshop"),
    (b"%PDF-", "PDF"),
    (b"\x00\x00\x01\x00", "ICO"),
)

_SNIFFED = 512


def photo_format(raw: bytes) -> str | None:
    """The format's name, of `DECODED_FORMATS` or another that is known; None for no picture."""
    for start, name in _STARTS:
        if raw.startswith(start):
            return name
    if raw[:4] == b"RIFF" and raw[8:12] == b"WEBP":
        return "WEBP"
    if raw[4:8] == b"ftyp":
        return _iso_media(raw)
    head = raw[:_SNIFFED].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith((b"<svg", b"<?xml")) and b"<svg" in head:
        return "SVG"
    return None


def _iso_media(raw: bytes) -> str | None:
    """AVIF or HEIC, by the brands of the `ftyp` box (ISO/IEC 14496-12, 4.3)."""
    end = min(int.from_bytes(raw[:4], "big"), 128)
    brands = {raw[8:12]} | {raw[at : at + 4] for at in range(16, end, 4)}
    if brands & {b"avif", b"avis"}:
        return "AVIF"
    return "HEIC" if brands & {b"heic", b"heix", b"hevc", b"mif1", b"msf1"} else None


def looks_like_markup(raw: bytes) -> bool:
    """Whether it begins like a web page, XML or JSON: what a login wall or an error page sends."""
    return raw[:_SNIFFED].lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"<", b"{", b"["))


def webp_size(raw: bytes) -> tuple[int, int] | None:
    """Width and height by the first chunk (RFC 9649, 2.5 to 2.7); None where it is not whole."""
    if len(raw) < 30:
        return None
    chunk = raw[12:16]
    if chunk == b"VP8X":
        return 1 + int.from_bytes(raw[24:27], "little"), 1 + int.from_bytes(raw[27:30], "little")
    if chunk == b"VP8L":
        bits = int.from_bytes(raw[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if chunk == b"VP8 ":
        return int.from_bytes(raw[26:28], "little") & 0x3FFF, int.from_bytes(raw[28:30], "little") & 0x3FFF
    return None
