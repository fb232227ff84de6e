"""Answers of a marketplace kept in a file without secrets, and played back without a network.

A connector cannot tell either transport from the network. The file's form: `connectors.exchanges`.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import BinaryIO, Self

import httpx
import msgspec
from msgspec import Struct

from connectors.batches import put_together
from connectors.errors import AbortError
from connectors.exchanges import (
    OF_THE_WIRE,
    Asked,
    Exchange,
    Recording,
    RecordingError,
    Reply,
    asked_of,
    key,
    reply_of,
)
from connectors.http_client import MAX_BYTES
from connectors.scrubbing import is_hidden, signatures

__all__ = [
    "Asked",
    "Exchange",
    "Recording",
    "RecordingError",
    "RecordingTransport",
    "ReplayTransport",
    "Reply",
    "UnrecordedRequestError",
]

MAX_EXCHANGES = 10_000


class UnrecordedRequestError(AbortError):
    """A replay was asked for what was not recorded; the message names it."""


class RecordingTransport(httpx.BaseTransport):
    """Passes requests on and appends each with its answer to a file.

    A request that got no answer is not kept. The file is made anew with `about` as its first line where that is
    given, and continued where it is not.
    """

    def __init__(self, inner: httpx.BaseTransport, path: Path, about: Recording | None = None) -> None:
        self._inner = inner
        self._hidden = about.hidden if about else ()
        self.kept = 0
        """Exchanges written."""
        try:
            self._file: BinaryIO = path.open("xb" if about else "ab", buffering=0)
        except FileExistsError:
            raise RecordingError(f"the recording {path} exists already, and is never overwritten") from None
        except OSError as error:
            raise RecordingError(f"the recording {path} cannot be written: {error.strerror}") from None
        if about is not None:
            self._append(msgspec.structs.replace(about, exchanges=()))

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The real answer, kept before it is handed on."""
        if self.kept >= MAX_EXCHANGES:
            raise RecordingError(f"a recording has at most {MAX_EXCHANGES} requests: take a shorter window")
        asked = asked_of(request, self._hidden)
        response = self._inner.handle_request(request)
        body = bytearray()
        try:
            for chunk in response.iter_bytes(64 * 1024):
                body += chunk
                if len(body) > MAX_BYTES:
                    raise AbortError(f"an answer of more than {MAX_BYTES} bytes")
        finally:
            response.close()
        headers = tuple(response.headers.multi_items())
        sent = [*request.url.params.multi_items(), *request.headers.multi_items()]
        self._append(Exchange(asked, reply_of(response.status_code, headers, bytes(body), signatures(sent))))
        self.kept += 1
        carried = [(name, value) for name, value in headers if name.lower() not in OF_THE_WIRE]
        return httpx.Response(response.status_code, headers=carried, content=bytes(body), request=request)

    def _append(self, line: Struct) -> None:
        self._file.write(msgspec.json.encode(line) + b"\n")

    def close(self) -> None:
        """Close the file and the real transport."""
        self._file.close()
        self._inner.close()


class ReplayTransport(httpx.BaseTransport):
    """Answers from recorded exchanges. The same request asked again gets its next answer, then always its last.

    A question about a list of ids is answered too where others together were about the same ids.
    """

    def __init__(self, exchanges: Iterable[Exchange], hidden: Sequence[str] = ()) -> None:
        self.hidden = tuple(hidden)
        self._exchanges = tuple(exchanges)
        self._answers: dict[tuple[object, ...], list[Reply]] = defaultdict(list)
        for each in self._exchanges:
            self._answers[key(each.request, self.hidden)].append(each.answer)
        self._given: dict[tuple[object, ...], int] = defaultdict(int)
        self.unrecorded: list[str] = []
        """Requests that could not be answered."""

    @classmethod
    def of(cls, path: Path) -> Self:
        """A replay of the file. Raises RecordingError."""
        recording = Recording.read(path)
        return cls(recording.exchanges, recording.hidden)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The recorded answer.

        Raises:
            UnrecordedRequestError: there is none.
        """
        return self.reply(asked_of(request, self.hidden)).response(request)

    def reply(self, asked: Asked, *, take: bool = True) -> Reply:
        """The answer whose turn it is; with `take`, the next one is next. Raises UnrecordedRequestError."""
        known = key(asked, self.hidden)
        answers = self._answers.get(known)
        if not answers:
            if (made := put_together(asked, self._exchanges, self.hidden)) is not None:
                return made
            told = "&".join(
                f"{name}={value}" for name, value in asked.params if not is_hidden(name, self.hidden)
            )
            what = f"{asked.method} {asked.path}{'?' if told else ''}{told}{' ' if asked.body else ''}{asked.body}"
            self.unrecorded.append(what)
            raise UnrecordedRequestError(f"not in the recording: {what[:500]}")
        turn = min(self._given[known], len(answers) - 1)
        self._given[known] += take
        return answers[turn]
