"""What the console says of itself, on a port of its own."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import msgspec
import pytest
from aiohttp import web
from console_client import Served, console_in, served
from waiting import until

from streams.console.app import ROUTES
from streams.console.console_metrics import answering_metrics, metrics_of
from streams.console.feeder import FeedState
from streams.console.parts import Failure, Parts
from streams.console.routes import Route
from streams.die_with_parent import die_with_parent
from streams.settings import Dashboard, Settings, as_environment
from streams.worker.worker_process import free_port


async def photo(request: web.Request) -> web.Response:
    return web.Response(status=int(request.match_info["sha256"]))


async def sign_in(request: web.Request) -> web.Response:
    form = await request.post()
    if form["password"] == "right":
        raise web.HTTPSeeOther("/")
    return web.Response(status=429 if form["password"] == "again" else 401)


TRIED = (Route("GET", "/photos/{sha256}", photo), Route("POST", "/sign-in", sign_in, needs=None))


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Served]:
    tried = {(route.method, route.path) for route in TRIED}
    others = [route for route in ROUTES if (route.method, route.path) not in tried]
    with console_in(tmp_path) as console, served(console, (*others, *TRIED)) as site:
        yield site


def sample(site: Served, name: str, **labels: str) -> float | None:
    return metrics_of(site.console).registry.get_sample_value(name, labels)


def test_requests_are_told_apart_by_route_and_answer(site: Served) -> None:
    stranger = site.visitor(None)
    stranger.get("/static/console.css")
    stranger.get("/static/nothing.css")
    for path in ("/nowhere", "/nowhere/else", "/static"):
        stranger.get(path)
    stranger.client.request("PUT", "/static/console.css")
    count = partial(sample, site, "relistwatch_console_request_seconds_count")
    assert count(method="GET", route="/static/{name}", status="200") == 1
    assert count(method="GET", route="/static/{name}", status="404") == 1
    assert count(method="GET", route="none", status="404") == 3
    assert count(method="other", route="none", status="405") == 1


def test_an_open_page_is_a_stream_and_no_slow_request(site: Served) -> None:
    viewer = site.visitor()
    opened, done = threading.Event(), threading.Event()

    def listen() -> None:
        with viewer.client.stream("GET", "/live?kinds=alerts") as answer:
            next(answer.iter_lines())
            opened.set()
            done.wait(20)

    listener = threading.Thread(target=listen)
    listener.start()
    assert opened.wait(10)
    assert sample(site, "relistwatch_console_streams") == 1
    done.set()
    listener.join(10)
    until(lambda: sample(site, "relistwatch_console_streams") == 0 or site.console.live.changed("alerts"),
             "the stream is closed")  # fmt: skip
    labels = {"method": "GET", "route": "/live", "status": "200"}
    assert sample(site, "relistwatch_console_request_seconds_count", **labels) is None


def test_sign_ins_and_photos_are_counted_by_what_became_of_them(site: Served) -> None:
    stranger, viewer = site.visitor(None), site.visitor()
    for password in ("right", "wrong", "wrong", "again"):
        stranger.post("/sign-in", password=password)
    for status in (200, 304, 404, 403, 503, 502):
        viewer.get(f"/photos/{status}")
    signed = partial(sample, site, "relistwatch_console_sign_ins_total")
    assert [signed(outcome=each) for each in ("signed in", "refused", "too many")] == [1, 2, 1]
    shown = partial(sample, site, "relistwatch_console_photos_total")
    outcomes = ("shown", "missing", "refused", "busy", "failed")
    assert [shown(outcome=each) for each in outcomes] == [2, 1, 1, 1, 1]


def test_the_state_of_feed_and_parts_is_read_when_it_is_asked_for(tmp_path: Path) -> None:
    with console_in(tmp_path) as console:
        registry = metrics_of(console).registry
        assert registry.get_sample_value("relistwatch_console_feed_ready") == 0
        console.services[FeedState] = FeedState(is_ready=True, taken=7, unreadable=2)
        parts = console.services[Parts] = Parts(console, ())
        parts.failures["feed"] = Failure("away", 0.0)
        wanted = {
            "feed_ready": 1,
            "feeding": 0,
            "feed_records_total": 7,
            "feed_unreadable_total": 2,
            "parts_failing": 1,
        }
        found = {name: registry.get_sample_value(f"relistwatch_console_{name}") for name in wanted}
        assert found == wanted


def test_pages_have_no_metrics(site: Served) -> None:
    assert site.visitor("admin").get("/metrics").status_code == 404
    assert site.visitor(None).get("/metrics").status_code == 404


async def test_a_port_of_its_own_has_nothing_but_metrics(tmp_path: Path) -> None:
    with console_in(tmp_path) as console:
        async with answering_metrics(console, "127.0.0.1", 0) as address:
            text = await asyncio.to_thread(
                lambda: urllib.request.urlopen(address, timeout=10).read().decode()
            )
            assert "relistwatch_build_info{" in text
            assert "process_resident_memory_bytes" in text
            page = address.replace("/metrics", "/")
            with pytest.raises(urllib.error.HTTPError, match="404"):
                await asyncio.to_thread(urllib.request.urlopen, page)


@pytest.mark.kafka
def test_the_command_answers_metrics_where_it_is_told(
    settings: Settings, topics: object, tmp_path: Path
) -> None:
    chosen = msgspec.structs.replace(settings, dashboard=Dashboard(port=0))
    port = free_port()
    log = tmp_path / "dashboard.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "streams", "dashboard", "--metrics-port", str(port)],
            env=os.environ | as_environment(chosen), stdin=subprocess.DEVNULL, stdout=out, stderr=out,
            preexec_fn=partial(die_with_parent, os.getpid()),  # noqa: PLW1509  one prctl call
        )  # fmt: skip
    try:

        def fed() -> bool:
            assert process.poll() is None, log.read_text()
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
                    return "\nrelistwatch_console_feed_ready 1.0\n" in answer.read().decode()
            except OSError:
                return False

        until(fed, "the feed has read the topics")
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
