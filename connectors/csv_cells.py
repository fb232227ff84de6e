"""Cells that a spreadsheet shows and never runs.

A cell that begins with = + - or @ is a formula to Excel, LibreOffice and Google Sheets, also behind blanks, a
tab or a carriage return, and with the full-width signs; a listing's title may be one (CWE-1236). Such a cell
gets one apostrophe in front, which makes it text. So does one that already has apostrophes in front of such a
sign; so taking one away again gives every cell back as it was.
"""

import re

_FORMULA = re.compile(r"[\s']*[=+\-@\t\r＝＋－＠]")


def defuse(cell: str) -> str:
    """The cell as text that no spreadsheet takes for a formula."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def restore(cell: str) -> str:
    """What `defuse` was given; every other cell as it is."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell[1:]) else cell
