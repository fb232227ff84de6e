"""Every word that the console shows, in English and Indonesian side by side, one module for each part of it."""

from collections.abc import Mapping
from typing import Literal

from streams.console.words import (
    alerts,
    audit,
    case,
    conditions,
    dead_letters,
    list_import,
    people,
    shell,
    sign_in,
    takedown_lists,
    throughput,
)

Language = Literal["en", "id"]
LANGUAGES: tuple[Language, ...] = ("en", "id")
Words = Mapping[str, tuple[str, str]]
"""By key: English, Indonesian. `{name}` is replaced by a value."""

PARTS: tuple[Words, ...] = (
    shell.WORDS,
    sign_in.WORDS,
    people.WORDS,
    audit.WORDS,
    case.WORDS,
    alerts.WORDS,
    dead_letters.WORDS,
    takedown_lists.WORDS,
    list_import.WORDS,
    conditions.WORDS,
    throughput.WORDS,
)


def _joined() -> dict[str, tuple[str, str]]:
    joined: dict[str, tuple[str, str]] = {}
    for part in PARTS:
        if twice := joined.keys() & part.keys():
            raise ValueError(f"words with one key in two parts: {sorted(twice)}")
        joined |= part
    return joined


ALL = _joined()


def word(language: Language, key: str, **values: object) -> str:
    """The words of this key, with the values in their places.

    Raises:
        KeyError: there are none.
    """
    text = ALL[key][LANGUAGES.index(language)]
    return text.format(**values) if values else text


def language_of(wanted: str, default: Language) -> Language:
    """The first of our languages in an Accept-Language header (RFC 9110, 12.5.4), by its order alone."""
    for part in wanted.split(",")[:10]:
        name = part.partition(";")[0].strip().lower().partition("-")[0]
        if name in ("en", "id", "in"):
            return "en" if name == "en" else "id"
    return default
