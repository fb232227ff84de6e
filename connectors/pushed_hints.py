"""What a source does with pushes: receive them, fetch what they name, and forget them once Kafka has it.

A hint leaves the inbox when what came of it is acknowledged, so that a crash in between repeats the fetch and
loses nothing. What is not found yet is tried again: a push may be faster than the marketplace's own index.
"""

from collections.abc import Callable, Iterable, Iterator

from connectors.context import Context
from connectors.errors import RetryError
from connectors.hints import Hint, HintInbox
from connectors.items import Item, Notice
from connectors.push_receiver import PushReceiver, Verifier

AT_ONCE = 20
"""Hints taken from the inbox in one go."""
MOST_ATTEMPTS = 5
"""With the inbox's pauses between them, a quarter of an hour."""
Confirm = Callable[[Hint], Iterable[Item] | None]
"""What the detail of a hint's listing says; None where there is no such listing."""


class PushedHints:
    """The pushes of one source, from `open` to `close`; all but the receiving is done by the source's thread."""

    def __init__(self, context: Context, *, name: str, listen: str, path: str, verify: Verifier) -> None:
        """Nothing listens yet.

        Raises:
            OptionsError: `listen` or `path` is wrong.
            AbortError: the inbox cannot be opened.
        """
        self._name = name
        self._inbox = HintInbox(context.own_folder() / "hints.sqlite3", clock=context.clock)
        self._receiver = PushReceiver(listen=listen, path=path, verify=verify, inbox=self._inbox, name=name)
        self._settled: list[str] = []

    @property
    def port(self) -> int:
        """The port that is listened on, also where `listen` said 0."""
        return self._receiver.port

    def open(self) -> None:
        """Take pushes.

        Raises:
            AbortError: the address cannot be listened on.
        """
        self._receiver.start()

    def waiting(self) -> bool:
        """Whether there are hints to be confirmed now."""
        return self._inbox.waiting() > 0

    def items(self, confirm: Confirm) -> Iterator[Item]:
        """What the details of the waiting hints' listings say, some at a time.

        Raises:
            RetryError: a detail cannot be had now; its hint stays.
        """
        for hint in self._inbox.take(AT_ONCE):
            found = confirm(hint)
            if found is not None:
                yield from found
            elif hint.what != "removed":
                if self._inbox.attempts(hint.hint_id) < MOST_ATTEMPTS:
                    continue
                yield Notice(f"{self._name}: pushed listing {hint.listing_id} is still not found: given up")
            # Of one that was removed, the list has more to tell than its id, and tells it in its window.
            self._settled.append(hint.hint_id)

    def acknowledged(self) -> None:
        """Forget the hints of which everything was yielded."""
        if self._settled:
            try:
                self._inbox.done(self._settled)
            except RetryError:
                # Kept for the next time; at worst they are confirmed once more.
                return
            self._settled = []

    def close(self) -> None:
        """Take no more pushes."""
        self._receiver.close()
        self._inbox.close()
