"""Two titles as they are written, cut into pieces that say what is disguised and which words both have. Pure.

The pieces of a title put together are the title again, to the character. What a page prints of a piece is `shown`:
invisible characters, direction marks and floods of accents get a visible mark instead.
"""

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby, islice
from typing import Literal

from fingerprints.title_meeting import Meeting, meet
from fingerprints.title_rarity import WordRarity
from fingerprints.title_trace import TracedWord, trace_title
from fingerprints.title_weight import COVERED
from fingerprints.title_words import TitleWords, meaning, words_of
from streams.words.safe_text import HIDDEN

SHOWN_AT_MOST = 400
"""Characters of a title that are shown; marketplaces allow 60 to 255."""
MARKS_SHOWN = 2
"""Accents on one letter that are shown; more are a flood that would run over the page."""
WORDS_SHOWN, WORD_SHOWN = 60, 60
DISGUISES = ("read", "repeat", "hidden", "gap")
RARE, COMMON = 6.0, 3.0
"""Nats, by the built-in list alone, from which a word tells an article, and below which any title may have it: a word
of no list has 7.6, "jaket" 3.5, "original" 1.1."""
LETTERS_REPEATED = 3
"""A letter in a row from which it is no spelling: "maroon" has two."""

Standing = Literal["same", "alike", "only", ""]
"""Of a word: both titles have it; the other has it in another spelling; only this one has it; no word."""
Kind = Literal["plain", "read", "repeat", "hidden", "gap", "other", "cut"]
"""Of a piece: read as it is; read as another letter; a letter more of one that is repeated; without a visible form; a
sign or space inside a word; between words; left out of what is shown."""


@dataclass(frozen=True, slots=True)
class Piece:
    """`text`: as written. `reading`: what it is read as, where that is not what it looks like."""

    text: str
    shown: str
    kind: Kind
    reading: str = ""


@dataclass(frozen=True, slots=True)
class Segment:
    """A word of a title, or what stands between two. `rarity`: 3 for a word that tells an article, 1 for one of
    many titles."""

    pieces: tuple[Piece, ...]
    standing: Standing = ""
    rarity: int = 0


@dataclass(frozen=True, slots=True)
class Word:
    """A word without its disguise; `standing` and `rarity` as of a segment."""

    text: str
    standing: Standing
    rarity: int


@dataclass(frozen=True, slots=True)
class MarkedTitle:
    """`words`: as they are compared, the first of them. `disguised`: characters shown that are read as others, or are
    there to be overlooked. `left_out`: characters that are not shown."""

    segments: tuple[Segment, ...]
    words: tuple[Word, ...]
    disguised: int
    left_out: int


@dataclass(frozen=True, slots=True)
class TitleMarks:
    """Both titles of an alert. `shared`: how many different words of the listing's the takedown's has too, in whatever
    spelling; `of`: of so many."""

    listing: MarkedTitle
    takedown: MarkedTitle
    shared: int
    of: int


def title_marks(listing: str, takedown: str) -> TitleMarks:
    """The two titles of an alert, whatever they hold."""
    ours, theirs = trace_title(listing), trace_title(takedown)
    left, right = _words(ours), _words(theirs)
    meeting = meet(left, right)
    here = {word: _of_listing(word, meeting) for word in left.spelled}
    there = {word: _of_takedown(word, meeting) for word in right.spelled}
    return TitleMarks(
        listing=_marked(listing, ours, here),
        takedown=_marked(takedown, theirs, there),
        shared=sum(standing != "only" for standing in here.values()),
        of=len(here),
    )


def _of_listing(word: str, meeting: Meeting) -> Standing:
    if meaning(word) in meeting.same:
        return "same"
    return "alike" if meeting.covered.get(word, 0.0) >= COVERED else "only"


def _of_takedown(word: str, meeting: Meeting) -> Standing:
    means = meaning(word)
    if means in meeting.same:
        return "same"
    return "alike" if means in meeting.misspelt or means in meeting.bare or means in meeting.parts else "only"


def _words(traced: Sequence[TracedWord]) -> TitleWords:
    # A title without a letter has no fingerprint, and nothing that compares them expects one.
    return words_of(" ".join(word.text for word in traced)) if traced else TitleWords((), (), ())


def _marked(title: str, traced: Sequence[TracedWord], standings: Mapping[str, Standing]) -> MarkedTitle:
    shown = title[:SHOWN_AT_MOST]
    owners: list[int | None] = [None] * len(shown)
    readings = [""] * len(shown)
    for number, word in enumerate(traced):
        after = word.last + 1
        while after < len(shown) and _is_accent(shown[after]):
            after += 1
        for place in range(word.first, min(after, len(shown))):
            owners[place] = number
        for letter, place in zip(word.text, word.places, strict=True):
            if place < len(shown):
                readings[place] += letter
    segments = []
    for owner, group in groupby(range(len(shown)), key=owners.__getitem__):
        places = list(group)
        if owner is None:
            segments.append(Segment(tuple(_pieces(shown, places, readings, in_word=False))))
        else:
            text = traced[owner].text
            pieces = tuple(_pieces(shown, places, readings, in_word=True))
            segments.append(Segment(pieces, standings.get(text, "only"), _rarity(text)))
    disguised = sum(len(piece.text) for each in segments for piece in each.pieces if piece.kind in DISGUISES)
    if rest := title[SHOWN_AT_MOST:]:
        segments.append(Segment((Piece(rest, "…", "cut"),)))
    words = (
        Word(word.text[:WORD_SHOWN], standings.get(word.text, "only"), _rarity(word.text)) for word in traced
    )
    return MarkedTitle(tuple(segments), tuple(islice(words, WORDS_SHOWN)), disguised, len(rest))


def _pieces(text: str, places: Sequence[int], readings: Sequence[str], *, in_word: bool) -> Iterator[Piece]:
    """What stands at these places, in a row: characters of one kind together where each needs no mark of its own."""
    repeated = _repeated(text, places) if in_word else frozenset()

    def kind_of(cluster: Sequence[int]) -> Kind:
        first = text[cluster[0]]
        if _is_hidden(first):
            return "hidden"
        if not in_word:
            return "other"
        if reading := "".join(readings[place] for place in cluster):
            return "plain" if len(cluster) == 1 and first.lower() == reading else "read"
        if cluster[0] in repeated:
            return "repeat"
        # The second letter of two alike counts once with the first, in either title.
        return "plain" if first.isascii() and first.isalpha() else "read" if first.isalnum() else "gap"

    for kind, group in groupby(_clusters(text, places), key=kind_of):
        clusters = list(group)
        written = ["".join(text[place] for place in cluster) for cluster in clusters]
        if kind == "hidden":
            yield Piece("".join(written), _marks("".join(written)), kind)
        elif kind == "read":
            for cluster, characters in zip(clusters, written, strict=True):
                yield Piece(characters, _bounded(characters), kind, "".join(readings[at] for at in cluster))
        else:
            yield Piece("".join(written), "".join(map(_bounded, written)), kind)


def _repeated(text: str, places: Sequence[int]) -> frozenset[int]:
    """All but the first of a letter that stands three times or more in a row."""
    rows = (list(row) for _, row in groupby(places, key=lambda place: text[place].lower()))
    return frozenset(place for row in rows if len(row) >= LETTERS_REPEATED for place in row[1:])


def _clusters(text: str, places: Sequence[int]) -> Iterator[list[int]]:
    """Characters with the accents that stand on them."""
    cluster: list[int] = []
    for place in places:
        if cluster and not (_is_accent(text[place]) and not _is_hidden(text[cluster[0]])):
            yield cluster
            cluster = []
        cluster.append(place)
    if cluster:
        yield cluster


def _is_hidden(character: str) -> bool:
    return unicodedata.category(character) in HIDDEN or character in "\u115f\u1160\u2800\u3164\uffa0"


def _is_accent(character: str) -> bool:
    return unicodedata.category(character)[0] == "M"


def _bounded(characters: str) -> str:
    """The character with few of its accents, and a circle under those that stand on nothing."""
    base, accents = characters[:1], characters[1:]
    if _is_accent(base):
        base = "\u25cc" + base
    elif base.isspace():
        base = " "
    more = len(accents) - MARKS_SHOWN
    return base + accents[:MARKS_SHOWN] + (f"(+{more})" if more > 0 else "")


def _marks(hidden: str) -> str:
    """The code of what cannot be seen; of several their number."""
    codes = list(dict.fromkeys(f"{ord(character):04X}" for character in hidden))
    return f"{codes[0] if len(codes) == 1 else ''}{f'×{len(hidden)}' if len(hidden) > 1 else ''}"


@cache
def _listed() -> WordRarity:
    return WordRarity()


def _rarity(word: str) -> int:
    worth = _listed().worth(meaning(word))
    return 3 if worth >= RARE else 1 if worth < COMMON else 2
