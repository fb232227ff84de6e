"""Finds the records in a JSON answer and changes them, knowing nothing of the marketplace. Pure.

Records are the tables in an answer's outermost lists: `{"data": {"items": [{...}, {...}]}}` has two.
"""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec

from connectors.conformance.errors import NotApplicableError
from connectors.conformance.surroundings import Turn
from connectors.exchanges import Reply

_COUNT = re.compile("total|count")
Change = Callable[[list[Any]], list[Any]]


def lists_in(reply: Reply) -> list[list[Any]]:
    """The outermost lists that hold tables; none where the answer is no JSON."""
    return list(_lists(_meant(reply)))


def with_lists(reply: Reply, change: Change) -> Reply:
    """The answer with each such list changed."""
    changed = json.dumps(_changed(_meant(reply), change), ensure_ascii=False).encode()
    return msgspec.structs.replace(reply, json=msgspec.Raw(changed), text=None, base64=None)


def emptied(reply: Reply) -> Reply:
    """The answer of a marketplace without a listing: no records, and no count of any."""
    changed = _without_counts(_changed(_meant(reply), lambda _: []))
    raw = json.dumps(changed, ensure_ascii=False).encode()
    return msgspec.structs.replace(reply, json=msgspec.Raw(raw), text=None, base64=None)


def _without_counts(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    counted = {name for name, each in value.items() if isinstance(each, int) and _COUNT.search(name.lower())}
    return {name: 0 if name in counted else _without_counts(each) for name, each in value.items()}


def page_path(turns: Sequence[Turn]) -> str:
    """The path of the first request that is answered with records: where listings are paged through.

    Raises:
        NotApplicableError: no answer has records.
    """
    for turn in turns:
        if turn.reply is not None and lists_in(turn.reply):
            return turn.asked.path
    raise NotApplicableError("no recorded answer is JSON with a list of records")


def unreadable(value: Any) -> Any:
    """The same place in a record, with something that no connector can expect there."""
    return "unreadable" if isinstance(value, dict | list) else {"unreadable": [True]}


def _meant(reply: Reply) -> Any:
    try:
        return json.loads(reply.body())
    except (ValueError, RecursionError):
        return None


def _is_records(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(each, dict) for each in value)


def _lists(value: Any) -> Iterator[list[Any]]:
    if _is_records(value):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from _lists(each)


def _changed(value: Any, change: Change) -> Any:
    if _is_records(value):
        return change(value)
    if isinstance(value, dict):
        return {name: _changed(each, change) for name, each in value.items()}
    return value
