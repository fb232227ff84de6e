"""Several on one drop folder, and one that is killed: each file is read by one, and whole."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from dropped_files import HEADER, Dropped
from kafka_client import KafkaClient
from listing_records import listing

from connectors.context import Context
from connectors.events import ListingEvent
from connectors.folder import FolderSource
from connectors.sdk import Item
from streams.settings import Settings


@pytest.fixture
def dropped(tmp_path: Path) -> Dropped:
    return Dropped(tmp_path)


def two(dropped: Dropped, **options: Any) -> tuple[FolderSource, FolderSource]:
    sources = dropped.source(settle_seconds=0, **options), dropped.source(settle_seconds=0, **options)
    for source in sources:
        source.open(Context("folder", clock=dropped.clock))
    return sources


def test_two_on_one_folder_never_read_the_same_file(dropped: Dropped) -> None:
    for number in range(200):
        dropped.file(f"{number}.jsonl", listing(number))
    read: list[list[str]] = [[], []]
    start = threading.Barrier(2)

    def work(source: FolderSource, names: list[str]) -> None:
        start.wait()
        for item in source.events(threading.Event()):
            if isinstance(item, ListingEvent):
                names.append(item.event_id)
            source.acknowledged()

    sources = two(dropped)
    threads = [
        threading.Thread(target=work, args=(source, names))
        for source, names in zip(sources, read, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    for source in sources:
        source.close()
    assert sorted([*read[0], *read[1]]) == sorted(f"e{number}" for number in range(200))
    assert len(dropped.names("done")) == 200


def test_what_another_has_in_work_is_left_to_it_until_it_is_gone(dropped: Dropped) -> None:
    dropped.file("a.jsonl", listing(1), listing(2))
    first, second = two(dropped)
    stop = threading.Event()
    held: Iterator[Item] = first.events(stop)
    assert next(held) == listing(1)
    assert [item for item in second.events(stop) if isinstance(item, ListingEvent)] == []
    held.close()  # type: ignore[attr-defined]
    first.close()
    assert [item for item in second.events(stop) if isinstance(item, ListingEvent)] == [
        listing(1),
        listing(2),
    ]
    second.acknowledged()
    second.close()
    assert dropped.names("done") == ["a.jsonl"]


KILLED = """
import sys, threading
from connectors.context import Context
from connectors.folder import FolderSource
from connectors.sdk import make
source = make(FolderSource, {"path": sys.argv[1], "settle_seconds": 0})
source.open(Context("folder"))
for item in source.events(threading.Event()):
    print(item.event_id, flush=True)
    sys.stdin.readline()
"""


def test_killed_in_the_middle_the_next_reads_the_file_again(dropped: Dropped) -> None:
    dropped.file("a.jsonl", listing(1), listing(2))
    environment = dict(os.environ) | {"PYTHONPATH": str(Path(__file__).parents[2])}
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(dropped.home)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "e1\n"
        assert dropped.run() == []
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate()
    assert dropped.taken() == ["a.jsonl"]
    assert dropped.run() == [listing(1), listing(2)]
    assert dropped.names("done") == ["a.jsonl"]


@pytest.mark.kafka
@pytest.mark.slow
def test_killed_on_the_way_to_kafka_and_run_again_every_record_is_there(
    topics: Settings, dropped: Dropped, tmp_path_factory: Any
) -> None:
    for file in range(8):
        if file % 2:
            dropped.file(
                f"{file}.jsonl", *(listing(file * 1000 + number) for number in range(500)), age=99 - file
            )
        else:
            rows = [f"m,{file * 1000 + number},Jaket\n" for number in range(500)]
            dropped.file(f"{file}.csv", HEADER, *rows, age=99 - file)
    options = {
        "topic": topics.topics.prefix + "listings",
        "client": {"bootstrap_servers": topics.kafka.bootstrap_servers},
    }
    environment = dict(os.environ) | {"PYTHONPATH": str(Path(__file__).parents[2])}
    arguments = [sys.executable, "-c", INTO_KAFKA, str(dropped.home), json.dumps(options)]
    killed = subprocess.Popen(arguments, env=environment, stdout=subprocess.PIPE)
    try:
        assert killed.stdout is not None
        assert killed.stdout.readline() == b"under way\n"
    finally:
        killed.send_signal(signal.SIGKILL)
        killed.communicate()
    assert 0 < len(dropped.names("done")) < 8
    left = subprocess.run(arguments, env=environment, stdout=subprocess.DEVNULL, timeout=60, check=True)
    assert left.returncode == 0
    assert len(dropped.names("done")) == 8
    client = KafkaClient(topics)
    try:
        messages = client.read_until("listings", lambda seen: len({each.key for each in seen}) >= 4000)
    finally:
        client.close()
    # Read again after the kill, a file's records have the ids that they had.
    assert len({dict(message.headers)["ce_id"] for message in messages}) == 4000
    assert {message.key for message in messages} == {
        f"{'pasar-uji:l' if file % 2 else 'm:'}{file * 1000 + number}".encode()
        for file in range(8)
        for number in range(500)
    }


INTO_KAFKA = """
import json, sys
from connectors.folder import FolderSource
from connectors.kafka import KafkaSink, KafkaSinkOptions
from connectors.runner import Runner
from connectors.sdk import make
source = make(FolderSource, {"path": sys.argv[1], "settle_seconds": 0, "once": True})
sink = KafkaSink(KafkaSinkOptions(**json.loads(sys.argv[2])))
def progress(counts):
    if counts.written >= 1400:
        print("under way", flush=True)
Runner(source, sink, batch=100, on_progress=progress).run()
"""
