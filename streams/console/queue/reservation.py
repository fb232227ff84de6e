"""The right to decide alerts, taken before Kafka is told and kept until the database is: nobody decides meanwhile.

Whether an alert is still as the page showed it, and nobody else's, is looked at in the same transaction: of two who
decide at once on any console of this database, one gets the right and the other is told who and what.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, and_, delete, or_, select

from connectors.events import Alert
from connectors.verdicts import Judgement, Verdict
from streams.console.feed.alert_rows import OPEN
from streams.console.feed.upserts import chunks
from streams.console.queue.claims import C, holders, insert_for
from streams.console.tables import ALERTS, CLAIMS, VERDICTS
from streams.console.verdict_sender import LONGEST_SECONDS

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
RESERVED_MS = int(1.5 * LONGEST_SECONDS * 1000)
"""A console that ends in the middle leaves the right behind for so long; longer than any sending takes."""


class Seen(Struct, frozen=True):
    """What a page showed of an alert: `open`, or a verdict, and by its time which one. None: whatever it is."""

    state: str | None = None
    decided_ms: int | None = None
    by: str | None = None

    def is_still(self, state: str, decided_ms: int | None, by: str | None) -> bool:
        """Whether that is how it is now."""
        return self.state in (None, state) and self.decided_ms in (None, decided_ms) and self.by in (None, by)


class InForce(Struct, frozen=True):
    """A verdict as the database has it."""

    verdict: Judgement
    by: str
    reason: str | None
    decided_ms: int


class Reserved(Struct, frozen=True):
    """An alert that is ours to decide, and what was in force until now."""

    alert_id: str
    alert: Alert
    before: InForce | None

    def record_before(self) -> Verdict | None:
        """The verdict in force as a record, so that it can be put back."""
        if self.before is None:
            return None
        return Verdict(
            alert_id=self.alert_id,
            verdict=self.before.verdict,
            by=self.before.by,
            reason=self.before.reason,
            # In the middle of its millisecond, so that no rounding moves it into another.
            decided_at=EPOCH + timedelta(milliseconds=self.before.decided_ms, microseconds=500),
            alert=self.alert,
        )


class Refusal(Struct, frozen=True):
    """Why an alert was not decided. `who`: who decided it or has it open; `state`: what it is now.

    `claimed`: somebody has it open. `busy`: somebody's decision is on its way. `changed`: it is not any more what the
    page showed. `gone`: there is no such alert. `kafka`: Kafka will not take the record.
    """

    alert_id: str
    why: Literal["claimed", "busy", "changed", "gone", "kafka"]
    who: str | None = None
    state: str | None = None
    at_ms: int | None = None


def seen_of(text: str) -> Seen:
    """What a page's form says it showed, such as `open` or `relist@1795608000000`; without a time any verdict so."""
    state, _, at = text.partition("@")
    return Seen(state, int(at) if at.isascii() and at.isdigit() and len(at) < 19 else None)


def seen_text(state: str, decided_ms: int | None) -> str:
    """What a page's form is to say."""
    return state if decided_ms is None or state == OPEN else f"{state}@{decided_ms}"


def reserve(
    connection: Connection,
    wanted: Mapping[str, Seen],
    *,
    person: str,
    decision: str,
    now: int,
    despite_claims: bool = False,
) -> tuple[list[Reserved], list[Refusal]]:
    """The right to decide these alerts, as far as nobody else has it. `despite_claims`: somebody who only looks does
    not keep us from it. In a transaction that writes."""
    for some in chunks(sorted(wanted)):
        _take(connection, some, person, decision, now, despite_claims=despite_claims)
    ours = set(connection.scalars(select(C.alert_id).where(C.decision == decision)))
    reserved, refused = [], []
    rows = {row.alert_id: row for some in chunks(sorted(wanted)) for row in connection.execute(_now(some))}
    others = holders(connection, now, [each for each in wanted if each not in ours])
    for alert_id, seen in wanted.items():
        row = rows.get(alert_id)
        if row is None:
            refused.append(Refusal(alert_id, "gone"))
        elif not seen.is_still(row.state, row.decided_ms, row.by):
            refused.append(Refusal(alert_id, "changed", row.by, row.state, row.decided_ms))
        elif alert_id not in ours:
            holder = others.get(alert_id)
            who = None if holder is None else holder.person
            refused.append(Refusal(alert_id, "busy" if who == person else "claimed", who, row.state))
        else:
            before = None
            if row.verdict is not None:
                before = InForce(row.verdict, row.by, row.reason, row.decided_ms)
            reserved.append(Reserved(alert_id, msgspec.json.decode(row.record, type=Alert), before))
    give_back(connection, decision, [each.alert_id for each in refused])
    return reserved, refused


def give_back(connection: Connection, decision: str, alert_ids: Sequence[str]) -> None:
    """Let others decide these again."""
    for some in chunks(sorted(alert_ids)):
        connection.execute(delete(CLAIMS).where(C.decision == decision, C.alert_id.in_(some)))


def _take(
    connection: Connection,
    alert_ids: Sequence[str],
    person: str,
    decision: str,
    now: int,
    *,
    despite_claims: bool,
) -> None:
    free: Any = or_(C.decision.is_(None), C.until_ms <= now)
    if not despite_claims:
        free = and_(free, or_(C.person == person, C.until_ms <= now))
    rows = [
        {"alert_id": each, "person": person, "until_ms": now + RESERVED_MS, "decision": decision}
        for each in alert_ids
    ]
    statement = insert_for(connection).values(rows)
    names = ("person", "until_ms", "decision")
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["alert_id"], set_={name: statement.excluded[name] for name in names}, where=free
        )
    )


def _now(alert_ids: Sequence[str]) -> Any:
    """These alerts and the verdicts on them."""
    return (
        select(
            ALERTS.c.alert_id,
            ALERTS.c.state,
            ALERTS.c.record,
            VERDICTS.c.verdict,
            VERDICTS.c.by,
            VERDICTS.c.reason,
            VERDICTS.c.decided_ms,
        )
        .join(VERDICTS, VERDICTS.c.alert_id == ALERTS.c.alert_id, isouter=True)
        .where(ALERTS.c.alert_id.in_(alert_ids))
    )
