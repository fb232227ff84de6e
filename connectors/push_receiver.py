"""Receives a marketplace's pushes: verified, kept on the disk as hints, and only then answered.

Behind a proxy that ends TLS: the receiver itself speaks plain HTTP on the loopback address. A verifier knows
one marketplace's signature (`connectors.shopee`, `.lazada`, `.tiktok`) and judges the raw bytes.
"""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import structlog
from aiohttp import web

from connectors.hints import Hint, HintInbox, well_formed
from connectors.http_listener import HttpListener, Limits, PushRequest
from connectors.sdk import RetryError

__all__ = ["PushCounts", "PushReceiver", "PushRefused", "PushRequest", "PushUnreadable", "Verifier"]
MAX_BYTES = 256 * 1024
RETRY_AFTER = {"Retry-After": "30"}

Verifier = Callable[[PushRequest], Sequence[Hint]]
"""The hints in a push, none for one that says nothing of a listing. It must not wait or block.

Raises PushRefused where the signature is missing or wrong, PushUnreadable where it is right and the rest is
not understood.
"""


class PushRefused(Exception):  # noqa: N818  what happened, as the marketplaces' documents call it
    """Not signed by the marketplace. The sender is answered 401 and told nothing."""


class PushUnreadable(Exception):  # noqa: N818
    """Signed, but not understood; the message says why and holds no secret.

    It is answered 200, or the marketplace would repeat it and in the end switch the push off.
    """


@dataclass(slots=True)
class PushCounts:
    """What came of the pushes. `received` is the sum of the others."""

    received: int = 0
    """Whole pushes on our path."""
    accepted: int = 0
    """With something new, or with nothing to keep."""
    duplicates: int = 0
    """All of their hints known already."""
    refused: int = 0
    """Not signed: 401."""
    unreadable: int = 0
    """Signed and kept, but not understood."""
    turned_away: int = 0
    """No room or no disk: 503, to be sent again."""
    failed: int = 0
    """The verifier itself went wrong: 500, to be sent again."""


class PushReceiver:
    """Listens from `start` to `close`; the hints are in `inbox` before a push is answered 200.

    Pushes that arrive together share one write to the disk, so that a hundred at once are answered as fast
    as one: Lazada wants its 200 within 500 ms.
    """

    def __init__(
        self,
        *,
        listen: str,
        path: str,
        verify: Verifier,
        inbox: HintInbox,
        max_bytes: int = MAX_BYTES,
        read_seconds: float = 10.0,
        most_connections: int = 256,
        name: str = "push",
    ) -> None:
        """Nothing listens yet.

        Raises:
            OptionsError: `listen` or `path` is wrong.
        """
        self.counts = PushCounts()
        self._verify = verify
        self._inbox = inbox
        limits = Limits(max_bytes=max_bytes, read_seconds=read_seconds, most_connections=most_connections)
        self._listener = HttpListener(listen, path, self._handle, limits, name=name)
        self._disk = ThreadPoolExecutor(1, thread_name_prefix=f"{name}-disk")
        self._queue: list[tuple[Sequence[Hint], asyncio.Future[list[bool]]]] = []
        self._writer: asyncio.Task[None] | None = None
        self._log = structlog.get_logger(__name__).bind(receiver=name)

    @property
    def port(self) -> int:
        """The port that is listened on, also where `listen` said 0."""
        return self._listener.port

    def start(self) -> None:
        """Return when pushes are taken.

        Raises:
            AbortError: the address cannot be listened on.
        """
        self._listener.start()

    def close(self) -> None:
        """Take no more pushes, finish those in hand, and end the threads. The inbox stays open."""
        self._listener.close()
        self._disk.shutdown()

    async def _handle(self, request: PushRequest) -> web.Response:
        self.counts.received += 1
        try:
            hints = self._verify(request)
            if not all(map(well_formed, hints)):
                raise PushUnreadable("an id is empty or too long")
            new = await self._keep(hints) if hints else [True]
        except PushRefused:
            self.counts.refused += 1
            return web.Response(status=401)
        except PushUnreadable as unreadable:
            return await self._set_aside(request.body, str(unreadable))
        except RetryError as error:
            self.counts.turned_away += 1
            self._log.warning("push turned away", why=str(error))
            return web.Response(status=503, headers=RETRY_AFTER)
        except Exception as error:  # noqa: BLE001  a verifier's mistake must not end the listening
            self.counts.failed += 1
            self._log.error("push not handled", error=type(error).__name__)
            return web.Response(status=500)
        if any(new):
            self.counts.accepted += 1
        else:
            self.counts.duplicates += 1
        return web.Response()

    async def _set_aside(self, body: bytes, why: str) -> web.Response:
        loop = asyncio.get_running_loop()
        try:
            await loop.run_in_executor(self._disk, self._inbox.keep_unreadable, body, why)
        except RetryError as error:
            self.counts.turned_away += 1
            self._log.warning("push turned away", why=str(error))
            return web.Response(status=503, headers=RETRY_AFTER)
        self.counts.unreadable += 1
        self._log.warning("push not understood", why=why)
        return web.Response()

    async def _keep(self, hints: Sequence[Hint]) -> list[bool]:
        """Wait until the disk has them; whatever gathers during one write goes into the next."""
        loop = asyncio.get_running_loop()
        kept: asyncio.Future[list[bool]] = loop.create_future()
        self._queue.append((hints, kept))
        if self._writer is None or self._writer.done():
            self._writer = loop.create_task(self._write())
        return await kept

    async def _write(self) -> None:
        loop = asyncio.get_running_loop()
        while self._queue:
            group, self._queue = self._queue, []
            try:
                together = [hint for hints, _ in group for hint in hints]
                new = iter(await loop.run_in_executor(self._disk, self._inbox.add, together))
            except Exception as error:  # noqa: BLE001  each push is told what happened
                for _, kept in group:
                    with contextlib.suppress(asyncio.InvalidStateError):
                        kept.set_exception(error)
            else:
                for hints, kept in group:
                    answers = [next(new) for _ in hints]
                    with contextlib.suppress(asyncio.InvalidStateError):
                        kept.set_result(answers)
