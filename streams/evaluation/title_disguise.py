"""What sellers do to a title so that a search does not find it, as building blocks: text in, text out.

Written apart from the matcher: its tables are not used here, so that a disguise is undone because the matcher
knows its kind and not because both read one list. Every disguise draws from the dice that it is given.
"""

import random
import re
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

Change = Callable[[str, random.Random], str]

VOWELS = "aeiou"
KEYBOARD = {
    "q": "wa", "w": "qes", "e": "wrd", "r": "etf", "t": "ryg", "y": "tuh", "u": "yij", "i": "uok", "o": "ipl",
    "p": "ol", "a": "qsz", "s": "adw", "d": "sfe", "f": "dgr", "g": "fht", "h": "gjy", "j": "hku", "k": "jli",
    "l": "ko", "z": "xa", "x": "zcs", "c": "xvd", "v": "cbf", "b": "vng", "n": "bmh", "m": "nj",
}  # fmt: skip
"""Neighbours on a QWERTY keyboard."""


def chain(*changes: Change) -> Change:
    """One after the other."""

    def changed(title: str, chance: random.Random) -> str:
        for change in changes:
            title = change(title, chance)
        return title

    return changed


def each_word(change: Change, share: float = 1.0, shortest: int = 1) -> Change:
    """`change` on this share of the words that are long enough, at least on one."""

    def changed(title: str, chance: random.Random) -> str:
        words = title.split()
        able = [place for place, word in enumerate(words) if len(word) >= shortest]
        if not able:
            return title
        for place in chance.sample(able, max(1, round(share * len(able)))):
            words[place] = change(words[place], chance)
        return " ".join(words)

    return changed


def letters_from(table: Mapping[str, Sequence[str]], share: float = 1.0) -> Change:
    """This share of the letters that the table has, each as one of what it is written as there."""

    def changed(title: str, chance: random.Random) -> str:
        return "".join(
            chance.choice(table[letter]) if letter in table and chance.random() < share else letter
            for letter in title
        )

    return changed


def between_letters(signs: Sequence[str], share: float = 1.0) -> Change:
    """A sign between the letters of words, at this share of the places."""

    def changed(title: str, chance: random.Random) -> str:
        parts = [title[:1]]
        for left, right in pairwise(title):
            inside = not left.isspace() and not right.isspace()
            parts.append(chance.choice(signs) + right if inside and chance.random() < share else right)
        return "".join(parts)

    return changed


def apart(gap: str, wide: str) -> Change:
    """Each letter apart by `gap`, words by `wide`."""
    return lambda title, _chance: wide.join(gap.join(word) for word in title.split())


def between_words(signs: Sequence[str]) -> Change:
    """A sign instead of each space."""

    def changed(title: str, chance: random.Random) -> str:
        words = title.split()
        return "".join(word + chance.choice(signs) for word in words[:-1]) + "".join(words[-1:])

    return changed


def shuffled(title: str, chance: random.Random) -> str:
    """The words in another order."""
    words = title.split()
    chance.shuffle(words)
    return " ".join(words)


def dropped(share: float) -> Change:
    """This share of the words left out; at least one stays."""

    def changed(title: str, chance: random.Random) -> str:
        words = title.split()
        kept = chance.sample(range(len(words)), max(1, len(words) - round(share * len(words))))
        return " ".join(words[place] for place in sorted(kept))

    return changed


def padded(phrases: Sequence[str], many: int) -> Change:
    """So many phrases before and after."""

    def changed(title: str, chance: random.Random) -> str:
        extra = chance.sample(list(phrases), many)
        before = chance.randint(0, many)
        return " ".join([*extra[:before], title, *extra[before:]])

    return changed


def mistyped(word: str, chance: random.Random) -> str:
    """One typing error: two letters swapped, one left out, twice, or the key beside it."""
    place = chance.randrange(1, len(word) - 1)
    kind = chance.randrange(4)
    if kind == 0:
        return word[:place] + word[place + 1] + word[place] + word[place + 2 :]
    if kind == 1:
        return word[:place] + word[place + 1 :]
    if kind == 2:
        return word[: place + 1] + word[place:]
    return word[:place] + chance.choice(KEYBOARD.get(word[place].lower(), "x")) + word[place + 1 :]


def typing_errors(share: float) -> Change:
    """An error in this share of the words of four letters and more."""
    return each_word(mistyped, share, 4)


def repeated(word: str, chance: random.Random) -> str:
    """One or two letters of the word several times."""
    for _ in range(chance.randint(1, 2)):
        place = chance.randrange(len(word))
        if word[place].isalpha():
            word = word[:place] + word[place] * chance.randint(2, 4) + word[place:]
    return word


def replaced(words: Mapping[str, Sequence[str]]) -> Change:
    """Every word that the table has by one of those that mean the same."""

    def one(match: re.Match[str], chance: random.Random) -> str:
        word = match[0].lower()
        return chance.choice(words[word]) if word in words else match[0]

    return lambda title, chance: re.sub(r"[^\W\d_]+", lambda match: one(match, chance), title)


def joined(title: str, _chance: random.Random) -> str:
    """No spaces."""
    return "".join(title.split())


def joined_in_pairs(title: str, _chance: random.Random) -> str:
    """Every second space left out."""
    words = title.split()
    return " ".join("".join(words[at : at + 2]) for at in range(0, len(words), 2))


def vowels_dropped(word: str, _chance: random.Random) -> str:
    """The word without its vowels after the first letter, where three letters stay."""
    bare = word[:1] + "".join(letter for letter in word[1:] if letter.lower() not in VOWELS)
    return bare if len(bare) > 2 else word


def in_syllables(word: str, chance: random.Random) -> str:
    """A space or hyphen after every second or third letter."""
    parts = []
    while len(word) > 3:
        at = chance.randint(2, 3)
        parts.append(word[:at])
        word = word[at:]
    return chance.choice(" -").join([*parts, word])


def reversed_and_turned(title: str, _chance: random.Random) -> str:
    """Written backwards between marks that make it show forwards: U+202E, right-to-left override."""
    return "\u202e" + title[::-1] + "\u202c"


def overridden_words(word: str, _chance: random.Random) -> str:
    """As `reversed_and_turned`, one word."""
    return "\u202e" + word[::-1] + "\u202c"


def alphabet(capital: int, small: int, digit: int = 0) -> dict[str, str]:
    """The Latin letters in a Unicode block that has them in a row from these code points."""
    table = {chr(ord("A") + step): chr(capital + step) for step in range(26)}
    table |= {chr(ord("a") + step): chr(small + step) for step in range(26)}
    return table | ({chr(ord("0") + step): chr(digit + step) for step in range(10)} if digit else {})


def one_of(*changes: Change) -> Change:
    """One of these, drawn for the title."""
    return lambda title, chance: chance.choice(changes)(title, chance)
