"""What is posted is signed, repeated where that helps, and kept on the disk where it is refused."""

import base64
import json
import os
import socket
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from alert_records import alert
from listing_records import START, listing, takedown
from webhook_host import WebhookHost, webhook_host
from webhook_requests import OTHER_WHSEC, WHSEC

from connectors.backoff import Backoff
from connectors.clock import SystemClock
from connectors.memory import MemorySource
from connectors.runner import Runner
from connectors.sdk import (
    AbortError,
    Event,
    OptionsError,
    RawRecord,
    RetryError,
    SkipError,
    Stop,
    ThrottledError,
    Withdrawal,
    make,
)
from connectors.webhook_payload import event_id, groups
from connectors.webhook_post import is_loopback
from connectors.webhook_signature import ID_FORM
from connectors.webhook_sink import WebhookSink, WebhookSinkOptions


class QuickClock(SystemClock):
    """The real time, with waits that are only written down."""

    def __init__(self) -> None:
        self.waited: list[float] = []

    def wait(self, stop: Stop, seconds: float) -> bool:
        self.waited.append(seconds)
        return stop.is_set()


@pytest.fixture
def host() -> Iterator[WebhookHost]:
    with webhook_host() as serving:
        yield serving


@contextmanager
def sink(url: str, folder: Path, **options: Any) -> Iterator[tuple[WebhookSink, QuickClock]]:
    clock = QuickClock()
    whole = {"url": url, "secret": WHSEC, "dead_letter_file": str(folder / "dead.jsonl")} | options
    checked = make(WebhookSink, whole)
    checked.close()
    opened = WebhookSink(checked.options, clock=clock)
    opened.open()
    try:
        yield opened, clock
    finally:
        opened.close()


def letters(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "dead.jsonl").read_text().splitlines()]


def test_an_alert_is_posted_as_its_json_under_its_own_id(host: WebhookHost, tmp_path: Path) -> None:
    with sink(host.url + "?team=7&x=%2F", tmp_path) as (posting, _):
        posting.write([alert(1), listing(1, event_id="shopee-id.1.2")])
        assert host.bodies == []
        posting.flush()
    assert [
        msgspec.json.decode(body, type=type(event))
        for body, event in zip(host.bodies, [alert(1), listing(1)], strict=True)
    ] == [
        alert(1),
        listing(1, event_id="shopee-id.1.2"),
    ]
    assert host.ids == ["alert-1", event_id(listing(1, event_id="shopee-id.1.2"))]
    assert {each["content-type"] for each in host.received} == {"application/json"}
    assert {each[":path"] for each in host.received} == {"/hook?team=7&x=%2F"}
    assert letters(tmp_path) == []


def test_with_two_keys_both_sign(host: WebhookHost, tmp_path: Path) -> None:
    with sink(host.url, tmp_path, secret=f"{OTHER_WHSEC} {WHSEC}") as (posting, _):
        for number, host.secret in enumerate([WHSEC, OTHER_WHSEC]):
            posting.write([alert(number)])
            posting.flush()
    assert host.ids == ["alert-0", "alert-1"]


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, 599])
def test_what_may_pass_is_repeated_under_the_same_id(host: WebhookHost, tmp_path: Path, status: int) -> None:
    host.answers = [(status, {}, b"later")] * 3
    with sink(host.url, tmp_path) as (posting, clock):
        posting.write([alert(1)])
        posting.flush()
    assert host.ids == ["alert-1"] * 4
    assert len(clock.waited) == 3
    assert all(0.25 * 2**n <= pause <= 0.5 * 2**n for n, pause in enumerate(clock.waited))
    assert letters(tmp_path) == []


def test_attempts_run_out_and_the_runner_goes_on_with_what_is_left(host: WebhookHost, tmp_path: Path) -> None:
    host.answers = [(200, {}, b""), *[(503, {}, b"")] * 3]
    with sink(host.url, tmp_path, attempts=3) as (posting, _):
        posting.write([alert(1), alert(2), alert(3)])
        with pytest.raises(RetryError, match=r"webhook: 127.0.0.1: answered 503"):
            posting.flush()
        posting.write([alert(1), alert(2), alert(3)])
        posting.flush()
        assert host.ids == ["alert-1", *["alert-2"] * 4, "alert-3"]
        posting.write([alert(1)])  # after a whole flush, one that comes again is posted again
        posting.flush()
        assert host.ids[-1] == "alert-1"


@pytest.mark.parametrize(
    ("asked", "here"), [("2", True), ("60", False), ("Mon, 01 Jan 2125 00:00:00 GMT", False)]
)
def test_a_pause_that_is_asked_for_is_kept(host: WebhookHost, tmp_path: Path, asked: str, here: bool) -> None:
    host.answers = [(429, {"Retry-After": asked}, b"")]
    with sink(host.url, tmp_path) as (posting, clock):
        posting.write([alert(1)])
        if here:
            posting.flush()
            assert clock.waited == [2.0]
        else:
            with pytest.raises(ThrottledError, match="too many requests") as caught:
                posting.flush()
            assert caught.value.after >= 60
            assert clock.waited == []


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 422, 451])
def test_what_is_refused_for_good_is_kept_and_the_others_arrive(
    host: WebhookHost, tmp_path: Path, status: int
) -> None:
    host.refuse = {msgspec.json.encode(alert(2)): (status, {}, b"no such\n team \x1b[31m")}
    with sink(host.url + "?token=hidden-token", tmp_path) as (posting, clock):
        posting.write([alert(1), alert(2), alert(3)])
        with pytest.raises(SkipError, match="refused") as caught:
            posting.flush()
    assert caught.value.refused == (alert(2),)
    assert "hidden-token" not in str(caught.value)
    assert host.ids == ["alert-1", "alert-2", "alert-3"]
    assert clock.waited == []
    (letter,) = letters(tmp_path)
    assert letter.pop("refused_at").startswith("20")
    assert msgspec.convert(letter.pop("record"), type(alert(2))) == alert(2)
    assert letter == {
        "url": host.url,
        "status": status,
        "reason": f"answered {status}: no such team [31m",
        "webhook_id": "alert-2",
    }
    assert stat.S_IMODE((tmp_path / "dead.jsonl").stat().st_mode) == 0o600


def test_a_refusal_before_a_failure_is_written_down_once(host: WebhookHost, tmp_path: Path) -> None:
    host.refuse = {msgspec.json.encode(alert(1)): (400, {}, b"")}
    host.answers = [(500, {}, b"")]
    with sink(host.url, tmp_path, attempts=1) as (posting, _):
        posting.write([alert(1), alert(2)])
        with pytest.raises(RetryError):
            posting.flush()
        posting.write([alert(1), alert(2)])
        with pytest.raises(SkipError) as caught:
            posting.flush()
    assert caught.value.refused == (alert(1),)
    assert host.ids == ["alert-1", "alert-2", "alert-2"]
    assert len(letters(tmp_path)) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308, 410])
def test_a_redirect_is_not_followed(host: WebhookHost, tmp_path: Path, status: int) -> None:
    with webhook_host() as elsewhere, sink(host.url, tmp_path) as (posting, _):
        host.answers = [(status, {"Location": elsewhere.url}, b"")]
        posting.write([alert(1)])
        with pytest.raises(AbortError, match=f"answered {status}"):
            posting.flush()
        assert elsewhere.received == []
    assert letters(tmp_path) == []


def test_several_a_request_and_one_bad_one_among_them(host: WebhookHost, tmp_path: Path) -> None:
    events: list[Event] = [alert(number) for number in range(1, 6)]
    together = b"[" + b",".join(msgspec.json.encode(each) for each in events[:3]) + b"]"
    host.refuse = {
        together: (422, {}, b"one of them"),
        b"[" + msgspec.json.encode(alert(2)) + b"]": (422, {}, b"this"),
    }
    with sink(host.url, tmp_path, batch=3) as (posting, _):
        posting.write(events)
        with pytest.raises(SkipError) as caught:
            posting.flush()
    assert caught.value.refused == (alert(2),)
    sizes = [len(json.loads(body)) for body in host.bodies]
    assert sizes == [3, 1, 1, 1, 2]
    assert len(set(host.ids)) == 5
    assert [letter["webhook_id"] for letter in letters(tmp_path)] == ["alert-2"]


def test_bytes_that_are_no_json_are_not_posted(host: WebhookHost, tmp_path: Path) -> None:
    bad = RawRecord(b"\xff{", "k")
    with sink(host.url, tmp_path, batch=10) as (posting, _):
        posting.write([alert(1), bad, RawRecord(b'{"new": 1}'), alert(2)])
        with pytest.raises(SkipError) as caught:
            posting.flush()
    assert caught.value.refused == (bad,)
    assert [len(json.loads(body)) for body in host.bodies] == [1, 2]
    (letter,) = letters(tmp_path)
    assert base64.b64decode(letter["bytes"]) == b"\xff{"
    assert (letter["status"], letter["record"], letter["reason"]) == (None, None, "it is no JSON")


def test_the_runner_posts_everything_once_the_receiver_is_back(host: WebhookHost, tmp_path: Path) -> None:
    host.answers = [(503, {"Retry-After": "6"}, b""), (200, {}, b""), (500, {}, b""), (502, {}, b"")]
    checked = make(
        WebhookSink,
        {"url": host.url, "secret": WHSEC, "dead_letter_file": str(tmp_path / "d"), "attempts": 1},
    )
    checked.close()
    script = [alert(number) for number in range(1, 8)]

    class At(threading.Event):
        """A stop that never comes and does not wait."""

        def wait(self, timeout: float | None = None) -> bool:
            return False

    posting = WebhookSink(checked.options, clock=QuickClock())
    counts = Runner(MemorySource(script=script), posting, stop=At(), backoff=Backoff(), batch=3).run()
    assert (counts.written, counts.retries) == (7, 3)
    taken = [host.ids[0], *host.ids]
    assert list(dict.fromkeys(taken)) == [f"alert-{number}" for number in range(1, 8)]
    assert len(host.ids) == 10


class DrippingHost:
    """A receiver that never finishes its answer: `beginning`, then a byte now and then."""

    def __init__(self, beginning: bytes) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._beginning = beginning
        self.ended = threading.Event()
        self.connections = 0
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}/"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while not self.ended.is_set():
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._drip, args=(connection,), daemon=True).start()

    def _drip(self, connection: socket.socket) -> None:
        with connection:
            try:
                connection.sendall(self._beginning)
                while not self.ended.wait(0.02):
                    connection.sendall(b"x")
            except OSError:
                pass

    def close(self) -> None:
        self.ended.set()
        self._listening.close()


@pytest.mark.parametrize("beginning", [b"", b"HTTP/1.1 200 OK\r\nX-Slow: "])
def test_an_answer_that_never_ends_is_cut_off(tmp_path: Path, beginning: bytes) -> None:
    dripping = DrippingHost(beginning)
    with sink(dripping.url, tmp_path, timeout=0.4, attempts=2) as (posting, clock):
        posting.write([alert(1)])
        with pytest.raises(RetryError, match="no whole answer within 0.4 s"):
            posting.flush()
    assert (dripping.connections, len(clock.waited)) == (2, 1)
    dripping.close()


def test_a_status_counts_though_its_body_never_ends(tmp_path: Path) -> None:
    dripping = DrippingHost(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
    with sink(dripping.url, tmp_path, timeout=0.4) as (posting, _):
        posting.write([alert(1)])
        posting.flush()
    assert dripping.connections == 1
    dripping.close()


def test_a_huge_answer_is_not_read(host: WebhookHost, tmp_path: Path) -> None:
    host.answers = [(200, {}, b"x" * 50_000_000), (400, {}, b"y" * 50_000_000)]
    with sink(host.url, tmp_path) as (posting, _):
        posting.write([alert(1), alert(2)])
        with pytest.raises(SkipError):
            posting.flush()
    assert len(letters(tmp_path)[0]["reason"]) < 300


def test_a_receiver_that_is_not_there_is_waited_for(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with sink(f"http://127.0.0.1:{port}/?token=hidden-token", tmp_path) as (posting, clock):
        posting.write([alert(1)])
        with pytest.raises(RetryError, match="cannot be reached") as caught:
            posting.flush()
        assert "hidden-token" not in str(caught.value)
        assert len(clock.waited) == 3


def test_a_dead_letter_file_that_fails_loses_nothing(host: WebhookHost, tmp_path: Path) -> None:
    host.answers = [(400, {}, b"")]
    (tmp_path / "dead.jsonl").symlink_to("/dev/full")
    with sink(host.url, tmp_path) as (posting, _):
        posting.write([alert(1)])
        with pytest.raises(RetryError, match="cannot write"):
            posting.flush()


def test_a_torn_dead_letter_is_ended_before_the_next(host: WebhookHost, tmp_path: Path) -> None:
    (tmp_path / "dead.jsonl").write_bytes(b'{"torn"')
    host.answers = [(400, {}, b"")]
    with sink(host.url, tmp_path) as (posting, _):
        posting.write([alert(1)])
        with pytest.raises(SkipError):
            posting.flush()
    torn, whole = (tmp_path / "dead.jsonl").read_text().splitlines()
    assert torn == '{"torn"'
    assert json.loads(whole)["webhook_id"] == "alert-1"


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"url": "http://hooks.example/x?token=hidden-token"}, "https"),
        ({"url": "http://127.0.0.1.example/x?token=hidden-token"}, "https"),
        ({"url": "http://10.0.0.1/x"}, "https"),
        ({"url": "ftp://hooks.example/"}, "begins with https"),
        ({"url": "hidden-token"}, "begins with https"),
        ({"url": "https://"}, "url"),
        ({"url": "https://hooks.example:hidden-token/"}, "url"),
        ({"url": "https://analyst-7:hidden-token@hooks.example/"}, "no user name"),
        ({"secret": "hidden-token"}, "key 1 does not begin with whsec_"),
        ({"batch": 0}, "batch"),
        ({"timeout": 0}, "timeout"),
        ({"attempts": 0}, "attempts"),
        ({"colour": "red"}, "no option 'colour'"),
    ],
)
def test_a_wrong_option_is_named_and_not_shown(options: dict[str, Any], match: str) -> None:
    good = {"url": "https://hooks.example/x", "secret": WHSEC, "dead_letter_file": "d"}
    with pytest.raises(OptionsError, match=match) as caught:
        make(WebhookSink, good | options)
    assert "hidden-token" not in str(caught.value)


def test_https_this_machine_and_what_was_allowed_may_be_posted_to() -> None:
    for url in (
        "https://hooks.example/x",
        "https://10.0.0.1/",
        "http://127.9.9.9:1/",
        "http://[::1]/",
        "http://localhost/",
    ):
        make(WebhookSink, {"url": url, "secret": WHSEC, "dead_letter_file": "d"}).close()
    allowed = {"url": "http://10.0.0.1/", "secret": WHSEC, "dead_letter_file": "d", "allow_http": "true"}
    make(WebhookSink, allowed).close()
    assert not is_loopback("localhost.example")


def test_a_dead_letter_file_is_needed_and_can_be_opened(tmp_path: Path) -> None:
    with pytest.raises(OptionsError, match="dead_letter_file"):
        make(WebhookSink, {"url": "https://hooks.example/x", "secret": WHSEC})
    posting = make(
        WebhookSink,
        {"url": "https://hooks.example/x", "secret": WHSEC, "dead_letter_file": str(tmp_path / "no" / "d")},
    )
    with pytest.raises(AbortError, match="option dead_letter_file"):
        posting.open()
    posting.close()


def test_an_id_is_the_same_for_the_same_and_for_no_other() -> None:
    events: list[Event] = [
        alert(1),
        alert(2, alert_id="with a space"),
        listing(1),
        listing(1, event_id="shopee-id.1.2"),
        takedown(1),
        takedown(1, title="changed"),
        Withdrawal(takedown_id="t1"),
        RawRecord(b"{}"),
    ]
    ids = [event_id(event) for event in events]
    assert len(set(ids)) == len(events)
    assert ids == [event_id(event) for event in events]
    assert all(ID_FORM.fullmatch(each) for each in ids)
    assert event_id(alert(1)) == event_id(alert(1, matched_at=START))
    assert event_id(RawRecord(b"{}", why="one")) == event_id(RawRecord(b"{}", why="two"))


def test_groups_keep_the_order_and_the_size() -> None:
    events = [alert(number) for number in range(7)]
    assert [len(group) for group in groups(events, 3)] == [3, 3, 1]
    assert [event for group in groups(events, 3) for event in group] == events
    assert list(groups([], 3)) == []
    assert [len(group) for group in groups([RawRecord(b"x"), *events[:2], RawRecord(b"y")], 5)] == [1, 2, 1]


def test_nothing_of_the_environment_sends_it_elsewhere(
    host: WebhookHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with webhook_host() as elsewhere:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setitem(os.environ, name, elsewhere.url)
        with sink(host.url, tmp_path) as (posting, _):
            posting.write([alert(1)])
            posting.flush()
        assert (host.ids, elsewhere.received) == (["alert-1"], [])


def test_the_options_hide_the_secret() -> None:
    posting = make(WebhookSink, {"url": "https://h.example/", "secret": WHSEC, "dead_letter_file": "d"})
    assert isinstance(posting.options, WebhookSinkOptions)
    assert WHSEC.removeprefix("whsec_") not in repr(posting.options)
    posting.close()
