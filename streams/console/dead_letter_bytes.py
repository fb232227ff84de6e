"""Raw bytes for a person: as text where they are UTF-8, and as hex; bounded. Pure."""

import unicodedata
from dataclasses import dataclass

from streams.words.safe_text import HIDDEN

TEXT_SHOWN = 20_000
HEX_SHOWN = 4096
LINE = 16


@dataclass(frozen=True, slots=True)
class Shown:
    """Bytes for a person. `text`: None where they are no UTF-8. Both may be only the first of `size` bytes."""

    size: int
    text: str | None
    text_is_all: bool
    hex: str
    hex_is_all: bool


def shown(raw: bytes) -> Shown:
    """The bytes as text, where they are UTF-8, and as hex."""
    try:
        text: str | None = raw.decode()
    except UnicodeDecodeError:
        text = None
    return Shown(
        size=len(raw),
        text=None if text is None else in_lines(text[:TEXT_SHOWN]),
        text_is_all=text is not None and len(text) <= TEXT_SHOWN,
        hex=in_hex(raw[:HEX_SHOWN]),
        hex_is_all=len(raw) <= HEX_SHOWN,
    )


def in_lines(text: str) -> str:
    """The text with its line ends and tabs; every other hidden character by its number, such as ⟨U+202E⟩. A
    backslash stays one: what JSON has escaped must be read as it was sent."""
    return "".join(map(_shown, text.replace("\r\n", "\n")))


def _shown(character: str) -> str:
    if character in "\n\t" or unicodedata.category(character) not in HIDDEN:
        return character
    return f"⟨U+{ord(character):04X}⟩"


def in_hex(raw: bytes) -> str:
    """Lines of 16 bytes: where they begin, in hex, and as ASCII with a dot for what is not visible."""
    lines = []
    for start in range(0, len(raw), LINE):
        part = raw[start : start + LINE]
        seen = "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in part)
        lines.append(f"{start:08x}  {part.hex(' '):<{LINE * 3 - 1}}  {seen}")
    return "\n".join(lines)
