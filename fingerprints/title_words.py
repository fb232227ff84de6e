"""The words of a title: each as it is spelled, and as what it means where several words mean the same.

How common a word is comes from a short list, with one figure for all others, until a bank is counted
(`fingerprints.title_rarity`). The lists are in `fingerprints/data`; a file of the same form may be added to
each by its user (`use_word_lists`).
"""

import hashlib
import re
from functools import cache, lru_cache
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

from fingerprints.title_normalise import all_as_letters, normalise_title

UNLISTED = 0.0005
"""Share of titles that a word of no list is in: 1 in 2,000."""
WORDS_AT_MOST = 100
"""Words of a title that are looked at; one of 255 characters has about 40, or twice that in syllables."""

_HEADING = re.compile(r"\[(\w+) (\d+)\]")
_added: dict[str, tuple[Path, ...]] = {}


class TitleWords(NamedTuple):
    """Distinct words in the order of the title. `meanings[n]` is what `spelled[n]` counts as; `sequence` has
    every word as often as the title."""

    spelled: tuple[str, ...]
    meanings: tuple[str, ...]
    sequence: tuple[str, ...]


@lru_cache(maxsize=16_384)
def words_of(text: str) -> TitleWords:
    """The words of a normalised title."""
    sequence = tuple(text.split(" ", WORDS_AT_MOST)[:WORDS_AT_MOST])
    spelled = tuple(dict.fromkeys(sequence))
    return TitleWords(spelled, tuple(map(meaning, spelled)), sequence)


@lru_cache(maxsize=65_536)
def meaning(word: str) -> str:
    """The one of a group of same words that stands for all; a listed word also where digits are its letters."""
    known = _same_words().get(word)
    if known is not None or word.isalpha() or word.isdecimal():
        return known or word
    letters = all_as_letters(word)
    known = _same_words().get(letters)
    return known or (letters if letters in common_words() else word)


def same_as(word: str) -> tuple[str, ...]:
    """All spellings of a meaning, itself first."""
    return _groups().get(word, (word,))


@cache
def common_words() -> dict[str, float]:
    """Listed words with the share of titles (0 to 1) that use them."""
    return {word: share for _, share, words in _sections() for word in words}


@cache
def filler_words() -> frozenset[str]:
    """Words that sellers add to any title."""
    return frozenset(word for section, _, words in _sections() if section == "filler" for word in words)


def use_word_lists(*, common: tuple[Path, ...] = (), same: tuple[Path, ...] = ()) -> None:
    """Read these files beside the built-in lists from now on; before the first title is read.

    A word in several lists counts as the last of them says.

    Raises:
        OSError: a file cannot be read.
        ValueError: a file of common words has words above its first heading.
    """
    _added.update({"common_words.txt": common, "same_words.txt": same})
    for cached in (
        common_words,
        filler_words,
        lists_digest,
        _same_words,
        _groups,
        _sections,
        meaning,
        words_of,
    ):
        cached.cache_clear()
    common_words()


@cache
def lists_digest() -> str:
    """Changes with the lists: what was saved with others (the counts of words by meaning) is of no use."""
    lines = [line for name in ("common_words.txt", "same_words.txt") for line in (name, *_lines(name))]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


@cache
def _same_words() -> dict[str, str]:
    lines = _lines("same_words.txt")
    groups = [[normalise_title(word) for word in line.split()] for line in lines]
    return {word: group[0] for group in groups for word in group}


@cache
def _groups() -> dict[str, tuple[str, ...]]:
    groups: dict[str, dict[str, None]] = {}
    for word, means in _same_words().items():
        groups.setdefault(means, {means: None})[word] = None
    return {means: tuple(words) for means, words in groups.items()}


@cache
def _sections() -> tuple[tuple[str, float, tuple[str, ...]], ...]:
    sections: list[tuple[str, float, list[str]]] = []
    for file, lines in _files("common_words.txt").items():
        headed = False
        for line in lines:
            if (heading := _HEADING.fullmatch(line)) is not None:
                sections.append((heading[1], int(heading[2]) / 1000, []))
                headed = True
            elif not headed:
                raise ValueError(f"{file}: {line!r} stands before the first heading; add one above it")
            else:
                entries = (word for entry in line.split() for word in normalise_title(entry).split())
                sections[-1][2].extend(_same_words().get(word, word) for word in entries)
    return tuple((name, share, tuple(words)) for name, share, words in sections)


def _lines(name: str) -> list[str]:
    return [line for lines in _files(name).values() for line in lines]


def _files(name: str) -> dict[str, list[str]]:
    """The lines that say something of the built-in file and of those added to it, by path."""
    texts = {name: (files("fingerprints") / "data" / name).read_text(encoding="utf-8")}
    texts |= {str(path): path.read_text(encoding="utf-8") for path in _added.get(name, ())}
    stripped = {file: [line.strip() for line in text.splitlines()] for file, text in texts.items()}
    return {file: [line for line in lines if line and line[0] != "#"] for file, lines in stripped.items()}
