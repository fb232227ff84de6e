"""Text from outside, made harmless for a terminal and readable for a person.

A title or a broken message may carry escape sequences that move the cursor, rename the window or hide what
was printed. Everything that is no plain visible character is shown as an escape instead.
"""

import unicodedata

HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
"""Unicode categories without a visible form of their own: controls (escape sequences), formats (bidirectional
overrides, zero-width), surrogates, private use, unassigned, line and paragraph separators."""


def safe_text(text: str, limit: int | None = None) -> str:
    """The text on one line with hidden characters escaped; of more than `limit` characters only the first."""
    shown = text if limit is None or len(text) <= limit else text[:limit]
    escaped = "".join(_escape(character) for character in shown)
    return escaped if len(shown) == len(text) else f"{escaped}… ({len(text)} characters)"


def safe_bytes(raw: bytes, limit: int | None = None) -> str:
    """Bytes on one line: UTF-8 as text, other bytes as \\xNN; of more than `limit` only the first."""
    shown = raw if limit is None else raw[:limit]
    # surrogateescape marks each wrong byte apart from any character that the text could hold itself.
    text = shown.decode("utf-8", "surrogateescape")
    escaped = "".join(map(_escape_byte, text))
    return escaped if len(shown) == len(raw) else f"{escaped}… ({len(raw)} bytes)"


def _escape_byte(character: str) -> str:
    """Here \\xNN is always one byte: C1 controls, two bytes in UTF-8, are shown as both."""
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    if 0x80 <= code <= 0x9F or code == 0xAD:
        return "".join(f"\\x{byte:02x}" for byte in character.encode())
    return _escape(character)


def _escape(character: str) -> str:
    if character == "\\":
        # Or an escape in the text could be taken for one of ours.
        return "\\\\"
    if unicodedata.category(character) not in HIDDEN:
        return character
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
