"""How alike two titles are: how much of one is found in the other, whatever the order and whatever was added.

Each word of the one meets its best counterpart in the other (the same word, one inside another, or a few
typing errors away). Covered letters over all letters is a coverage; the similarity is that of the side which
is covered better, so padding and dropped words cost nothing. What a coverage is worth, a generic title being
covered by half the market, is for `fingerprints.title_rarity` and `fingerprints.title_weight` to say.
"""

from functools import lru_cache

from msgspec import Struct
from rapidfuzz import process
from rapidfuzz.distance import OSA, Indel

from fingerprints.title_words import filler_words

FILLER_WEIGHT = 0.2
"""Of a filler word, in units of any other word of its length."""
FUZZY_LETTERS = 4
"""Shorter words match exactly or not at all: one error in three letters makes another word."""
FUZZY_FLOOR = 0.66
"""Similarity (optimal string alignment) from which two words may be one with typing errors: 2 in 6 letters."""
INSIDE_QUALITY = 0.9
"""Quality of a word found inside a longer one, as when a seller leaves spaces out."""
EVIDENCE_LETTERS = 8
"""A side with fewer weighted letters is too short to be convinced by: its coverage is scaled down."""


class TitlePrint(Struct, frozen=True):
    """The fingerprint of a title: its normalised text, never empty."""

    text: str


def compare(query: TitlePrint, held: TitlePrint) -> float:
    """Similarity 0 to 1 of two titles; 1 when either is wholly found in the other, in any order."""
    if query.text == held.text:
        return 1.0
    query_words, held_words = title_words(query.text), title_words(held.text)
    return max(
        _coverage(query_words, held_words),
        _coverage(held_words, query_words),
        _in_order(query.text, held.text),
    )


def matched_words(words: tuple[str, ...], others: tuple[str, ...]) -> list[tuple[str, float]]:
    """The words of a title that another has too, each with the quality of the match, above 0 to 1."""
    known = frozenset(others)
    found: list[tuple[str, float]] = []
    rest: list[str] | None = None
    for word in words:
        if word in known:
            found.append((word, 1.0))
            continue
        if len(word) < FUZZY_LETTERS or word.isdecimal():
            continue
        if rest is None:
            held = frozenset(words)
            rest = [other for other in others if other not in held and len(other) >= FUZZY_LETTERS]
        quality = _best_quality(word, rest)
        if quality > 0:
            found.append((word, quality))
    return found


@lru_cache(maxsize=65_536)
def title_words(text: str) -> tuple[str, ...]:
    """The distinct words of a normalised title, in order."""
    return tuple(dict.fromkeys(text.split(" ")))


def _best_quality(word: str, others: list[str]) -> float:
    if any(word in other or (other in word and len(other) * 2 > len(word)) for other in others):
        return INSIDE_QUALITY
    best = process.extractOne(word, others, scorer=OSA.normalized_similarity, score_cutoff=FUZZY_FLOOR)
    return 0.0 if best is None else float(best[1])


def _coverage(words: tuple[str, ...], others: tuple[str, ...]) -> float:
    total = sum(map(letters, words))
    covered = sum(letters(word) * quality for word, quality in matched_words(words, others))
    return covered / max(total, EVIDENCE_LETTERS)


@lru_cache(maxsize=65_536)
def letters(word: str) -> float:
    """What a word weighs in a coverage: its letters, a filler word fewer."""
    return len(word) * (FILLER_WEIGHT if word in filler_words() else 1.0)


def _in_order(left: str, right: str) -> float:
    """The titles as one string of letters each: for words run together or torn apart in other places."""
    ratio: float = Indel.normalized_similarity(
        left.replace(" ", ""), right.replace(" ", ""), score_cutoff=0.6
    )
    return ratio
