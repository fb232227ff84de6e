"""Runs of digits in a text: units that may together be one number, and what stands before and after them."""

import re
from dataclasses import dataclass, field

from fingerprints.contact_digits import (
    AFTER_TEEN,
    AFTER_TENS,
    NUMBER_WORDS,
    TENS,
    TIMES,
    Reading,
    read_digits,
)
from fingerprints.contact_words import AMOUNTS, FILLERS

TOKEN = re.compile(r"[a-z0-9]+")
GAP_AT_MOST = 10
"""Characters between two units of a number, words of `FILLERS` apart."""
FILLERS_AT_MOST = 2
"""Words between two units of a number."""
_BRACKETED = re.compile(r"[(\[{*<]$")
_NEVER_FIRST = frozenset("li")
"""Letters for a 1, with which no number begins."""
_CLOSING = ")]}*>"
_BREAKING = re.compile(r"[\n,/;|·]")
"""Marks that end a number where it could end."""


@dataclass(slots=True)
class DigitUnit:
    """Digits that are written as one: one token, from `start` to `end` of the text; `gap` before it."""

    digits: str
    start: int
    end: int
    gap: str
    spelled: bool = False
    lettered: bool = False
    introduced: bool = False
    filled: bool = False
    """Words stand between it and the unit before."""

    @property
    def gap_kind(self) -> str:
        """What the gap is made of, without its spaces."""
        return "word" if self.filled else self.gap.strip()[:1]

    @property
    def begins_anew(self) -> bool:
        """Whether the gap before it is one that ends a number."""
        return bool(_BREAKING.search(self.gap))


@dataclass(slots=True)
class DigitRun:
    """Units one after another. `before` are up to four words that come just before, nearest first, each with
    what stands between it and the next; `amount` whether the last unit is an amount of something."""

    units: list[DigitUnit]
    before: list[tuple[str, str]]
    amount: bool = False
    after: str = ""
    """The two characters after the last unit."""


@dataclass(slots=True)
class _Reader:
    text: str
    runs: list[DigitRun] = field(default_factory=list)
    run: DigitRun | None = None
    fillers: int = 0
    tens: bool = False
    times: int = 1

    def close(self, amount: bool = False) -> None:
        """End the run, if any; `amount` where a word follows that makes its last unit one."""
        if self.run is not None:
            if self.tens:
                self.run.units[-1].digits += "0"
            end = self.run.units[-1].end
            self.run.amount, self.run.after = amount, self.text[end : end + 3]
            self.runs.append(self.run)
        self.run, self.fillers, self.tens, self.times = None, 0, False, 1


def digit_runs(text: str) -> list[DigitRun]:
    """All runs of the plain text, in order. Linear in the text."""
    reader = _Reader(text)
    words: list[tuple[str, int, int]] = []
    for match in TOKEN.finditer(text):
        token, (start, end) = match[0], match.span()
        if reader.run is not None or token in TIMES or token in TENS or read_digits(token) is not None:
            _take(reader, words, token, start, end)
        else:
            reader.times = 1
        words.append((token, start, end))
    reader.close()
    return reader.runs


def _take(reader: _Reader, words: list[tuple[str, int, int]], token: str, start: int, end: int) -> None:
    run = reader.run
    gap = reader.text[run.units[-1].end : start] if run is not None else ""
    if run is not None and not reader.fillers and len(gap) > GAP_AT_MOST:
        reader.close()
        run = None
    if _modifies(reader, token):
        return
    reading = read_digits(token)
    if reading is None and token in TENS:
        reading = Reading(TENS[token], spelled=True)
    if reading is None:
        _take_word(reader, token, start, end)
        return
    if run is None and reading.lettered and token in _NEVER_FIRST:
        return
    digits = reading.digits * reader.times
    reader.times = 1
    if run is None or gap.count("\n") > 1:
        reader.close()
        run = reader.run = DigitRun([], _before(reader.text, words, start))
        gap = ""
    elif reader.tens and not (reading.spelled and len(digits) == 1 and digits != "0"):
        run.units[-1].digits += "0"
    reader.tens = token in TENS
    filled, reader.fillers = bool(reader.fillers), 0
    run.units.append(
        DigitUnit(digits, start, end, gap, reading.spelled, reading.lettered, reading.introduced, filled)
    )


def _modifies(reader: _Reader, token: str) -> bool:
    """Whether the word changes how its neighbour is read: "dua belas", "dua puluh", "dobel nol"."""
    if token in TIMES:
        reader.times = TIMES[token]
        return True
    last = reader.run.units[-1] if reader.run is not None else None
    if last is None or not last.spelled or len(last.digits) != 1:
        return False
    if token == AFTER_TEEN:
        last.digits = f"1{last.digits}"
        return True
    if token == AFTER_TENS:
        reader.tens = True
        return True
    return False


def _take_word(reader: _Reader, token: str, start: int, end: int) -> None:
    """A word that is no digits: it ends the run unless it fills a gap."""
    if reader.run is None:
        reader.times = 1
        return
    if token in AMOUNTS:
        reader.close(amount=reader.text[reader.run.units[-1].end : start].isspace())
        return
    bracketed = (
        bool(_BRACKETED.search(reader.text[max(start - 1, 0) : start]))
        and reader.text[end : end + 1] in _CLOSING
    )
    if reader.fillers < FILLERS_AT_MOST and (token in FILLERS or (bracketed and reader.text[end : end + 1])):
        reader.fillers += 1
        return
    reader.close()


def _before(text: str, words: list[tuple[str, int, int]], start: int) -> list[tuple[str, str]]:
    """The words before a place, nearest first, with the gap after each; number words are left out."""
    found = []
    for token, word_start, word_end in reversed(words[-6:]):
        gap = text[word_end:start]
        if len(gap) > GAP_AT_MOST:
            break
        found.append((token, gap))
        start = word_start
    return [(token, gap) for token, gap in found if token not in NUMBER_WORDS]
