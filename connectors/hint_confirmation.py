"""From hints to events, one detail at a time; what is not found yet is asked for again.

A push may be faster than the marketplace's own index. So a listing that is not there is tried again, in the
inbox's growing pauses, before it is given up.
"""

from collections.abc import Callable, Iterable, Iterator

from connectors.hints import Hint
from connectors.items import Item, Notice
from connectors.pushed_hints import PushedHints

AT_ONCE = 20
"""Hints taken from the inbox in one go."""
MOST_ATTEMPTS = 5
"""With the inbox's pauses between them, a quarter of an hour."""
Confirm = Callable[[Hint], Iterable[Item] | None]
"""What the detail of a hint's listing says; None where there is no such listing."""


class HintConfirmation:
    """The hints of one source, confirmed by `confirm`."""

    def __init__(self, pushed: PushedHints, confirm: Confirm, *, name: str) -> None:
        self._pushed, self._confirm, self._name = pushed, confirm, name
        self._not_found: dict[str, int] = {}

    def items(self) -> Iterator[Item]:
        """What the details of the waiting hints' listings say, some at a time.

        Raises:
            RetryError: a detail cannot be had now; its hint stays.
        """
        for hint in self._pushed.take(AT_ONCE):
            found = self._confirm(hint)
            if found is not None:
                yield from found
            elif hint.what != "removed":
                # Of one that was removed, the list has more to tell than its id, and does so in its window.
                attempts = self._not_found.pop(hint.hint_id, 0) + 1
                if attempts < MOST_ATTEMPTS:
                    self._not_found[hint.hint_id] = attempts
                    continue
                yield Notice(
                    f"{self._name}: the pushed listing {hint.listing_id} is still not found: given up"
                )
            self._not_found.pop(hint.hint_id, None)
            self._pushed.confirmed([hint])
