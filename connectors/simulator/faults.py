"""What goes wrong, and when: by plan for a test, or a share of all requests, drawn from seed and request number.

The faults on the wire (a connection cut, a body torn) are done by the server; those in the marketplace's own
words (throttled, token refused) by its API; those in the records by `connectors.simulator.hostile`.
"""

import threading
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass

from connectors.sample.seeds import dice

FAULTS: dict[str, str] = {
    "throttled": "too many requests, in the marketplace's own words",
    "throttled-429": "status 429 with Retry-After: 1",
    "inside-200": "a passing failure inside a 200 body",
    "server-error": "status 500, 502 or 503 with a page of HTML",
    "expired": "the access token is refused, good or not",
    "hang-up": "the connection is cut before the request is handled",
    "hang-up-after": "the connection is cut after it was handled: a refresh token is used up, the answer lost",
    "reset": "the connection is cut hard in the middle of the body",
    "torn": "the body ends half-way, its length as announced",
    "cut-json": "half the JSON under the right length",
    "not-json": "a page of HTML with status 200",
    "not-utf8": "a text that is no UTF-8",
    "slow": "the answer comes late",
    "endless": "there is always a next page, the same again",
    "huge-page": "a page many times as long as was asked for",
    "huge-body": "a body of 64 MiB",
    "empty-page": "an empty page that says there is another",
    "repeated": "each record of the page twice",
    "schema-change": "fields missing, renamed or of another type in every other record",
    "clock-jump": "update times years ahead, in 1970, or of another year",
}
"""Each fault, and what it does."""
ON_LISTS = frozenset({"endless", "huge-page", "empty-page", "repeated"})
PASSING = ("throttled", "inside-200", "server-error", "hang-up", "torn")
"""What a share of the requests meets unless other faults are named: all of it passes."""


@dataclass(slots=True)
class Planned:
    """A fault for the next `times` requests of the kind `on` (None: any); `times` None: for all."""

    how: str
    on: str | None
    times: int | None


class Faults:
    """Which request meets which fault. Safe for threads.

    The kinds of request are the API's operations: `list`, `detail`, `models`, `refresh`, `shops`.
    """

    def __init__(self, seed: int = 1, share: float = 0.0, among: Sequence[str] = PASSING) -> None:
        """A `share` (0 to 1) of all requests meets one of `among`.

        Raises:
            ValueError: the share is not within 0 and 1, or a fault has no such name.
        """
        if not 0 <= share <= 1:
            raise ValueError(f"share is 0 to 1, not {share}")
        for how in among:
            _known(how)
        self.met: Counter[str] = Counter()
        """Faults that were met, by name."""
        self.slow_seconds = 5.0
        """How late `slow` answers."""
        self._seed, self._share, self._among = seed, share, tuple(among)
        self._numbered: dict[int, str] = {}
        self._planned: deque[Planned] = deque()
        self._lock = threading.Lock()

    def at(self, number: int, how: str) -> None:
        """Request `number` (from 1, of all that are no photos) meets this fault."""
        with self._lock:
            self._numbered[number] = _known(how)

    def next(self, how: str, times: int = 1, on: str | None = None) -> None:
        """The next `times` requests, of the kind `on` alone if it is given, meet this fault."""
        with self._lock:
            self._planned.append(Planned(_known(how), on or _usual(how), times))

    def always(self, how: str, on: str | None = None) -> None:
        """Every request from now on, of the kind `on` alone if it is given, until `clear`."""
        with self._lock:
            self._planned.append(Planned(_known(how), on or _usual(how), None))

    def clear(self) -> None:
        """No more planned faults; the share stays."""
        with self._lock:
            self._planned.clear()
            self._numbered.clear()

    def meet(self, number: int, operation: str) -> str | None:
        """The fault that this request meets, if any; a planned one is used up."""
        with self._lock:
            how = self._numbered.pop(number, None) or self._use(operation) or self._draw(number, operation)
            if how is not None:
                self.met[how] += 1
            return how

    def _use(self, operation: str) -> str | None:
        for planned in self._planned:
            if planned.on in (None, operation):
                if planned.times is not None:
                    planned.times -= 1
                    if planned.times <= 0:
                        self._planned.remove(planned)
                return planned.how
        return None

    def _draw(self, number: int, operation: str) -> str | None:
        if not self._share or not self._among:
            return None
        chance = dice("fault", self._seed, number)
        if chance.random() >= self._share:
            return None
        how = chance.choice(self._among)
        # A refresh token that is used up and lost is a shop lost: never by chance, only by plan.
        if operation == "refresh" and how in ("hang-up-after", "torn", "reset", "cut-json", "not-utf8"):
            return "server-error"
        return how if _usual(how) in (None, operation) else None


def _known(how: str) -> str:
    if how not in FAULTS:
        raise ValueError(f"no fault is called {how!r}; there are {', '.join(FAULTS)}")
    return how


def _usual(how: str) -> str | None:
    """The kind of request that a fault is about where none is named."""
    return "list" if how in ON_LISTS else None
