"""How alike two titles are: how much of one is found in the other, whatever the order and whatever was added.

Each word of the one meets its best counterpart in the other: the same word, one a few typing errors away, one
without its vowels, or the parts it was run together from. Covered letters over all letters is a coverage; the
similarity is nearly that of the side which is covered better, so padding and dropped words cost little. What
a coverage is worth, when half the market covers a generic title, is for `fingerprints.title_rarity` to say.
"""

from collections.abc import Iterable
from functools import lru_cache

from msgspec import Struct
from rapidfuzz import process
from rapidfuzz.distance import OSA, Indel

from fingerprints.title_words import common_words, filler_words, title_words

FILLER_WEIGHT, COMMON_WEIGHT = 0.15, 0.7
"""What a letter of a filler word, or of another listed word, weighs beside one of any other word."""
FUZZY_LETTERS = 4
"""Of two spellings one has at least as many: one error in three letters makes another word."""
FUZZY_FLOOR = 0.66
"""Similarity (optimal string alignment) from which two words may be one: 2 typing errors in 6 letters."""
ERROR_COST = 0.15
"""How much the letters that differ between two spellings of a word count against their match."""
CODE_DIGITS = 3
"""A word with letters and so many digits is an article code."""
OTHER_ARTICLE = 0.85
"""What is left of the similarity of two titles whose article codes differ: evidence, but no alert alone."""
PARTS_QUALITY = 0.97
"""Quality of a word that is wholly made of words of the other title, as when a seller leaves spaces out."""
VOWELLESS_QUALITY = 0.85
"""Quality of a word that is another without its vowels ("kmj" for "kemeja"): several words share it."""
WORSE_SIDE = 0.1
"""Share of the similarity that the worse covered title decides: of two full coverages the mutual wins."""
LETTERS_AT_LEAST = 8
"""A title of fewer weighted letters is too short to be convinced by: its coverage is scaled down."""

_VOWELS = str.maketrans("", "", "aeiou")


class TitlePrint(Struct, frozen=True):
    """The fingerprint of a title: its normalised text, never empty."""

    text: str


def compare(query: TitlePrint, held: TitlePrint) -> float:
    """Similarity 0 to 1 of two titles; 1 for the same words in any order, if not too short."""
    if query.text == held.text:
        return 1.0
    left, right = title_words(query.text), title_words(held.text)
    in_left, in_right = matched_words(left, right)
    worse, better = sorted((_coverage(left, in_left), _coverage(right, in_right)))
    similarity = max(better * (1 - WORSE_SIDE) + worse * WORSE_SIDE, _in_order(query.text, held.text))
    return similarity * (OTHER_ARTICLE if are_other_articles(query.text, held.text) else 1.0)


def matched_words(left: tuple[str, ...], right: tuple[str, ...]) -> tuple[dict[str, float], dict[str, float]]:
    """The words of each of two titles that the other has too, with the quality of the match, above 0 to 1."""
    in_left = dict.fromkeys(set(left).intersection(right), 1.0)
    in_right = in_left.copy()
    left_rest = [word for word in left if word not in in_left and is_fuzzy(word)]
    right_rest = [word for word in right if word not in in_right and is_fuzzy(word)]
    if left_rest and right_rest:
        _match_spellings(left_rest, right_rest, in_left, in_right)
    _match_parts(left_rest, right_rest, in_left, in_right)
    _match_parts(right_rest, left_rest, in_right, in_left)
    return in_left, in_right


def are_other_articles(left: str, right: str) -> bool:
    """Whether both titles name an article by its code, and not the same: WEG3958 is no misspelt WEK3458."""
    ours, theirs = article_numbers(left), article_numbers(right)
    if not ours or not theirs:
        return False
    # "z3t7694" is "zet7694" in leet: one number within the other is the same code.
    return not any(one in other or other in one for one in ours for other in theirs)


@lru_cache(maxsize=65_536)
def article_numbers(text: str) -> frozenset[str]:
    """The numbers of the article codes in a normalised title: of words with letters and three digits or more."""
    numbers = {"".join(filter(str.isdecimal, word)) for word in text.split(" ") if not word.isdecimal()}
    return frozenset(number for number in numbers if len(number) >= CODE_DIGITS)


@lru_cache(maxsize=65_536)
def letters(word: str) -> float:
    """What a word weighs in a coverage: its letters, those of a listed word less."""
    if word in filler_words():
        return len(word) * FILLER_WEIGHT
    return len(word) * (COMMON_WEIGHT if word in common_words() else 1.0)


def all_letters(words: Iterable[str]) -> float:
    """What a title weighs in a coverage."""
    return max(sum(map(letters, words)), LETTERS_AT_LEAST)


@lru_cache(maxsize=65_536)
def is_fuzzy(word: str) -> bool:
    """Whether a word may match another spelling: long enough with a letter left out, and no number."""
    return not word.isdecimal() and (
        len(word) >= FUZZY_LETTERS or (len(word) == 3 and consonants(word) == word)
    )


@lru_cache(maxsize=65_536)
def consonants(word: str) -> str:
    """The word without vowels after its first letter."""
    return word[0] + word[1:].translate(_VOWELS)


def _coverage(words: tuple[str, ...], found: dict[str, float]) -> float:
    return sum(letters(word) * quality for word, quality in found.items()) / all_letters(words)


def spelling_quality(one: str, other: str) -> float:
    """Quality 0 to 1 of two different words as spellings of one; the reference for `TitleVocabulary`."""
    quality = 0.0
    if max(len(one), len(other)) >= FUZZY_LETTERS:
        likeness = OSA.normalized_similarity(one, other, score_cutoff=FUZZY_FLOOR)
        quality = 1 - (1 - likeness) * ERROR_COST if likeness else 0.0
    bare = consonants(one)
    if len(bare) > 2 and bare in (one, other) and bare == consonants(other):
        quality = max(quality, VOWELLESS_QUALITY)
    return quality


def _match_spellings(
    left: list[str], right: list[str], in_left: dict[str, float], in_right: dict[str, float]
) -> None:
    scores = process.cdist(left, right, scorer=OSA.normalized_similarity, score_cutoff=FUZZY_FLOOR)
    pairs = [(left[row], right[column]) for row, column in zip(*scores.nonzero(), strict=True)]
    bare = {consonants(word): word for word in right}
    pairs += [(one, bare[consonants(one)]) for one in left if consonants(one) in bare]
    for one, other in pairs:
        quality = spelling_quality(one, other)
        if quality > in_left.get(one, 0.0):
            in_left[one] = quality
        if quality > in_right.get(other, 0.0):
            in_right[other] = quality


def _match_parts(
    words: list[str], others: list[str], found: dict[str, float], whole: dict[str, float]
) -> None:
    """Words run together from words of the other title, which are then found too."""
    for word in words:
        if len(word) < 2 * FUZZY_LETTERS - 1:
            continue
        parts = [other for other in others if len(other) > 2 and other != word and other in word]
        quality = PARTS_QUALITY * min(sum(map(len, parts)) / len(word), 1.0)
        if quality >= FUZZY_FLOOR and quality > found.get(word, 0.0):
            found[word] = quality
            for part in parts:
                whole[part] = max(whole.get(part, 0.0), PARTS_QUALITY)


def _in_order(left: str, right: str) -> float:
    """The titles as one string of letters each: for words run together or torn apart in other places."""
    left, right = left.replace(" ", ""), right.replace(" ", "")
    ratio: float = Indel.normalized_similarity(left, right, score_cutoff=0.6)
    return ratio
