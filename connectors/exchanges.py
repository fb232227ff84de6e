"""A recording's parts: requests and answers as they are kept, without secrets, and what a request is known by.

A recording is a file of JSON lines: first what it is (`Recording`'s fields but for the exchanges), then one request
with its answer a line. It is written by `connectors.recording`, or by hand.
"""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Self, TypeVar

import httpx
import msgspec
from msgspec import Raw, Struct

from connectors.errors import AbortError
from connectors.field_types import Timestamp
from connectors.scrubbing import is_hidden, learn, scrub_answered, scrub_asked, scrub_pairs, scrub_text
from connectors.secret import SHOWN

MAX_FILE_BYTES = 64 * 1024 * 1024
OF_THE_WIRE = {"content-encoding", "content-length", "transfer-encoding", "connection", "keep-alive", "date"}
"""Headers of an answer that say how it was carried; the kept body is unpacked and whole."""
_OF_THE_CLIENT = {"host", "accept", "accept-encoding", "connection", "user-agent", "content-length"}
Pairs = tuple[tuple[str, str], ...]
R = TypeVar("R", bound=Struct)
NO_JSON = Raw()


class RecordingError(AbortError):
    """The file cannot be read or written, or is no recording; the message names it and the line."""


class Asked(Struct, frozen=True, omit_defaults=True):
    """A request as it is kept. The host is for the reader: a replay does not look at it."""

    method: str
    path: str
    host: str = ""
    params: Pairs = ()
    headers: Pairs = ()
    body: str = ""


class Reply(Struct, frozen=True, omit_defaults=True):
    """An answer as it is kept; its body is the one of `json`, `text` and `base64` that is there."""

    status: int = 200
    headers: Pairs = ()
    json: Raw = NO_JSON
    text: str | None = None
    base64: bytes | None = None

    def body(self) -> bytes:
        """The bytes that came, unpacked."""
        if bytes(self.json):
            return bytes(self.json)
        return self.base64 or (self.text or "").encode()

    def response(self, request: httpx.Request | None = None) -> httpx.Response:
        """As the transport would have given it."""
        headers = list(self.headers)
        if bytes(self.json) and not any(name.lower() == "content-type" for name, _ in headers):
            headers.append(("Content-Type", "application/json"))
        return httpx.Response(self.status, headers=headers, content=self.body(), request=request)


class Exchange(Struct, frozen=True):
    """One request and its answer: a line of the file."""

    request: Asked
    answer: Reply


class Recording(Struct, frozen=True, omit_defaults=True):
    """What a recording is of: everything that a replay needs to go the same way."""

    connector: str
    at: Timestamp
    """When it was made: the replay's time."""
    options: dict[str, Any] = {}
    """The connector's options; a secret's value is a fake."""
    throttled: Reply | None = None
    """How this API says "too many requests"; without it, 429 with Retry-After."""
    expired: Reply | None = None
    """How this API says that an access token has expired; without it, 401."""
    hidden: tuple[str, ...] = ()
    """Parameters, headers and fields that are secret or of the moment, where no other API calls them so."""
    exchanges: tuple[Exchange, ...] = ()

    @classmethod
    def read(cls, path: Path) -> Self:
        """The recording in a file.

        Raises:
            RecordingError: it cannot be read, is too large, or a line is neither.
        """
        try:
            with path.open("rb") as file:
                raw = file.read(MAX_FILE_BYTES + 1)
        except OSError as error:
            raise RecordingError(f"the recording {path} cannot be read: {error.strerror}") from None
        if len(raw) > MAX_FILE_BYTES:
            raise RecordingError(f"the recording {path} has more than {MAX_FILE_BYTES} bytes")
        lines = [(number, line) for number, line in enumerate(raw.split(b"\n"), 1) if line.strip()]
        if not lines:
            raise RecordingError(f"the recording {path} is empty: its first line says what it is of")
        head = _line(path, *lines[0], cls)
        exchanges = tuple(_line(path, number, line, Exchange) for number, line in lines[1:])
        return msgspec.structs.replace(head, exchanges=exchanges)


def _line(path: Path, number: int, line: bytes, kind: type[R]) -> R:
    try:
        return msgspec.json.decode(line, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RecordingError(f"the recording {path}, line {number}: {error}") from None


def key(asked: Asked, hidden: Sequence[str] = ()) -> tuple[object, ...]:
    """What a request is known by: method, path, parameters and body, without secrets and the time it was sent."""
    params = sorted((name, value) for name, value in asked.params if not is_hidden(name, hidden))
    return asked.method, asked.path, tuple(params), _known_body(asked.body, hidden)


def _known_body(body: str, hidden: Sequence[str]) -> str:
    try:
        meant = json.loads(body)
    except ValueError:
        return body
    return json.dumps(_without_hidden(meant, hidden), sort_keys=True)


def _without_hidden(value: Any, hidden: Sequence[str]) -> Any:
    if isinstance(value, dict):
        return {
            name: _without_hidden(each, hidden) for name, each in value.items() if not is_hidden(name, hidden)
        }
    return [_without_hidden(each, hidden) for each in value] if isinstance(value, list) else value


def asked_of(request: httpx.Request, hidden: Sequence[str] = ()) -> Asked:
    """The request without its secrets; tokens in it are known from now on."""
    params = request.url.params.multi_items()
    headers = [(name, value) for name, value in request.headers.multi_items() if name not in _OF_THE_CLIENT]
    for name, value in (*params, *headers):
        learn(name, value)
    body = scrub_asked(request.read(), request.headers.get("content-type", ""), hidden)
    return Asked(
        method=request.method,
        path=scrub_text(request.url.raw_path.partition(b"?")[0].decode("ascii", "replace")),
        host=scrub_text(request.url.netloc.decode("ascii", "replace")),
        params=scrub_pairs(params, hidden),
        headers=scrub_pairs(headers, hidden),
        body=body.decode("utf-8", "backslashreplace"),
    )


def reply_of(status: int, headers: Pairs, body: bytes, echoed: Iterable[str] = ()) -> Reply:
    """The answer without its secrets; `echoed` are values of its request that must not stand in it either."""
    echoed = list(echoed)
    kept = scrub_pairs([(n, scrub_text(v, echoed)) for n, v in headers if n.lower() not in OF_THE_WIRE])
    body = scrub_answered(body, echoed)
    shown = tuple((name, value) for name, value in kept if value != SHOWN)
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return Reply(status, shown, base64=body)
    try:
        # JSON that would not come back byte for byte, such as one of several lines, is kept as text.
        json.loads(text)
        if not any(each in text for each in "\r\n") and text == text.strip():
            return Reply(status, shown, json=Raw(body))
    except (ValueError, RecursionError):
        pass
    return Reply(status, shown, text=text)
