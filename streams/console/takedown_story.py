"""Where one request or takedown stands and all that happened to it, out of the database, as the command shows it."""

from sqlalchemy import ColumnElement, Connection, and_, false, or_, select, union

from streams.console.tables import ALERT_TAKEDOWNS, ALERTS, CHANGES, REQUESTS, TAKEDOWNS
from streams.console.takedown_records_kept import Which, kept_records
from streams.takedowns.desk import NoListingError, target_of
from streams.takedowns.view import StandingView, view_of

MOST_REQUESTS = 500
"""Of one listing or takedown."""


def story(connection: Connection, text: str) -> StandingView | None:
    """What is known of a request id, a takedown id, a link or a key; None where nothing is."""
    requests, listing = _named(text)
    found = connection.execute(
        select(REQUESTS.c.request_id, REQUESTS.c.takedown_id).where(requests).limit(MOST_REQUESTS)
    ).all()
    wanted = {text, *(row.takedown_id for row in found if row.takedown_id)}
    wanted |= set(connection.scalars(select(TAKEDOWNS.c.takedown_id).where(listing)))
    which = Which(
        requests=REQUESTS.c.request_id.in_([row.request_id for row in found]),
        takedowns=TAKEDOWNS.c.takedown_id.in_(wanted),
        changes=CHANGES.c.takedown_id.in_(wanted),
        alerts=_alerts(wanted),
        whole_requests=True,
    )
    return view_of(text, kept_records(connection, which))


def in_force(connection: Connection, takedown_ids: list[str]) -> set[str]:
    """Those of the takedowns that are."""
    return set(
        connection.scalars(
            select(TAKEDOWNS.c.takedown_id).where(
                TAKEDOWNS.c.takedown_id.in_(takedown_ids), TAKEDOWNS.c.withdrawn_ms.is_(None)
            )
        )
    )


def _named(text: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """The requests and the takedowns that the text means."""
    ways = [REQUESTS.c.request_id == text, REQUESTS.c.takedown_id == text, REQUESTS.c.link == text]
    try:
        target = target_of(text)
    except NoListingError:
        return or_(*ways), false()
    if target.listing_id is None:
        return or_(*ways), false()
    here = and_(REQUESTS.c.marketplace == target.marketplace, REQUESTS.c.listing_id == target.listing_id)
    return or_(*ways, here), TAKEDOWNS.c.listing_key == f"{target.marketplace}:{target.listing_id}"


def _alerts(wanted: set[str]) -> ColumnElement[bool]:
    """The alerts of these takedowns: those that are named after one, and those whose cluster has one."""
    # Two looks into an index each; together in one condition they would be a look at every alert.
    named = select(ALERTS.c.alert_id).where(ALERTS.c.takedown_id.in_(wanted))
    together = select(ALERT_TAKEDOWNS.c.alert_id).where(ALERT_TAKEDOWNS.c.takedown_id.in_(wanted))
    return ALERTS.c.alert_id.in_(union(named, together))
