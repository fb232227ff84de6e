"""Words as titles are compared by: one for each group of same words, and how common each is.

How common is from a short list, with one figure for all other words, until a bank is counted
(`fingerprints.title_rarity`). Both lists are in `fingerprints/data`, for anyone to extend.
"""

import re
from functools import cache, lru_cache
from importlib.resources import files

from fingerprints.title_normalise import normalise_title, read_as_letters

UNLISTED = 0.0005
"""Share of titles that a word of no list is in: 1 in 2,000."""

_HEADING = re.compile(r"\[(\w+) (\d+)\]")


@lru_cache(maxsize=65_536)
def title_words(text: str) -> tuple[str, ...]:
    """The distinct words of a normalised title, in order, as they are compared: codes read as letters too.

    "dr355" may be a dress or a model; read the same way on both sides it matches either.
    """
    return tuple(dict.fromkeys(map(_compared, text.split(" "))))


@cache
def common_words() -> dict[str, float]:
    """Listed words with the share of titles (0 to 1) that use them."""
    return {word: share for _, share, words in _sections() for word in words}


@cache
def filler_words() -> frozenset[str]:
    """Words that sellers add to any title: they weigh little in a similarity."""
    return frozenset(word for section, _, words in _sections() if section == "filler" for word in words)


@lru_cache(maxsize=65_536)
def _compared(word: str) -> str:
    word = read_as_letters(word)
    return _same_words().get(word, word)


@cache
def _same_words() -> dict[str, str]:
    groups = [[normalise_title(word) for word in line.split()] for line in _lines("same_words.txt")]
    return {word: group[0] for group in groups for word in group}


@cache
def _sections() -> tuple[tuple[str, float, tuple[str, ...]], ...]:
    sections: list[tuple[str, float, list[str]]] = []
    for line in _lines("common_words.txt"):
        if (heading := _HEADING.fullmatch(line)) is not None:
            sections.append((heading[1], int(heading[2]) / 1000, []))
        elif not sections:
            raise ValueError(f"common_words.txt: {line!r} stands before the first heading; add one above it")
        else:
            sections[-1][2].extend(
                word for entry in line.split() for word in title_words(normalise_title(entry))
            )
    return tuple((name, share, tuple(words)) for name, share, words in sections)


def _lines(name: str) -> list[str]:
    text = (files("fingerprints") / "data" / name).read_text(encoding="utf-8")
    return [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
