"""How alike two titles are by themselves, whatever else is held: for people, and to tell kinds of pairs apart.

What the likeness is worth, when half the market has a generic title, is for `fingerprints.title_weight` to say.
"""

from functools import cache

from msgspec import Struct

from fingerprints.title_meeting import meet
from fingerprints.title_rarity import WordRarity
from fingerprints.title_weight import Remains, remains
from fingerprints.title_words import words_of

SIMILARITY_FLOOR = 0.7
"""Similarity below which two titles have nothing to do with each other."""
WORSE_SIDE = 0.1
"""How much what is left over on the side with more of it counts: padding and dropped words cost little."""
OTHER_ARTICLE = 0.8
"""What is left of the similarity of two titles whose article codes differ."""


class TitlePrint(Struct, frozen=True):
    """The fingerprint of a title: its normalised text, never empty."""

    text: str


def compare(query: TitlePrint, held: TitlePrint) -> float:
    """Similarity 0 to 1 of two titles; 1 for the same words in any order. Words weigh as in an empty bank."""
    if query.text == held.text:
        return 1.0
    ours, theirs = words_of(query.text), words_of(held.text)
    return similarity(remains(ours, theirs, meet(ours, theirs), _unbanked().worth))


def similarity(found: Remains) -> float:
    """0 to 1: what is shared, beside it and what is left over on the side with less of it, mostly."""
    less, more = sorted((found.left, found.missing))
    rest = less + WORSE_SIDE * (more - less)
    if found.shared + rest <= 0:
        return 0.0
    return found.shared / (found.shared + rest) * (OTHER_ARTICLE if found.codes else 1.0)


@cache
def _unbanked() -> WordRarity:
    return WordRarity()
