"""Answers as a hostile or broken marketplace gives them: endless, huge or empty pages, other types, odd times."""

from typing import Any

from connectors.simulator.api import Api, Call, Reply

TITLES = ("item_name", "title")
IDS = ("item_id", "id")
TIMES = ("update_time", "updated_time", "create_time", "created_time")
HUGE_ROWS = 20_000
HUGE_BYTES = 64 * 1024 * 1024
JUMPS_SECONDS = (400 * 86_400, None, -365 * 86_400)
"""Years ahead, to 1970, a year back; in turn."""


class Hostility:
    """Bends answers. Remembers the last page that had records, to give it for ever."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._page: list[dict[str, Any]] = []

    def bend(self, how: str, operation: str, call: Call, reply: Reply) -> None:
        """Change the answer in place; an answer without records stays as it is."""
        api, data = self._api, reply.data
        records = api.records(operation, data)
        match how:
            case "endless":
                self._page = records or self._page
                api.refill(data, self._page)
                api.say_more(data, call)
            case "empty-page":
                api.refill(data, [])
                api.say_more(data, call)
            case "huge-page":
                api.refill(data, records * (HUGE_ROWS // max(1, len(records))))
            case "repeated":
                api.refill(data, [*records, *reversed(records)])
            case "schema-change":
                for place, record in enumerate(records):
                    _other_schema(record, place)
            case "clock-jump":
                for place, record in enumerate(records):
                    _other_time(record, JUMPS_SECONDS[place % len(JUMPS_SECONDS)])
            case _:
                raise ValueError(f"{how} is done elsewhere")


def _other_schema(record: dict[str, Any], place: int) -> None:
    """Of four records one stays, one loses its title, one has other types, one has an object for a text."""
    record["zz_new_field"] = {"since": 2, "values": [None, 1.5, "x"]}
    for name in TITLES:
        if name in record and place % 4 == 1:
            del record[name]
        elif name in record and place % 4 == 3:
            record[name] = {"text": record[name], "lang": "id"}
    if place % 4 == 2:
        for name in (*IDS, *TIMES):
            if name in record:
                record[name] = str(record[name]) if isinstance(record[name], int) else [record[name]]
    if isinstance(attributes := record.get("attributes"), dict) and place % 2:
        attributes.pop("name", None)


def _other_time(record: dict[str, Any], jump_seconds: int | None) -> None:
    for name in TIMES[:2]:
        if name in record:
            was = int(record[name])
            per_second = 1000 if was > 10**11 else 1
            now = 0 if jump_seconds is None else was + jump_seconds * per_second
            record[name] = type(record[name])(now)


def not_utf8(body: bytes) -> bytes:
    """Two bytes that UTF-8 never has, at the beginning of a title or of the first text there is."""
    for mark in (b'"item_name":"', b'"title":"', b'"name":"', b'":"'):
        head, found, tail = body.partition(mark)
        if found:
            return head + found + b"\xff\xfe" + tail
    return b"\xff\xfe" + body
