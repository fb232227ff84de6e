"""Cells that a spreadsheet shows and never runs.

A cell that begins with = + - or @ is a formula to Excel, LibreOffice and Google Sheets, also behind blanks, quotes,
signs without a width, a tab or a carriage return, and with the full-width and small signs; a listing's title may be
one (CWE-1236). Such a cell gets one apostrophe in front, which makes it text.

A cell may also begin within one of ours. Excel splits a file at the list separator of its own country, which is a
semicolon where the comma is the decimal sign, such as in Indonesia; and quotes that do not stand where it expects a
cell to begin keep neither semicolons, tabs nor line ends together. So what stands behind one of those is looked at as
a beginning too: `Jaket;=cmd|'/C calc'!A0;` is one cell to us and three to it.

A beginning that has apostrophes in front of a sign already gets one more; so taking one away again gives every cell
back as it was.
"""

import re

_BEGINS = r"(?:\A|(?<=[;\t\r\n]))"
_UNSEEN = r"(?:[^\S\t\r\n]|['\"\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff])*"
"""Never a separator: from each beginning only as far as the next is read, so a cell is read once."""
_SIGN = r"[=+\-@\t\r＝＋－＠﹢﹣﹦﹫]"
_FORMULA = re.compile(f"{_BEGINS}(?={_UNSEEN}{_SIGN})")
_DEFUSED = re.compile(f"{_BEGINS}'(?={_UNSEEN}{_SIGN})")


def defuse(cell: str) -> str:
    """The cell as text that no spreadsheet takes for a formula."""
    return _FORMULA.sub("'", cell)


def restore(cell: str) -> str:
    """What `defuse` was given; every other cell as it is."""
    return _DEFUSED.sub("", cell)
