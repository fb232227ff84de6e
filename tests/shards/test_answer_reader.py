"""The gatherer waits for every other shard's answer, reads no more of them than it needs, and misses none."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import pytest
from aiokafka.errors import KafkaConnectionError, TopicAuthorizationFailedError
from sent_topic import SentRecord, SentTopic
from structlog.testing import capture_logs

from streams.metrics.metrics import Metrics
from streams.settings import Settings
from streams.sharding import answer_reader
from streams.sharding.answer_reader import MARGIN_MS, MARGIN_RECORDS, AnswerReader, UnansweredError
from streams.sharding.answers import ShardAnswer, ShardMatch, ShardText
from streams.shards import Shard

SEEN = 1_800_000_000_000
"""When the listings came, in milliseconds since 1970."""


@dataclass(frozen=True)
class Listing:
    """A message of `fingerprints`, as far as the reader looks at it."""

    offset: int
    partition: int = 0
    timestamp: float = SEEN / 1000


@dataclass
class Scene:
    """A reader of shard 1/3, the answers that it reads, and what its worker says."""

    reader: AnswerReader
    sent: SentTopic
    metrics: Metrics
    assigned: set[int]
    ends: bool = False

    async def about(self, *listings: Listing) -> dict[tuple[int, int], list[str]]:
        """By partition and offset, which matches came: each has the words of its answer."""
        found = await asyncio.wait_for(self.reader.about(listings), 10)  # type: ignore[arg-type]
        return {place: [each.titles[0].takedown_id for each in matches] for place, matches in found.items()}

    def unanswered(self, shard: str) -> float | None:
        name = "relistwatch_shard_unanswered_total"
        return self.metrics.registry.get_sample_value(name, {"shard": shard})

    def answer(
        self, shard: int, first: int, to: int, *found: int, says: str = "", partition: int = 0, of: int = 3
    ) -> None:
        """The next record of the answers; `found` are the offsets of what it found, each with these words."""
        matches = tuple(
            ShardMatch(offset=each, titles=(ShardText(says or f"by {shard}", 0.9, 1.0),)) for each in found
        )
        record = ShardAnswer(shard=shard, of=of, partition=partition, first=first, to=to, matches=matches)
        self.sent.logs[partition % len(self.sent.logs)].append(
            SentRecord(None, msgspec.json.encode(record), SEEN)
        )

    def all_sent_long_before(self) -> None:
        """What is in the first partition is older than the listings, by more than is looked back at first."""
        log = self.sent.logs[0]
        log[:] = [each._replace(timestamp=SEEN - MARGIN_MS - 1) for each in log] + empty(
            MARGIN_MS + 1, MARGIN_RECORDS
        )


def scene(*logs: Sequence[SentRecord]) -> Scene:
    """With these records in the partitions of the answers; without, there is one, and it is empty."""
    sent = SentTopic("shard-answers", dict(enumerate(map(list, logs or ([],)))))
    metrics = Metrics()
    reader = AnswerReader(
        Settings(), Shard(1, 3), metrics, assigned=lambda: made.assigned, ends=lambda: made.ends
    )
    reader._consumer, reader._partitions = sent, len(sent.logs)  # type: ignore[assignment]
    sent.pause(*sent.assignment())
    made = Scene(reader, sent, metrics, set(sent.logs))
    return made


async def test_what_each_shard_found_comes_by_listing_in_the_order_of_shards() -> None:
    at = scene()
    at.answer(3, 0, 20, 4, 9)
    at.answer(2, 0, 20, 4)
    assert await at.about(Listing(3), Listing(4), Listing(9)) == {
        (0, 4): ["by 2", "by 3"],
        (0, 9): ["by 3"],
    }
    assert not at.reader.waits


async def test_without_listings_or_without_other_shards_nothing_is_read() -> None:
    at = scene()
    assert await at.about() == {}
    alone = AnswerReader(Settings(), Shard(1, 1), Metrics(), assigned=set, ends=lambda: False)
    assert await alone.about([Listing(3)]) == {}  # type: ignore[list-item]
    assert at.sent.polls == alone.asked == 0


async def test_of_an_answer_given_twice_the_later_counts() -> None:
    at = scene()
    at.answer(2, 0, 5, 4, says="before it was killed")
    at.answer(3, 0, 5)
    at.answer(2, 3, 6, 4, says="after")
    # Both are there when it looks: what it waits for comes with the first two.
    assert await at.about(Listing(4)) == {(0, 4): ["after"]}


async def test_its_own_answers_those_of_another_division_and_of_another_partition_are_none() -> None:
    at = scene()
    at.answer(2, 0, 9, 4)
    at.answer(1, 0, 9, 4, says="its own")
    at.answer(3, 0, 9, 4, says="of four", of=4)
    at.answer(3, 0, 9, 4, says="of another partition", partition=1)
    waiting = asyncio.ensure_future(at.about(Listing(4)))
    await asyncio.sleep(0.05)
    assert not waiting.done()
    assert at.reader.waits_for(0) == "alerts wait for shard 3/3"
    at.answer(3, 0, 9)
    assert await waiting == {(0, 4): ["by 2"]}


async def test_a_record_that_is_no_answer_is_counted_and_passed_by() -> None:
    at = scene([SentRecord(b"k\xff", b"{torn", SEEN), SentRecord(None, None, SEEN)])
    at.answer(2, 0, 9, 4)
    at.answer(3, 0, 9)
    with capture_logs() as said:
        assert await at.about(Listing(4)) == {(0, 4): ["by 2"]}
    assert [(line["event"], line["key"]) for line in said] == [
        ("no ShardAnswer, left out", "k\ufffd"),
        ("no ShardAnswer, left out", ""),
    ]
    assert all(line["error"].startswith("ShardAnswer: ") for line in said)
    labels = {"stage": "answer-reader", "error": "malformed-json"}
    assert at.metrics.registry.get_sample_value("relistwatch_dead_letters_total", labels) == 2


async def test_it_waits_until_the_last_listing_is_behind_each_shard_and_says_for_whom() -> None:
    at = scene()
    at.answer(2, 0, 5)
    at.answer(3, 0, 4)
    waiting = asyncio.ensure_future(at.about(Listing(2), Listing(4)))
    await asyncio.sleep(0.2)
    assert at.reader.waits
    assert 0.1 < at.reader.waited(3) < 5
    assert at.reader.waited(2) == 0
    assert at.reader.waits_for(60) is None
    gauge = "relistwatch_shard_wait_seconds"
    assert (at.metrics.registry.get_sample_value(gauge, {"shard": "3/3"}) or 0) > 0.1
    assert at.metrics.registry.get_sample_value(gauge, {"shard": "2/3"}) == 0
    at.answer(3, 4, 5)
    assert await waiting == {}
    assert not at.reader.waits
    assert at.reader.waits_for(0) is None


async def test_the_first_listing_of_all_is_waited_for_too() -> None:
    at = scene()
    waiting = asyncio.ensure_future(at.about(Listing(0)))
    await asyncio.sleep(0.05)
    assert not waiting.done()
    at.answer(2, 0, 1)
    at.answer(3, 0, 1, 0)
    assert await waiting == {(0, 0): ["by 3"]}


async def test_a_shard_that_begins_again_is_no_less_far_than_it_was() -> None:
    at = scene()
    at.answer(2, 0, 9)
    at.answer(2, 0, 3)
    at.answer(3, 0, 9, 4)
    assert await at.about(Listing(8)) == {}


async def test_all_shards_that_it_waits_for_are_named_whatever_the_partition() -> None:
    at = scene([], [])
    at.answer(2, 0, 9)
    at.answer(3, 0, 9, partition=1)
    waiting = asyncio.ensure_future(at.about(Listing(4), Listing(4, partition=1)))
    await asyncio.sleep(0.05)
    assert at.reader.waits_for(0) == "alerts wait for shard 2/3, 3/3"
    at.answer(3, 0, 9)
    at.answer(2, 0, 9, partition=1)
    assert await waiting == {}


async def test_what_a_shard_says_from_the_listing_on_is_all_of_it() -> None:
    at = scene()
    at.answer(2, 4, 9, 4)
    at.answer(3, 4, 9)
    assert await at.about(Listing(4)) == {(0, 4): ["by 2"]}
    assert at.sent.read == [(0, 0), (0, 1)], "nothing is looked for before it"
    assert at.unanswered("2/3") is None


def empty(milliseconds: int, count: int) -> list[SentRecord]:
    """Answers of this time before the listings' that say nothing of them."""
    record = ShardAnswer(shard=2, of=3, partition=9, first=0, to=0)
    return [SentRecord(None, msgspec.json.encode(record), SEEN - milliseconds)] * count


async def test_it_begins_a_while_before_the_listing_came() -> None:
    at = scene(empty(MARGIN_MS + 1, 2000) + empty(MARGIN_MS, 3))
    at.answer(2, 0, 9)
    at.answer(3, 0, 9)
    await at.about(Listing(4))
    assert at.sent.read[0] == (0, 2000 - MARGIN_RECORDS)


async def test_where_all_answers_are_older_it_begins_a_while_before_their_end() -> None:
    at = scene(empty(MARGIN_MS + 1, 2000))
    waiting = asyncio.ensure_future(at.about(Listing(4)))
    await asyncio.sleep(0.05)
    assert at.sent.read[0] == (0, 2000 - MARGIN_RECORDS)
    at.answer(2, 0, 9)
    at.answer(3, 0, 9)
    assert await waiting == {}


async def test_what_a_shard_said_long_before_is_looked_for_from_the_start_once() -> None:
    at = scene()
    at.answer(2, 0, 9, 4, says="long before")
    at.all_sent_long_before()
    at.answer(2, 9, 12)
    at.answer(3, 0, 12)
    assert await at.about(Listing(4)) == {(0, 4): ["long before"]}
    assert at.sent.read.count((0, 1)) == 2
    assert at.unanswered("2/3") is None


async def test_a_shard_that_never_said_anything_of_a_listing_is_counted_and_not_waited_for() -> None:
    at = scene()
    at.answer(2, 7, 12, 8)
    at.answer(3, 0, 12, 4)
    with capture_logs() as said:
        assert await at.about(Listing(4), Listing(8)) == {(0, 4): ["by 3"], (0, 8): ["by 2"]}
    (line,) = said
    assert line["event"] == "shards never answered about a listing"
    assert (line["shards"], line["partition"], line["offset"]) == ([2], 0, 4)
    assert (at.unanswered("2/3"), at.unanswered("3/3")) == (1, None)
    # It is said once.
    assert await at.about(Listing(9)) == {}
    assert at.unanswered("2/3") == 1


async def test_after_long_waiting_it_looks_from_the_start_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answer_reader, "FROM_START_SECONDS", 0.05)
    at = scene()
    at.answer(2, 0, 9)
    at.answer(3, 0, 9, 4, says="by a clock that is behind")
    at.all_sent_long_before()
    assert await at.about(Listing(4)) == {(0, 4): ["by a clock that is behind"]}
    assert [at.sent.read.count((0, offset)) for offset in (0, 1, 2)] == [1, 1, 2]


async def test_what_was_found_of_the_next_listings_is_kept_and_of_those_before_forgotten() -> None:
    at = scene()
    at.answer(2, 0, 20, 4, 9)
    at.answer(3, 0, 20)
    assert await at.about(Listing(3)) == {(0, 4): ["by 2"], (0, 9): ["by 2"]}
    assert await at.about(Listing(9)) == {(0, 9): ["by 2"]}
    assert at.sent.read == [(0, 0), (0, 1)], "each answer was read once"
    # A batch that comes again, since it was not committed, finds its answers again.
    assert await at.about(Listing(4)) == {(0, 4): ["by 2"], (0, 9): ["by 2"]}


async def test_partitions_whose_answers_share_one_miss_none() -> None:
    at = scene()
    at.assigned = {0, 1}
    at.answer(2, 0, 5, 4)
    at.answer(2, 0, 5, 3, partition=1)
    at.answer(3, 0, 5)
    at.answer(3, 0, 5, partition=1)
    assert await at.about(Listing(4)) == {(0, 4): ["by 2"]}
    assert await at.about(Listing(3, partition=1)) == {(1, 3): ["by 2"]}
    at.answer(2, 5, 8, 7)
    at.answer(2, 5, 8, 6, partition=1)
    at.answer(3, 5, 8)
    at.answer(3, 5, 8, partition=1)
    assert await at.about(Listing(6, partition=1), Listing(7)) == {(0, 7): ["by 2"], (1, 6): ["by 2"]}


async def test_a_partition_that_joins_another_does_not_skip_what_that_has_not_read() -> None:
    at = scene()
    at.assigned = {0, 1}
    at.answer(2, 0, 5)
    at.answer(3, 0, 5)
    assert await at.about(Listing(4)) == {}
    # Of the first partition, behind what the second begins with.
    at.answer(2, 5, 9, 6, says="old, of the first")
    at.all_sent_long_before()
    at.answer(3, 5, 9)
    for shard in (2, 3):
        at.answer(shard, 0, 5, partition=1)
    assert await at.about(Listing(3, partition=1)) == {}
    assert await at.about(Listing(6)) == {(0, 6): ["old, of the first"]}


async def test_what_a_worker_has_no_longer_is_forgotten_and_not_read() -> None:
    at = scene([], [])
    for partition in (0, 1):
        for shard in (2, 3):
            at.answer(shard, 0, 9, 4, partition=partition)
    await at.about(Listing(3), Listing(3, partition=1))
    first, second = sorted(at.sent.assignment())
    assert at.sent.paused() == set()
    at.assigned = {1}
    assert await at.about(Listing(4, partition=1)) == {(1, 4): ["by 2", "by 3"]}
    assert at.sent.paused() == {first}
    at.assigned = {0}
    assert await at.about(Listing(4)) == {(0, 4): ["by 2", "by 3"]}
    assert at.sent.paused() == {second}


async def test_nothing_is_read_ahead_of_what_is_waited_for() -> None:
    at = scene([], [])
    for partition in (0, 1):
        at.answer(2, 0, 9, partition=partition)
        at.answer(3, 0, 9, partition=partition)
    await at.about(Listing(3), Listing(3, partition=1))
    asked = at.reader.asked
    at.answer(2, 9, 30)
    at.answer(3, 9, 30)
    assert await at.about(Listing(8)) == {}
    assert at.reader.asked == asked, "it is all there"
    at.answer(2, 9, 30, partition=1)
    at.answer(3, 9, 30, partition=1)
    await at.about(Listing(10, partition=1))
    assert (0, 2) not in at.sent.read


async def test_a_worker_that_ends_waits_some_seconds_and_leaves_the_batch(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(answer_reader, "LEAVE_SECONDS", 0.2)
    at = scene()
    at.answer(2, 0, 9)
    waiting = asyncio.ensure_future(at.about(Listing(4)))
    await asyncio.sleep(0.3)
    assert not waiting.done(), "while it is not ended it waits"
    at.ends = True
    await asyncio.sleep(0.1)
    assert not waiting.done()
    with pytest.raises(UnansweredError, match=r"^alerts wait for shard 3/3$"):
        await waiting


async def test_an_answer_that_comes_while_the_worker_ends_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answer_reader, "LEAVE_SECONDS", 5.0)
    at = scene()
    at.ends = True
    at.answer(2, 0, 9)
    waiting = asyncio.ensure_future(at.about(Listing(4)))
    await asyncio.sleep(0.05)
    at.answer(3, 0, 9, 4)
    assert await waiting == {(0, 4): ["by 3"]}


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (KafkaConnectionError("gone"), "KafkaConnectionError('gone')"),
        (TopicAuthorizationFailedError("shard-answers"), "Kafka refuses Read on topic shard-answers"),
    ],
)
async def test_a_broker_that_is_away_is_said_and_waited_for(error: Exception, words: str) -> None:
    at = scene()
    at.answer(2, 0, 9)
    at.answer(3, 0, 9, 4)
    at.sent.errors.append(error)
    with capture_logs() as said:
        assert await at.about(Listing(4)) == {(0, 4): ["by 3"]}
    (line,) = said
    assert line["event"] == "other shards' answers wait for the broker"
    assert words in line["error"]


async def test_long_waiting_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answer_reader, "SAY_SECONDS", 0.05)
    at = scene()
    with capture_logs() as said:
        waiting = asyncio.ensure_future(at.about(Listing(4)))
        await asyncio.sleep(0.2)
        at.answer(2, 0, 9)
        at.answer(3, 0, 9)
        await waiting
    assert {(line["event"], line["seconds"]) for line in said} == {("alerts wait for shard 2/3, 3/3", 0)}
