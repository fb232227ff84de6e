"""Small letters for A to Z and everything else as it is: what is stored and what is looked for are made alike."""

from string import ascii_lowercase, ascii_uppercase

_SMALL = str.maketrans(ascii_uppercase, ascii_lowercase)


def ascii_lower(text: str) -> str:
    """The text with ASCII's capital letters made small."""
    return text.translate(_SMALL)
