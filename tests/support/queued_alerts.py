"""Alerts in a console's database as the feed puts them there, many or few, drawn or made by hand."""

import random
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import msgspec
from alert_records import NOON, alert
from sqlalchemy import insert, select

from connectors.events import Alert, AlertListing
from streams.console.database import Database
from streams.console.feed.alert_rows import row_of
from streams.console.tables import ALERTS, VERDICTS
from streams.epoch import milliseconds

NOON_MS = milliseconds(NOON)
Verdict = tuple[str, str, int]
"""What, by whom, when in milliseconds."""


def queued(number: int, **changes: Any) -> Alert:
    """Alert `number`: the higher the number, the less probable and the older. `title`, `marketplace`, `seller_id`,
    `takedown_title`, `takedown_id`, `authority` go to where they belong."""
    base = alert(number)
    listing = {
        "listing_id": f"l{number}",
        "marketplace": "pasar-uji",
        "title": f"Jaket {number}",
        "seller_id": "s2",
    }
    listing |= {name: changes.pop(name) for name in ("title", "marketplace", "seller_id") if name in changes}
    taken = {name: changes.pop(name) for name in ("takedown_id", "authority") if name in changes}
    if "takedown_title" in changes:
        taken["title"] = changes.pop("takedown_title")
    fields: dict[str, Any] = {
        "listing": AlertListing(url=f"https://pasar.example/l{number}", **listing),  # type: ignore[arg-type]
        "takedown": msgspec.structs.replace(base.takedown, **taken),
        "probability": round(1 - number / 1000, 6),
        "matched_at": NOON - timedelta(minutes=number),
    }
    return msgspec.structs.replace(base, **(fields | changes))


def put(
    database: Database, alerts: Iterable[Alert], *, held: bool = False, verdict: Verdict | None = None
) -> None:
    """Rows for them, decided where there is a verdict."""
    rows, said = [], []
    for one in alerts:
        row = row_of(one, msgspec.json.encode(one), held=held, took_ms=None)
        if verdict is not None:
            row["state"] = verdict[0]
            said.append(
                {"alert_id": one.alert_id, "verdict": verdict[0], "by": verdict[1], "decided_ms": verdict[2]}
            )
        rows.append(row)
    with database.write() as connection:
        connection.execute(insert(ALERTS), rows)
        if said:
            connection.execute(insert(VERDICTS), said)


def states(database: Database) -> dict[str, str]:
    """The state of each alert."""
    with database.read() as connection:
        return {
            row.alert_id: row.state for row in connection.execute(select(ALERTS.c.alert_id, ALERTS.c.state))
        }


def in_force(database: Database) -> dict[str, tuple[str, str]]:
    """The verdicts, and by whom."""
    with database.read() as connection:
        return {row.alert_id: (row.verdict, row.by) for row in connection.execute(select(VERDICTS))}


def drawn(count: int, seed: int) -> list[tuple[Alert, bool, str]]:
    """Alerts with few different values, so that filters meet: each with whether it is held, and its state."""
    draw = random.Random(seed)
    words = ("jaket", "Kemeja", "100%", "a_b", "back\\slash", "İstanbul", "ÄRMEL", "sepatu", "'; --", "J4KET")
    made = []
    for number in range(count):
        one = queued(
            number,
            kind=draw.choice(("relist", "still_up", "flood")),
            probability=draw.choice((0.5, 0.75, 0.973, 1.0)),
            caught_by=draw.choice(("arrival", "lookback")),
            marketplace=draw.choice(("pasar-uji", "toko-uji")),
            seller_id=draw.choice(("s1", "s2", None)),
            title=" ".join(draw.choices(words, k=3)),
            takedown_title=" ".join(draw.choices(words, k=2)),
            takedown_id=draw.choice(("t1", "t2", "t3")),
            authority=draw.choice(("kementerian", "polisi", None)),
            cluster=draw.choice((("t1", "t2"), ("t3",), ())),
            matched_at=NOON - timedelta(minutes=draw.randrange(40) * 30),
        )
        state = draw.choice(("open", "open", "relist", "same backdrop", "not a relist", "unsure"))
        made.append((one, draw.random() < 0.15, state))
    return made
