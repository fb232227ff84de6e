"""What an analyst sees of one alert: everything that is known, in the order in which it decides."""

import unicodedata
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import msgspec
from sqlalchemy import select

from connectors.events import Alert
from streams.console.case_evidence import CaseEvidence, case_evidence, percent
from streams.console.case_photos import CasePhotos, case_photos, takedown_photos
from streams.console.case_records import (
    NUL,
    EarlierAlert,
    OtherTakedown,
    SellerRecord,
    TakedownFacts,
    earlier_on_listing,
    other_takedowns,
    seller_record,
    takedown_facts,
)
from streams.console.case_sellers import sellers_of
from streams.console.context import Console
from streams.console.overlay import numbers, points
from streams.console.rendering import ENVIRONMENT, few_accents
from streams.console.seller_sketch import Sketch
from streams.console.tables import ALERTS
from streams.console.title_marks import TitleMarks, title_marks
from streams.console.web_links import web_link
from streams.console.words import Language
from streams.words.safe_text import safe_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One alert with all that is known around it. Times in milliseconds since 1970. `after`: how long until it was
    found, as a number and its unit; `from_arrival`: since the listing came in, else since it was seen."""

    alert: Alert
    percent: str
    held: bool
    observed_ms: int
    matched_ms: int
    after: tuple[str, str]
    from_arrival: bool
    listing_link: str | None
    takedown_link: str | None
    photos: CasePhotos
    titles: TitleMarks
    evidence: CaseEvidence
    takedown: TakedownFacts | None
    others: list[OtherTakedown]
    others_left_out: int
    on_listing: tuple[EarlierAlert, ...]
    seller: SellerRecord | None
    sketch: Sketch | None


def case_values(console: Console, alert_id: str, language: Language) -> dict[str, Any] | None:
    """The values of `case.html`, all under the one name `case`; None where there is no such alert.

    Reads the database: call it through `console.blocking`. The page that includes the template also takes
    `case.css` and `case.js`; when it fills the fragment anew, `case.js` hears "refilled" by itself.
    """
    if NUL in alert_id:
        return None
    columns = ALERTS.c
    with console.database.read() as connection:
        row = connection.execute(
            select(
                columns.record,
                columns.takedown_id,
                columns.listing_key,
                columns.seller,
                columns.held,
                columns.observed_ms,
                columns.matched_ms,
                columns.took_ms,
            ).where(columns.alert_id == alert_id)
        ).one_or_none()
        if row is None:
            return None
        alert = msgspec.json.decode(row.record, type=Alert)
        takedown = takedown_facts(connection, row.takedown_id)
        others, left_out = other_takedowns(connection, alert)
        on_listing = earlier_on_listing(connection, alert_id, row.listing_key)
        seller = None if row.seller is None else seller_record(connection, row.seller, row.listing_key)
        sketch = sellers_of(connection, alert)
    took_ms = row.matched_ms - row.observed_ms if row.took_ms is None else row.took_ms
    return {
        "case": Case(
            alert=alert,
            percent=percent(alert.probability),
            held=row.held,
            observed_ms=row.observed_ms,
            matched_ms=row.matched_ms,
            after=duration(took_ms),
            from_arrival=row.took_ms is not None,
            listing_link=web_link(alert.listing.url),
            takedown_link=web_link(alert.takedown.url),
            photos=case_photos(alert, takedown_photos(takedown.photos) if takedown else ()),
            titles=title_marks(alert.listing.title, alert.takedown.title),
            evidence=case_evidence(alert, language),
            takedown=takedown,
            others=others,
            others_left_out=left_out,
            on_listing=on_listing,
            seller=seller,
            sketch=sketch,
        )
    }


def duration(milliseconds: int) -> tuple[str, str]:
    """A duration as a number and a unit: `s`, `min`, `h` or `d`. Clocks may disagree: none is shorter than 0."""
    seconds = max(0, milliseconds) / 1000
    for unit, size, most in (("s", 1, 120), ("min", 60, 120 * 60), ("h", 3600, 48 * 3600)):
        if seconds < most:
            return f"{seconds / size:.1f}" if seconds < 10 else f"{seconds / size:.0f}", unit
    return f"{seconds / 86_400:.0f}", "d"


def path_part(text: str) -> str:
    """Any text as one part of an address, or as a value in its query."""
    return quote(text, safe="")


def short(text: str, most: int) -> str:
    """A text for a place of so many narrow letters, safe to show; wide letters count twice."""
    plain = few_accents(safe_text(text[:most]))
    room = most
    for at, character in enumerate(plain):
        room -= 2 if unicodedata.east_asian_width(character) in "WF" else 1
        if room < 0 or (room == 0 and at + 1 < len(plain)):
            return plain[:at] + "…"
    return plain if len(text) <= most else plain[: most - 1] + "…"


ENVIRONMENT.filters.update(numbers=numbers, points=points, path_part=path_part, short=short)
