"""Rows of the console's database as the feed would write them, for pages tested without it."""

import time
from typing import Any

from sqlalchemy import Table, insert

from streams.console.database import Database
from streams.console.tables import DEAD_LETTERS, REQUESTS

MINUTE_MS = 60_000
NASTY = '<script>alert(1)</script>\u202e\x1b[2J=HYPERLINK("https://evil.example")'
"""A text that would run, turn the line around, move a terminal's cursor, or be a spreadsheet's formula."""


def now_ms() -> int:
    return int(time.time() * 1000)


def put(database: Database, table: Table, *rows: dict[str, Any]) -> None:
    with database.write() as connection:
        for start in range(0, len(rows), 1000):
            connection.execute(insert(table), list(rows[start : start + 1000]))


def letter_row(offset: int, **changes: Any) -> dict[str, Any]:
    """A listing that was no JSON, failed a minute ago for each `offset`."""
    row: dict[str, Any] = {
        "partition": 0, "offset": offset, "topic": "listings", "topic_partition": 1, "topic_offset": 5,
        "key": f"pasar-uji:l{offset}", "stage": "fingerprint-listings", "error": "malformed-json",
        "detail": "ListingEvent: JSON is malformed", "attempt": 1, "size": 20,
        "failed_ms": now_ms() - offset * MINUTE_MS, "replayed_ms": None, "replayed_by": None,
    }  # fmt: skip
    return row | changes


def put_letters(database: Database, *rows: dict[str, Any]) -> None:
    put(database, DEAD_LETTERS, *rows)


def request_row(number: int, **changes: Any) -> dict[str, Any]:
    """Row `number` of a ministry's list, waiting since a minute ago for each `number`."""
    received = now_ms() - number * MINUTE_MS
    row: dict[str, Any] = {
        "request_id": f"r{number:06}", "link": f"https://shopee.co.id/product/1/{number}",
        "marketplace": "shopee-id", "listing_id": f"1.{number}", "authority": "Kementerian A",
        "source": "ministry", "reason": "tanpa izin", "by": "analyst-7", "list_name": "daftar.xlsx",
        "list_sha256": "a" * 64, "list_row": str(number), "received_ms": received, "state": "waiting",
        "unresolved_because": None, "takedown_id": None, "changed_ms": received, "record": None,
    }  # fmt: skip
    return row | changes


def put_requests(database: Database, *rows: dict[str, Any]) -> None:
    put(database, REQUESTS, *rows)
