"""Delivers pushes: each when its moment has come, again where no 2xx comes, lost after that."""

import asyncio
import contextlib
import heapq
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count

import aiohttp

from connectors.simulator.push_bodies import Push, PushDesk
from connectors.simulator.version import Version

LOOK_SECONDS = 0.05
AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class PushOptions:
    """Where pushes go, and how patiently."""

    url: str
    attempts: int = 3
    retry_seconds: float = 0.5
    timeout_seconds: float = 0.5
    """Lazada waits so long; the others are not more patient here."""
    duplicates: float = 0.0
    """The share of pushes sent twice."""


class Pusher:
    """Waits for versions, and pushes each once the clock has reached it. `run` ends when cancelled.

    What had happened before the pusher was made is not pushed.
    """

    def __init__(
        self, desk: PushDesk, options: PushOptions, now_ms: Callable[[], int], told: Counter[str]
    ) -> None:
        self._desk, self._options, self._now_ms, self._told = desk, options, now_ms, told
        self._since_ms = now_ms()
        self._waiting: list[tuple[int, int, Version]] = []
        self._serial = count()
        self._lock = threading.Lock()

    def expect(self, version: Version) -> None:
        """Push this when its moment has come. From any thread."""
        if version.changed_ms < self._since_ms:
            return
        with self._lock:
            heapq.heappush(self._waiting, (version.changed_ms, next(self._serial), version))

    async def run(self) -> None:
        """Deliver until cancelled; what is under way then is given up."""
        gate = asyncio.Semaphore(AT_ONCE)
        timeout = aiohttp.ClientTimeout(total=self._options.timeout_seconds)
        async with aiohttp.ClientSession(timeout=timeout) as session, asyncio.TaskGroup() as under_way:
            while True:
                for version in self._due():
                    pushes = self._desk.pushes(version, self._now_ms())
                    self._told["duplicates"] += len(pushes) - len(set(pushes))
                    for push in pushes:
                        await gate.acquire()
                        task = under_way.create_task(self._deliver(session, push))
                        task.add_done_callback(lambda _: gate.release())
                await asyncio.sleep(LOOK_SECONDS)

    def _due(self) -> list[Version]:
        now_ms = self._now_ms()
        due: list[Version] = []
        with self._lock:
            while self._waiting and self._waiting[0][0] <= now_ms:
                due.append(heapq.heappop(self._waiting)[2])
        return due

    async def _deliver(self, session: aiohttp.ClientSession, push: Push) -> None:
        headers = {"Authorization": push.authorization, "Content-Type": "application/json"}
        for attempt in range(self._options.attempts):
            if attempt:
                self._told["retried"] += 1
                await asyncio.sleep(self._options.retry_seconds * 2 ** (attempt - 1))
            self._told["sent"] += 1
            with contextlib.suppress(aiohttp.ClientError, TimeoutError):
                async with session.post(
                    self._options.url, data=push.body, headers=headers, allow_redirects=False
                ) as answer:
                    if answer.status // 100 == 2:
                        self._told["accepted"] += 1
                        return
        self._told["lost"] += 1
