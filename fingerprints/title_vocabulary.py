"""The words of the held titles, found by other spellings of them.

Two words that differ by one typing error share a form with one letter left out (the symmetric deletion of
SymSpell, W. Garbe, 2012), so a table of those forms answers "which held words may this be" by a few lookups.
The form without vowels, and the words that others are run together from, are looked up in the same way.
"""

from collections.abc import Iterator, Sequence, Set
from functools import lru_cache

from rapidfuzz.distance import OSA

from fingerprints.title_meeting import (
    BARE_LETTERS,
    PART_LETTERS,
    errors_allowed,
    is_wordlike,
    without_vowels,
)
from fingerprints.title_normalise import all_as_letters

SHORTEST_MISSPELT = 4
LONGEST_PART = 14
"""Letters of the longest word that is looked for in words run together."""
SPELLINGS_AT_MOST = 32
"""Held words that one word may be looked up as: of a bare form that more have, it says next to nothing."""


class TitleVocabulary:
    """Held words by their forms; a word is added and withdrawn once, whatever its number of titles."""

    def __init__(self) -> None:
        self._by_form: dict[str, str | list[str]] = {}

    def add(self, word: str) -> None:
        """Hold a word that is not held."""
        for form in _forms(word):
            present = self._by_form.get(form)
            if present is None:
                self._by_form[form] = word
            elif isinstance(present, str):
                self._by_form[form] = [present, word]
            else:
                present.append(word)

    def withdraw(self, word: str) -> None:
        """Forget a word that is held."""
        for form in _forms(word):
            present = self._by_form[form]
            if isinstance(present, str):
                del self._by_form[form]
            elif len(present) == 2:
                self._by_form[form] = present[present[0] == word]
            else:
                present.remove(word)

    def is_held(self, word: str) -> bool:
        """Whether the word itself is held."""
        present = self._by_form.get(word)
        return present == word or (isinstance(present, list) and word in present)

    def spellings(self, word: str) -> list[str]:
        """Other held words that this one may be meant as, at most `SPELLINGS_AT_MOST`."""
        found: dict[str, None] = {}
        letters = word if word.isalpha() else all_as_letters(word)
        read = () if letters == word or word.isdecimal() else _forms(letters)
        for form in (*_forms(word), "~" + word, *read):
            present = self._by_form.get(form)
            if present is not None:
                found.update(
                    dict.fromkeys((present,) if isinstance(present, str) else present[:SPELLINGS_AT_MOST])
                )
        if word.isdecimal() and self.is_held(letters):
            found[letters] = None
        return [held for held in found if held != word and _may_be(word, letters, held)][:SPELLINGS_AT_MOST]

    def parts(self, run: str) -> Iterator[str]:
        """Held words in a run of letters: the longest at each place, left to right, none over another."""
        start = 0
        while start <= len(run) - PART_LETTERS:
            for end in range(min(len(run), start + LONGEST_PART), start + PART_LETTERS - 1, -1):
                if run[start:end] in self._by_form and self.is_held(run[start:end]):
                    yield run[start:end]
                    start = end - 1
                    break
            start += 1


def runs_of(words: Sequence[str], unread: Set[str]) -> Iterator[str]:
    """The letters of unread words, written together with short words beside them: where a seller left spaces out,
    or put some in."""
    run: list[str] = []
    strange = False
    for word in (*words, ""):
        if word in unread or 0 < len(word) <= PART_LETTERS + 1:
            run.append(word)
            strange |= word in unread
        else:
            if strange:
                yield "".join(run)
            run, strange = [], False


def _may_be(word: str, letters: str, held: str) -> bool:
    if not is_wordlike(held):
        return letters == all_as_letters(held)
    if letters == held:
        return True
    if word.isdecimal():
        return False
    bare = without_vowels(letters)
    if len(bare) >= BARE_LETTERS and bare in (letters, held) and bare == without_vowels(held):
        return True
    allowed = errors_allowed(max(len(letters), len(held)))
    return allowed > 0 and OSA.distance(letters, held, score_cutoff=allowed) <= allowed


@lru_cache(maxsize=16_384)
def _forms(word: str) -> tuple[str, ...]:
    if not is_wordlike(word):
        return (word, "~" + all_as_letters(word))
    bare = without_vowels(word)
    forms = {word, "~" + bare} if len(bare) >= BARE_LETTERS else {word}
    if SHORTEST_MISSPELT <= len(word) <= 24:
        forms.update(word[:at] + word[at + 1 :] for at in range(len(word)))
    return tuple(forms)
