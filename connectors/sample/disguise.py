"""What sellers do to a taken-down title so that a search no longer finds it: text in, text out.

Each disguise is a line in `DISGUISES`. Those with `undone` can be taken back letter by letter; the others
change the words, and only a likeness remains.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from connectors.sample.seeds import dice

Change = Callable[[str, random.Random, float], str]

LEET = str.maketrans("aeiostAEIOST", "431057431057")
HOMOGLYPHS = {
    "a": "аα", "c": "с", "e": "еҽ", "o": "оο", "p": "р", "x": "х", "y": "у", "i": "і", "s": "ѕ", "k": "κк",
    "A": "АΑ", "B": "ВΒ", "C": "С", "E": "ЕΕ", "H": "Н", "K": "КΚ", "M": "М", "O": "ОΟ", "P": "Р", "T": "ТΤ",
}  # fmt: skip
"""Cyrillic and Greek letters that look like the Latin ones."""
ZERO_WIDTH = ("\u200b", "\u200c", "\u200d", "\u2060", "\ufeff")
PADDING = (
    "viral", "termurah", "promo", "bisa cod", "ready stock", "original", "import", "best seller",
    "gratis ongkir", "cuci gudang", "kekinian", "unisex", "pria wanita", "flash sale",
)  # fmt: skip
EMOJI = ("🔥", "✨", "💥", "❤️", "👕", "🛒", "⭐", "💯", "🧥")
FONTS = {  # first capital, first small letter, first digit (0: none)
    "bold": (0x1D400, 0x1D41A, 0x1D7CE),
    "sans bold": (0x1D5D4, 0x1D5EE, 0x1D7EC),
    "monospace": (0x1D670, 0x1D68A, 0x1D7F6),
    "fullwidth": (0xFF21, 0xFF41, 0xFF10),
    "bold italic": (0x1D468, 0x1D482, 0),
    "circled": (0x24B6, 0x24D0, 0),
}
"""Unicode's letters in other faces; only those without holes in their range."""
LEAST = 2
"""A title keeps at least this many words."""


@dataclass(frozen=True, slots=True)
class Disguise:
    """One disguise: `change(title, dice, strength)`; strength is the share of words or letters touched."""

    name: str
    change: Change
    undone: bool
    strength: float


def _words(title: str, chance: random.Random, share: float, shortest: int = 3) -> tuple[list[str], set[int]]:
    """The title's words and the places of some that are long enough, at least one where there is any."""
    words = title.split()
    able = [place for place, word in enumerate(words) if len(word) >= shortest]
    some = {place for place in able if chance.random() < share}
    if able and not some:
        some = {chance.choice(able)}
    return words, some


def _by_word(one: Callable[[str, random.Random], str], shortest: int = 3) -> Change:
    def change(title: str, chance: random.Random, strength: float) -> str:
        words, some = _words(title, chance, strength, shortest)
        return " ".join(one(word, chance) if place in some else word for place, word in enumerate(words))

    return change


def _leet(title: str, chance: random.Random, strength: float) -> str:
    able = [place for place, letter in enumerate(title) if letter.translate(LEET) != letter]
    return _replaced(title, able, chance, strength, lambda letter: letter.translate(LEET))


def _homoglyphs(title: str, chance: random.Random, strength: float) -> str:
    able = [place for place, letter in enumerate(title) if letter in HOMOGLYPHS]
    return _replaced(title, able, chance, strength, lambda letter: chance.choice(HOMOGLYPHS[letter]))


def _replaced(
    title: str, able: list[int], chance: random.Random, share: float, other: Callable[[str], str]
) -> str:
    letters = list(title)
    for place in chance.sample(able, min(len(able), max(1, round(len(able) * share)))):
        letters[place] = other(letters[place])
    return "".join(letters)


def _zero_width(title: str, chance: random.Random, strength: float) -> str:
    return "".join(
        letter + (chance.choice(ZERO_WIDTH) if place == 0 or chance.random() < strength else "")
        for place, letter in enumerate(title)
    )


def _repeat(word: str, chance: random.Random) -> str:
    places = [place for place, letter in enumerate(word) if letter.isalpha()] or [0]
    place = chance.choice(places)
    return word[:place] + word[place] * chance.randint(3, 5) + word[place + 1 :]


def _typo(word: str, chance: random.Random) -> str:
    place = chance.randrange(1, len(word) - 1)
    kind = chance.randrange(3)
    if kind == 0 and word[place] != word[place - 1]:
        return word[: place - 1] + word[place] + word[place - 1] + word[place + 1 :]
    if kind == 1:
        return word[:place] + word[place + 1 :]
    return word[:place] + chance.choice("aeinrt") + word[place:]


def _shuffle(title: str, chance: random.Random, _strength: float) -> str:
    words = title.split()
    mixed = words[:]
    for _ in range(8):
        chance.shuffle(mixed)
        if mixed != words:
            break
    return " ".join(mixed)


def _drop(title: str, chance: random.Random, strength: float) -> str:
    words = title.split()
    count = min(max(1, round(len(words) * strength)), max(0, len(words) - LEAST))
    gone = set(chance.sample(range(len(words)), count))
    return " ".join(word for place, word in enumerate(words) if place not in gone)


def _pad(title: str, chance: random.Random, strength: float) -> str:
    extra = chance.sample(PADDING, max(1, round(len(PADDING) * strength)))
    before = chance.randint(0, len(extra))
    return " ".join([*extra[:before], title, *extra[before:]])


def _font(title: str, chance: random.Random, strength: float) -> str:
    capital, small, digit = FONTS[chance.choice(sorted(FONTS))]
    shifts = {ord("A") + step: capital + step for step in range(26)} | {
        ord("a") + step: small + step for step in range(26)
    }
    if digit:
        shifts |= {ord("0") + step: digit + step for step in range(10)}
    return _by_word(lambda word, _: word.translate(shifts), 1)(title, chance, strength)


def _emoji(title: str, chance: random.Random, strength: float) -> str:
    words, some = _words(title, chance, strength, 1)
    decorated = [
        f"{chance.choice(EMOJI)}{word}" if place in some else word for place, word in enumerate(words)
    ]
    return " ".join([*decorated, chance.choice(EMOJI)])


DISGUISES: dict[str, Disguise] = {
    disguise.name: disguise
    for disguise in (
        Disguise("leet", _leet, True, 0.5),
        Disguise("homoglyphs", _homoglyphs, True, 0.6),
        Disguise("spaced", _by_word(lambda word, _: " ".join(word)), True, 0.4),
        Disguise("dotted", _by_word(lambda word, chance: chance.choice(".-_*").join(word)), True, 0.5),
        Disguise("zero-width", _zero_width, True, 0.3),
        Disguise("repeated", _by_word(_repeat), True, 0.5),
        Disguise("font", _font, True, 0.8),
        Disguise("emoji", _emoji, True, 0.4),
        Disguise("shuffled", _shuffle, True, 1.0),
        Disguise("padded", _pad, False, 0.35),
        Disguise("dropped", _drop, False, 0.2),
        Disguise("typos", _by_word(_typo, 4), False, 0.3),
    )
}


def disguise_title(title: str, names: Sequence[str], seed: int = 0, strength: float | None = None) -> str:
    """The title under these disguises, one after another; None takes each one's usual strength.

    Raises:
        KeyError: no such disguise; the names are `DISGUISES`' keys.
        ValueError: strength outside 0 to 1.
    """
    if strength is not None and not 0 <= strength <= 1:
        raise ValueError(f"strength is 0 to 1, not {strength}")
    for name in names:
        disguise = DISGUISES[name]
        title = disguise.change(
            title, dice("disguise", name, seed), disguise.strength if strength is None else strength
        )
    return title
