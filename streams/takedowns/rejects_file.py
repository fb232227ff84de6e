"""The rejects of a list as a CSV file that no spreadsheet runs; there when all of it is, or not at all."""

import csv
import os
from pathlib import Path
from typing import TYPE_CHECKING, Self

from connectors.csv_cells import defuse

if TYPE_CHECKING:
    from streams.takedowns.importing import Refusal

COLUMNS = ("kind", "part", "row", "cell", "why", "link")


class RejectsFile:
    """A context manager; on leaving it without an error the file is there. Raises OSError."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._partial = path.with_name(f".{path.name}.{os.getpid()}.partial")

    def __enter__(self) -> Self:
        # A byte order mark, by which Excel knows UTF-8.
        self._file = self._partial.open("w", encoding="utf-8-sig", newline="")
        self._writer = csv.writer(self._file)
        self._writer.writerow(COLUMNS)
        return self

    def put(self, refusal: "Refusal") -> None:
        """One line."""
        place = refusal.place
        row = (refusal.kind, place.part or "", str(place.row), place.cell or "", refusal.why, refusal.link)
        self._writer.writerow([defuse(_encodable(cell)) for cell in row])

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._file.close()
        if kind is None:
            self._partial.replace(self._path)
        else:
            self._partial.unlink(missing_ok=True)


def _encodable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()
