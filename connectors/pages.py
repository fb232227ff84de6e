"""Whether the pages of a listing are one list: none repeated, none missing, nothing shifted between them.

The marketplaces page by position. When a listing changes while its window is paged through, it leaves the
window, those behind it move up by one place, and the page after would pass one over in silence. The total, which
every page tells, gives that away.
"""

from collections.abc import Collection

from connectors.errors import RetryError, WindowFullError

MOST_EMPTY = 3
"""Empty pages in a row that are followed: a marketplace may filter after it has cut the pages."""


class ShiftedError(RetryError):
    """The list changed while it was paged through: from its first page again."""


class Pages:
    """The pages of one walk through one window. `most`: what the marketplace pages through."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._total: int | None = None
        self._ids: set[str] = set()
        self._cursors: set[str] = set()
        self._empty = 0

    @property
    def read(self) -> int:
        """Different records so far."""
        return len(self._ids)

    def page(self, ids: Collection[str], total: int | None) -> None:
        """Another page with these records, of a list of `total`; None where the answer does not say.

        Raises:
            WindowFullError: the list is longer than can be paged through. A total that is just as long may
                itself have been cut off.
            ShiftedError: the total is another than before.
            RetryError: the page has only what earlier ones had.
        """
        if total is not None and total >= self._most:
            raise WindowFullError(
                f"{total} listings match, and no more than {self._most} can be paged through"
            )
        if self._total is not None and total != self._total:
            raise ShiftedError(f"the list had {self._total} listings and now has {total}")
        before = len(self._ids)
        self._ids.update(ids)
        if len(self._ids) >= self._most:
            raise WindowFullError(f"more than {self._most} listings match")
        if ids and len(self._ids) == before:
            raise RetryError("a page came that has only what earlier pages had")
        self._empty = 0 if ids else self._empty + 1
        self._total = total

    def cursor(self, token: str) -> str:
        """The cursor of the next page.

        Raises:
            RetryError: it leads back, or there are more pages than there can be.
        """
        if token in self._cursors:
            raise RetryError("the cursor of the next page leads back to an earlier one")
        self._cursors.add(token)
        # Each page with anything in it has something new, so only empty ones could go on for ever.
        if self._empty > MOST_EMPTY:
            raise RetryError(f"the pages do not end: {self._empty} empty ones, and each leads to another")
        return token

    def end(self) -> None:
        """There is no further page.

        Raises:
            ShiftedError: fewer listings came than the list was said to have.
        """
        if self._total is not None and len(self._ids) < self._total:
            raise ShiftedError(f"the list has {self._total} listings, but only {len(self._ids)} came")
