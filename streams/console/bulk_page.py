"""Many alerts with one verdict: first which they are, then what came of it."""

from collections.abc import Sequence
from typing import Any

from aiohttp import web
from msgspec import Struct
from sqlalchemy import select

from streams.console.alert_actions import (
    Form,
    deciding,
    judgement_of,
    reason_of,
    refusal_words,
)
from streams.console.alerts_page import address, queue_values, wanted_of
from streams.console.answers import asks_for_json
from streams.console.asker import person_of
from streams.console.context import Console, console_of
from streams.console.feed.alert_rows import OPEN
from streams.console.queue.filters import Filter, is_sound
from streams.console.queue.reservation import Seen
from streams.console.queue.rows import QueueRow, recent_reasons, rows_of
from streams.console.rendering import language_for, page
from streams.console.routes import Route
from streams.console.tables import ALERTS
from streams.console.words import word
from streams.epoch import now_ms

TOGETHER = 500
"""Alerts with one press of a button at most: aiohttp takes forms of 1,000 fields."""
TOLD = 20
"""Refusals that are told one by one."""


class Preview(Struct, frozen=True):
    """Which alerts would be decided. `left`: of those that were asked for, how many are not open; `is_bounded`: the
    cluster has more."""

    rows: tuple[QueueRow, ...]
    left: int
    is_bounded: bool
    reasons: list[str]


async def preview(request: web.Request) -> web.StreamResponse:
    """The alerts that were chosen, or the open ones of a cluster, before anything is decided."""
    console, form, wanted = console_of(request), await request.post(), wanted_of(request)
    cluster = str(form.get("cluster", ""))
    found = await console.blocking(_look, console, _alerts_in(form), cluster, wanted, person_of(request).name)
    return page(request, "alert_bulk.html", _values(request, wanted, found) | {"outcome": None})


async def decide_all(request: web.Request) -> web.StreamResponse:
    """Decide those of the alerts that are still open and nobody has open; together, and told when Kafka has them."""
    console, form, wanted = console_of(request), await request.post(), wanted_of(request)
    judgement, reason = judgement_of(request, form), reason_of(request, form)
    alert_ids, language = _alerts_in(form), language_for(request)
    if not alert_ids:
        raise web.HTTPBadRequest(text=word(language, "alerts.chosen_none"))
    outcome = await deciding(request, {each: Seen(OPEN) for each in alert_ids}, judgement, reason)
    refused = [(each.alert_id, refusal_words(language, each)) for each in outcome.refused]
    if asks_for_json(request):
        told = [{"alert_id": key, "error": text} for key, text in refused]
        return web.json_response(
            {"decision": outcome.decision, "decided": len(outcome.decided), "refused": told},
            headers={"Cache-Control": "no-store"},
        )
    if not refused:
        raise web.HTTPSeeOther(address(wanted, done=outcome.decision))
    found = await console.blocking(
        _look, console, [key for key, _ in refused], "", wanted, person_of(request).name
    )
    outcome_values = {
        "decision": outcome.decision,
        "decided": len(outcome.decided),
        "verdict": judgement,
        "refused": refused[:TOLD],
        "failed": len(refused),
    }
    status = 200 if outcome.decided else 409
    return page(
        request,
        "alert_bulk.html",
        _values(request, wanted, found) | {"outcome": outcome_values},
        status=status,
    )


def _values(request: web.Request, wanted: Filter, found: Preview) -> dict[str, Any]:
    return queue_values(request, wanted) | {"preview": found, "together": TOGETHER}


def _alerts_in(form: Form) -> list[str]:
    """The ids in a form, each once."""
    ids = dict.fromkeys(str(each) for each in form.getall("alert", []))
    return [each for each in ids if each and len(each) <= 256 and is_sound(each)][:TOGETHER]


def _look(console: Console, alert_ids: Sequence[str], cluster: str, wanted: Filter, person: str) -> Preview:
    bounded = False
    with console.database.read() as connection:
        if cluster and is_sound(cluster):
            held = wanted.kind == "held"
            query = (
                select(ALERTS.c.alert_id)
                .where(ALERTS.c.cluster == cluster, ALERTS.c.state == OPEN, ALERTS.c.held.is_(held))
                .order_by(ALERTS.c.probability.desc(), ALERTS.c.alert_id)
                .limit(TOGETHER + 1)
            )
            alert_ids = list(connection.scalars(query))
            bounded = len(alert_ids) > TOGETHER
            alert_ids = alert_ids[:TOGETHER]
        rows = [row for row in rows_of(connection, alert_ids, now_ms()) if row.is_open]
        reasons = recent_reasons(connection, person)
    return Preview(tuple(rows), len(alert_ids) - len(rows), bounded, reasons)


ROUTES = (
    Route("POST", "/alerts/bulk", preview, needs="judge"),
    Route("POST", "/alerts/bulk/decide", decide_all, needs="judge"),
)
