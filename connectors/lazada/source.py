"""The source `lazada`: a seller's products that changed, window after window, and those that pushes name."""

from collections import deque
from collections.abc import Iterator

from connectors.codec import RecordError
from connectors.errors import RetryError
from connectors.events import ListingEvent
from connectors.hint_confirmation import HintConfirmation
from connectors.hints import Hint
from connectors.lazada.answers import ItemGoneError
from connectors.lazada.api import MOST, LazadaApi
from connectors.lazada.listing import MARKETPLACE, Shop, listing_event, listing_key
from connectors.lazada.options import LazadaOptions
from connectors.lazada.push import verifier
from connectors.once import Once
from connectors.pages import Pages, ShiftedError
from connectors.pushed_hints import PushedHints
from connectors.sdk import Context, Item, Notice, RawRecord, Skipped
from connectors.window_source import WindowSource
from connectors.windows import Window

STATES = ("all", "deleted")
"""Lazada's filters. The documents do not say whether `all` has the deleted too; a removal must not depend on it."""
WALKS = 3
"""How often a window is paged through again because its list changed meanwhile."""


class LazadaSource(WindowSource[LazadaOptions]):
    """A Lazada seller's products, polled; the list's records are whole, so only what a push names is fetched alone."""

    name = "lazada"
    options_type = LazadaOptions
    _api: LazadaApi
    _hints: HintConfirmation

    def __init__(self, options: LazadaOptions) -> None:
        super().__init__(options)
        self._told: deque[str] = deque()
        self._shop = Shop(seller_id=options.seller_id, currency=options.currency, version=self.version)
        self._pushes: PushedHints | None = None
        self._unread = Once()

    def open(self, context: Context) -> None:
        """Find where to go on, and the tokens.

        Raises:
            OptionsError: there are no tokens.
        """
        super().open(context)
        self._api = LazadaApi(self.options, context, self._told.append)
        self._api.open()
        self._listen(context)

    def window(self, window: Window) -> Iterator[Item]:
        """The products that changed in the window, in every state."""
        for state in STATES:
            yield from self._walk(window, state)

    def waiting(self) -> bool:
        """Whether pushed hints wait to be confirmed."""
        return self._pushes is not None and self._pushes.waiting()

    def between(self) -> Iterator[Item]:
        """What the details of pushed listings say."""
        if self._pushes is not None:
            yield from self._hints.items()
            yield from self._notices()

    def acknowledged(self) -> None:
        """Forget the hints whose events are acknowledged."""
        if self._pushes is not None:
            self._pushes.acknowledged()

    @property
    def push_port(self) -> int | None:
        """The port that pushes are taken on; None where they are not."""
        return None if self._pushes is None else self._pushes.port

    def close(self) -> None:
        """Take no more pushes and close the connections."""
        if self._pushes is not None:
            self._pushes.close()
        if hasattr(self, "_api"):
            self._api.close()

    def can_fetch(self, marketplace: str, listing_id: str) -> bool:
        """Whether the id could be one of this seller's items: Lazada's do not say whose they are."""
        return marketplace == MARKETPLACE and listing_id.isdecimal()

    def fetch(self, marketplace: str, listing_id: str) -> ListingEvent | None:  # noqa: ARG002  it has one
        """The item as its detail shows it (see `connectors.sdk.FetchesListings`)."""
        try:
            raw = self._api.item(listing_id)
        except ItemGoneError:
            return None
        event = listing_event(raw, shop=self._shop, observed_at=self.context.clock.now())
        return event if event.listing_id == listing_id else None

    def _listen(self, context: Context) -> None:
        options = self.options
        if options.push_listen is None:
            return
        verify = verifier(options.app_key, options.app_secret, options.seller_id, context.clock)
        self._pushes = PushedHints(
            listen=options.push_listen, path=options.push_path, verify=verify, folder=context.own_folder(),
            clock=context.clock, name=self.name,
        )  # fmt: skip
        self._hints = HintConfirmation(self._pushes, self._confirm, name=self.name)
        self._pushes.start()

    def _confirm(self, hint: Hint) -> tuple[Item, ...] | None:
        """The item as its detail shows it; None where there is none."""
        try:
            raw = self._api.item(hint.listing_id)
        except ItemGoneError:
            return None
        return tuple(self._items(raw, hint.listing_id))

    def _walk(self, window: Window, state: str) -> Iterator[Item]:
        for walk in range(WALKS):
            try:
                yield from self._pages(window, state)
            except ShiftedError as error:
                if walk == WALKS - 1:
                    raise RetryError(f"lazada: {error}, {WALKS} times") from None
            else:
                return

    def _pages(self, window: Window, state: str) -> Iterator[Item]:
        pages = Pages(MOST)
        offset = 0
        while True:
            page = self._api.page(window, state, offset)
            records = [bytes(raw) for raw in page.products or ()]
            # What cannot be read has itself for an id.
            ids = {listing_key(raw) or repr(raw) for raw in records}
            pages.page(ids, page.total)
            yield from self._notices()
            for raw in records:
                yield from self._items(raw)
            offset += len(ids)
            if not records or (page.total is not None and offset >= page.total):
                pages.end()
                return

    def _items(self, raw: bytes, asked: str | None = None) -> Iterator[Item]:
        try:
            event = listing_event(raw, shop=self._shop, observed_at=self.context.clock.now())
        except RecordError as error:
            if self._unread.is_new(raw):
                yield RawRecord(raw, listing_key(raw), f"{self.name}: {error}")
            return
        if asked in (None, event.listing_id):
            yield event
        else:
            yield Skipped(f"{self.name}: asked for item {asked}, told of {event.listing_id}")

    def _notices(self) -> Iterator[Item]:
        while self._told:
            yield Notice(self._told.popleft())
