"""The outbox returns when all is acknowledged, sends again what was not, and counts what was, once."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from aiokafka.errors import KafkaConnectionError, MessageSizeTooLargeError, TopicAuthorizationFailedError
from msgspec.structs import replace
from structlog.testing import capture_logs

from streams.kafka_clients.outbox import RETRY_SECONDS, Outbox, Outgoing, TooLargeError, again
from streams.metrics.metrics import Metrics
from streams.settings import Settings
from streams.topics import ALERTS, DEAD_LETTERS, FINGERPRINTS

Outcome = Exception | None


class ScriptedProducer:
    """In place of an AIOKafkaProducer: each key's sendings end as they are listed, the last outcome for ever.
    `refused` keys fail where they are handed over, the others by their acknowledgement."""

    def __init__(
        self, outcomes: dict[bytes, Sequence[Outcome]], refused: frozenset[bytes] = frozenset()
    ) -> None:
        self.sent: list[dict[str, Any]] = []
        self._outcomes = {key: list(each) for key, each in outcomes.items()}
        self._refused = refused
        self._sender = self.sender_task = self

    def done(self) -> bool:
        return False

    async def partitions_for(self, topic: str) -> set[int]:
        return set() if topic.endswith(DEAD_LETTERS.name) else {0, 1, 2}

    async def send(self, topic: str, **record: Any) -> "asyncio.Future[None]":
        left = self._outcomes.get(record["key"], [None])
        outcome = left.pop(0) if len(left) > 1 else left[0]
        self.sent.append({"topic": topic, **record})
        if outcome is not None and record["key"] in self._refused:
            raise outcome
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if outcome is None:
            future.set_result(None)
        else:
            future.set_exception(outcome)
        return future


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that were waited, which take no time."""
    seconds: list[float] = []

    async def sleep(delay: float) -> None:
        seconds.append(delay)

    monkeypatch.setattr("streams.kafka_clients.outbox.asyncio.sleep", sleep)
    return seconds


def outbox(producer: ScriptedProducer, prefix: str = "") -> tuple[Outbox, Metrics]:
    metrics = Metrics()
    settings = Settings()
    made = Outbox(replace(settings, topics=replace(settings.topics, prefix=prefix)), metrics)
    made._producer = producer  # type: ignore[assignment]
    return made, metrics


def delivered(metrics: Metrics, topic: str) -> float:
    return metrics.events_out.labels(topic)._value.get()  # type: ignore[no-any-return]


def records(*keys: bytes) -> list[Outgoing]:
    return [Outgoing(FINGERPRINTS, key, b"value of " + key) for key in keys]


async def test_what_goes_out_is_what_was_given(waits: list[float]) -> None:
    producer = ScriptedProducer({})
    made, metrics = outbox(producer, prefix="shop.")
    given = Outgoing(FINGERPRINTS, b"k", b"v", headers=(("ce_id", b"1"),), partition=7)
    await made.deliver([given, Outgoing(ALERTS, b"a", None)])
    assert producer.sent == [
        # The seventh of three partitions is the second.
        {
            "topic": "shop.fingerprints",
            "key": b"k",
            "value": b"v",
            "partition": 1,
            "headers": [("ce_id", b"1")],
        },
        {"topic": "shop.alerts", "key": b"a", "value": None, "partition": None, "headers": []},
    ]
    assert (delivered(metrics, "fingerprints"), delivered(metrics, "alerts")) == (1, 1)
    assert waits == []
    assert not made.waits


async def test_a_wanted_partition_of_a_topic_without_any_is_the_first() -> None:
    producer = ScriptedProducer({})
    made, _ = outbox(producer)
    await made.deliver([Outgoing(DEAD_LETTERS, b"k", b"v", partition=5)])
    assert producer.sent[0]["partition"] == 0


@pytest.mark.parametrize("at_once", [True, False], ids=["handed-over", "acknowledged"])
async def test_what_fails_is_sent_again_after_longer_and_longer_waits(
    at_once: bool, waits: list[float]
) -> None:
    times = len(RETRY_SECONDS) + 2
    refused = frozenset({b"b"}) if at_once else frozenset()
    producer = ScriptedProducer({b"b": [*[KafkaConnectionError()] * times, None]}, refused)
    made, metrics = outbox(producer)
    with capture_logs() as said:
        await made.deliver(records(b"a", b"b", b"c"))
    assert [each["key"] for each in producer.sent] == [b"a", b"b", b"c", *[b"b"] * times]
    assert waits == [*RETRY_SECONDS, RETRY_SECONDS[-1], RETRY_SECONDS[-1]]
    assert delivered(metrics, "fingerprints") == 3, "each is counted once, when it has arrived"
    assert [(line["attempt"], line["records"], line["wait"]) for line in said] == list(
        zip(range(1, times + 1), [1] * times, waits, strict=True)
    )
    assert all("error" not in line for line in said)
    assert not made.waits


async def test_it_says_that_it_waits_while_it_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    made, _ = outbox(ScriptedProducer({b"a": [KafkaConnectionError(), None]}))
    seen: list[bool] = []

    async def sleep(_: float) -> None:
        seen.append(made.waits)

    monkeypatch.setattr("streams.kafka_clients.outbox.asyncio.sleep", sleep)
    await made.deliver(records(b"a"))
    assert (seen, made.waits) == ([True], False)


async def test_it_says_how_long_the_longest_delivery_has_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    made, _ = outbox(ScriptedProducer({b"a": [KafkaConnectionError(), None]}))
    clock = iter([100.0, 103.5])
    monkeypatch.setattr("streams.kafka_clients.outbox.monotonic", lambda: next(clock))
    seen: list[float] = []

    async def sleep(_: float) -> None:
        seen.append(made.waited)

    monkeypatch.setattr("streams.kafka_clients.outbox.asyncio.sleep", sleep)
    assert made.waited == 0
    await made.deliver(records(b"a"))
    assert (seen, made.waited) == ([3.5], 0)


async def test_it_waits_until_the_last_of_several_has_come_through(monkeypatch: pytest.MonkeyPatch) -> None:
    failing = {key: [KafkaConnectionError(), None] for key in (b"a", b"b")}
    made, _ = outbox(ScriptedProducer(failing))
    holding: list[asyncio.Event] = []

    async def sleep(_: float) -> None:
        holding.append(asyncio.Event())
        await holding[-1].wait()

    really = asyncio.sleep
    monkeypatch.setattr("streams.kafka_clients.outbox.asyncio.sleep", sleep)
    under_way = [asyncio.ensure_future(made.deliver(records(key))) for key in (b"a", b"b")]
    while len(holding) < 2:
        await really(0)
    for event, delivery, waits in zip(holding, under_way, (True, False), strict=True):
        assert made.waits
        event.set()
        await asyncio.wait_for(delivery, 5)
        assert made.waits is waits
    assert made._retrying == 0


@pytest.mark.parametrize("at_once", [True, False], ids=["handed-over", "acknowledged"])
async def test_a_missing_right_is_named_and_forgotten_when_it_is_there(
    at_once: bool, waits: list[float]
) -> None:
    made, _ = outbox(
        ScriptedProducer(
            {b"a": [TopicAuthorizationFailedError(), None], b"b": [KafkaConnectionError(), None]}
        )
    )
    with capture_logs() as said:
        await made.deliver(records(b"a"))
        await made.deliver(records(b"b"))
    first, second = said
    assert "Write" in first["error"]
    assert "fingerprints" in first["error"]
    assert "error" not in second


@pytest.mark.parametrize("at_once", [True, False], ids=["handed-over", "acknowledged"])
async def test_what_is_too_large_for_ever_is_named_and_not_sent_again(
    at_once: bool, waits: list[float]
) -> None:
    producer = ScriptedProducer(
        {b"b": [MessageSizeTooLargeError()]}, frozenset({b"b"}) if at_once else frozenset()
    )
    made, _ = outbox(producer)
    given = records(b"a", b"b")
    with pytest.raises(TooLargeError, match=r"a record of 10 bytes for fingerprints is too large") as caught:
        await made.deliver(given)
    assert caught.value.outgoing is given[1]
    assert waits == []


async def test_a_mistake_of_ours_is_not_tried_again(waits: list[float]) -> None:
    made, _ = outbox(ScriptedProducer({b"a": [ZeroDivisionError()]}))
    with pytest.raises(ZeroDivisionError):
        await made.deliver(records(b"a"))
    assert waits == []


async def test_before_it_is_started_it_takes_nothing() -> None:
    with pytest.raises(AssertionError, match="not started"):
        await Outbox(Settings(), Metrics()).deliver(records(b"a"))


def test_what_follows_under_the_same_key_is_sent_again_too() -> None:
    one, other, alert, newer, keyless, third = given = [
        Outgoing(FINGERPRINTS, b"k", b"1"),
        Outgoing(FINGERPRINTS, b"other", b"1"),
        Outgoing(ALERTS, b"k", b"1"),
        Outgoing(FINGERPRINTS, b"k", b"2"),
        Outgoing(FINGERPRINTS, None, b"1"),
        Outgoing(FINGERPRINTS, b"k", b"3"),
    ]
    assert again(given, []) == []
    assert again(given, [one]) == [one, newer, third]
    assert again(given, [newer]) == [newer, third], "what came before has arrived, and is older"
    assert again(given, [alert]) == [alert], "another topic's order is its own"
    assert again(given, [keyless]) == [keyless]
    assert again(given, [other]) == [other]
    two_without_a_key = [Outgoing(FINGERPRINTS, None, b"1"), Outgoing(FINGERPRINTS, None, b"2")]
    assert again(two_without_a_key, two_without_a_key[:1]) == two_without_a_key[:1]


@pytest.mark.parametrize(
    ("record", "about"),
    [
        (Outgoing(ALERTS, b"alert", b"", listing=b"listing"), b"listing"),
        (Outgoing(FINGERPRINTS, b"listing", b""), b"listing"),
        (Outgoing(DEAD_LETTERS, None, b""), None),
    ],
    ids=["named", "its-key", "neither"],
)
def test_a_record_says_what_it_is_about(record: Outgoing, about: bytes | None) -> None:
    assert record.about == about


class Stopping(ScriptedProducer):
    """Has been refused for good, and says when it is stopped."""

    stopped = False

    async def stop(self) -> None:
        self.stopped = True


def refusing(make: Callable[[], Exception], refused: frozenset[bytes]) -> Stopping:
    return Stopping({b"a": [make()]}, refused)


@pytest.mark.parametrize("refused", [frozenset({b"a"}), frozenset()], ids=["handed-over", "acknowledged"])
async def test_a_producer_whose_numbers_are_refused_is_replaced_and_stopped(
    refused: frozenset[bytes], waits: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    from aiokafka.errors import OutOfOrderSequenceNumber

    dead, new = refusing(OutOfOrderSequenceNumber, refused), ScriptedProducer({})
    made, _ = outbox(dead)
    attempts: list[Outcome] = [KafkaConnectionError(), None]

    async def connected() -> ScriptedProducer:
        if (outcome := attempts.pop(0)) is not None:
            raise outcome
        return new

    monkeypatch.setattr(made, "_connected", connected)
    await made.deliver(records(b"a", b"b"))
    assert [each["key"] for each in dead.sent] == [b"a", b"b", b"a"], "no new one could be had at first"
    assert [each["key"] for each in new.sent] == [b"a"]
    assert made._producer is new  # type: ignore[comparison-overlap]
    await asyncio.gather(*made._ending)
    assert dead.stopped


async def test_a_producer_that_only_failed_is_kept(
    waits: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    producer = ScriptedProducer({b"a": [KafkaConnectionError(), None]})
    made, _ = outbox(producer)

    async def connected() -> ScriptedProducer:
        pytest.fail("nothing was wrong with the producer")

    monkeypatch.setattr(made, "_connected", connected)
    await made.deliver(records(b"a"))
    assert made._producer is producer  # type: ignore[comparison-overlap]
