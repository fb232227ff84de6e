"""Titles of invented words, that no two listings share by chance: an alert for an honest one is then an error."""

from connectors.sample.seeds import dice

SYLLABLES = [a + b for a in "bdfgjklmnprstwyz" for b in "aeiou"]


def invented_words(count: int, *named: object) -> str:
    """So many words of four syllables, the same for the same names."""
    chance = dice(*named)
    return " ".join("".join(chance.choices(SYLLABLES, k=4)) for _ in range(count))
