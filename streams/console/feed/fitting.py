"""Rows that every database takes: PostgreSQL refuses a zero byte, a text that is too long and a number too large.

One such row would stop the feed for good, and whoever writes to a topic could send it. Pure.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, Integer, String, Table, Text

from connectors.codec import RecordError

Row = dict[str, Any]

INDEXED_CHARACTERS = 600
"""Of a text that an index holds: PostgreSQL takes 2704 bytes an entry, a third of a page; UTF-8 has up to 4 each."""
SHOWN_CHARACTERS = 4096
"""Of other texts: as long as links may be. The whole of it is in the record."""


def fitted(table: Table, row: Mapping[str, Any]) -> Row:
    """The row without zero bytes, its free texts cut where they are too long to be read.

    Raises:
        RecordError: an id is longer than its column, or a number is larger.
    """
    limits = _limits(table)
    fit: Row = {}
    for name, value in row.items():
        if isinstance(value, str):
            fit[name] = _fitted_text(name, value, *limits[name])
        elif isinstance(value, int) and not isinstance(value, bool):
            most, _ = limits[name]
            if not -most <= value < most:
                raise RecordError("unfit-record", f"{table.name}: {name} is {value}")
            fit[name] = value
        else:
            fit[name] = value
    return fit


def _fitted_text(name: str, text: str, most: int, is_cut: bool) -> str:
    if "\x00" in text:
        text = text.replace("\x00", "\ufffd")
    if len(text) <= most:
        return text
    if not is_cut:
        raise RecordError("unfit-record", f"{name} has {len(text)} characters, more than {most}")
    return text[:most]


@cache
def _limits(table: Table) -> Mapping[str, tuple[int, bool]]:
    """By column: the most characters, or the least number that is too large; and whether a longer text is cut."""
    indexed = {column.name for index in table.indexes for column in index.columns}
    indexed |= {column.name for column in table.primary_key.columns}
    limits = {}
    for column in table.columns:
        kind = column.type
        if isinstance(kind, BigInteger):
            limits[column.name] = (2**63, False)
        elif isinstance(kind, Integer):
            limits[column.name] = (2**31, False)
        elif column.name in indexed:
            limits[column.name] = (
                min(getattr(kind, "length", None) or INDEXED_CHARACTERS, INDEXED_CHARACTERS),
                False,
            )
        elif isinstance(kind, String) and not isinstance(kind, Text):
            limits[column.name] = (kind.length or SHOWN_CHARACTERS, False)
        else:
            limits[column.name] = (SHOWN_CHARACTERS, True)
    return limits
