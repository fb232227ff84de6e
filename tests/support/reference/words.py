"""Markdown of what the code says."""

import inspect
from collections.abc import Iterable, Sequence

MADE = "<!-- Made from the code by `make reference`; do not write here. -->"


def cell(text: str) -> str:
    """A text on one line, as a cell of a table."""
    return " ".join(text.split()).replace("|", "\\|")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A table's lines."""
    return [
        f"| {' | '.join(head)} |",
        "|" + "---|" * len(head),
        *(f"| {' | '.join(cell(each) for each in row)} |" for row in rows),
    ]


def prose(doc: str | None) -> str:
    """A docstring's paragraphs, each on one line: Markdown makes no difference, and Python's versions agree."""
    paragraphs = inspect.cleandoc(doc or "").split("\n\n")
    return "\n\n".join(" ".join(each.split()) for each in paragraphs)
