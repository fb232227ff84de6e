"""A walk over sellers' accounts as a drawing for Graphviz. Pure.

Strings are those of https://graphviz.org/doc/info/lang.html: in quotes a quote is escaped; labels take backslash
escapes (`\\N` would be the node's name) and HTML entities of their own, so both are escaped too.
"""

from collections.abc import Iterator

from streams.sellers.graph import Walk
from streams.sellers.words import edge_label, left_out_lines
from streams.words.safe_text import safe_text

MOST_DRAWN = 100
"""Accounts; Graphviz draws more, but nobody can read it."""
LABEL_SHOWN = 60
"""Characters of an account."""


def dot_lines(walk: Walk) -> Iterator[str]:
    """The drawing, line by line: weak edges are dashed, the start has a double border. Nothing from outside
    stands anywhere but in quoted labels."""
    number = {step.account: at for at, step in enumerate(walk.steps)}
    yield "graph sellers {"
    yield "  node [shape=box];"
    if left_out := list(left_out_lines(walk)):
        yield f"  label={quoted('; '.join(left_out))};"
    for step in walk.steps:
        start = ", peripheries=2" if step.edge is None else ""
        yield f"  n{number[step.account]} [label={quoted(safe_text(step.account, LABEL_SHOWN))}{start}];"
    for step in walk.steps:
        for edge in (*((step.edge,) if step.edge else ()), *step.also):
            ends = f"n{number[edge.other(step.account)]} -- n{number[step.account]}"
            style = "" if edge.joins else ", style=dashed"
            yield f"  {ends} [label={quoted(edge_label(edge))}{style}];"
    yield "}"


def quoted(text: str) -> str:
    """The text as a quoted string that a label shows as it is; it has no line ends (`safe_text`)."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("&", "&amp;")
    return f'"{escaped}"'
