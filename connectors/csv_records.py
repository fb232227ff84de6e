"""Rows of a table to records. A row that is none is passed on as its bytes, and why: nothing lost, nothing guessed."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from connectors.csv_cells import restore
from connectors.csv_options import (
    IMAGES,
    LISTING_TEXTS,
    TAKEDOWN_TEXTS,
    TIMES,
    CsvOptions,
    given,
    image_number,
    is_field,
)
from connectors.csv_rows import CsvError, CsvRows, Row, column_name
from connectors.events import ListingEvent, Takedown
from connectors.json_records import RecordKind, unreadable_key, with_photos
from connectors.moments import MomentError, read_moment, utc_offset
from connectors.prices import PriceError, read_price
from connectors.record_fields import FieldError, checked, listing_event, listing_key, takedown
from connectors.sdk import Item, Notice, RawRecord, Withdrawal

MAX_FIELD = 100_000
"""Characters of one cell; a description has hardly ten thousand."""
CREATED = "listing.created"
TYPES = {"created": CREATED, "updated": "listing.updated", "removed": "listing.removed"}
YES = frozenset({"true", "yes", "1"})


class CsvRecords:
    """Decodes one file's rows. `file_time` stands in for a missing `observed_at`; `place` begins every message.

    Photos by path are read in up to `max_record` bytes, from `folder` and never outside.
    """

    def __init__(
        self,
        options: CsvOptions,
        records: RecordKind,
        *,
        folder: Path | None,
        max_record: int,
        file_time: datetime,
        place: str,
    ) -> None:
        self._options = options
        self._is_takedown = records == "takedowns"
        self._folder = folder
        self._max_record = max_record
        self._file_time = file_time
        self._place = place
        self._zone = utc_offset(options.utc_offset) if options.utc_offset else None

    def items(self, descriptor: int) -> Iterator[Item]:
        """The file's records, in order.

        Raises:
            CsvError: the file cannot be read from here on; all before it were yielded.
            OSError: reading fails.
        """
        wanted = {column_name(name) for name in self._options.columns.values()} | {*LISTING_TEXTS}
        rows = CsvRows(
            descriptor,
            max_row=self._max_record,
            wanted=wanted,
            delimiter=self._options.delimiter,
            fallback=None if self._options.fallback_encoding == "none" else self._options.fallback_encoding,
        ).rows()
        header = next(rows, None)
        if header is None:
            return
        names, unused = self._columns(header)
        if unused:
            yield Notice(f"{self._place}: columns that no field is read from: {', '.join(unused)[:500]}")
        for row in rows:
            yield from self._row_items(row, names)

    def _columns(self, header: Row) -> tuple[list[str | None], list[str]]:
        """The field of each column, and the columns without one."""
        if header.problem:
            raise CsvError(f"row {header.number}, the header: {header.problem}")
        mapped = {column_name(column): name for name, column in self._options.columns.items()}
        names: list[str | None] = []
        for cell in header.cells:
            name = column_name(cell)
            names.append(
                mapped.get(name, name if is_field(name) and name not in self._options.columns else None)
            )
        found = [name for name in names if name is not None]
        shown = ", ".join(header.cells)[:500]
        if twice := sorted({name for name in found if found.count(name) > 1}):
            raise CsvError(f"more than one column for {twice[0]}; the columns: {shown}")
        for name, column in self._options.columns.items():
            if name not in found:
                raise CsvError(f"no column {column!r}, which {name} is read from; the columns: {shown}")
        needed = ["takedown_id"] if self._is_takedown else []
        for name in (*needed, "marketplace", "listing_id", "title"):
            if name not in found and name not in self._options.defaults:
                raise CsvError(f"no column for {name}, and no default; the columns: {shown}")
        return names, [
            cell for cell, name in zip(header.cells, names, strict=True) if name is None and cell.strip()
        ]

    def _row_items(self, row: Row, names: list[str | None]) -> Iterator[Item]:
        texts: dict[str, str] = {}
        try:
            if row.problem:
                raise FieldError("the whole row", row.problem)
            if len(row.cells) != len(names):
                raise FieldError("the whole row", f"{len(row.cells)} cells under {len(names)} columns")
            texts = self._texts(row.cells, names)
            if self._is_takedown and texts.get("withdrawn", "").casefold() in YES:
                yield checked({"takedown_id": texts.get("takedown_id", "")}, Withdrawal)
                return
            record = self._record(texts)
        except FieldError as error:
            key = unreadable_key(row.raw) if self._is_takedown else listing_key(texts)
            yield RawRecord(row.raw, key, f"{self._place}: row {row.number}: {error}")
            return
        whole, problems = with_photos(record, self._folder, self._max_record - len(row.raw))
        for problem in problems:
            yield Notice(f"{self._place}: row {row.number}: {problem}")
        yield whole

    def _texts(self, cells: tuple[str, ...], names: list[str | None]) -> dict[str, str]:
        """Each field's text, where there is one."""
        texts = {name: text.strip() for name, text in self._options.defaults.items()}
        for cell, name in zip(cells, names, strict=True):
            if name is not None and (text := restore(cell).strip()):
                texts[name] = text
        return texts

    def _listing_fields(self, texts: dict[str, str]) -> dict[str, Any]:
        fields: dict[str, Any] = {name: texts[name] for name in LISTING_TEXTS if name in texts}
        if "type" in fields:
            fields["type"] = TYPES.get(fields["type"].casefold(), fields["type"])
        if price := given(texts, ("price_amount", "price")):
            try:
                read = read_price(price, given(texts, ("price_currency", "currency")), self._options.decimal)
            except PriceError as error:
                raise FieldError("price", str(error)) from None
            fields["price"] = {"amount": read.amount, "currency": read.currency}
        if images := _images(texts):
            fields["images"] = images
        for name in TIMES:
            if name in texts:
                fields[name] = self._time(name, texts[name])
        return fields

    def _record(self, texts: dict[str, str]) -> ListingEvent | Takedown:
        for name, text in texts.items():
            if len(text) > MAX_FIELD:
                raise FieldError(name, f"longer than {MAX_FIELD} characters")
        fields = self._listing_fields(texts)
        if not self._is_takedown:
            fields.setdefault("type", CREATED)
            if "observed_at" in fields:
                return listing_event(fields)
            # The same row in a file that is dropped again is the same event.
            return listing_event(fields | {"observed_at": self._file_time.isoformat()}, ("observed_at",))
        taken: dict[str, Any] = {name: texts[name] for name in TAKEDOWN_TEXTS[:-1] if name in texts}
        if "taken_down_at" in texts:
            taken["taken_down_at"] = self._time("taken_down_at", texts["taken_down_at"])
        return takedown(taken | {"listing": fields})

    def _time(self, name: str, text: str) -> str:
        try:
            return read_moment(text, self._options.time_format, self._zone).isoformat()
        except MomentError as error:
            raise FieldError(name, str(error)) from None


def _images(texts: dict[str, str]) -> list[dict[str, str]]:
    """The photos: those of one cell apart by bars, then the numbered columns in order."""
    numbered = sorted((number, name) for name in texts if (number := image_number(name)) is not None)
    cells = [texts[name] for name in (*IMAGES, *(name for _, name in numbered)) if name in texts]
    photos = dict.fromkeys(part for cell in cells for each in cell.split("|") if (part := each.strip()))
    return [{"url" if _is_url(photo) else "path": photo} for photo in photos]


def _is_url(photo: str) -> bool:
    return photo.lower().startswith(("http://", "https://"))
