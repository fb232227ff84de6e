"""JSON from outside is a record, a dead letter or a clear error, wherever it comes in; never the end of a process."""

import json
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from feed_records import fed
from fuzzing.records import full_records
from fuzzing.registry import TARGETS
from heartbeat_records import heartbeat
from hostile_json import inside, whole
from json_shop import Asked, Reply, json_shop
from listing_records import listing, relist, takedown

from connectors.codec import Codec, RecordError
from connectors.json_records import JsonRecords
from connectors.memory import MemorySink
from connectors.runner import Runner
from connectors.sdk import ConnectorError, RawRecord, make
from connectors.webhook_body import BodyError, events, records
from streams.console.feed.batch import _TAKE, Batch
from streams.console.heartbeat_reader import HeartbeatReader
from streams.settings import Settings
from streams.topics import ALL_TOPICS

PARSERS = (
    "jsonlines", "webhook-body", "mapped-record", "marketplace-record", "push", "manifest", "policy", "child-reply",
    "expression",
)  # fmt: skip


def of_kinds() -> list[Any]:
    return [pytest.param(record, id=type(record).__name__) for record in full_records()]


@pytest.mark.parametrize("record", of_kinds())
def test_every_record_of_a_topic_is_read_or_refused(record: Any) -> None:
    codec = Codec(type(record))
    good = msgspec.to_builtins(record)
    assert codec.decode(msgspec.json.encode(record)).record == record
    for what, raw in [*whole(), *inside(good)]:
        told = ""
        try:
            msgspec.json.encode(codec.decode(raw).record)
        except RecordError as error:
            told = str(error)
        assert len(told) < 500, what


@pytest.mark.parametrize("name", PARSERS)
def test_every_parser_of_json(name: str) -> None:
    good = msgspec.to_builtins(listing(1))
    for _what, raw in [*whole(), *inside(good)]:
        TARGETS[name](raw)


def test_lines_and_webhooks_pass_on_what_they_cannot_read() -> None:
    for kind, record in (("listings", listing(1)), ("takedowns", takedown(1))):
        decoder = JsonRecords(kind, None, 8 * 1024 * 1024)  # type: ignore[arg-type]
        for what, raw in inside(msgspec.to_builtins(record)):
            (item,) = decoder.items("line 1", raw)
            assert not isinstance(item, RawRecord) or item.value == raw, what
            try:
                parts = records(b"[" + raw + b"," + msgspec.json.encode(record) + b"]")
            except BodyError:
                continue
            assert b"".join(parts), what
            events(decoder, parts)


def test_the_consoles_feed_counts_what_is_none() -> None:
    topics = {topic.name: topic for topic in ALL_TOPICS}
    batch = Batch(since_ms=0)
    for name in _TAKE:
        before = batch.unreadable[name]
        wrong = [fed("key", raw) for _, raw in whole() if raw]
        batch.take(topics[name], wrong)
        assert batch.unreadable[name] - before >= len(wrong) - 2, name
    for record in full_records():
        for _what, raw in inside(msgspec.to_builtins(record)):
            for name in _TAKE:
                batch.take(topics[name], [fed("alert-1", raw)])


def test_a_poisoned_heartbeat_is_counted_and_the_next_is_heard() -> None:
    reader = HeartbeatReader(Settings())
    sent = [raw for _, raw in [*whole(), *inside(msgspec.to_builtins(heartbeat()))]]
    for raw in sent:
        reader._take(SimpleNamespace(value=raw, timestamp=0), is_old=False)
    assert reader.unreadable > len(sent) // 2
    heard = len(reader.take())
    assert heard + reader.unreadable == len(sent)
    reader._take(SimpleNamespace(value=msgspec.json.encode(heartbeat()), timestamp=0), is_old=False)
    assert [one.beat for one in reader.take()] == [heartbeat()]


MAPPING = """
records = "items"
[request]
url = "{url}/api"
rate_per_second = 1000
[fields]
marketplace = "'toko-id'"
listing_id = "id"
title = "name"
"""


def test_an_api_that_answers_with_anything_never_ends_a_connector(tmp_path: Path) -> None:
    """Over real HTTP, each hostile JSON as the answer, as the records and as one record among good ones."""
    good = {"id": 1, "name": "Jaket"}
    bodies = [raw for _, raw in whole()]
    bodies += [b'{"items":' + (raw or b"0") + b"}" for _, raw in whole()]
    bodies += [
        b'{"items":[{"id":2,"name":"Topi"},' + (raw or b"0") + b"]}" for _, raw in [*whole(), *inside(good)]
    ]
    waiting = iter(bodies)

    def answer(_: Asked) -> Reply:
        return Reply(next(waiting))

    from connectors.backoff import Backoff
    from connectors.context import Context
    from connectors.http_poll import HttpPollSource

    ends, longest = {"done": 0, "told": 0}, 0
    with json_shop(answer) as shop:
        file = tmp_path / "mapping.toml"
        file.write_text(MAPPING.format(url=shop.url))
        options = {"mapping": str(file), "since": "2026-11-24T03:00:00Z", "until": "2026-11-24T03:10:00Z"}
        for number in range(len(bodies)):
            source = make(HttpPollSource, options)
            context = Context(
                f"http-{number}",
                stop=threading.Event(),
                folder=tmp_path / str(number),
                backoff=Backoff(0, 0, attempts=1),
            )
            try:
                Runner(source, MemorySink(), context=context, backoff=Backoff(0, 0, attempts=1)).run()
                ends["done"] += 1
            except ConnectorError as error:
                longest = max(longest, len(str(error)))
                ends["told"] += 1
    assert sum(ends.values()) == len(bodies)
    assert min(ends.values()) > 10
    assert longest < 1000


def test_a_scan_of_hostile_lines_finds_what_is_between_them(tmp_path: Path) -> None:
    good, gone = relist(21, of=1), takedown(1)
    lines = [
        raw for _, raw in [*whole(), *inside(msgspec.to_builtins(good))] if b"\n" not in raw and raw.strip()
    ]
    (tmp_path / "t.jsonl").write_bytes(b"\n".join([*lines, msgspec.json.encode(gone), *lines]))
    (tmp_path / "l.jsonl").write_bytes(b"\n".join([*lines, msgspec.json.encode(good), *lines]) + b"\n")
    done = subprocess.run(
        [sys.executable, "-P", "-m", "streams", "scan", "--takedowns", tmp_path / "t.jsonl", "--listings",
         tmp_path / "l.jsonl", "--alerts", tmp_path / "a.jsonl", "--json"],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    summary = json.loads(done.stdout)
    assert summary["alerts"] >= 1
    assert summary["dead_letters"] > 2 * len(lines)
    assert len(done.stderr) < 20_000
