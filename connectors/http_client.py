"""HTTP as a connector needs it: asked at an allowed rate, signed anew each time, repeated where that helps.

No message ever holds a query, a header or a body: they carry tokens.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, Self

import httpx
import msgspec
from msgspec import Struct

from connectors.backoff import Backoff
from connectors.clock import Clock
from connectors.counts import Counts
from connectors.errors import AbortError, ExpiredTokenError, RetryError, ThrottledError
from connectors.rate import Rate
from connectors.stop import Stop
from connectors.web_trust import web_trust

MAX_BYTES = 32 * 1024 * 1024
"""Of one answer, unpacked."""
SECONDS = 30.0
"""For one answer, from its request to its last byte; also for each step of it."""
LONGEST_PAUSE = 3600.0
"""The most that a Retry-After is followed for."""
Pairs = tuple[tuple[str, str], ...]


class Request(Struct, frozen=True):
    """What is asked. `path` follows the client's base URL; `params` may hold a name twice."""

    method: str
    path: str
    params: Pairs = ()
    headers: Pairs = ()
    body: bytes = b""


class Answer(Struct, frozen=True):
    """What came back, whole; `at` is when, by the client's clock."""

    status: int
    headers: httpx.Headers
    body: bytes
    at: datetime

    def json(self) -> Any:
        """The body as JSON; whole numbers stay exact, however long.

        Raises:
            RetryError: it is none: torn, or no UTF-8.
        """
        try:
            return msgspec.json.decode(self.body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise RetryError(f"the answer is no JSON: {error}") from None

    def retry_after(self) -> float:
        """The pause in seconds that the header Retry-After asks for (RFC 9110, 10.2.3); 0 where there is none."""
        asked = self.headers.get("Retry-After", "").strip()
        if asked.isascii() and asked.isdigit():
            return min(float(asked[:9]), LONGEST_PAUSE)
        try:
            until = parsedate_to_datetime(asked)
            return min(max(0.0, (until - self.at).total_seconds()), LONGEST_PAUSE)
        except (ValueError, TypeError, OverflowError):
            return 0.0


def judge_status(answer: Answer) -> None:
    """Judge an answer by its status alone.

    Raises:
        ThrottledError: 429, and 503 with a Retry-After.
        ExpiredTokenError: 401.
        RetryError: 408, 425 and 5xx.
        AbortError: any other that is no success.
    """
    status, after = answer.status, answer.retry_after()
    if status == 429 or (status == 503 and after):
        raise ThrottledError(f"answered {status}: too many requests", after=after)
    if status == 401:
        raise ExpiredTokenError("answered 401: not authorised; check the token and the key")
    if status in {408, 425} or status >= 500:
        raise RetryError(f"answered {status}", after=after)
    if not 200 <= status < 300:
        hint = ": a redirect, which is not followed; check the address" if 300 <= status < 400 else ""
        raise AbortError(f"answered {status}{hint}")


class HttpClient:
    """Asks one API. Not safe for threads: its rate and its connections are one connector's.

    `authorise` makes each attempt's request from the one that was given: a signature with its own time.
    `judge` raises what an answer means; it returns where all is well. `refresh` gets another access token.
    """

    def __init__(
        self,
        base_url: str,
        *,
        rate: Rate,
        clock: Clock,
        stop: Stop,
        judge: Callable[[Answer], None] = judge_status,
        authorise: Callable[[Request], Request] | None = None,
        refresh: Callable[[], None] | None = None,
        transport: httpx.BaseTransport | None = None,
        counts: Counts | None = None,
        backoff: Backoff | None = None,
        max_bytes: int = MAX_BYTES,
        seconds: float = SECONDS,
    ) -> None:
        try:
            self._base = httpx.URL(base_url.rstrip("/"))
        except httpx.InvalidURL as error:
            raise AbortError(f"no address that can be asked: {error}") from None
        if self._base.scheme not in {"http", "https"} or not self._base.host:
            raise AbortError(f"the address begins with https:// and has a host, unlike {base_url[:80]!r}")
        self._rate, self._clock, self._stop = rate, clock, stop
        self._judge, self._authorise, self._refresh = judge, authorise, refresh
        self._counts = counts or Counts()
        self._backoff = backoff or Backoff(attempts=5)
        self._max_bytes, self._seconds = max_bytes, seconds
        # A proxy, .netrc or a redirect would carry signed requests to where nobody meant them to go.
        self._client = httpx.Client(
            transport=transport, verify=web_trust(), trust_env=False, follow_redirects=False, timeout=seconds,
            headers={"User-Agent": "relistwatch", "Accept": "application/json"},
        )  # fmt: skip

    def get(self, path: str, params: Iterable[tuple[str, str]] = ()) -> Answer:
        """Ask with GET; see `send`."""
        return self.send(Request("GET", path, tuple(params)))

    def post(self, path: str, params: Iterable[tuple[str, str]] = (), json: Any = None) -> Answer:
        """Ask with POST and a JSON body, compact; see `send`."""
        body = b"" if json is None else msgspec.json.encode(json)
        return self.send(Request("POST", path, tuple(params), (("Content-Type", "application/json"),), body))

    def send(self, request: Request) -> Answer:
        """The first answer that the judge passes.

        Raises:
            RetryError: none within the attempts, or `stop` was set.
            AbortError: no repetition would help.
        """
        where = f"{request.method} {self._base.host}{self._base.path.rstrip('/')}{request.path}"
        attempt, refreshed = 0, False
        while self._rate.wait(self._clock, self._stop):
            try:
                answer = self._once(request)
                self._judge(answer)
            except ExpiredTokenError as error:
                if refreshed or self._refresh is None:
                    raise ExpiredTokenError(f"{where}: {error}", after=error.after) from None
                refreshed = True
                self._refresh()
            except RetryError as error:
                attempt += 1
                self._after_failure(error, attempt, where)
            except AbortError as error:
                raise type(error)(f"{where}: {error}") from None
            else:
                self._rate.accepted()
                return answer
        raise RetryError(f"{where}: stopped before it was answered")

    def _after_failure(self, error: RetryError, attempt: int, where: str) -> None:
        """Wait for the next attempt, or give up."""
        pause = self._backoff.pause(attempt, error.after)
        throttled = isinstance(error, ThrottledError)
        self._counts.throttled += throttled
        if throttled:
            self._rate.refused(self._clock, pause)
        if self._backoff.attempts is not None and attempt >= self._backoff.attempts:
            raise type(error)(f"{where}: {error}", after=error.after) from None
        if not throttled:
            self._clock.wait(self._stop, pause)

    def _once(self, request: Request) -> Answer:
        self._counts.requests += 1
        signed = request if self._authorise is None else self._authorise(request)
        # The path is put behind the base as it is written: what is signed is what is sent.
        url = self._base.copy_with(
            raw_path=self._base.raw_path.partition(b"?")[0].rstrip(b"/") + signed.path.encode()
        )
        if signed.params:
            url = url.copy_merge_params(httpx.QueryParams(list(signed.params)))
        try:
            asked = self._client.build_request(
                signed.method, url, headers=list(signed.headers), content=signed.body or None
            )
            return self._read(asked)
        except httpx.TimeoutException as error:
            raise RetryError(f"no answer in time ({type(error).__name__})") from None
        except httpx.UnsupportedProtocol as error:
            raise AbortError(f"no address that can be asked: {error}") from None
        except httpx.HTTPError as error:
            raise RetryError(f"cannot be reached ({type(error).__name__})") from None

    def _read(self, asked: httpx.Request) -> Answer:
        deadline = self._clock.monotonic() + self._seconds
        response = self._client.send(asked, stream=True)
        try:
            body = bytearray()
            for chunk in response.iter_bytes(64 * 1024):
                body += chunk
                if len(body) > self._max_bytes:
                    raise AbortError(f"an answer of more than {self._max_bytes} bytes")
                if self._clock.monotonic() > deadline:
                    raise RetryError(f"an answer that takes longer than {self._seconds:.0f} s")
            return Answer(response.status_code, response.headers, bytes(body), self._clock.now())
        finally:
            response.close()

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
