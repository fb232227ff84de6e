"""Where two titles meet: which words of the one are in the other, in whatever spelling.

A word meets the same word or one that means the same; one a few typing errors away; one without its vowels
("kmj"), or with digits for letters; and words run together or torn apart meet those that they are made of.
What that is worth is for `fingerprints.title_weight` to say; this only pairs words, slowly and obviously.
"""

from dataclasses import dataclass, field
from functools import lru_cache

from rapidfuzz import process
from rapidfuzz.distance import OSA

from fingerprints.title_normalise import all_as_letters
from fingerprints.title_words import TitleWords, meaning

ERRORS_AT_MOST = ((4, 0), (6, 1), (11, 2))
"""Typing errors by the letters of the longer spelling: fewer than 4 none, fewer than 6 one, fewer than 11 two,
else `MOST_ERRORS`: of two spellings that differ more, another word is as likely."""
MOST_ERRORS = 3
BARE_LETTERS = 3
"""Letters that a word without its vowels must have left: of "k" and "kn" too many words may come."""
PART_LETTERS, PART_ANYWHERE = 3, 6
"""Letters of the shortest word looked for in words run together, and of the shortest that need not begin or
end where a word or another part does."""
PARTS_OF_WHOLE = 0.7
"""Share of a held word that the query's words must make up for the word to be met by its parts."""
GAP = "|"
"""Stands for a word that is met as it is: no part reaches over it."""

_VOWELS = str.maketrans("", "", "aeiou")


@dataclass(slots=True)
class Meeting:
    """How two titles meet. Words of the held title by meaning, those of the query by spelling.

    `same`: meanings that both have. `misspelt`: held words by errors. `bare`: held words met without vowels or
    with digits for letters. `parts`: held words found in words run together or torn apart. `covered`: words of
    the query that are not in `same`, by the share (0 to 1) of their letters that is accounted for.
    """

    same: set[str]
    misspelt: dict[str, int] = field(default_factory=dict)
    bare: set[str] = field(default_factory=set)
    parts: set[str] = field(default_factory=set)
    covered: dict[str, float] = field(default_factory=dict)


def meet(query: TitleWords, held: TitleWords) -> Meeting:
    """The meeting of two titles. Bounded: both have at most `WORDS_AT_MOST` words."""
    meeting = Meeting(set(query.meanings).intersection(held.meanings))
    same = meeting.same
    means_of = dict(zip(held.spelled, held.meanings, strict=True))
    query_rest = [w for w, means in zip(query.spelled, query.meanings, strict=True) if means not in same]
    held_rest = {word: means for word, means in means_of.items() if means not in same}
    # A word left in one title may still be another spelling of one that both have.
    if query_rest:
        _spellings(query_rest, means_of, meeting)
    if query_rest and held_rest:
        _parts(query, held_rest, meeting)
        _run_together(query_rest, held, means_of, meeting)
    return meeting


def errors_allowed(letters: int) -> int:
    """How many typing errors two spellings may differ by, the longer having so many letters."""
    return next((errors for below, errors in ERRORS_AT_MOST if letters < below), MOST_ERRORS)


@lru_cache(maxsize=65_536)
def without_vowels(word: str) -> str:
    """The word's first letter and its other consonants, none twice in a row."""
    bare = word[0] + word[1:].translate(_VOWELS)
    return "".join(letter for letter, before in zip(bare, " " + bare, strict=False) if letter != before)


@lru_cache(maxsize=65_536)
def is_wordlike(word: str) -> bool:
    """Whether a spelling may have errors: no digits, or it would be another number or code."""
    return word.isalpha()


def _spellings(words: list[str], held: dict[str, str], meeting: Meeting) -> None:
    ours = [word for word in words if not word.isdecimal()]
    read = [word if is_wordlike(word) else all_as_letters(word) for word in ours]
    theirs = [word for word in held if is_wordlike(word)]
    if ours and theirs:
        table = process.cdist(read, theirs, scorer=OSA.distance, score_cutoff=MOST_ERRORS)
        for row, column in zip(*(table <= MOST_ERRORS).nonzero(), strict=True):
            word, other, errors = ours[row], theirs[column], int(table[row, column])
            longer = max(len(read[row]), len(other))
            if errors <= errors_allowed(longer) or not errors:
                _cover(meeting, word, 1 - errors / longer)
                if (means := held[other]) not in meeting.same:
                    meeting.misspelt[means] = min(errors, meeting.misspelt.get(means, MOST_ERRORS))
        bare_of: dict[str, list[str]] = {}
        for other in theirs:
            bare_of.setdefault(without_vowels(other), []).append(other)
        for word, letters in zip(ours, read, strict=True):
            bare = without_vowels(letters)
            for other in bare_of.get(bare, ()) if len(bare) >= BARE_LETTERS else ():
                if bare in (letters, other):
                    _meet_bare(meeting, word, held[other])
    if len(theirs) < len(held) or not all(map(is_wordlike, words)):
        by_letters = {all_as_letters(other): other for other in held}
        for word in words:
            letters = all_as_letters(word)
            found = by_letters.get(letters)
            # Two numbers that read the same are one number; a code and its leet are too.
            if found is not None and len(letters) >= BARE_LETTERS:
                _meet_bare(meeting, word, held[found])


def _meet_bare(meeting: Meeting, word: str, means: str) -> None:
    _cover(meeting, word, 1.0)
    if means not in meeting.same and means not in meeting.misspelt:
        meeting.bare.add(means)


def _cover(meeting: Meeting, word: str, share: float) -> None:
    if share > meeting.covered.get(word, 0.0):
        meeting.covered[word] = share


def _parts(query: TitleWords, held: dict[str, str], meeting: Meeting) -> None:
    """Held words in what the query's other words make when they are written together."""
    left = [word for word, means in held.items() if means not in meeting.misspelt]
    if not left:
        return
    found = find_parts(*_written_together(query, meeting.same), left)
    for word in found.parts:
        meeting.parts.add(held[word])
        meeting.bare.discard(held[word])
    for word, share in found.shares.items():
        _cover(meeting, word, share)


def _run_together(words: list[str], held: TitleWords, means_of: dict[str, str], meeting: Meeting) -> None:
    """Held words that the query's words are parts of."""
    left = [word for word in words if meeting.covered.get(word, 0.0) < 1]
    if not left:
        return
    found = find_parts(*_written_together(held, meeting.same), left)
    for word in found.parts:
        _cover(meeting, word, 1.0)
    for word, share in found.shares.items():
        means = means_of[word]
        if share >= PARTS_OF_WHOLE and means not in meeting.misspelt and means not in meeting.same:
            meeting.parts.add(means)
            meeting.bare.discard(means)


Spans = list[tuple[int, int, str]]
"""Where words begin and end in a text."""


def _written_together(words: TitleWords, same: set[str]) -> tuple[str, Spans]:
    """The title without spaces, met words as `GAP`, and where each other word is in it."""
    text: list[str] = []
    spans: Spans = []
    at = 0
    for word in words.sequence:
        if len(word) >= PART_LETTERS and meaning(word) in same:
            word = GAP  # noqa: PLW2901
        else:
            spans.append((at, at + len(word), word))
        text.append(word)
        at += len(word)
    return "".join(text), spans


@dataclass(slots=True)
class Parts:
    """`parts`: words that were found. `shares`: for each word that holds some, how much of it they make up."""

    parts: list[str]
    shares: dict[str, float]


def find_parts(text: str, spans: Spans, words: list[str]) -> Parts:
    """Which of the words are in the text; short ones only beside an edge of a span or of another found word."""
    edges = {place for start, end, _ in spans for place in (start, end)}
    taken = bytearray(len(text))
    found: list[str] = []
    left = sorted((word for word in words if len(word) >= PART_LETTERS), key=lambda word: (-len(word), word))
    for _ in range(2):
        missing: list[str] = []
        for word in left:
            # A short word in the midst of another is chance; one that begins or ends with it, seldom.
            needed = 0 if len(word) >= PART_ANYWHERE else 1 if len(word) > PART_LETTERS else 2
            once = False
            at = text.find(word)
            while at >= 0:
                end = at + len(word)
                if (at in edges) + (end in edges) >= needed and not any(taken[at:end]):
                    once = True
                    edges.update((at, end))
                    taken[at:end] = b"\x01" * len(word)
                at = text.find(word, end)
            (found if once else missing).append(word)
        left = missing
        if not found or not left:
            break
    shares: dict[str, float] = {}
    for start, end, word in spans if found else ():
        share = sum(taken[start:end]) / (end - start)
        if share > shares.get(word, 0.0):
            shares[word] = share
    return Parts(found, shares)
