"""The words of the held titles, found by other spellings of them.

Two words that differ by one typing error share a form with one letter left out (the symmetric deletion of
SymSpell, W. Garbe, 2012), so a table of those forms answers "which held words may this be" by a few lookups.
The form without vowels and the split of a word run together are looked up in the same way.
"""

from collections.abc import Iterator
from functools import lru_cache

from fingerprints.title_likeness import FUZZY_LETTERS, consonants, is_fuzzy, spelling_quality

PART_LETTERS = 3
"""Letters of the shortest word that is looked for inside a longer one."""
JOINED_LETTERS = 2 * FUZZY_LETTERS - 1
"""Letters of the shortest word that may be two words run together."""


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

    def spellings(self, word: str) -> set[str]:
        """The word itself if it is held, else the held words that a typing error may have turned into it."""
        if self._is_held(word):
            return {word}
        found: set[str] = set()
        for form in _forms(word):
            present = self._by_form.get(form)
            if present is None:
                continue
            if isinstance(present, str):
                found.add(present)
            else:
                found.update(present)
        return {held for held in found if spelling_quality(word, held) > 0}

    def parts(self, word: str) -> Iterator[str]:
        """Held words that this one may be run together from: the longest at each place, left to right."""
        if len(word) < JOINED_LETTERS:
            return
        start = 0
        while start <= len(word) - PART_LETTERS:
            longest = min(len(word), start + 14)
            for end in range(longest, start + PART_LETTERS - 1, -1):
                if end - start < len(word) and self._is_held(word[start:end]):
                    yield word[start:end]
                    start = end - 1
                    break
            start += 1

    def _is_held(self, word: str) -> bool:
        present = self._by_form.get(word)
        return present == word or (isinstance(present, list) and word in present)


@lru_cache(maxsize=16_384)
def _forms(word: str) -> tuple[str, ...]:
    if not is_fuzzy(word):
        return (word,)
    forms = {word, "~" + consonants(word)} if len(consonants(word)) > 2 else {word}
    if len(word) >= FUZZY_LETTERS:
        forms.update(word[:at] + word[at + 1 :] for at in range(len(word)))
    return tuple(forms)
