"""Where a trial takes place: a clock that moves when waited on, a stop, and a desk that answers requests.

Nothing here waits for real, and everything is counted: a connector that goes round for ever is ended by a
`RunawayError`, which no `except Exception` of its own can hold up.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import httpx

from connectors.clock import SetClock
from connectors.exchanges import Asked, Reply, asked_of
from connectors.recording import ReplayTransport
from connectors.stop import Stop

MAX_REQUESTS = 3_000
"""Above what any recorded run needs: a window that is halved to a second, with 200 pages each time, has 2,400."""
MAX_WAITS = 20_000
MAX_ITEMS = 200_000


class RunawayError(BaseException):
    """It would go on for ever."""


class TrialClock(SetClock):
    """A clock that stands until it is waited on."""

    def __init__(self, start: datetime) -> None:
        super().__init__(start)
        self.on_wait: Callable[[], None] = lambda: None

    def wait(self, stop: Stop, seconds: float) -> bool:
        """Move on."""
        if len(self.waited) >= MAX_WAITS:
            raise RunawayError(f"it waited {MAX_WAITS} times")
        self.on_wait()
        return super().wait(stop, seconds)


class TrialStop:
    """A stop whose waits move the clock."""

    def __init__(self, clock: TrialClock) -> None:
        self._clock = clock
        self._is_set = False

    def set(self) -> None:
        """End what looks at it."""
        self._is_set = True

    def is_set(self) -> bool:
        """Whether to end now."""
        return self._is_set

    def wait(self, timeout: float | None = None) -> bool:
        """Wait by the trial's clock."""
        if timeout is None and not self._is_set:
            raise RunawayError("it waits without an end")
        return self._clock.wait(self, timeout or 0.0)


@dataclass(frozen=True, slots=True)
class Turn:
    """A request that was asked, when by the monotonic clock, and what it got; None: an error of the transport."""

    asked: Asked
    at: float
    reply: Reply | None


class Ask:
    """Asks the recording for one request's answer."""

    def __init__(self, replay: ReplayTransport, asked: Asked) -> None:
        self._replay, self._asked = replay, asked

    def __call__(self) -> Reply:
        """The answer; asked again, the request gets the next one."""
        return self._replay.reply(self._asked)

    def look(self) -> Reply:
        """The answer, which is still to come: for one that does not arrive."""
        return self._replay.reply(self._asked, take=False)


Meddle = Callable[[int, Asked, Ask], "Reply | httpx.Response"]
"""Answers request number n (from 0), by asking the recording or by itself; may raise as a transport would."""


def as_recorded(_: int, __: Asked, ask: Ask) -> Reply:
    """The recorded answer."""
    return ask()


class Desk(httpx.BaseTransport):
    """Answers from the recording unless `meddle` has something else in mind; keeps all turns."""

    def __init__(self, replay: ReplayTransport, clock: TrialClock, meddle: Meddle = as_recorded) -> None:
        self._replay, self._clock, self._meddle = replay, clock, meddle
        self.turns: list[Turn] = []

    @property
    def unrecorded(self) -> list[str]:
        """Requests that the recording has no answer for."""
        return self._replay.unrecorded

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The answer."""
        number, asked = len(self.turns), asked_of(request, self._replay.hidden)
        if number >= MAX_REQUESTS:
            raise RunawayError(f"it asked {MAX_REQUESTS} times")
        self.turns.append(Turn(asked, self._clock.monotonic(), None))
        answer = self._meddle(number, asked, Ask(self._replay, asked))
        if isinstance(answer, httpx.Response):
            answer.request = request
            return answer
        self.turns[number] = Turn(asked, self._clock.monotonic(), answer)
        return answer.response(request)
