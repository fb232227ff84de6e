"""From how two titles meet to evidence: nats of log-odds that the one is the other in disguise.

A disguise leaves one of four patterns, each with its price in nats: nothing is left over on either side; words
of the held title are missing (dropped); words of the query are left over (padding); or both, which is the dearest,
since it is what titles of two products look like. The evidence is a share of what the shared words are worth,
since words are not independent, less the price of the patterns (log-sum-exp: the likelihood of
a mixture), less what the best of so many held titles has by chance. So weights of banks of all sizes mean the same:
minus the logarithm of the share of other products' listings that have a title as heavy. The constants were
fitted on one half of real titles (docs/decisions/010).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from fingerprints.title_meeting import Meeting, meet
from fingerprints.title_rarity import WordRarity
from fingerprints.title_words import TitleWords, filler_words

BASE, SCALE = 11.6, 0.54
SHARED = 0.103
LEFT_DEAR, LEFT_CHEAP, LEFT_AT_MOST = 136.0, 0.184, 14.65
MISSING_DEAR, MISSING_CHEAP = 0.517, 0.132
DROPPED, PADDED, BOTH = 0.951, 1.151, 6.85
FILLER_LEFT = 4.2
"""How much more a filler word counts where it is left over or missing: there as much as others, nearly."""
WHOLE, NOT_WHOLE = 0.9, 2.0
"""Of two titles that share all, each nat counts nearly whole; each that one has alone costs two. Not fitted: real
titles of other products are too few to say how seldom a title is met whole."""
MORE_THAN_SHARED = 2.0
"""The evidence is at most this many times what is shared, so that a search may leave out the rest."""
OTHER_CODE = 1.5
"""Nats against, where both name an article by a code and not the same: WEG3958 is no misspelt WEK3458. The
titles fitted on have too few codes to fit it."""
CODE_DIGITS, CODE_LETTERS = 3, 12
COVERED = 0.6
"""Share of a word's letters from which it is accounted for."""
WEIGHT_AT_MOST = 14.0


@dataclass(frozen=True, slots=True)
class Remains:
    """In nats: what the shared words are worth, and what is left over in the query and missing of the held
    title; `codes` whether each has an article code that the other lacks."""

    shared: float
    left: float
    missing: float
    codes: bool = False


def title_weight(query: TitleWords, held: TitleWords, rarity: WordRarity) -> float:
    """Nats that the query is the held title come back, by how rare the words are among the held ones."""
    return weight_of(remains(query, held, meet(query, held), rarity.worth), rarity.crowd)


def remains(query: TitleWords, held: TitleWords, meeting: Meeting, worth: Callable[[str], float]) -> Remains:
    """What is shared and what is not, once two titles have met."""
    shared = left = missing = 0.0
    fillers = filler_words()
    code_missing = code_left = False
    for word in dict.fromkeys(held.meanings):
        value = worth(word)
        # Another spelling is worth as much as the same: a price for each error was fitted, and came out as nothing.
        if word in meeting.same or word in meeting.misspelt or word in meeting.parts or word in meeting.bare:
            shared += value
        else:
            missing += value * FILLER_LEFT if word in fillers else value
            code_missing |= is_code(word)
    counted: set[str] = set()
    for spelling, word in zip(query.spelled, query.meanings, strict=True):
        if word in meeting.same or word in counted:
            continue
        counted.add(word)
        covered = meeting.covered.get(spelling, 0.0)
        if covered < COVERED:
            value = worth(word) * (1 - covered)
            left += value * FILLER_LEFT if word in fillers else value
            code_left |= is_code(word)
    return Remains(shared, left, missing, code_missing and code_left)


def weight_of(remains: Remains, crowd: float) -> float:
    """Nats; at most `WEIGHT_AT_MOST`. `crowd`: what the best of so many titles has by chance (`WordRarity`)."""
    left, missing = remains.left, remains.missing
    # Padding costs as much as it can soon: of much, more is no surprise.
    padding = LEFT_CHEAP * min(left, LEFT_AT_MOST)
    patterns = (
        -LEFT_DEAR * left - MISSING_DEAR * missing,
        -DROPPED - LEFT_DEAR * left - MISSING_CHEAP * missing,
        -PADDED - padding - MISSING_DEAR * missing,
        -BOTH - padding - MISSING_CHEAP * missing,
    )
    best = max(patterns)
    price = best + math.log(sum(math.exp(pattern - best) for pattern in patterns))
    evidence = BASE + SHARED * remains.shared + SCALE * price
    evidence = max(evidence, WHOLE * remains.shared - NOT_WHOLE * (left + missing))
    if remains.codes:
        evidence -= OTHER_CODE
    return min(min(evidence, MORE_THAN_SHARED * remains.shared) - crowd, WEIGHT_AT_MOST)


def weight_at_most(
    shared: npt.NDArray[np.float32], left: float, missing: npt.NDArray[np.float32], crowd: float
) -> npt.NDArray[np.float32]:
    """No less than `weight_of` gives where at most so much is shared and at least so much left over and missing:
    four times the likeliest pattern, for many titles at once."""
    dear = LEFT_DEAR * left + MISSING_DEAR * missing
    dropped = DROPPED + LEFT_DEAR * left + MISSING_CHEAP * missing
    padding = LEFT_CHEAP * min(left, LEFT_AT_MOST)
    padded = PADDED + padding + MISSING_DEAR * missing
    both = BOTH + padding + MISSING_CHEAP * missing
    price = np.minimum(np.minimum(dear, dropped), np.minimum(padded, both)) - math.log(4)
    evidence = BASE + SHARED * shared - SCALE * price
    evidence = np.maximum(evidence, WHOLE * shared - NOT_WHOLE * (left + missing))
    most: npt.NDArray[np.float32] = np.minimum(evidence, MORE_THAN_SHARED * shared) - np.float32(crowd)
    return most


def shared_at_least(weight: float, left: float, crowd: float) -> float:
    """Nats that must be shared for `weight_of` to come to so much, when at least so much is left over."""
    evidence = weight + crowd
    cheapest = min(LEFT_DEAR * left, PADDED + LEFT_CHEAP * min(left, LEFT_AT_MOST)) - math.log(4)
    needed = max(0.0, (evidence - BASE + SCALE * cheapest) / SHARED)
    return max(evidence / MORE_THAN_SHARED, min(needed, (evidence + NOT_WHOLE * left) / WHOLE))


@lru_cache(maxsize=65_536)
def is_code(word: str) -> bool:
    """Whether a word names an article: letters with three digits or more; a longer one is run together."""
    digits = sum(map(str.isdecimal, word))
    return CODE_DIGITS <= digits < len(word) <= CODE_LETTERS
