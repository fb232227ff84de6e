"""A webhook is answered 2xx when the sink has acknowledged its records, and never before."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from kafka_client import KafkaClient
from listing_records import listing
from waiting import until
from webhook_requests import OTHER_WHSEC, WHSEC, post_webhook

from connectors.backoff import Backoff
from connectors.events import Image
from connectors.kafka import KafkaSink
from connectors.memory import MemorySink
from connectors.runner import Problem, Runner
from connectors.sdk import (
    AbortError,
    ConnectorError,
    OptionsError,
    RetryError,
    Sink,
    SkipError,
    Skipped,
    make,
)
from connectors.webhook_source import WebhookSource
from streams.settings import Settings


class HeldSink(MemorySink):
    """Acknowledges nothing until `release` is set."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.release = threading.Event()
        self.reached = threading.Event()

    def flush(self) -> None:
        self.reached.set()
        assert self.release.wait(30)
        super().flush()


@contextmanager
def running(
    sink: Sink[Any], **options: Any
) -> Iterator[tuple[WebhookSource, list[Problem], threading.Event]]:
    source = make(WebhookSource, {"secret": WHSEC, "listen": "127.0.0.1:0"} | options)
    stop = threading.Event()
    problems: list[Problem] = []
    errors: list[ConnectorError] = []
    runner = Runner(
        source, sink, stop=stop, on_problem=problems.append, backoff=Backoff(0.001, 0.001, attempts=50)
    )

    def run() -> None:
        try:
            runner.run()
        except ConnectorError as error:
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    until(lambda: source.port != 0 or bool(errors))
    try:
        yield source, problems, stop
    finally:
        stop.set()
        thread.join(30)
        assert not thread.is_alive()
        assert not errors


def body(*numbers: int) -> bytes:
    return b"\n".join(msgspec.json.encode(listing(number)) for number in numbers)


def test_records_arrive_in_order_and_the_sender_is_told() -> None:
    sink = MemorySink()
    with running(sink) as (source, _, _):
        assert post_webhook(source.port, "m1", body(1, 2, 3)).status == 200
        assert sink.events == [listing(1), listing(2), listing(3)]
        assert post_webhook(source.port, "m2", b"no record").status == 200
        assert len(sink.events) == 4
    assert source.counts.received == source.counts.accepted == 2


def test_there_is_no_answer_before_the_acknowledgement() -> None:
    sink = HeldSink()
    with running(sink) as (source, _, _), ThreadPoolExecutor(1) as pool:
        answer = pool.submit(post_webhook, source.port, "m1", body(1, 2))
        assert sink.reached.wait(30)
        assert not answer.done()
        assert (sink.events, source.counts.accepted) == ([], 0)
        sink.release.set()
        assert answer.result(30).status == 200
        assert sink.events == [listing(1), listing(2)]


def test_a_sink_that_is_away_makes_the_sender_come_again_and_nothing_is_taken_twice() -> None:
    sink = HeldSink()
    with running(sink, answer_seconds=0.2) as (source, _, _):
        answer = post_webhook(source.port, "m1", body(1))
        assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
        assert post_webhook(source.port, "m1", body(1)).status == 503  # the same one still waits
        sink.release.set()
        until(lambda: sink.events == [listing(1)])
        assert post_webhook(source.port, "m1", body(1)).status == 200
        assert sink.events == [listing(1)]
    assert (source.counts.duplicates + source.counts.accepted, source.counts.turned_away) == (1, 2)


def test_a_webhook_is_whole_or_not_acknowledged_over_many_batches() -> None:
    sink = HeldSink(flush_errors=[None, None, RetryError("away"), RetryError("away")])
    sink.release.set()
    source = make(WebhookSource, {"secret": WHSEC, "listen": "127.0.0.1:0"})
    stop = threading.Event()
    runner = Runner(source, sink, stop=stop, batch=3, backoff=Backoff(0.001, 0.001))
    thread = threading.Thread(target=runner.run)
    thread.start()
    until(lambda: source.port != 0)
    with ThreadPoolExecutor(20) as pool:
        sent = {number: [number * 100 + place for place in range(number % 7 + 1)] for number in range(1, 60)}
        answers = {
            number: pool.submit(post_webhook, source.port, f"m{number}", body(*numbers))
            for number, numbers in sent.items()
        }
        assert {answer.result(30).status for answer in answers.values()} == {200}
    arrived = [event.listing_id for event in sink.events]  # type: ignore[union-attr]
    assert sorted(arrived) == sorted(f"l{number}" for numbers in sent.values() for number in numbers)
    stop.set()
    thread.join(30)


def test_a_webhook_sent_again_is_not_taken_again_but_the_same_id_over_other_records_is() -> None:
    sink = MemorySink()
    with running(sink) as (source, _, _):
        for _ in range(3):
            assert post_webhook(source.port, "m1", body(1)).status == 200
        assert sink.events == [listing(1)]
        assert post_webhook(source.port, "m1", body(2)).status == 200
        assert sink.events == [listing(1), listing(2)]
    assert (source.counts.accepted, source.counts.duplicates) == (2, 2)


def test_forged_and_old_webhooks_are_refused() -> None:
    sink = MemorySink()
    with running(sink) as (source, _, _):
        assert post_webhook(source.port, "m1", body(1), secrets=[OTHER_WHSEC]).status == 401
        old = datetime.now(UTC) - timedelta(seconds=310)
        assert post_webhook(source.port, "m1", body(1), at=old).status == 401
        assert post_webhook(source.port, "m1", body(1), path="/elsewhere").status == 404
        assert post_webhook(source.port, "m1", body(1), secrets=[OTHER_WHSEC, WHSEC]).status == 200
    assert sink.events == [listing(1)]
    assert source.counts.refused == 2


def test_two_keys_are_known_while_a_sender_changes_them() -> None:
    with running(MemorySink(), secret=f"{OTHER_WHSEC} {WHSEC}") as (source, _, _):
        assert post_webhook(source.port, "m1", body(1), secrets=[WHSEC]).status == 200
        assert post_webhook(source.port, "m2", body(1), secrets=[OTHER_WHSEC]).status == 200


def test_photos_by_path_are_refused_with_all_that_came_along() -> None:
    sink = MemorySink()
    with running(sink) as (source, problems, _):
        by_path = msgspec.json.encode(listing(2, images=(Image(path="/etc/passwd"),)))
        assert post_webhook(source.port, "m1", body(1) + b"\n" + by_path).status == 422
        assert post_webhook(source.port, "m2", b"[]").status == 422
        until(lambda: len(problems) == 2)
        assert post_webhook(source.port, "m3", body(3)).status == 200
    assert sink.events == [listing(3)]
    assert all(isinstance(problem, Skipped) for problem in problems)
    assert str(problems[0]).count("webhook m1: record 2 has an image with a path") == 1
    assert source.counts.unusable == 2


def test_what_the_sink_refuses_for_good_is_not_sent_again() -> None:
    sink = MemorySink(flush_errors=[SkipError("too large", [listing(1)])])
    with running(sink) as (source, problems, _):
        assert post_webhook(source.port, "m1", body(1, 2)).status == 200
        assert len(problems) == 1
    assert sink.events == [listing(2)]


def test_a_full_queue_turns_away_and_a_large_body_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.webhook_source.MOST_WAITING", 2)
    sink = HeldSink()
    with running(sink, max_bytes=2000) as (source, _, _), ThreadPoolExecutor(2) as pool:
        first = pool.submit(post_webhook, source.port, "m1", body(1))
        assert sink.reached.wait(30)
        second = pool.submit(post_webhook, source.port, "m2", body(2))
        until(lambda: source.counts.received == 2)
        answer = post_webhook(source.port, "m3", body(3))
        assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
        assert post_webhook(source.port, "m4", b" " * 2001).status == 413
        sink.release.set()
        assert (first.result(30).status, second.result(30).status) == (200, 200)
        assert post_webhook(source.port, "m3", body(3)).status == 200


def test_stopping_answers_what_is_safe_and_turns_away_what_is_not() -> None:
    sink = HeldSink()
    with running(sink) as (source, _, stop), ThreadPoolExecutor(2) as pool:
        first = pool.submit(post_webhook, source.port, "m1", body(1))
        assert sink.reached.wait(30)
        second = pool.submit(post_webhook, source.port, "m2", body(2))
        until(lambda: source.counts.received == 2)
        stop.set()
        sink.release.set()
        assert (first.result(30).status, second.result(30).status) == (200, 503)
    assert sink.events == [listing(1)]


def test_a_run_that_aborts_has_promised_nothing() -> None:
    source = make(WebhookSource, {"secret": WHSEC, "listen": "127.0.0.1:0"})
    runner = Runner(source, MemorySink(flush_errors=[AbortError("not authorised")]))
    with ThreadPoolExecutor(1) as pool:
        run = pool.submit(runner.run)
        until(lambda: source.port != 0)
        assert post_webhook(source.port, "m1", body(1)).status == 503
        with pytest.raises(AbortError, match="not authorised"):
            run.result(30)


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({}, "secret"),
        ({"secret": "plain-text-key"}, "option secret: key 1 does not begin with whsec_"),
        ({"secret": "env:NO_SUCH_VARIABLE_HERE"}, "NO_SUCH_VARIABLE_HERE is not set"),
        ({"secret": WHSEC, "listen": "everywhere"}, "option listen"),
        ({"secret": WHSEC, "path": "webhook"}, "option path"),
        ({"secret": WHSEC, "records": "alerts"}, "records"),
        ({"secret": WHSEC, "max_bytes": 10**12}, "max_bytes"),
    ],
)
def test_a_wrong_option_is_named(options: dict[str, Any], match: str) -> None:
    with pytest.raises(OptionsError, match=match) as caught:
        make(WebhookSource, options)
    assert "plain-text-key" not in str(caught.value)
    assert WHSEC not in str(caught.value)


@pytest.mark.kafka
def test_what_is_answered_200_is_on_kafka(topics: Settings) -> None:
    client = KafkaClient(topics)
    sink = make(
        KafkaSink,
        {"topic": client.name("listings"), "client": {"bootstrap_servers": topics.kafka.bootstrap_servers}},
    )
    with running(sink) as (source, _, _):
        assert post_webhook(source.port, "m1", body(1, 2)).status == 200
        messages = client.read_until("listings", lambda found: len(found) >= 2)
    client.close()
    assert {message.value for message in messages} == set(body(1, 2).split(b"\n"))
