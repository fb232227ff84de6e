"""The receiver believes only what is signed, keeps it before it answers, and is not held up by anybody."""

import http.client
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from push_requests import post, push_body, signed, until_closed, verify
from support_path import with_support
from waiting import until

from connectors.hints import Hint, HintInbox
from connectors.push_receiver import PushReceiver, PushRequest
from connectors.sdk import AbortError, OptionsError

LIMIT = 20_000


@pytest.fixture
def inbox(tmp_path: Path) -> Iterator[HintInbox]:
    kept = HintInbox(tmp_path / "hints.sqlite", most=500)
    yield kept
    kept.close()


@pytest.fixture
def receiver(inbox: HintInbox) -> Iterator[PushReceiver]:
    listening = PushReceiver(
        listen="127.0.0.1:0",
        path="/push/test",
        verify=verify,
        inbox=inbox,
        max_bytes=LIMIT,
        read_seconds=1.0,
        most_connections=200,
    )
    listening.start()
    yield listening
    listening.close()
    counts = listening.counts
    told = counts.accepted + counts.duplicates + counts.refused + counts.unreadable + counts.turned_away
    assert counts.received == told + counts.failed


def connect(receiver: PushReceiver) -> socket.socket:
    return socket.create_connection(("127.0.0.1", receiver.port), timeout=30)


def test_a_signed_push_is_in_the_inbox_when_it_is_answered(receiver: PushReceiver, inbox: HintInbox) -> None:
    body = push_body(1)
    assert post(receiver.port, body, signed(body)).status == 200
    assert [each.listing_id for each in inbox.take(9)] == ["item-1"]
    body = push_body(2, items=["a", "b"])
    assert post(receiver.port, body, signed(body)).status == 200
    assert [each.listing_id for each in inbox.take(9)] == ["a", "b"]
    body = push_body(3, items=[])
    assert post(receiver.port, body, signed(body)).status == 200
    assert receiver.counts.accepted == 3


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": ""},
        {"Authorization": "0" * 64},
        {"Authorization": signed(push_body(2))["Authorization"]},
        {"Authorization": signed(push_body(1))["Authorization"].upper()},
        {"X-Authorization": signed(push_body(1))["Authorization"]},
    ],
)
def test_a_forger_learns_nothing_and_leaves_nothing(
    receiver: PushReceiver, inbox: HintInbox, headers: dict[str, str]
) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", receiver.port, timeout=30)
    connection.request("POST", "/push/test", push_body(1), headers)
    answer = connection.getresponse()
    assert (answer.status, answer.read()) == (401, b"")
    connection.close()
    assert (inbox.held(), inbox.unreadable(), receiver.counts.refused) == (0, [], 1)


def test_a_body_is_judged_as_it_was_sent_and_never_unpacked(receiver: PushReceiver, inbox: HintInbox) -> None:
    import gzip

    packed = gzip.compress(push_body(1))
    assert post(receiver.port, packed, signed(packed) | {"Content-Encoding": "gzip"}).status == 200
    assert [each.body for each in inbox.unreadable()] == [packed]
    spaced = push_body(1).replace(b":", b" :")
    assert post(receiver.port, spaced, signed(push_body(1))).status == 401


def test_a_header_sent_twice_is_neither_of_the_two(receiver: PushReceiver) -> None:
    body = push_body(1)
    with connect(receiver) as sender:
        sender.sendall(
            b"POST /push/test HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: wrong\r\n"
            + f"Authorization: {signed(body)['Authorization']}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
            + body
        )
        assert until_closed(sender).startswith(b"HTTP/1.1 401 ")


def test_a_replayed_push_is_told_apart_also_once_it_is_done(receiver: PushReceiver, inbox: HintInbox) -> None:
    body = push_body(1)
    for _ in range(3):
        assert post(receiver.port, body, signed(body)).status == 200
    (hint,) = inbox.take(9)
    inbox.done([hint.hint_id])
    assert post(receiver.port, body, signed(body)).status == 200
    assert inbox.held() == 0
    assert (receiver.counts.accepted, receiver.counts.duplicates) == (1, 3)


def test_what_is_signed_and_not_understood_is_kept_for_an_operator(
    receiver: PushReceiver, inbox: HintInbox
) -> None:
    for body in (b"\xff\xfe", b'{"id": "push-1"}', push_body(1, items=["x" * 300])):
        assert post(receiver.port, body, signed(body)).status == 200
    kept = inbox.unreadable()
    assert [each.why for each in kept] == ["no item in it"] * 2 + ["an id is empty or too long"]
    assert kept[0].body == b"\xff\xfe"
    assert (receiver.counts.unreadable, inbox.held()) == (3, 0)


def test_a_slow_sender_is_cut_off_while_others_are_served(receiver: PushReceiver, inbox: HintInbox) -> None:
    with connect(receiver) as silent, connect(receiver) as headers, connect(receiver) as body:
        headers.sendall(b"POST /push/test HTTP/1.1\r\nHost: x\r\nX-Slow: ")
        body.sendall(b"POST /push/test HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
        ended = threading.Event()

        def drip(slow: socket.socket) -> None:
            """Never silent, never ready."""
            try:
                while not ended.wait(0.05):
                    slow.sendall(b"x")
            except OSError:
                pass

        drips = [threading.Thread(target=drip, args=(slow,)) for slow in (headers, body)]
        for each in drips:
            each.start()
        quick = push_body(1)
        assert post(receiver.port, quick, signed(quick)).status == 200
        assert until_closed(silent) == b""
        assert b" 200 " not in until_closed(headers)
        assert until_closed(body).startswith(b"HTTP/1.1 408 ")
        ended.set()
        for each in drips:
            each.join()
    assert inbox.held() == 1
    assert receiver.counts.received == 1


@pytest.mark.parametrize("declared", [True, False])
def test_too_large_a_body_is_not_read_to_its_end(
    receiver: PushReceiver, inbox: HintInbox, declared: bool
) -> None:
    fits, over = b"x" * LIMIT, b"x" * (LIMIT + 1)
    assert post(receiver.port, fits, signed(fits)).status == 200
    assert len(inbox.unreadable()) == 1
    with connect(receiver) as sender:
        length = b"Content-Length: 1000000000000" if declared else b"Transfer-Encoding: chunked"
        sender.sendall(b"POST /push/test HTTP/1.1\r\nHost: x\r\n" + length + b"\r\n\r\n")
        try:
            for _ in range(3):
                sender.sendall(over if declared else b"%x\r\n%s\r\n" % (len(over), over))
        except OSError:
            pass
        assert until_closed(sender).startswith(b"HTTP/1.1 413 ")
    assert receiver.counts.received == 1


def test_a_chunked_push_is_taken(receiver: PushReceiver, inbox: HintInbox) -> None:
    body = push_body(1)
    connection = http.client.HTTPConnection("127.0.0.1", receiver.port, timeout=30)
    pieces = iter([body[:5], body[5:6], body[6:]])
    connection.request("POST", "/push/test", pieces, signed(body), encode_chunked=True)
    assert connection.getresponse().status == 200
    connection.close()
    assert inbox.held() == 1


def test_a_body_cut_short_is_nothing(receiver: PushReceiver, inbox: HintInbox) -> None:
    with connect(receiver) as sender:
        sender.sendall(b"POST /push/test HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{}")
        sender.shutdown(socket.SHUT_WR)
        assert b" 200 " not in until_closed(sender)
    assert receiver.counts.received == 0


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/push/test", 405),
        ("PUT", "/push/test", 405),
        ("DELETE", "/push/test", 405),
        ("POST", "/push/testing", 404),
        ("POST", "/push/test/", 404),
        ("POST", "/", 404),
        ("GET", "/health", 200),
        ("POST", "/health", 405),
    ],
)
def test_there_is_one_path_and_one_method(
    receiver: PushReceiver, inbox: HintInbox, method: str, path: str, status: int
) -> None:
    body = push_body(1)
    assert post(receiver.port, body, signed(body), path=path, method=method).status == status
    assert (inbox.held(), receiver.counts.received) == (0, 0)


def test_the_verifier_sees_path_query_and_headers_as_sent(inbox: HintInbox) -> None:
    seen: list[PushRequest] = []

    def look(request: PushRequest) -> Sequence[Hint]:
        seen.append(request)
        return []

    receiver = PushReceiver(listen="127.0.0.1:0", path="/push/a-b", verify=look, inbox=inbox)
    receiver.start()
    assert post(receiver.port, b"\x00\xff", {"X-One": "Z"}, path="/push/a-b?k=%2F+1&k=2").status == 200
    receiver.close()
    (request,) = seen
    assert (request.path, request.query, request.body) == ("/push/a-b", "k=%2F+1&k=2", b"\x00\xff")
    assert request.headers["x-one"] == "Z"


def test_a_hundred_pushes_at_once_are_all_kept_and_answered(receiver: PushReceiver, inbox: HintInbox) -> None:
    together = threading.Barrier(100)

    def push(number: int) -> int:
        body = push_body(number)
        together.wait(30)
        return post(receiver.port, body, signed(body)).status

    with ThreadPoolExecutor(100) as pool:
        assert list(pool.map(push, range(100))) == [200] * 100
    assert receiver.counts.accepted == 100
    assert {each.listing_id for each in inbox.take(200)} == {f"item-{number}" for number in range(100)}


def test_no_more_connections_than_agreed_are_held(inbox: HintInbox) -> None:
    receiver = PushReceiver(
        listen="127.0.0.1:0", path="/push/test", verify=verify, inbox=inbox, most_connections=2
    )
    receiver.start()
    body = push_body(1)
    held = [connect(receiver) for _ in range(2)]
    for each in held:
        each.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
        assert each.recv(65_536).startswith(b"HTTP/1.1 200 ")
    with connect(receiver) as third:
        assert until_closed(third).startswith(b"HTTP/1.1 503 ")
    for each in held:
        each.close()

    def taken() -> bool:
        try:
            return post(receiver.port, body, signed(body)).status == 200
        except OSError:
            return False

    until(taken)
    receiver.close()


def test_a_full_inbox_sends_the_marketplace_away_for_now(receiver: PushReceiver, inbox: HintInbox) -> None:
    filled = push_body(1, items=[str(number) for number in range(500)])
    assert post(receiver.port, filled, signed(filled)).status == 200
    body = push_body(2)
    answer = post(receiver.port, body, signed(body))
    assert (answer.status, answer.headers["Retry-After"]) == (503, "30")
    assert post(receiver.port, filled, signed(filled)).status == 200
    inbox.done([each.hint_id for each in inbox.take(1)])
    assert post(receiver.port, body, signed(body)).status == 200
    assert receiver.counts.turned_away == 1


def test_a_disk_that_fails_is_not_answered_200(tmp_path: Path) -> None:
    closed = HintInbox(tmp_path / "hints.sqlite")
    closed.close()
    receiver = PushReceiver(listen="127.0.0.1:0", path="/push/test", verify=verify, inbox=closed)
    receiver.start()
    for body in (push_body(1), b"not understood"):
        assert post(receiver.port, body, signed(body)).status == 503
    receiver.close()
    assert receiver.counts.turned_away == 2


def test_a_verifier_that_goes_wrong_does_not_end_the_listening(inbox: HintInbox) -> None:
    def wrong(request: PushRequest) -> Sequence[Hint]:
        return [] if request.body == b"good" else list(verify)  # type: ignore[call-overload]

    receiver = PushReceiver(listen="127.0.0.1:0", path="/push/test", verify=wrong, inbox=inbox)
    receiver.start()
    assert post(receiver.port, b"bad", {}).status == 500
    assert post(receiver.port, b"good", {}).status == 200
    receiver.close()
    assert (receiver.counts.failed, receiver.counts.accepted) == (1, 1)


def test_nothing_is_lost_by_a_kill_after_the_answer(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "push_receiver_process", str(tmp_path / "hints.sqlite")]
    with subprocess.Popen(command, env=with_support(), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        answered: list[int] = []

        def push() -> None:
            for number in range(10_000):
                body = push_body(number)
                try:
                    if post(port, body, signed(body)).status == 200:
                        answered.append(number)
                except (OSError, http.client.HTTPException):
                    return

        sender = threading.Thread(target=push)
        sender.start()
        until(lambda: len(answered) >= 30)
        process.kill()
        sender.join()
    inbox = HintInbox(tmp_path / "hints.sqlite")
    kept = {each.listing_id for each in inbox.take(20_000)}
    assert kept >= {f"item-{number}" for number in answered}
    assert len(kept) <= len(answered) + 1  # one may have been kept and not answered


def test_closing_ends_the_thread_and_frees_the_port(inbox: HintInbox) -> None:
    before = set(threading.enumerate())
    for _ in range(20):  # a connection that is just being accepted is the one that may stay open
        receiver = PushReceiver(listen="127.0.0.1:0", path="/push/test", verify=verify, inbox=inbox)
        receiver.start()
        body = push_body(1)
        post(receiver.port, body, signed(body))
        with connect(receiver) as idle, connect(receiver) as other:
            receiver.close()
            assert until_closed(idle) == until_closed(other) == b""
    assert set(threading.enumerate()) <= before
    again = PushReceiver(listen=f"127.0.0.1:{receiver.port}", path="/push/test", verify=verify, inbox=inbox)
    again.start()
    again.close()
    PushReceiver(listen="127.0.0.1:0", path="/push/test", verify=verify, inbox=inbox).close()


def test_a_port_in_use_ends_the_run(receiver: PushReceiver, inbox: HintInbox) -> None:
    other = PushReceiver(
        listen=f"127.0.0.1:{receiver.port}", path="/push/test", verify=verify, inbox=inbox, name="shopee"
    )
    with pytest.raises(AbortError, match=f"shopee: cannot listen on 127.0.0.1:{receiver.port}"):
        other.start()
    other.close()


@pytest.mark.parametrize(
    "listen", ["", "8700", ":8700", "127.0.0.1", "127.0.0.1:x", "127.0.0.1:70000", "a b:1", "::1:80"]
)
def test_an_address_that_is_none_is_an_option_error(inbox: HintInbox, listen: str) -> None:
    with pytest.raises(OptionsError, match="option listen"):
        PushReceiver(listen=listen, path="/push/test", verify=verify, inbox=inbox)


@pytest.mark.parametrize("path", ["", "push", "/push/{id}", "/a?b", "/a b", "/health"])
def test_a_path_that_is_none_is_an_option_error(inbox: HintInbox, path: str) -> None:
    with pytest.raises(OptionsError, match="option path"):
        PushReceiver(listen="127.0.0.1:0", path=path, verify=verify, inbox=inbox)
