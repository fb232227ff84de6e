"""The client asks at the allowed rate, signs anew each time, repeats where that helps, and tells no secret."""

import gzip
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from connectors.backoff import Backoff
from connectors.clock import SetClock
from connectors.counts import Counts
from connectors.http_client import Answer, HttpClient, Request, judge_status
from connectors.rate import Rate
from connectors.sdk import AbortError, ExpiredTokenError, RetryError, ThrottledError

START = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
Respond = Callable[[httpx.Request], httpx.Response]


def client(respond: Respond, clock: SetClock | None = None, **given: object) -> HttpClient:
    """A client whose network is `respond`; its clock stands still until it waits."""
    options: dict[str, object] = {"rate": Rate(1000, burst=1000), "stop": threading.Event()}
    return HttpClient(
        "https://api.example/v2",
        clock=clock or SetClock(START),
        transport=httpx.MockTransport(respond),
        **(options | given),  # type: ignore[arg-type]
    )


def in_turn(*responses: httpx.Response) -> tuple[Respond, list[httpx.Request]]:
    """Each response once, then the last for ever; and what was asked."""
    asked: list[httpx.Request] = []

    def respond(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return responses[min(len(asked), len(responses)) - 1]

    return respond, asked


def test_what_may_pass_is_repeated_with_growing_pauses() -> None:
    respond, asked = in_turn(httpx.Response(500), httpx.Response(502), httpx.Response(200, json=[1]))
    clock, counts = SetClock(START), Counts()
    answer = client(respond, clock, counts=counts).get("/items", [("a", "1"), ("a", "b c")])
    assert answer.json() == [1]
    assert [str(request.url) for request in asked] == ["https://api.example/v2/items?a=1&a=b+c"] * 3
    assert counts.requests == 3
    assert 0.1 <= clock.waited[0] <= 0.2 <= clock.waited[1] <= 0.4


def test_attempts_end_and_the_error_names_the_path_and_no_query() -> None:
    respond, asked = in_turn(httpx.Response(500))
    with pytest.raises(RetryError) as raised:
        client(respond, backoff=Backoff(attempts=3)).get("/items", [("token", "swordfish")])
    assert len(asked) == 3
    assert str(raised.value) == "GET api.example/v2/items: answered 500"


def test_too_many_requests_waits_as_long_as_asked_and_goes_slower() -> None:
    refused = httpx.Response(429, headers={"Retry-After": "7"})
    respond, asked = in_turn(refused, httpx.Response(200, json={}))
    clock, counts, rate = SetClock(START), Counts(), Rate(10)
    client(respond, clock, counts=counts, rate=rate).get("/items")
    assert len(asked) == 2
    assert (counts.throttled, counts.requests) == (1, 2)
    assert sum(clock.waited) == pytest.approx(7.0)
    assert rate.per_second == pytest.approx(5.0 * 1.02)


def test_a_503_with_a_pause_is_too_many_requests_too() -> None:
    date = "Wed, 25 Nov 2026 03:00:09 GMT"
    respond, _ = in_turn(httpx.Response(503, headers={"Retry-After": date}))
    with pytest.raises(ThrottledError) as raised:
        client(respond, backoff=Backoff(attempts=1)).get("/items")
    assert raised.value.after == 9.0


@pytest.mark.parametrize("asked", ["", "-1", "1e9", "soon", "nan", "Wed, 99 Nov", "９"])
def test_a_pause_that_says_nothing_is_none(asked: str) -> None:
    headers = httpx.Headers([(b"Retry-After", asked.encode())])
    assert Answer(429, headers, b"", START).retry_after() == 0.0


def test_an_endless_pause_is_followed_for_an_hour() -> None:
    assert Answer(429, httpx.Headers({"Retry-After": "9" * 400}), b"", START).retry_after() == 3600.0


def test_a_refused_token_is_renewed_once_and_the_request_signed_again() -> None:
    respond, asked = in_turn(httpx.Response(401), httpx.Response(200, json={}))
    tokens = iter(["old", "new"])
    held = [next(tokens)]

    def authorise(request: Request) -> Request:
        return Request(request.method, request.path, (*request.params, ("token", held[0])))

    client(respond, authorise=authorise, refresh=lambda: held.__setitem__(0, next(tokens))).get("/items")
    assert [request.url.params["token"] for request in asked] == ["old", "new"]


def test_a_token_refused_twice_is_not_renewed_for_ever() -> None:
    respond, asked = in_turn(httpx.Response(401))
    renewed: list[int] = []
    with pytest.raises(ExpiredTokenError, match="GET api.example/v2/items: answered 401"):
        client(respond, refresh=lambda: renewed.append(1)).get("/items")
    assert (len(asked), len(renewed)) == (2, 1)


@pytest.mark.parametrize("status", [400, 403, 404, 301, 304])
def test_what_no_repetition_helps_ends_at_once(status: int) -> None:
    respond, asked = in_turn(httpx.Response(status, headers={"Location": "http://169.254.169.254/"}))
    with pytest.raises(AbortError, match=f"answered {status}"):
        client(respond).get("/items")
    assert len(asked) == 1


def test_errors_inside_a_success_are_the_judges_business() -> None:
    respond, asked = in_turn(
        httpx.Response(200, json={"error": "busy"}), httpx.Response(200, json={"error": ""})
    )

    def judge(answer: Answer) -> None:
        judge_status(answer)
        if answer.json()["error"]:
            raise RetryError("busy")

    assert client(respond, judge=judge).get("/items").json() == {"error": ""}
    assert len(asked) == 2


@pytest.mark.parametrize("body", [b'{"items": [1, 2', b"\xff\xfe{}", b"", b"[" * 100_000])
def test_a_torn_or_undecodable_answer_may_pass(body: bytes) -> None:
    with pytest.raises(RetryError, match="no JSON"):
        Answer(200, httpx.Headers(), body, START).json()


def test_long_ids_stay_exact() -> None:
    raw = b'{"id": 1730811847233275332}'
    assert Answer(200, httpx.Headers(), raw, START).json() == {"id": 1730811847233275332}


def test_a_small_body_that_unfolds_into_a_huge_one_is_refused() -> None:
    bomb = gzip.compress(b"0" * 5_000_000)
    respond, _ = in_turn(httpx.Response(200, headers={"Content-Encoding": "gzip"}, content=bomb))
    with pytest.raises(AbortError, match="more than 1000000 bytes"):
        client(respond, max_bytes=1_000_000).get("/items")


def test_stopping_ends_the_wait() -> None:
    stop = threading.Event()
    stop.set()
    respond, asked = in_turn(httpx.Response(200))
    with pytest.raises(RetryError, match="stopped"):
        client(respond, stop=stop).get("/items")
    assert not asked


@pytest.mark.parametrize(
    "address", ["ftp://api.example", "api.example", "https://", "http://[::1", "file:///etc"]
)
def test_a_wrong_address_is_told_at_once(address: str) -> None:
    with pytest.raises(AbortError, match="address"):
        HttpClient(address, rate=Rate(1), clock=SetClock(START), stop=threading.Event())


@contextmanager
def torn_server() -> Iterator[str]:
    """A real server whose first answer ends half way, the second says nothing at all, the third is whole."""
    seen: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(self.path)
            if len(seen) == 2:
                return
            self.send_response(200)
            self.send_header("Content-Length", "4" if len(seen) == 1 else "2")
            self.end_headers()
            self.wfile.write(b"[]")

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_connections_that_break_are_repeated_on_a_real_server() -> None:
    counts = Counts()
    with (
        torn_server() as address,
        HttpClient(
            address, rate=Rate(1000), clock=SetClock(START), stop=threading.Event(), counts=counts
        ) as asking,
    ):
        assert asking.get("/items").json() == []
    assert counts.requests == 3


def test_nobody_there_may_pass() -> None:
    asking = HttpClient(
        "http://127.0.0.1:9", rate=Rate(1000), clock=SetClock(START), stop=threading.Event(),
        backoff=Backoff(attempts=2),
    )  # fmt: skip
    with pytest.raises(RetryError, match=r"GET 127.0.0.1/x: cannot be reached \(ConnectError\)"):
        asking.get("/x")
