"""News for open pages as server-sent events (HTML Standard, section 9.2): what has changed, at most once a second."""

import asyncio
import contextlib
import time
from collections import Counter

from aiohttp import web

SECONDS = 1.0
"""Least time between two pieces of news of one kind on one page."""
STREAM_SECONDS = 300.0
"""After which the browser connects anew, and whether it may is looked at again."""
SILENCE_SECONDS = 15.0
MOST_STREAMS = 500
MOST_STREAMS_EACH = 20


class Live:
    """What open pages are told. `changed` and `publish` may be called from any thread."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._news: dict[str, tuple[int, str]] = {}
        self._wake = asyncio.Event()
        self._open: Counter[str] = Counter()
        self._ending = False

    def begin(self, loop: asyncio.AbstractEventLoop) -> None:
        """The loop that answers requests."""
        self._loop = loop

    def end(self) -> None:
        """Let every stream end, so that a stop need not wait for browsers."""
        self._ending = True
        self._wake.set()

    def changed(self, kind: str) -> None:
        """Something of this kind is new: pages that show it ask for it."""
        self.publish(kind, "")

    def publish(self, kind: str, data: str) -> None:
        """The same, with what is new, in one line: made once for all viewers."""
        if self._loop is not None and not self._loop.is_closed():
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._put, kind, data)

    def number(self, kind: str) -> int:
        """How often there was news of this kind: what was counted at another number may be old."""
        return self._news.get(kind, (0, ""))[0]

    @property
    def viewers(self) -> int:
        """Open streams."""
        return self._open.total()

    def _put(self, kind: str, data: str) -> None:
        number, _ = self._news.get(kind, (0, ""))
        self._news[kind] = (number + 1, data)
        self._wake.set()
        self._wake = asyncio.Event()

    async def stream(self, request: web.Request, person: str, kinds: frozenset[str]) -> web.StreamResponse:
        """Answer with the news of these kinds until the browser goes, or some minutes are over."""
        if self.viewers >= MOST_STREAMS or self._open[person] >= MOST_STREAMS_EACH:
            raise web.HTTPTooManyRequests(text="too many open pages\n", headers={"Retry-After": "30"})
        response = web.StreamResponse(
            headers={
                "Content-Type": "text/event-stream",
                "Cache-Control": "no-store",
                "X-Accel-Buffering": "no",
            }
        )
        self._open[person] += 1
        try:
            await response.prepare(request)
            await response.write(b"retry: 2000\nevent: open\ndata:\n\n")
            with contextlib.suppress(ConnectionResetError):
                await self._send(response, kinds)
        finally:
            self._open[person] -= 1
            if not self._open[person]:
                del self._open[person]
        return response

    async def _send(self, response: web.StreamResponse, kinds: frozenset[str]) -> None:
        until = time.monotonic() + STREAM_SECONDS
        told = {kind: self._news[kind][0] for kind in kinds & self._news.keys() if not self._news[kind][1]}
        while not self._ending and time.monotonic() < until:
            news = {kind: self._news[kind] for kind in kinds & self._news.keys()}
            lines = [
                f"event: {kind}\ndata: {data}\n\n"
                for kind, (number, data) in news.items()
                if told.get(kind) != number
            ]
            told |= {kind: number for kind, (number, _) in news.items()}
            if lines:
                await response.write("".join(lines).encode())
                await asyncio.sleep(SECONDS)
                continue
            try:
                await asyncio.wait_for(self._wake.wait(), SILENCE_SECONDS)
            except TimeoutError:
                await response.write(b": still here\n\n")
