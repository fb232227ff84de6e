"""How common a word is in titles before a bank has been counted: a short list, and one figure for all others."""

import re
from functools import cache
from importlib.resources import files

from fingerprints.title_normalise import normalise_title

UNLISTED = 0.0005
"""Share of titles that a word of no list is in: 1 in 2,000, about the median over held words of a mixed bank."""

_HEADING = re.compile(r"\[(\w+) (\d+)\]")


@cache
def common_words() -> dict[str, float]:
    """Listed words, normalised, with the share of titles (0 to 1) that use them."""
    return {word: share for section, share, words in _sections() for word in words}


@cache
def filler_words() -> frozenset[str]:
    """Words that sellers add to any title: they weigh little in a similarity."""
    return frozenset(word for section, _, words in _sections() if section == "filler" for word in words)


@cache
def _sections() -> tuple[tuple[str, float, tuple[str, ...]], ...]:
    text = (files("fingerprints") / "data" / "common_words.txt").read_text(encoding="utf-8")
    sections: list[tuple[str, float, list[str]]] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        if (heading := _HEADING.fullmatch(line.strip())) is not None:
            sections.append((heading[1], int(heading[2]) / 1000, []))
        elif not sections:
            raise ValueError(f"common_words.txt line {number}: words before the first heading, add one above")
        else:
            sections[-1][2].extend(filter(None, map(normalise_title, line.split())))
    return tuple((name, share, tuple(words)) for name, share, words in sections)
