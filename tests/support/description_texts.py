"""Made-up descriptions of sellers who reuse phrases, and what is done to a description that comes back."""

import random
from collections.abc import Callable
from functools import cache
from itertools import accumulate

from connectors.sample.disguise import LEET

SYLLABLES = [consonant + vowel for consonant in "bcdfghjklmnprstw" for vowel in "aeiou"]
COMMON_PHRASES = 300
"""Phrases that sellers of all kinds write: "ready stok siap kirim"."""


@cache
def vocabulary() -> tuple[list[str], list[float]]:
    """Words with cumulative weights, as uneven as those of a language (Zipf)."""
    rng = random.Random(1)
    words = [
        "".join(rng.choices(SYLLABLES, k=rng.randint(2, 4))) + rng.choice(["", "n", "r", "s", "t", "k"])
        for _ in range(4_000)
    ]
    words = list(dict.fromkeys(words))
    return words, list(accumulate(1 / (rank + 10) for rank in range(len(words))))


def sentence(rng: random.Random) -> str:
    """Six to fourteen words."""
    words, weights = vocabulary()
    return " ".join(rng.choices(words, cum_weights=weights, k=rng.randint(6, 14)))


@cache
def common_phrases() -> list[str]:
    rng = random.Random(2)
    return [sentence(rng) for _ in range(COMMON_PHRASES)]


class Seller:
    """Writes descriptions: the same closing sentences under each item's own."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.boilerplate = [sentence(rng) for _ in range(rng.randint(3, 6))]

    def item(self) -> list[str]:
        """The sentences of another item: its own, some that everyone writes, then the seller's."""
        own = [sentence(self.rng) for _ in range(self.rng.randint(3, 7))]
        return [*own, *self.rng.sample(common_phrases(), self.rng.randint(1, 4)), *self.boilerplate]


def original(rng: random.Random) -> list[str]:
    return Seller(rng).item()


def _words(sentences: list[str], edit: Callable[[str], str | None]) -> list[str]:
    return [" ".join(new for word in line.split() if (new := edit(word)) is not None) for line in sentences]


def moved(sentences: list[str], rng: random.Random) -> list[str]:
    return rng.sample(sentences, len(sentences))


def sentences_removed(sentences: list[str], rng: random.Random) -> list[str]:
    keep = sorted(rng.sample(range(len(sentences)), max(1, round(0.7 * len(sentences)))))
    return [sentences[at] for at in keep]


def words_removed(sentences: list[str], rng: random.Random, share: float = 0.3) -> list[str]:
    return _words(sentences, lambda word: None if rng.random() < share else word)


def padded(sentences: list[str], rng: random.Random, share: float = 0.5) -> list[str]:
    other = [sentence(rng) for _ in range(max(1, round(share * len(sentences))))]
    return moved([*sentences, *other], rng)


def replaced(sentences: list[str], rng: random.Random, share: float = 0.15) -> list[str]:
    return _words(sentences, lambda word: rng.choice(vocabulary()[0]) if rng.random() < share else word)


def mistyped(sentences: list[str], rng: random.Random, share: float = 0.15) -> list[str]:
    def typo(word: str) -> str:
        if rng.random() >= share:
            return word
        at = rng.randrange(len(word))
        return (
            rng.choice((word[:at] + word[at + 1 :], word[:at] + rng.choice("aeioukst") + word[at:])) or word
        )

    return _words(sentences, typo)


def disguised(sentences: list[str], _: random.Random) -> list[str]:
    return [line.translate(LEET) for line in sentences]


def combined(sentences: list[str], rng: random.Random) -> list[str]:
    return mistyped(replaced(padded(sentences_removed(sentences, rng), rng, 0.3), rng, 0.07), rng, 0.07)


EDITS: dict[str, Callable[[list[str], random.Random], list[str]]] = {
    "sentences moved": moved,
    "30% of sentences removed": sentences_removed,
    "20% of words removed": lambda sentences, rng: words_removed(sentences, rng, 0.2),
    "30% of words removed": words_removed,
    "padded by half": padded,
    "padded to double": lambda sentences, rng: padded(sentences, rng, 1.0),
    "15% of words replaced": replaced,
    "15% of words mistyped": mistyped,
    "digits for letters": disguised,
    "moved, 30% removed, padded, replaced and mistyped": combined,
}
