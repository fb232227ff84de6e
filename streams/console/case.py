"""What an analyst sees of one alert: everything that is known, in the order in which it decides."""

from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import select

from connectors.events import Alert
from streams.console.case_evidence import CaseEvidence, case_evidence, percent
from streams.console.case_photos import CasePhotos, case_photos, takedown_photos
from streams.console.case_records import (
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
from streams.console.seller_sketch import Sketch
from streams.console.tables import ALERTS
from streams.console.title_marks import TitleMarks, title_marks
from streams.console.words import Language


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One alert with all that is known around it. Times in milliseconds since 1970, `took_ms` a duration."""

    alert: Alert
    percent: str
    held: bool
    observed_ms: int
    matched_ms: int
    took_ms: int | None
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
    columns = ALERTS.c
    with console.database.read() as connection:
        row = connection.execute(
            select(
                columns.record, columns.held, columns.observed_ms, columns.matched_ms, columns.took_ms
            ).where(columns.alert_id == alert_id)
        ).one_or_none()
        if row is None:
            return None
        alert = msgspec.json.decode(row.record, type=Alert)
        takedown = takedown_facts(connection, alert.takedown.takedown_id)
        others, left_out = other_takedowns(connection, alert)
        on_listing = earlier_on_listing(connection, alert)
        seller = seller_record(connection, alert)
        sketch = sellers_of(connection, alert)
    return {
        "case": Case(
            alert=alert,
            percent=percent(alert.probability),
            held=row.held,
            observed_ms=row.observed_ms,
            matched_ms=row.matched_ms,
            took_ms=row.took_ms,
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
