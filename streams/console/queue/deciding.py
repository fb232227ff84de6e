"""Deciding alerts, one or many at once, and taking that back: reserve, tell Kafka, settle.

No answer says that something is decided before Kafka has it. What Kafka does not have stays as it was.
"""

import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
import structlog
from msgspec import Struct
from sqlalchemy import Connection, delete, select
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from connectors.verdicts import Judgement, Verdict
from streams.console.console_metrics import metrics_of
from streams.console.context import Console
from streams.console.queue.actor import Actor, note
from streams.console.queue.reservation import Refusal, Reserved, Seen, give_back, reserve
from streams.console.queue.settlement import DAY_MS, remember, settle
from streams.console.tables import DECISIONS
from streams.console.verdict_sender import VerdictSender
from streams.epoch import now_ms
from streams.verdicts.desk import verdict_message

log = structlog.get_logger(__name__)

TRIES = 20
"""Some ten seconds: longer than the feed writes at once."""
PAUSE_SECONDS = 0.1
LOCKED = frozenset({"55P03", "40P01"})
"""PostgreSQL's `lock_not_available` and `deadlock_detected`: the same again may go well."""

Done = Sequence[tuple[Reserved, Verdict | None]]
Audit = Callable[[Connection, Done], None]


class Outcome(Struct, frozen=True):
    """What came of it. `decision` names it when it is to be taken back."""

    decision: str
    decided: tuple[str, ...]
    refused: tuple[Refusal, ...]


class Taken(Struct, frozen=True):
    """What came of taking a decision back, by alert; `states` are what they are now. `nothing`: there was none."""

    decision: str
    states: Mapping[str, str]
    refused: tuple[Refusal, ...]


async def decide(
    console: Console, actor: Actor, wanted: Mapping[str, Seen], judgement: Judgement, reason: str | None
) -> Outcome:
    """Say of these alerts what they are, as far as they are still what the page showed and nobody else has them.

    Raises:
        RetryError, AbortError: Kafka is not known to have it; nothing is decided.
        SQLAlchemyError: the database is away; nothing is decided.
    """
    decision, now = uuid.uuid4().hex, datetime.now(UTC)
    reserved, refused = await console.blocking(_reserve, console, actor, decision, wanted)
    done: Done = [
        (
            one,
            Verdict(
                alert_id=one.alert_id,
                verdict=judgement,
                by=actor.person,
                reason=reason,
                decided_at=now,
                alert=one.alert,
            ),
        )
        for one in reserved
    ]

    def write_down(connection: Connection, done: Done) -> None:
        made = [(one, verdict) for one, verdict in done if verdict is not None]
        remember(connection, made, decision=decision, person=actor.person, now=now_ms())
        for one, _ in made:
            note(connection, actor, "verdict", one.alert_id, ": ".join(filter(None, (judgement, reason))))
        if len(wanted) > 1:
            note(connection, actor, "bulk", decision, f"{judgement}: {len(made)} of {len(wanted)} alerts")

    return await _carry_out(console, decision, done, refused, write_down)


async def take_back(console: Console, actor: Actor, decision: str | None = None) -> Taken | None:
    """Take back this decision of theirs, or else their last: the verdict before it is in force again, or none. Alerts
    that somebody has decided since stay as they are. None where there is nothing to take back.

    Raises:
        RetryError, AbortError: Kafka is not known to have it; nothing is taken back.
        SQLAlchemyError: the database is away; nothing is taken back.
    """
    rows = await console.blocking(decided_rows, console, actor.person, decision)
    if not rows:
        return None
    decision, undoing = rows[0].decision, uuid.uuid4().hex
    wanted = {row.alert_id: Seen(None, row.decided_ms, actor.person) for row in rows}
    reserved, refused = await console.blocking(_reserve, console, actor, undoing, wanted, True)
    before = {row.alert_id: row.before for row in rows}
    done: Done = [(one, _before(before[one.alert_id])) for one in reserved]
    over = [each.alert_id for each in refused if each.why in ("changed", "gone")]

    def write_down(connection: Connection, done: Done) -> None:
        gone = [*over, *(one.alert_id for one, _ in done)]
        connection.execute(
            delete(DECISIONS).where(DECISIONS.c.decision == decision, DECISIONS.c.alert_id.in_(gone))
        )
        for one, verdict in done:
            note(connection, actor, "undo", one.alert_id, "open" if verdict is None else verdict.verdict)

    outcome = await _carry_out(console, undoing, done, refused, write_down)
    states = {one.alert_id: "open" if verdict is None else verdict.verdict for one, verdict in done}
    return Taken(decision, {key: states[key] for key in outcome.decided}, outcome.refused)


async def _carry_out(
    console: Console, decision: str, done: Done, refused: Sequence[Refusal], write_down: Audit
) -> Outcome:
    """Tell Kafka, then the database."""
    counter = metrics_of(console).verdicts
    for each in refused:
        counter.labels(each.why).inc()
    try:
        messages = [verdict_message(one.alert_id, verdict) for one, verdict in done]
        never = await console.service(VerdictSender).send(messages) if messages else {}
    except BaseException:
        counter.labels("not sent").inc(len(done))
        # Also when the page was given up: the right to decide goes back to all.
        await console.blocking(_give_back, console, decision, [one.alert_id for one, _ in done])
        raise
    for alert_id, why in never.items():
        log.warning("kafka refuses a verdict", alert_id=alert_id, error=why)
    counter.labels("kafka").inc(len(never))
    counter.labels("sent").inc(len(done) - len(never))
    kept = [each for each in done if each[0].alert_id not in never]
    await console.blocking(_settle, console, decision, kept, write_down)
    console.live.changed("alerts")
    lost = [Refusal(one.alert_id, "kafka") for one, _ in done if one.alert_id in never]
    return Outcome(decision, tuple(one.alert_id for one, _ in kept), (*refused, *lost))


def _reserve(
    console: Console,
    actor: Actor,
    decision: str,
    wanted: Mapping[str, Seen],
    despite_claims: bool = False,
) -> tuple[list[Reserved], list[Refusal]]:
    with console.database.write() as connection:
        return reserve(
            connection,
            wanted,
            person=actor.person,
            decision=decision,
            now=now_ms(),
            despite_claims=despite_claims,
        )


def _give_back(console: Console, decision: str, alert_ids: Sequence[str]) -> None:
    with console.database.write() as connection:
        give_back(connection, decision, alert_ids)


def _settle(console: Console, decision: str, done: Done, write_down: Audit) -> None:
    """What Kafka has is decided, whatever becomes of the database: the feed brings it there too."""
    for trial in range(TRIES):
        try:
            with console.database.write() as connection:
                settle(connection, done, decision=decision)
                write_down(connection, done)
        except SQLAlchemyError as error:
            again = isinstance(error, OperationalError) and getattr(error.orig, "sqlstate", None) in LOCKED
            if again and trial + 1 < TRIES:
                time.sleep(PAUSE_SECONDS)
                continue
            log.exception("a decision that Kafka has could not be written down; the feed brings it")
        return


def decided_rows(console: Console, person: str, decision: str | None) -> Sequence[Any]:
    """The rows of this decision, or of the person's last."""
    table = DECISIONS.c
    query = select(DECISIONS).where(table.person == person, table.decided_ms > now_ms() - DAY_MS)
    with console.database.read() as connection:
        if decision is None:
            last = query.order_by(table.decided_ms.desc(), table.decision).limit(1)
            row = connection.execute(last).one_or_none()
            if row is None:
                return []
            decision = row.decision
        return connection.execute(query.where(table.decision == decision).order_by(table.alert_id)).all()


def _before(raw: bytes | None) -> Verdict | None:
    return None if raw is None else msgspec.json.decode(raw, type=Verdict)
