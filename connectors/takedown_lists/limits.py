"""How large a list may be. A list past a limit is refused as a whole, with the limit's name: never cut off."""

from typing import Annotated

from msgspec import Meta, Struct

Positive = Annotated[int, Meta(ge=1)]
MB: int = 1024 * 1024


class ListLimits(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a takedown list may be. 65,000 rows of six columns are 2.5 MB as XLSX, 24 MB unpacked."""

    max_file_mb: Positive = 64
    """Of the file as it came, in MiB; also of an e-mail with its attachments."""
    max_unpacked_mb: Positive = 256
    """Of a workbook's parts unpacked, and of the text of its cells, in MiB."""
    max_ratio: Positive = 200
    """A workbook's part may unpack to so many times its packed size; a sheet has 10 to 60, a zip bomb 1,000."""
    max_rows: Positive = 1_000_000
    """Rows, or links in a text."""
    max_cell_chars: Positive = 32_767
    """Characters of a cell that is looked at, as many as Excel allows; longer ones are rejects."""


def over(what: str, setting: str, limit: int, unit: str = "") -> str:
    """One line: what is too large, and the setting that says so."""
    return f"{what} than takedown_lists.{setting} allows ({limit:,}{unit})"
