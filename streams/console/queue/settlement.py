"""What Kafka has, the database has: written at once, so that the next page shows it before the feed comes by.

The feed writes the same rows, in the topic's order. What it has written since the right to decide was taken is ours or
newer, and is left as it is; so a late settlement never undoes a later verdict.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, and_, bindparam, delete, func, insert, select, text, update

from connectors.verdicts import Verdict
from streams.console.feed.alert_rows import OPEN
from streams.console.feed.fitting import fitted
from streams.console.feed.upserts import insert_missing
from streams.console.queue.claims import C, prune
from streams.console.queue.reservation import Reserved
from streams.console.tables import ALERTS, CLAIMS, DECISIONS, VERDICTS
from streams.epoch import milliseconds

DAY_MS = 24 * 3_600_000
"""How long a decision can be taken back."""
V, D = VERDICTS.c, DECISIONS.c

AS_BEFORE = and_(
    V.alert_id == bindparam("key"),
    V.verdict == bindparam("old_verdict"),
    V.by == bindparam("old_by"),
    V.decided_ms == bindparam("old_ms"),
)


def settle(
    connection: Connection,
    done: Sequence[tuple[Reserved, Verdict | None]],
    *,
    decision: str,
) -> None:
    """Write what came of a decision's alerts and let others decide them. None: there is no verdict any more."""
    if connection.dialect.name == "postgresql":
        # The feed may hold these rows in another order: rather we try again than the feed.
        connection.execute(text("SET LOCAL lock_timeout = '500ms'"))
    ours = set(connection.scalars(select(C.alert_id).where(C.decision == decision).with_for_update()))
    done = sorted((each for each in done if each[0].alert_id in ours), key=lambda each: each[0].alert_id)
    _write(connection, done)
    keys = [{"key": one.alert_id} for one, _ in done]
    if keys:
        in_force = select(V.verdict).where(V.alert_id == ALERTS.c.alert_id).scalar_subquery()
        connection.execute(
            update(ALERTS)
            .where(ALERTS.c.alert_id == bindparam("key"))
            .values(state=func.coalesce(in_force, OPEN)),
            keys,
        )
    connection.execute(delete(CLAIMS).where(C.decision == decision))


def remember(
    connection: Connection,
    done: Sequence[tuple[Reserved, Verdict]],
    *,
    decision: str,
    person: str,
    now: int,
) -> None:
    """Keep what a decision replaced for as long as it can be taken back."""
    connection.execute(delete(DECISIONS).where(D.person == person, D.decided_ms < now - DAY_MS))
    rows = [
        {
            "decision": decision,
            "alert_id": one.alert_id,
            "person": person,
            "decided_ms": milliseconds(verdict.decided_at),
            "before": None if (before := one.record_before()) is None else msgspec.json.encode(before),
        }
        for one, verdict in done
    ]
    if rows:
        connection.execute(insert(DECISIONS), rows)
    prune(connection, now)


def _write(connection: Connection, done: Sequence[tuple[Reserved, Verdict | None]]) -> None:
    new: list[dict[str, Any]] = []
    changed: list[Mapping[str, Any]] = []
    removed: list[Mapping[str, Any]] = []
    for one, verdict in done:
        row = None if verdict is None else _row(verdict)
        if one.before is None:
            new += [row] if row is not None else []
            continue
        old = {
            "key": one.alert_id,
            "old_verdict": one.before.verdict,
            "old_by": one.before.by,
            "old_ms": one.before.decided_ms,
        }
        if row is None:
            removed.append(old)
        else:
            changed.append(old | {f"new_{name}": value for name, value in row.items()})
    insert_missing(connection, VERDICTS, new)
    if changed:
        names = ("verdict", "by", "reason", "decided_ms")
        values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in names}
        connection.execute(update(VERDICTS).where(AS_BEFORE).values(values), changed)
    if removed:
        connection.execute(delete(VERDICTS).where(AS_BEFORE), removed)


def _row(verdict: Verdict) -> dict[str, Any]:
    """The same row as the feed makes."""
    return fitted(
        VERDICTS,
        {
            "alert_id": verdict.alert_id,
            "verdict": verdict.verdict,
            "by": verdict.by,
            "reason": verdict.reason,
            "decided_ms": milliseconds(verdict.decided_at),
        },
    )
