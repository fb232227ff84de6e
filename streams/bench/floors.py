"""How fast listings can be at all with what we stand on: Faust's own agent that does nothing, and aiokafka alone.

Both work off the same backlog as the worker does in `streams.benchmarks.stream`, one process each, with
uvloop. Faust's reads each listing's bytes and drops them; aiokafka alone sends each on to another topic and
commits, which is one of the two hops of ours. Times are from the first listing to the last, so that joining
the group is not in them. A third one is how long Faust takes to recover a table, which is how it would hold
what our worker holds in its index.
"""

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import faust
import uvloop
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from streams.die_with_parent import die_with_parent

LIMIT_SECONDS = 300.0
BATCH = 500
TABLE = "held"
DONE = "seconds "


def floor_rate(kind: str, servers: str, group: str, topics: tuple[str, str], listings: int) -> float:
    """Listings a second of `faust` or `bare`, in a process of its own; `listings` are on the first topic already, the
    other is where `bare` sends them.

    Raises:
        RuntimeError: the process failed; the message has the end of what it said.
    """
    return listings / _apart(kind, servers, group, *topics, str(listings))


def table_seconds(servers: str, app: str, keys: int) -> float:
    """Seconds from the start of a process until Faust has recovered the table of that app; its changelog
    (`changelog_of`) holds `keys` already. Raises as `floor_rate`."""
    return _apart("table", servers, app, "", "", str(keys))


def changelog_of(app: str) -> str:
    """The topic that Faust keeps the table in."""
    return f"{app}-{TABLE}-changelog"


def _apart(*words: str) -> float:
    done = subprocess.run(  # noqa: S603  our own program, no shell
        [sys.executable, "-P", "-m", "streams.bench.floors", *words],
        capture_output=True,
        text=True,
        timeout=LIMIT_SECONDS,
        check=False,
        preexec_fn=partial(die_with_parent, os.getpid()),
    )
    said = [line for line in done.stdout.splitlines() if line.startswith(DONE)]
    if not said:
        raise RuntimeError(f"{words[0]} did not finish: {(done.stderr or done.stdout)[-500:]}")
    return float(said[-1].removeprefix(DONE))


class _Clock:
    """From the first listing to the last of so many."""

    def __init__(self, listings: int) -> None:
        self._left, self._began = listings, 0.0

    def count(self, many: int = 1) -> bool:
        """Whether those were the last."""
        self._began = self._began or time.perf_counter()
        self._left -= many
        return self._left <= 0

    @property
    def seconds(self) -> float:
        """Until now."""
        return time.perf_counter() - self._began


def _finish(seconds: float) -> None:
    """Say so and end at once: Faust's orderly end is not measured."""
    sys.stdout.write(f"{DONE}{seconds}\n")
    sys.stdout.flush()
    os._exit(0)


def _app(servers: str, group: str, **options: Any) -> faust.App:
    return faust.App(
        group,
        broker=[f"aiokafka://{server}" for server in servers.split(",")],
        consumer_auto_offset_reset="earliest",
        broker_commit_interval=0.5,
        topic_disable_leader=True,
        web_enabled=False,
        store="memory://",
        datadir=tempfile.mkdtemp(prefix="relistwatch-floor-"),
        **options,
    )


def _run_app(app: faust.App) -> None:
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    faust.Worker(app, loop=loop, loglevel="warning", redirect_stdouts=False).execute_from_commandline()


def _faust(servers: str, group: str, topic: str, _out: str, listings: int) -> None:
    app = _app(servers, group, key_serializer="raw", value_serializer="raw")
    clock = _Clock(listings)

    async def nothing(stream: Any) -> None:
        async for _ in stream:
            if clock.count():
                _finish(clock.seconds)

    app.agent(app.topic(topic, key_type=bytes, value_type=bytes, internal=False), concurrency=1)(nothing)
    _run_app(app)


def _bare(servers: str, group: str, topic: str, out: str, listings: int) -> None:
    asyncio.run(_hand_on(servers, group, topic, out, _Clock(listings)))


async def _hand_on(servers: str, group: str, topic: str, out: str, clock: _Clock) -> None:
    consumer = AIOKafkaConsumer(
        topic,
        bootstrap_servers=servers,
        group_id=group,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )
    producer = AIOKafkaProducer(bootstrap_servers=servers, acks="all", linger_ms=5)
    await consumer.start()
    await producer.start()
    while True:
        found = await consumer.getmany(timeout_ms=1000, max_records=BATCH)
        records = [record for batch in found.values() for record in batch]
        if not records:
            continue
        sent = [await producer.send(out, record.value, record.key) for record in records]
        await asyncio.gather(*sent)
        await consumer.commit()
        if clock.count(len(records)):
            _finish(clock.seconds)


def _table(servers: str, group: str, _topic: str, _out: str, keys: int) -> None:
    began = time.perf_counter()
    app = _app(servers, group)
    table = app.Table(TABLE, partitions=1)

    async def ready() -> None:
        while len(table) < keys or not app.tables.recovery.completed.is_set():  # noqa: ASYNC110  it says no other way
            await asyncio.sleep(0.01)
        _finish(time.perf_counter() - began)

    app.task(ready)
    app.agent(app.topic(f"{group}-nothing", partitions=1))(_drop)
    _run_app(app)


async def _drop(stream: Any) -> None:
    async for _ in stream:
        pass


KINDS: dict[str, Callable[[str, str, str, str, int], None]] = {
    "faust": _faust,
    "bare": _bare,
    "table": _table,
}


def main() -> None:
    """One of them, for the process that `floor_rate` starts."""
    parser = argparse.ArgumentParser(prog="python -m streams.bench.floors", description=__doc__)
    parser.add_argument("kind", choices=KINDS)
    for name in ("servers", "group", "topic", "out"):
        parser.add_argument(name)
    parser.add_argument("many", type=int)
    given = parser.parse_args()
    uvloop.install()
    KINDS[given.kind](given.servers, given.group, given.topic, given.out, given.many)


if __name__ == "__main__":
    main()
