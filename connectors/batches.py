"""Answers about several ids at once, put together anew from recorded ones. Pure.

A connector asks for details by fifty ids in one parameter. After a failure, or from a checkpoint, it asks for the
same ids in other batches, which the marketplace would answer as well as those that were recorded.
"""

import json
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from connectors.exchanges import Asked, Exchange, Reply
from connectors.scrubbing import is_hidden


def put_together(asked: Asked, exchanges: Iterable[Exchange], hidden: Sequence[str] = ()) -> Reply | None:
    """The answer to a list of ids from the answers to other lists of them; None where that cannot be had.

    Such a request differs from the recorded ones in one parameter, whose parts at commas were all asked for.
    """
    alike = [
        each for each in exchanges if (each.request.method, each.request.path) == (asked.method, asked.path)
    ]
    for name, value in asked.params:
        rest = _without(asked, name, hidden)
        batches = [
            each
            for each in alike
            if rest == _without(each.request, name, hidden) and _value(each.request, name)
        ]
        ids = value.split(",")
        if not batches or is_hidden(name, hidden) or not set(ids) <= _all_ids(batches, name):
            continue
        if (made := _answer(ids, [each.answer for each in batches])) is not None:
            return made
    return None


def _without(asked: Asked, name: str, hidden: Sequence[str]) -> list[tuple[str, str]]:
    return sorted(
        (each, value) for each, value in asked.params if each != name and not is_hidden(each, hidden)
    )


def _value(asked: Asked, name: str) -> str:
    return next((value for each, value in asked.params if each == name), "")


def _all_ids(batches: Sequence[Exchange], name: str) -> set[str]:
    return {part for each in batches for part in _value(each.request, name).split(",")}


def _answer(ids: Sequence[str], replies: Sequence[Reply]) -> Reply | None:
    """The first answer with records, its list holding the records of these ids, in their order."""
    records: dict[str, Any] = {}
    frame: tuple[Reply, Any] | None = None
    for reply in replies:
        try:
            meant = json.loads(reply.body())
        except (ValueError, RecursionError):
            continue
        found = _list_of(meant, set(ids))
        if found is None:
            continue
        frame = frame or (reply, meant)
        for record in found:
            records |= dict.fromkeys(_names(record) & set(ids), record)
    if frame is None:
        return None
    reply, meant = frame
    inside = _list_of(meant, set(ids))
    if inside is None:
        return None
    inside[:] = [records[each] for each in ids if each in records]
    raw = json.dumps(meant, ensure_ascii=False).encode()
    return msgspec.structs.replace(reply, json=msgspec.Raw(raw), text=None, base64=None)


def _list_of(value: Any, ids: set[str]) -> list[Any] | None:
    """The outermost list with a record of one of the ids."""
    if isinstance(value, list):
        return value if any(_names(each) & ids for each in value) else None
    if isinstance(value, dict):
        return next((found for each in value.values() if (found := _list_of(each, ids)) is not None), None)
    return None


def _names(record: Any) -> set[str]:
    """What a record may be known by: its own numbers and texts."""
    if not isinstance(record, dict):
        return set()
    return {
        str(each) for each in record.values() if isinstance(each, int | str) and not isinstance(each, bool)
    }
