"""A topic that a worker holds whole: read to its end before the worker begins, and followed from there."""

import asyncio
from collections.abc import Callable

import pytest
from aiokafka.errors import KafkaConnectionError, TopicAuthorizationFailedError, UnknownTopicOrPartitionError
from sent_topic import SentRecord, SentTopic
from structlog.testing import capture_logs
from waiting import until

from connectors.codec import RecordError
from streams.kafka_clients import followed_topic
from streams.kafka_clients.followed_topic import FollowedTopic
from streams.metrics.metrics import Metrics
from streams.settings import Settings, Topics
from streams.topics import VERDICTS


class Held(FollowedTopic):
    """Keeps what it is given."""

    topic = VERDICTS
    reader = "held"

    def __init__(self) -> None:
        super().__init__(Settings(topics=Topics(prefix="a-")), Metrics())
        self.taken: list[tuple[str, bytes | None]] = []
        self.rounds = 0
        self.prepared = False

    async def prepare(self) -> None:
        self.prepared = True

    def take_in(self, key: str, value: bytes | None) -> None:
        assert not self.in_step, "while it takes in, its positions are ahead of what it holds"
        if value == b"torn":
            raise RecordError("torn", "no JSON")
        if value == b"newer":
            raise ValueError("a newer program's")
        self.taken.append((key, value))

    async def after_taking(self, consumer: object) -> None:
        assert self.in_step
        assert consumer is self.consumer
        self.rounds += 1

    def counted(self, kind: str) -> float | None:
        labels = {"stage": "held", "error": kind}
        return self.metrics.registry.get_sample_value("relistwatch_dead_letters_total", labels)


def verdicts(*values: bytes | None) -> list[SentRecord]:
    return [SentRecord(b"k%d" % number, value) for number, value in enumerate(values)]


Connects = Callable[[SentTopic], Held]


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Connects:
    """Something that will read this topic when it starts."""

    def connects(sent: SentTopic) -> Held:
        def consumer(name: str, **options: object) -> SentTopic:
            assert name == "a-verdicts"
            assert (options["group_id"], options["auto_offset_reset"]) == (None, "earliest")
            return sent

        monkeypatch.setattr(followed_topic, "AIOKafkaConsumer", consumer)
        return Held()

    return connects


async def test_what_is_there_is_taken_in_before_it_has_started_and_the_rest_as_it_comes(
    held: Connects,
) -> None:
    sent = SentTopic("a-verdicts", {0: verdicts(b"a", None), 1: verdicts(b"b"), 2: []})
    one = held(sent)
    with capture_logs() as said:
        await one.start()
    assert sorted(one.taken, key=str) == [("k0", b"a"), ("k0", b"b"), ("k1", None)]
    assert one.loaded
    assert one.prepared
    assert [(line["event"], line["rows"]) for line in said] == [("verdicts loaded", 3)]
    sent.logs[2] += verdicts(b"c")
    await asyncio.to_thread(until, lambda: len(one.taken) == 4)
    assert one.taken[-1] == ("k0", b"c")
    assert one.rounds > 0
    await one.stop()
    assert sent.stopped


async def test_a_single_record_is_waited_for(held: Connects) -> None:
    one = held(SentTopic("a-verdicts", {0: verdicts(b"a"), 1: []}))
    await one.start()
    assert one.taken == [("k0", b"a")]
    await one.stop()


async def test_what_cannot_be_taken_in_is_said_and_counted_and_ends_nothing(held: Connects) -> None:
    one = held(SentTopic("a-verdicts", {0: verdicts(b"torn", b"newer", b"a")}))
    with capture_logs() as said:
        await one.start()
    await one.stop()
    assert one.taken == [("k2", b"a")]
    assert (one.counted("torn"), one.counted("invalid-record")) == (1, 1)
    errors = [(line["event"], line["key"], line["error"]) for line in said if line["log_level"] == "error"]
    assert errors == [
        ("no Verdict, left out", "k0", "no JSON"),
        ("no Verdict, left out", "k1", "a newer program's"),
    ]


async def test_a_long_load_says_how_far_it_is_and_lets_others_run(
    held: Connects, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(followed_topic, "PROGRESS_SECONDS", 0.0)
    monkeypatch.setattr(followed_topic, "BREATHE_SECONDS", 0.0)
    monkeypatch.setattr(followed_topic, "LOAD_BATCH", 4)
    one = held(SentTopic("a-verdicts", {0: verdicts(*[b"a"] * 10)}))
    turns: list[int] = []

    async def counts() -> None:
        while not one.loaded:
            turns.append(len(one.taken))
            await asyncio.sleep(0)

    counting = asyncio.ensure_future(counts())
    with capture_logs() as said:
        await one.start()
    await counting
    await one.stop()
    assert set(range(10)) <= set(turns), "between two records, each time"
    told = [(line["rows"], line["of"]) for line in said if line["event"] == "loading verdicts"]
    assert told == [(4, 10), (8, 10), (10, 10)]


async def test_what_was_held_already_is_not_counted_as_left_to_load(
    held: Connects, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(followed_topic, "PROGRESS_SECONDS", 0.0)
    sent = SentTopic("a-verdicts", {0: verdicts(*[b"a"] * 10)})
    one = held(sent)
    (place,) = sent.assignment()
    sent.seek(place, 7)
    with capture_logs() as said:
        assert await one.read_to(sent, {place: 10}, held=7) == 3  # type: ignore[arg-type]
    assert [(line["rows"], line["of"]) for line in said] == [(3, 3)]


async def test_it_has_caught_up_when_it_holds_what_there_was_when_it_was_asked(held: Connects) -> None:
    sent = SentTopic("a-verdicts", {0: verdicts(b"a", b"b"), 3: verdicts(b"c"), 4: []})
    one = held(sent)
    heard = one.heard
    before = followed_topic.time()
    places, asked = await one.caught_up(sent)  # type: ignore[arg-type]
    assert places == {0: 2, 3: 1, 4: 0}
    assert before <= asked <= followed_topic.time()
    assert len(one.taken) == 3
    assert one.heard > heard


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (KafkaConnectionError("gone"), "KafkaConnectionError('gone')"),
        (TopicAuthorizationFailedError("a-verdicts"), "Kafka refuses Read on topic a-verdicts"),
    ],
)
async def test_a_broker_that_is_away_is_said_and_waited_for(
    held: Connects, error: Exception, words: str
) -> None:
    sent = SentTopic("a-verdicts", {0: []})
    one = held(sent)
    await one.start()
    with capture_logs() as said:
        sent.errors.append(error)
        sent.logs[0] += verdicts(b"a")
        await asyncio.to_thread(until, lambda: bool(one.taken))
    await one.stop()
    (line,) = said
    assert line["event"] == "verdicts waits for the broker"
    assert words in line["error"]


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            UnknownTopicOrPartitionError(),
            "there is no topic a-verdicts; make it with: relistwatch topics create",
        ),
        (TopicAuthorizationFailedError("a-verdicts"), "Kafka refuses Read on topic a-verdicts"),
    ],
)
async def test_a_topic_that_is_not_there_or_not_for_us_is_said(
    held: Connects, error: Exception, words: str
) -> None:
    one = held(SentTopic("a-verdicts", {0: []}, refuses=error))
    with capture_logs() as said, pytest.raises(type(error)):
        await one.on_start()
    (line,) = said
    assert (line["log_level"], line["event"].startswith(words)) == ("critical", True)
    await one.on_stop()
