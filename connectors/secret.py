"""Secrets that no log, error, repr or record ever shows, and the last net under all text that leaves a process."""

import base64
import os
import urllib.parse
from pathlib import Path
from typing import Final

SHOWN: Final = "***"
SHORTEST_HIDDEN = 6
"""Shorter values are not searched for in texts: "1" would take half of every line with it."""

_known: set[str] = set()


class Secret:
    """A text that shows itself only to `reveal`. Equal where the values are equal."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value
        if len(value) >= SHORTEST_HIDDEN:
            _known.update(_spellings(value))

    @classmethod
    def of(cls, reference: str) -> "Secret":
        """The secret that `env:NAME` or `file:PATH` leads to; any other text is the secret itself.

        Raises:
            ValueError: the variable is not set, or the file cannot be read; the message names it.
        """
        scheme, colon, place = reference.partition(":")
        if colon and scheme == "env":
            value = os.environ.get(place)
            if not value:
                raise ValueError(f"the environment variable {place} is not set")
            return cls(value)
        if colon and scheme == "file":
            try:
                return cls(Path(place).read_text(encoding="utf-8").strip())
            except (OSError, UnicodeDecodeError) as error:
                why = error.strerror if isinstance(error, OSError) else "no UTF-8"
                raise ValueError(f"the secret's file {place} cannot be read: {why}") from None
        return cls(reference)

    def reveal(self) -> str:
        """The value, for the one place that needs it."""
        return self._value

    def __repr__(self) -> str:
        return f"Secret({SHOWN})"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __bool__(self) -> bool:
        return bool(self._value)


def redact(text: str) -> str:
    """The text without any secret that this process knows, also where it is percent-encoded or base64."""
    for value in sorted(_known, key=len, reverse=True):
        text = text.replace(value, SHOWN)
    return text


def _spellings(value: str) -> tuple[str, ...]:
    encoded = value.encode("utf-8", "surrogateescape")
    return (
        value,
        urllib.parse.quote(encoded, safe=""),
        urllib.parse.quote_plus(encoded),
        base64.b64encode(encoded).decode().rstrip("="),
    )
