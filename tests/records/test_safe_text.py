"""Nothing from outside reaches the terminal unescaped, and what is escaped can be told from what was not."""

import unicodedata

from hypothesis import example, given
from hypothesis import strategies as st

from streams.words.safe_text import HIDDEN, safe_bytes, safe_text


@given(st.text())
@example("\x1b]0;owned\x07\x9b2J")
@example("abc\u202edcba\u2066\u200b\ufeff")
def test_no_hidden_character_is_left(text: str) -> None:
    shown = safe_text(text)
    assert not any(unicodedata.category(character) in HIDDEN for character in shown)
    assert len(shown.splitlines()) <= 1


@given(st.binary())
@example(b"\x1b[31m\xff\xc2\x9b\r\n")
def test_bytes_come_back_from_what_is_shown(raw: bytes) -> None:
    shown = safe_bytes(raw)
    assert not any(unicodedata.category(character) in HIDDEN for character in shown)
    assert unescaped(shown) == raw


def unescaped(shown: str) -> bytes:
    """The slow way back: \\xNN is a byte, \\u and \\U are a character."""
    out = bytearray()
    position = 0
    while position < len(shown):
        kind = shown[position : position + 2]
        if kind == "\\\\":
            out += b"\\"
            position += 2
        elif kind in {"\\x", "\\u", "\\U"}:
            width = {"x": 2, "u": 4, "U": 8}[kind[1]]
            code = int(shown[position + 2 : position + 2 + width], 16)
            out += bytes([code]) if kind == "\\x" else chr(code).encode()
            position += 2 + width
        else:
            out += shown[position].encode()
            position += 1
    return bytes(out)


def test_escapes_are_readable_and_the_rest_is_left_alone() -> None:
    assert safe_text("Jaket “varsity” 夹克 👕") == "Jaket “varsity” 夹克 👕"
    assert safe_text("a\x1b[2Jb\n\u202e\\x41") == "a\\x1b[2Jb\\x0a\\u202e\\\\x41"
    assert safe_bytes(b"\xff\x00ok") == "\\xff\\x00ok"
    assert safe_bytes("\x9b".encode()) == "\\xc2\\x9b"


def test_what_is_cut_off_is_said() -> None:
    assert safe_text("abcdef", 3) == "abc… (6 characters)"
    assert safe_text("abc", 3) == "abc"
    assert safe_bytes(b"abcdef", 3) == "abc… (6 bytes)"
