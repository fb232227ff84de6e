"""The check that a record which cannot be read is passed on as it is, whatever in it is broken."""

from collections.abc import Iterator
from typing import Any

from connectors.conformance.answers import lists_in, unreadable, with_lists
from connectors.conformance.errors import ConformanceError, NotApplicableError
from connectors.conformance.subject import Subject
from connectors.conformance.surroundings import Ask, Meddle
from connectors.conformance.trial import Outcome, run, sample
from connectors.exchanges import Asked, Reply
from connectors.sdk import RawRecord

MOST_RECORDS = 12
MOST_FIELDS = 30


def unreadable_record_is_kept(subject: Subject) -> None:
    """A record of an answer that cannot be read becomes a RawRecord: no exception, no guess and no silence."""
    base = subject.baseline
    found = list(_records(base))
    if not found:
        raise NotApplicableError("no recorded answer is JSON with a list of records")
    checked = 0
    for number in sample(len(found), MOST_RECORDS):
        path, record = found[number]
        for broken in ({name: unreadable(value) for name, value in record.items()}, "unreadable"):
            outcome = run(subject, _everywhere(path, record, broken))
            checked += _judge(base, outcome, f"a record of {path} in which nothing can be read")
        for name in list(record)[:MOST_FIELDS]:
            broken = record | {name: unreadable(record[name])}
            outcome = run(subject, _everywhere(path, record, broken))
            _judge(base, outcome, f"a record of {path} whose {name} cannot be read", whole=False)
    if not checked:
        raise NotApplicableError(
            "no record of the recording can be broken without asking for what is not in it"
        )


def _records(base: Outcome) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each record once, with the path of the request that it answers."""
    seen: list[object] = []
    for turn in base.turns:
        for records in lists_in(turn.reply) if turn.reply is not None else ():
            for record in records:
                if isinstance(record, dict) and record not in seen:
                    seen.append(record)
                    yield turn.asked.path, record


def _judge(base: Outcome, outcome: Outcome, what: str, *, whole: bool = True) -> bool:
    """Whether breaking a record told anything."""
    if outcome.unrecorded:
        return False  # Such as a detail of several listings, which is now asked for without this one.
    if outcome.error is not None:
        raise ConformanceError(f"{what} ends the run: {outcome.failure}")
    missing = [each for each in base.ids if each not in outcome.ids]
    kept = [event for event in outcome.events if isinstance(event, RawRecord) and event not in base.events]
    guessed = [each for each in outcome.ids if each not in base.ids and not each.startswith("raw ")]
    if whole and guessed:
        raise ConformanceError(f"{what} is guessed to be {guessed[0][:200]}")
    if missing and not kept and not guessed:
        raise ConformanceError(f"{what} vanishes, and with it {missing[0][:200]}: yield a RawRecord")
    if len(missing) > len(kept) + len(guessed):
        raise ConformanceError(f"{what} takes others along: {', '.join(missing[:4])[:200]}")
    if any(not event.value for event in kept):
        raise ConformanceError(f"{what} becomes a RawRecord without the bytes of the record")
    return bool(missing or kept)


def _everywhere(path: str, record: object, broken: object) -> Meddle:
    """The record broken in every answer that has it, so that no other window brings it whole."""

    def change(records: list[Any]) -> list[Any]:
        return [broken if each == record else each for each in records]

    def meddle(_: int, asked: Asked, ask: Ask) -> Reply:
        reply = ask()
        if asked.path == path and any(record in records for records in lists_in(reply)):
            return with_lists(reply, change)
        return reply

    return meddle
