"""How a title is read: its plain words, and for each of their letters the character that it was read from.

For people, who want to see the disguise: `normalise_title` says what a title says, this says where it says it.
It goes the same way one character at a time, slowly, with the normaliser's own tables and rules; that both give
the same words is a property that is tested.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from fingerprints.lookalikes import OTHER
from fingerprints.title_normalise import (
    _CHARACTERS,
    _INDICATORS,
    _KEYCAP,
    _LEET,
    _PIECE,
    _REPEATED,
    _RUN_AT_LEAST,
    _SIZE,
    _TOKEN,
    _TURNED,
    LENGTH_AT_MOST,
    READ_AT_MOST,
    _is_code,
    _is_one_word,
    _letters_or_flags,
    _read_leet,
)

Letter = tuple[str, int]
"""A character as it is read, and the place in the title of the one that is read so."""


@dataclass(frozen=True, slots=True)
class TracedWord:
    """A plain word. `places[n]`: where in the title its letter n stands; `first` and `last`: the places between
    which the title has it, those of letters that were read as nothing included."""

    text: str
    places: tuple[int, ...]
    first: int
    last: int


def trace_title(text: str) -> list[TracedWord]:
    """The words of `normalise_title`, in its order, each with where it comes from. Never raises."""
    read = _as_read(text[:READ_AT_MOST])[:LENGTH_AT_MOST]
    plain = "".join(character for character, _ in read)
    words: list[list[Letter]] = []
    spans: list[list[int]] = []
    gaps: list[str] = []
    ended = 0
    for piece in _PIECE.finditer(plain):
        found = list(_TOKEN.finditer(piece[0]))
        tokens = [(match.start(), match.end()) for match in found]
        parts = [[span] for span in tokens]
        if len(found) > 1 and _is_one_word(piece[0], found):
            parts = [tokens]
        for part in parts:
            start, end = piece.start() + part[0][0], piece.start() + part[-1][1]
            gaps.append(plain[ended:start])
            letters = [
                letter for low, high in part for letter in read[piece.start() + low : piece.start() + high]
            ]
            words.append(_plain_word(letters))
            spans.append([place for _, place in letters])
            ended = end
    traced = [_Run(word, span) for word, span in zip(words, spans, strict=True)]
    if sum(len(word.letters) == 1 for word in traced) >= _RUN_AT_LEAST:
        traced = _taken_apart(traced, gaps[1:])
    return [
        TracedWord(word.text, tuple(place for _, place in word.letters), min(word.span), max(word.span))
        for word in traced
    ]


@dataclass(frozen=True, slots=True)
class _Run:
    """A word, and the places of everything that it was read from."""

    letters: list[Letter]
    span: list[int]

    @property
    def text(self) -> str:
        return "".join(character for character, _ in self.letters)


def _as_read(text: str) -> list[Letter]:
    """Each character as a reader takes it: several letters, one, or none."""
    letters: list[Letter] = [(character, place) for place, character in enumerate(text)]
    if text.isascii() and text.isprintable():
        return [(character.lower(), place) for character, place in letters]
    keep_indicators = _letters_or_flags(text) != OTHER
    for match in reversed(list(_TURNED.finditer(text))):
        letters[match.start() : match.end()] = letters[match.start(1) : match.end(1)][::-1]
    text = "".join(character for character, _ in letters)
    for match in reversed(list(_KEYCAP.finditer(text))):
        letters[match.start() : match.end()] = [(OTHER, letters[match.start()][1])]
    if not keep_indicators:
        text = "".join(character for character, _ in letters)
        for match in reversed(list(_INDICATORS.finditer(text))):
            letters[match.start() : match.end()] = [(OTHER, letters[match.start()][1])]
    return [(part, place) for character, place in letters for part in _CHARACTERS[ord(character)]]


def _plain_word(letters: Sequence[Letter]) -> list[Letter]:
    """As `plain_word`, which changes a word letter by letter."""
    kept = list(letters)
    word = "".join(character for character, _ in kept)
    while not word.isalpha():
        if not _is_code(word):
            kept = [(character, place) for character, (_, place) in zip(_read_leet(word), kept, strict=True)]
        if not all(character.isalnum() for character, _ in kept):
            kept = [(character.translate(_LEET), place) for character, place in kept]
            kept = [letter for letter in kept if letter[0].isalnum()]
        plain = "".join(character for character, _ in kept)
        if plain == word:
            break
        word = plain
    if _SIZE.fullmatch(word):
        return kept
    for match in reversed(list(_REPEATED.finditer(word))):
        del kept[match.start() + 1 : match.end()]
    return kept


def _taken_apart(words: list[_Run], gaps: list[str]) -> list[_Run]:
    joined = _join_runs(words, gaps)
    while [word.text for word in joined] != [word.text for word in words]:
        words = joined
        joined = _join_runs(words, [" "] * (len(words) - 1))
    return joined


def _join_runs(words: list[_Run], gaps: list[str]) -> list[_Run]:
    joined: list[_Run] = []
    start = 0
    while start < len(words):
        end = start
        while end < len(words) and len(words[end].letters) == 1:
            end += 1
        if end - start >= _RUN_AT_LEAST:
            joined += _join_run(words[start:end], gaps[start : end - 1])
        else:
            joined += words[start : max(end, start + 1)]
        start = max(end, start + 1)
    return joined


def _join_run(run: list[_Run], gaps: list[str]) -> list[_Run]:
    if sum(word.text.isalpha() for word in run) * 2 < len(run):
        return run
    counts = Counter(gaps)
    inside = min(counts, key=lambda gap: (-counts[gap], len(gap), gap))
    together = [_Run(list(run[0].letters), list(run[0].span))]
    for gap, word in zip(gaps, run[1:], strict=True):
        if gap == inside:
            together[-1].letters.extend(word.letters)
            together[-1].span.extend(word.span)
        else:
            together.append(_Run(list(word.letters), list(word.span)))
    return [_Run(_plain_word(word.letters), word.span) for word in together]
