"""What reading a list gives: mentions of listings, rejects, and remarks on the list itself."""

from msgspec import Struct

from connectors.links import LinkTarget, ShortLink


class ListError(ValueError):
    """The list cannot be read, or is past a limit; the message is one line and names the limit's setting.

    Nothing of it may be taken for read.
    """


class Place(Struct, frozen=True, omit_defaults=True):
    """Where in the list: `row` counts from 1, as a spreadsheet or an editor shows it; `part` names a sheet or
    an e-mail's part; `cell` such as C12."""

    row: int
    part: str | None = None
    cell: str | None = None

    def __str__(self) -> str:
        where = self.cell or f"row {self.row}"
        return f"{self.part}, {where}" if self.part else where


class Told(Struct, frozen=True, omit_defaults=True):
    """What the row says of its listing, as it says it."""

    number: str | None = None
    title: str | None = None
    seller: str | None = None
    reason: str | None = None
    date: str | None = None
    authority: str | None = None


NOTHING_TOLD = Told()


class Mention(Struct, frozen=True):
    """A link to a listing, or a short link that may lead to one. `link` is as it came, without hidden signs."""

    link: str
    target: LinkTarget | ShortLink
    place: Place
    told: Told = NOTHING_TOLD


class Reject(Struct, frozen=True):
    """A link or a row that gives no listing. `text`: the link, or the beginning of the row."""

    why: str
    place: Place
    text: str = ""


class Remark(Struct, frozen=True):
    """Something about the list that a person should know, in one line."""

    text: str


Item = Mention | Reject | Remark


class Cell(Struct, frozen=True):
    """A cell that is not empty. `column` counts from 0. `target`: the link behind it, where it has one.

    `spread`: the value of a merged range, repeated in each of its rows.
    """

    column: int
    text: str
    target: str | None = None
    spread: bool = False
    problem: str | None = None


class Row(Struct, frozen=True):
    """A table's row with its cells that are not empty, or a problem that it has as a whole."""

    number: int
    cells: tuple[Cell, ...]
    part: str | None = None
    problem: str | None = None
    raw: str = ""


def cell_name(row: int, column: int) -> str:
    """A cell's name in a spreadsheet: row 1 and column 0 are A1."""
    letters = ""
    column += 1
    while column:
        column, letter = divmod(column - 1, 26)
        letters = chr(ord("A") + letter) + letters
    return f"{letters}{row}"
