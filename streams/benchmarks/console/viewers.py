"""People who look at pages: each has an open stream of news, asks a page, reads it a while, and asks another."""

import asyncio
import contextlib
import random
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import aiohttp

from streams.benchmarks.console.drawn_market import Drawn
from streams.benchmarks.console.pages import Page
from streams.console.guard import SESSION_COOKIE

TIMEOUT = aiohttp.ClientTimeout(total=60)
STREAM_TIMEOUT = aiohttp.ClientTimeout(total=None)


@dataclass(slots=True)
class Answers:
    """Of one page: seconds until each answer was there whole, the bytes of the last, and other answers than 200."""

    seconds: list[float] = field(default_factory=list)
    bytes: int = 0
    failed: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Load:
    """What is asked of the console at `base`. `tokens`: of sessions, one a viewer. `pause`: seconds between two pages,
    on average. `answers`: by the page's name; `news`: pieces that the viewers heard."""

    base: str
    tokens: Sequence[str]
    drawn: Drawn
    pause: float
    answers: dict[str, Answers] = field(default_factory=lambda: defaultdict(Answers))
    news: int = 0

    async def there(self, pages: Sequence[Page]) -> list[Page]:
        """Those of the pages that exist."""
        found = []
        async with self._session(self.tokens[0]) as session:
            for page in pages:
                address = page.address(self.drawn, random.Random(1))  # noqa: S311  no secret
                async with session.get(address, allow_redirects=False) as answer:
                    if answer.status != 404:
                        found.append(page)
        return found

    async def alone(self, pages: Sequence[Page], times: int) -> None:
        """One viewer, one page after another."""
        dice = random.Random(2)  # noqa: S311  no secret
        async with self._session(self.tokens[0]) as session:
            for page in pages:
                for _ in range(times):
                    await self._ask(session, page, dice)

    async def together(self, pages: Sequence[Page], seconds: float) -> None:
        """All viewers for so long."""
        until = time.monotonic() + seconds
        await asyncio.gather(
            *(self._view(number, token, pages, until) for number, token in enumerate(self.tokens))
        )

    async def _view(self, number: int, token: str, pages: Sequence[Page], until: float) -> None:
        dice = random.Random(number)  # noqa: S311  no secret
        choices = [page for page in pages for _ in range(page.often)]
        heard: asyncio.Queue[str] = asyncio.Queue()
        async with self._session(token) as session:
            listening = asyncio.create_task(self._listen(session, heard))
            try:
                await asyncio.sleep(dice.random() * self.pause)
                while time.monotonic() < until:
                    page = dice.choice(choices)
                    await self._ask(session, page, dice)
                    await self._read(session, page, dice, heard)
            finally:
                listening.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await listening

    async def _read(
        self, session: aiohttp.ClientSession, page: Page, dice: random.Random, heard: asyncio.Queue[str]
    ) -> None:
        """Look at the page a while; where there is news of its kind it is filled again."""
        until = time.monotonic() + dice.uniform(0.2, 1.8) * self.pause
        while (left := until - time.monotonic()) > 0:
            try:
                kind = await asyncio.wait_for(heard.get(), left)
            except TimeoutError:
                return
            if kind == page.news:
                await self._ask(session, page, dice, again=True)

    async def _listen(self, session: aiohttp.ClientSession, heard: asyncio.Queue[str]) -> None:
        kinds = "alerts,takedowns,requests,seller-links,dead-letters,throughput"
        while True:
            async with session.get(f"/live?kinds={kinds}", timeout=STREAM_TIMEOUT) as stream:
                async for line in stream.content:
                    if line.startswith(b"event: ") and line != b"event: open\n":
                        self.news += 1
                        heard.put_nowait(line[7:].decode().strip())

    async def _ask(
        self, session: aiohttp.ClientSession, page: Page, dice: random.Random, *, again: bool = False
    ) -> None:
        answers = self.answers[page.name + (", filled again" if again else "")]
        headers = {"X-Fragment": "1"} if again or page.part else {}
        started = time.perf_counter()
        async with session.get(page.address(self.drawn, dice, again=again), headers=headers) as answer:
            body = await answer.read()
        answers.seconds.append(time.perf_counter() - started)
        if answer.status == 200:
            answers.bytes = len(body)
        else:
            answers.failed.append(answer.status)

    def _session(self, token: str) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            self.base,
            cookie_jar=aiohttp.CookieJar(unsafe=True),
            cookies={SESSION_COOKIE: token},
            headers={"Accept": "text/html"},
            timeout=TIMEOUT,
        )
