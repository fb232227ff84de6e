"""Rows of the queue as pages show them: looked up for one page, with who has them open and who decided them."""

from collections.abc import Sequence

from msgspec import Struct
from sqlalchemy import Connection, func, select

from streams.console.database import Database
from streams.console.feed.alert_rows import OPEN
from streams.console.queue.claims import holders
from streams.console.queue.filters import Filter
from streams.console.queue.search import COUNTED, Place, find
from streams.console.tables import ALERTS, VERDICTS
from streams.epoch import now_ms

PAGE = 50
OTHERS_LOOKED_AT = 20
"""Alerts that colleagues have open are passed over by "next"; of so many one is free."""

COLUMNS = (
    ALERTS.c.alert_id,
    ALERTS.c.probability,
    ALERTS.c.kind,
    ALERTS.c.held,
    ALERTS.c.marketplace,
    ALERTS.c.title,
    ALERTS.c.takedown_title,
    ALERTS.c.matched_ms,
    ALERTS.c.state,
    ALERTS.c.cluster,
    VERDICTS.c.by,
    VERDICTS.c.reason,
    VERDICTS.c.decided_ms,
)


class QueueRow(Struct, frozen=True):
    """An alert in the queue. `by`, `reason` and `decided_ms`: of the verdict, where there is one; `holder`: who has it
    open."""

    alert_id: str
    probability: float
    kind: str
    held: bool
    marketplace: str
    title: str
    takedown_title: str
    matched_ms: int
    state: str
    cluster: str
    by: str | None
    reason: str | None
    decided_ms: int | None
    holder: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether nobody has decided it."""
        return self.state == OPEN

    @property
    def place(self) -> Place:
        """Where it stands now."""
        return Place(0 if self.is_open else 1, self.probability, self.matched_ms, self.alert_id)


class QueuePage(Struct, frozen=True):
    """Part of the queue. `count`: how many match, at most `COUNTED`, and more where `is_bounded`; None behind the
    first page. `after`: the place behind which the next page begins."""

    rows: tuple[QueueRow, ...]
    count: int | None
    is_bounded: bool
    after: Place | None


def queue_page(database: Database, wanted: Filter, after: Place | None = None) -> QueuePage:
    """The first alerts of the filter, or those behind a place."""
    now = now_ms()
    with database.read() as connection:
        found = find(connection, wanted, now, after=after, limit=COUNTED if after is None else PAGE)
        places = found.places[:PAGE]
        rows = rows_of(connection, [place.alert_id for place in places], now)
    more = found.more or len(found.places) > PAGE
    count = len(found.places) if after is None else None
    return QueuePage(tuple(rows), count, found.more, places[-1] if more else None)


def rows_of(connection: Connection, alert_ids: Sequence[str], now: int) -> list[QueueRow]:
    """These alerts, in this order; one that is gone is left out."""
    query = select(*COLUMNS).join(VERDICTS, VERDICTS.c.alert_id == ALERTS.c.alert_id, isouter=True)
    by_id = {}
    having = holders(connection, now, alert_ids)
    for start in range(0, len(alert_ids), 500):
        some = alert_ids[start : start + 500]
        for row in connection.execute(query.where(ALERTS.c.alert_id.in_(some))):
            holder = having.get(row.alert_id)
            by_id[row.alert_id] = QueueRow(**row._mapping, holder=None if holder is None else holder.person)
    return [by_id[each] for each in alert_ids if each in by_id]


def neighbour(
    database: Database, wanted: Filter, place: Place, person: str, *, backwards: bool = False
) -> str | None:
    """The alert behind a place, or before it, that no colleague has open."""
    now = now_ms()
    with database.read() as connection:
        found = find(connection, wanted, now, limit=OTHERS_LOOKED_AT, after=place, backwards=backwards).places
        having = holders(connection, now, [each.alert_id for each in found])
    free = (
        each.alert_id
        for each in found
        if (held := having.get(each.alert_id)) is None or held.person == person
    )
    return next(free, None)


def open_in_cluster(connection: Connection, cluster: str) -> int:
    """Open alerts of a cluster, held ones aside; at most `COUNTED`."""
    one = select(ALERTS.c.alert_id).where(
        ALERTS.c.cluster == cluster, ALERTS.c.state == OPEN, ALERTS.c.held.is_(False)
    )
    return int(connection.scalar(select(func.count()).select_from(one.limit(COUNTED).subquery())) or 0)


def recent_reasons(connection: Connection, person: str, most: int = 8) -> list[str]:
    """What this person gave as reasons lately, the newest first."""
    query = (
        select(VERDICTS.c.reason)
        .where(VERDICTS.c.by == person)
        .order_by(VERDICTS.c.decided_ms.desc())
        .limit(200)
    )
    return list(dict.fromkeys(reason for reason in connection.scalars(query) if reason))[:most]
