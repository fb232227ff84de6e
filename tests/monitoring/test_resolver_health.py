"""A running resolver says how it is, and what waits for it."""

import time
import urllib.error
import urllib.request
from pathlib import Path

import msgspec
import pytest
from kafka_client import KafkaClient
from listing_records import listing
from resolver_process import ResolverProcess
from takedown_records import request, send_requests
from waiting import until
from worker_fixtures import client

from connectors.clock import SystemClock
from streams.engine.pipeline import fingerprint_listing
from streams.resolving.metrics import ResolverMetrics
from streams.resolving.request_book import RequestBook, Waiting
from streams.resolving.resolver_file import ResolverFile
from streams.settings import Settings
from streams.worker.worker_process import free_port

__all__ = ["client"]


def read(port: int, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except OSError:
        return 0, ""


@pytest.mark.kafka
def test_an_operator_sees_what_came_of_requests_and_what_waits(
    settings: Settings, client: KafkaClient, tmp_path: Path
) -> None:
    quick = msgspec.structs.replace(settings.resolve, print_wait_seconds=0.0)
    seen = listing(1)
    client.send_all("listings", [(seen.key, seen)])
    client.send_all("fingerprints", [(seen.key, fingerprint_listing(seen, []))])
    send_requests(client, request(1), request(2), request(3))
    client.send_all("takedown-requests", [("broken", b"{")])
    port = free_port()
    used = msgspec.structs.replace(settings, resolve=quick)
    with ResolverProcess(used, tmp_path / "resolver.log", "--port", str(port)) as resolver:
        until(lambda: read(port, "/readyz") == (200, "ok\n"), "it is ready")
        assert read(port, "/livez") == (200, "ok\n")

        def told(line: str) -> bool:
            return f"\n{line}\n" in read(port, "/metrics")[1]

        until(
            lambda: told('relistwatch_resolver_requests_total{outcome="not-seen"} 2.0'), "two were not seen"
        )
        assert told('relistwatch_resolver_requests_total{outcome="seen"} 1.0')
        assert told('relistwatch_dead_letters_total{error="malformed-json",stage="resolve-takedowns"} 1.0')
        until(lambda: told('relistwatch_resolver_waiting{state="later"} 2.0'), "two are tried again later")
        assert told('relistwatch_resolver_waiting{state="new"} 0.0')
        assert told("relistwatch_resolver_oldest_seconds 0.0")
        assert resolver.stop() == 0
    assert read(port, "/livez") == (0, "")


def test_a_port_that_is_taken_ends_it_at_once(settings: Settings, topics: object, tmp_path: Path) -> None:
    import socket

    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        options = ("--port", str(other.getsockname()[1]))
        with ResolverProcess(settings, tmp_path / "resolver.log", *options) as resolver:
            assert resolver.process.wait(30) == 2
    assert "--port" in (tmp_path / "resolver.log").read_text()


def test_what_waits_is_told_apart(tmp_path: Path) -> None:
    file = ResolverFile(tmp_path)
    try:
        now = int(SystemClock().now().timestamp() * 1000)
        rows = [
            ("woken", "unresolved", 0, 0),
            ("due", "unresolved", 1, now - 5000),
            ("due for longer", "unresolved", 1, now - 9000),
            ("later", "unresolved", 0, now + 60_000),
            ("given up", "unresolved", 0, None),
            ("of another", "unresolved", 2, now - 99_000),
            ("done", "published", 0, None),
        ]
        file.db.executemany("INSERT INTO requests VALUES (?, 1, ?, ?, ?, 0, 0)", rows)
        book = RequestBook(file)
        assert book.waiting(now, [0, 1]) == Waiting(due=3, later=1, since_ms=now - 9000)
        assert book.waiting(now, [0]) == Waiting(due=1, later=1, since_ms=None)
        assert book.waiting(now, []) == Waiting(due=0, later=0, since_ms=None)
    finally:
        file.close()


def test_the_oldest_is_that_of_the_batch_in_hand_or_of_what_is_due() -> None:
    metrics = ResolverMetrics(dict)

    def oldest() -> float:
        return metrics.registry.get_sample_value("relistwatch_resolver_oldest_seconds") or 0.0

    assert oldest() == 0
    metrics.in_hand_since = time.time() - 100
    assert oldest() >= 100
    metrics.due_since = time.time() - 1000
    assert oldest() >= 1000
    metrics.in_hand_since = metrics.due_since = time.time() + 60
    assert oldest() == 0, "another clock is ahead of ours"
