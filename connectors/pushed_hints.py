"""A source's ear for pushes: a receiver, its inbox, and which hints are confirmed but not yet acknowledged.

A push is only a hint. The source fetches the listing's details and yields what they say; the hint leaves the disk
when the sink has that. A crash at any point brings the hint again, and the same event with the same id.
"""

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from connectors.clock import Clock
from connectors.hints import Hint, HintInbox
from connectors.push_receiver import PushCounts, PushReceiver, Verifier

LOOK_SECONDS = 0.05
"""How often the disk is asked whether a hint is there: a source asks after every item."""


class PushedHints:
    """Listens from `start` to `close`. Used by the source's thread; the receiver has one of its own."""

    def __init__(
        self, *, listen: str, path: str, verify: Verifier, folder: Path, clock: Clock, name: str
    ) -> None:
        """Nothing listens yet; `folder` gets `hints.sqlite`.

        Raises:
            OptionsError: `listen` or `path` is wrong.
            AbortError: the folder cannot be used.
        """
        self._clock = clock
        self._inbox = HintInbox(folder / "hints.sqlite", clock=clock)
        self._receiver = PushReceiver(listen=listen, path=path, verify=verify, inbox=self._inbox, name=name)
        self._confirmed: list[str] = []
        self._look_at = 0.0
        self._is_waiting = False

    @property
    def port(self) -> int:
        """The port that is listened on."""
        return self._receiver.port

    @property
    def counts(self) -> PushCounts:
        """What came of the pushes."""
        return self._receiver.counts

    def start(self) -> None:
        """Return when pushes are taken.

        Raises:
            AbortError: the address cannot be listened on.
        """
        self._receiver.start()

    def waiting(self) -> bool:
        """Whether a hint may be taken; as it was at most a twentieth of a second ago."""
        now = self._clock.monotonic()
        if not self._is_waiting and now >= self._look_at:
            self._look_at = now + LOOK_SECONDS
            self._is_waiting = self._inbox.waiting() > 0
        return self._is_waiting

    def take(self, limit: int) -> list[Hint]:
        """The next hints. One that is never `confirmed` comes again after a pause."""
        self._is_waiting = False
        self._look_at = 0.0
        return self._inbox.take(limit)

    def confirmed(self, hints: Sequence[Hint]) -> None:
        """All that came of these has been yielded."""
        self._confirmed += [hint.hint_id for hint in hints]

    def acknowledged(self) -> None:
        """The sink has all that was yielded: the confirmed hints are done."""
        if self._confirmed:
            self._inbox.done(self._confirmed)
            self._confirmed = []

    def close(self) -> None:
        """Take no more pushes."""
        self._receiver.close()
        self._inbox.close()

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
