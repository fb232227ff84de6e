"""A source of windows that is pushed to as well: hints, each confirmed by a detail, and lists that move."""

from abc import abstractmethod
from collections import deque
from collections.abc import Callable, Iterator
from typing import TypeVar

from connectors.codec import RecordError
from connectors.errors import RetryError
from connectors.hint_confirmation import HintConfirmation
from connectors.hints import Hint
from connectors.items import Item, Notice, RawRecord
from connectors.once import Once
from connectors.pages import ShiftedError
from connectors.push_receiver import Verifier
from connectors.pushed_hints import PushedHints
from connectors.window_source import WindowSource
from connectors.windows import WindowOptions

WALKS = 3
"""How often a window is paged through again because its list changed meanwhile."""

W_co = TypeVar("W_co", bound=WindowOptions, covariant=True)


class ConfirmedSource(WindowSource[W_co]):
    """Subclasses write `window` and `confirm`, call `listen` when they are opened, and `super().close()`."""

    _hints: HintConfirmation

    def __init__(self, options: W_co) -> None:
        super().__init__(options)
        self._told: deque[str] = deque()
        """What a person should know; yielded as notices."""
        self._pushes: PushedHints | None = None
        self._unread = Once()

    @abstractmethod
    def confirm(self, hint: Hint) -> tuple[Item, ...] | None:
        """What the detail of a pushed listing says; None where there is none.

        Raises:
            RetryError: not now; the hint stays.
        """

    def waiting(self) -> bool:
        """Whether pushed hints wait to be confirmed."""
        return self._pushes is not None and self._pushes.waiting()

    def between(self) -> Iterator[Item]:
        """What the details of pushed listings say."""
        if self._pushes is not None:
            yield from self._hints.items()
            yield from self.notices()

    def acknowledged(self) -> None:
        """Forget the hints whose events are acknowledged."""
        if self._pushes is not None:
            self._pushes.acknowledged()

    @property
    def push_port(self) -> int | None:
        """The port that pushes are taken on; None where they are not."""
        return None if self._pushes is None else self._pushes.port

    def close(self) -> None:
        """Take no more pushes."""
        if self._pushes is not None:
            self._pushes.close()

    def listen(self, listen: str | None, path: str, verify: Verifier) -> None:
        """Take pushes on `listen` from now on; on None, take none."""
        if listen is None:
            return
        self._pushes = PushedHints(
            listen=listen, path=path, verify=verify, folder=self.context.own_folder(), clock=self.context.clock,
            name=self.name,
        )  # fmt: skip
        self._hints = HintConfirmation(self._pushes, self.confirm, name=self.name)
        self._pushes.start()

    def unmoved(self, pages: Callable[[], Iterator[Item]]) -> Iterator[Item]:
        """A list's items, paged through again where it moved meanwhile.

        Raises:
            RetryError: it moved each time.
        """
        for walk in range(WALKS):
            try:
                yield from pages()
            except ShiftedError as error:
                if walk == WALKS - 1:
                    raise RetryError(f"{self.name}: {error}, {WALKS} times") from None
            else:
                return

    def unreadable(self, raw: bytes, key: str | None, error: RecordError) -> Iterator[Item]:
        """A record that cannot be mapped, as it is; once, though windows overlap."""
        if self._unread.is_new(raw):
            yield RawRecord(raw, key, f"{self.name}: {error}")

    def notices(self) -> Iterator[Item]:
        """What a person should know, since the last time."""
        while self._told:
            yield Notice(self._told.popleft())
