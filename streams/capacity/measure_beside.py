"""What a listing takes of a look back, and an alert of the console's database: without Kafka."""

import itertools
import multiprocessing
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from connectors.sample.stream import stream_listings
from streams.benchmarks.console.drawn_market import DrawnMarket
from streams.benchmarks.lookback import NOW, Filled, Passed, Photos, shard_process
from streams.benchmarks.stream import as_takedown
from streams.capacity.series import Point
from streams.console.database import Database
from streams.console.feed.keeper import BatchKeeper
from streams.console.feed.turn import turn_on
from streams.engine.pipeline import fingerprint_takedown
from streams.kafka_clients.outbox import Outgoing
from streams.topics import TAKEDOWN_FINGERPRINTS, TAKEDOWNS

COMMIT_EVERY = 500
LEAST_PASS = 1e-6
"""Seconds a listing: less is a small size's noise."""


def lookback_series(
    sizes: Sequence[int], takedowns: Sequence[int], bank: int, *, photos: bool
) -> dict[str, list[Point]]:
    """By listings stored: bytes on the disk and in memory, and seconds of processor time to store them; by takedowns
    looked for: seconds of a pass for each listing. `photos`: each listing has one.

    A pass prepares the takedowns, whatever the listings: what a listing costs is the difference of two sizes.
    """
    kind = "photo" if photos else "text"
    found = [_looked_back(size, takedowns if size in {sizes[0], sizes[-1]} else (), bank, photos=photos)
             for size in sizes]  # fmt: skip
    stored = [one.filled for one in found]
    more = found[-1].filled.listings - found[0].filled.listings
    passes = [
        Point(large.takedowns, max((large.used - small.used) / more, LEAST_PASS))
        for small, large in zip(found[0].passes, found[-1].passes, strict=True)
    ]
    return {
        f"{kind}_stored": [Point(one.listings, one.disk) for one in stored],
        f"{kind}_stored_memory": [Point(one.listings, max(1, one.memory)) for one in stored],
        f"{kind}_store_work": [Point(one.listings, one.seconds) for one in stored],
        f"{kind}_pass_by_takedowns": passes,
    }


@dataclass(frozen=True, slots=True)
class _LookedBack:
    filled: Filled
    passes: list[Passed]


def _looked_back(listings: int, takedowns: Sequence[int], bank: int, *, photos: bool) -> _LookedBack:
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory(prefix="relistwatch-capacity-") as folder:
        if photos:
            Photos.draw(Path(folder))
        ours, theirs = context.Pipe()
        process = context.Process(
            target=shard_process,
            args=(theirs, folder, listings, bank, (0, 1)),
            kwargs={"with_photos": photos},
            daemon=True,
        )
        process.start()
        theirs.close()
        try:
            filled: Filled = ours.recv()
            passes: list[Passed] = []
            for many in takedowns:
                ours.send(many)
                passes.append(ours.recv())
            ours.send(0)
            process.join(60)
        finally:
            process.terminate()
            process.join()
    return _LookedBack(filled, passes)


def console_series(sizes: Sequence[int]) -> dict[str, list[Point]]:
    """Bytes of the console's SQLite file: by alerts, with the verdicts and requests that belong to them, and by
    takedowns alone."""
    return {
        "console_alerts": [Point(size, _console_bytes(DrawnMarket(size).records())) for size in sizes],
        "console_takedowns": [Point(size, _console_bytes(_takedown_records(size))) for size in sizes],
    }


@dataclass(slots=True)
class _Fed:
    """A record as the topic follower would give it."""

    topic: str
    offset: int
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes]]
    timestamp: int = int(NOW.timestamp() * 1000)
    partition: int = 0


def _takedown_records(many: int) -> Iterator[Outgoing]:
    for event in itertools.islice(stream_listings(seed=99), many):
        takedown = as_takedown(event)
        key = takedown.takedown_id.encode()
        yield Outgoing(TAKEDOWNS, key, msgspec.json.encode(takedown))
        yield Outgoing(TAKEDOWN_FINGERPRINTS, key, msgspec.json.encode(fingerprint_takedown(takedown, ())))


def _untold(_: set[str]) -> None:
    """Nobody looks at this console."""


def _console_bytes(records: Iterable[Outgoing]) -> int:
    with tempfile.TemporaryDirectory(prefix="relistwatch-capacity-") as folder:
        database = Database(f"sqlite:///{Path(folder) / 'console.sqlite'}")
        turn = turn_on(database)
        if not turn.take():
            raise RuntimeError("another console feeds a database that is ours alone")
        keeper = BatchKeeper(turn, lambda: 0, _untold)
        ends: dict[tuple[str, int], int] = {}
        for number, out in enumerate(records):
            place = out.topic.name, 0
            ends[place] = ends.get(place, 0) + 1
            keeper.take(out.topic, [_Fed(place[0], ends[place], out.key, out.value, list(out.headers))])
            if number % COMMIT_EVERY == 0:
                keeper.commit(ends)
        keeper.commit(ends)
        turn.close()
        database.close()
        return sum(one.stat().st_size for one in Path(folder).iterdir())
