"""A workbook's rows, sheet by sheet: .xlsx, .xlsm and their templates, also as Strict Open XML."""

from collections.abc import Iterator
from typing import BinaryIO, Final

from msgspec import Struct

from connectors.takedown_lists.headers import tidy
from connectors.takedown_lists.items import Item, ListError, Remark
from connectors.takedown_lists.limits import ListLimits, over
from connectors.takedown_lists.table import Table
from connectors.takedown_lists.xlsx_layout import SheetLayout, has_layout
from connectors.takedown_lists.xlsx_package import Package, relationships_of, resolved
from connectors.takedown_lists.xlsx_sheet import SheetRows
from connectors.takedown_lists.xml_stream import XmlStream, attribute

MOST_SHEETS: Final = 1000
STRINGS_A_ROW: Final = 16
"""Different texts that a list may have for each row that it may have."""


class _Relationship(Struct):
    kind: str
    target: str
    is_external: bool


class _Sheet(Struct):
    name: str
    relationship: str
    is_hidden: bool


def xlsx_items(file: BinaryIO, limits: ListLimits) -> Iterator[Item]:
    """What every sheet mentions, the hidden ones too.

    Raises:
        ListError: it is no workbook, or is past a limit.
    """
    package = Package(file, limits)
    root = _relationships(package, "", limits)
    book = next((each.target for each in root.values() if each.kind == "officeDocument"), "xl/workbook.xml")
    sheets, from_1904 = _sheets(package, book)
    parts = _relationships(package, book, limits)
    texts = next((each.target for each in parts.values() if each.kind == "sharedStrings"), None)
    places = {
        sheet.name: part.target
        for sheet in sheets
        if (part := parts.get(sheet.relationship)) and part.kind == "worksheet" and not part.is_external
    }
    package.check([*dict.fromkeys(places.values()), *([texts] if texts and package.has(texts) else [])])
    if any(name.endswith("vbaproject.bin") for name in package.names):
        yield Remark("the workbook has macros; they are not run")
    strings = _strings(package, texts, limits) if texts and package.has(texts) else []
    for sheet in sheets:
        if sheet.name not in places:
            continue
        if sheet.is_hidden:
            yield Remark(f"sheet {sheet.name} is hidden; it is read too")
        yield from _items_of_sheet(
            package, sheet.name, places[sheet.name], strings, limits, from_1904=from_1904
        )


def _items_of_sheet(
    package: Package, label: str, name: str, strings: list[str], limits: ListLimits, *, from_1904: bool
) -> Iterator[Item]:
    links = {
        key: each.target
        for key, each in _relationships(package, name, limits).items()
        if each.kind == "hyperlink"
    }
    layout = SheetLayout(name, links, limits)
    if has_layout(package.chunks(name)):
        layout.read(package.chunks(name, again=True))
    rows = SheetRows(label, strings, layout, limits).rows(name, package.chunks(name, again=True))
    yield from Table(limits, from_1904=from_1904).items(rows)


def _relationships(package: Package, owner: str, limits: ListLimits) -> dict[str, _Relationship]:
    """A part's relationships by id; none where it has none."""
    name = relationships_of(owner) if owner else "_rels/.rels"
    found: dict[str, _Relationship] = {}

    def begin(attributes: dict[str, str]) -> None:
        if len(found) > limits.max_rows:
            raise ListError(over("more links", "max_rows", limits.max_rows))
        target = attributes.get("Target", "")
        is_external = attributes.get("TargetMode") == "External"
        found[attributes.get("Id", "")] = _Relationship(
            attributes.get("Type", "").rpartition("/")[2],
            target if is_external else resolved(owner, target),
            is_external,
        )

    if package.has(name):
        for _ in XmlStream(name, {"Relationship": begin}).feed(package.chunks(name)):
            pass
    return found


def _sheets(package: Package, book: str) -> tuple[list[_Sheet], bool]:
    sheets: list[_Sheet] = []
    dates: set[str | None] = set()

    def begin_book(attributes: dict[str, str]) -> None:
        dates.add(attributes.get("date1904"))

    def begin_sheet(attributes: dict[str, str]) -> None:
        if len(sheets) > MOST_SHEETS:
            return
        name = tidy(attributes.get("name", ""))[:100]
        taken = any(sheet.name == name for sheet in sheets)
        sheets.append(
            _Sheet(
                name=name if name and not taken else f"sheet {len(sheets) + 1}",
                relationship=attribute(attributes, "id") or "",
                is_hidden=attributes.get("state") in {"hidden", "veryHidden"},
            )
        )

    begins = {"workbookPr": begin_book, "sheet": begin_sheet}
    for _ in XmlStream(book, begins).feed(package.chunks(book)):
        pass
    if not sheets:
        raise ListError("no workbook: it has no sheets")
    if len(sheets) > MOST_SHEETS:
        raise ListError(f"a workbook of more than {MOST_SHEETS} sheets")
    return sheets, bool(dates & {"1", "true"})


def _strings(package: Package, name: str, limits: ListLimits) -> list[str]:
    """The texts that cells refer to by number (ECMA-376 part 1, 18.4)."""
    texts = _Texts(limits.max_cell_chars)
    begins = {"si": texts.begin_string, "t": texts.begin_text, "rPh": texts.begin_phonetic}
    ends = {"si": texts.end_string, "t": texts.end_text, "rPh": texts.end_phonetic}
    for _ in XmlStream(name, begins, ends, texts.say).feed(package.chunks(name)):
        if len(texts.strings) > STRINGS_A_ROW * limits.max_rows:
            raise ListError(over("more texts", "max_rows", limits.max_rows, f" rows of {STRINGS_A_ROW}"))
    return texts.strings


class _Texts:
    """Puts each string's parts together, without how it is pronounced. A string past the limit is one sign longer
    than it, or a little more, which is how it is told."""

    def __init__(self, most: int) -> None:
        self.strings: list[str] = []
        self._most = most
        self._parts: list[str] = []
        self._size = 0
        self._is_text = self._is_phonetic = False

    def begin_string(self, _: dict[str, str]) -> None:
        self._parts.clear()
        self._size = 0

    def begin_text(self, _: dict[str, str]) -> None:
        self._is_text = not self._is_phonetic

    def begin_phonetic(self, _: dict[str, str]) -> None:
        self._is_phonetic = True

    def say(self, text: str) -> None:
        if self._is_text and self._size <= self._most:
            self._parts.append(text)
            self._size += len(text)

    def end_text(self) -> None:
        self._is_text = False

    def end_phonetic(self) -> None:
        self._is_phonetic = False

    def end_string(self) -> None:
        self.strings.append("".join(self._parts))
