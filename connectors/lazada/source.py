"""The source `lazada`: a seller's products that changed, window after window, and those that pushes name."""

from collections.abc import Iterator
from functools import partial

from connectors.codec import RecordError
from connectors.confirmed_source import ConfirmedSource
from connectors.events import ListingEvent
from connectors.hints import Hint
from connectors.lazada.answers import ItemGoneError
from connectors.lazada.api import MOST, LazadaApi
from connectors.lazada.listing import MARKETPLACE, Shop, listing_event, listing_key
from connectors.lazada.options import LazadaOptions
from connectors.lazada.push import verifier
from connectors.pages import Pages
from connectors.sdk import Context, Item, Skipped
from connectors.windows import Window

STATES = ("all", "deleted")
"""Lazada's filters. The documents do not say whether `all` has the deleted too; a removal must not depend on it."""


class LazadaSource(ConfirmedSource[LazadaOptions]):
    """A Lazada seller's products, polled; the list's records are whole, so only what a push names is fetched alone."""

    name = "lazada"
    options_type = LazadaOptions
    _api: LazadaApi

    def __init__(self, options: LazadaOptions) -> None:
        super().__init__(options)
        self._shop = Shop(seller_id=options.seller_id, currency=options.currency, version=self.version)

    def open(self, context: Context) -> None:
        """Find where to go on, and the tokens.

        Raises:
            OptionsError: there are no tokens.
        """
        super().open(context)
        self._api = LazadaApi(self.options, context, self._told.append)
        self._api.open()
        options = self.options
        verify = verifier(options.app_key, options.app_secret, options.seller_id, context.clock)
        self.listen(options.push_listen, options.push_path, verify)

    def window(self, window: Window) -> Iterator[Item]:
        """The products that changed in the window, in every state."""
        for state in STATES:
            yield from self.unmoved(partial(self._pages, window, state))

    def close(self) -> None:
        """Take no more pushes and close the connections."""
        super().close()
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

    def confirm(self, hint: Hint) -> tuple[Item, ...] | None:
        """The item as its detail shows it; None where there is none."""
        try:
            raw = self._api.item(hint.listing_id)
        except ItemGoneError:
            return None
        return tuple(self._items(raw, hint.listing_id))

    def _pages(self, window: Window, state: str) -> Iterator[Item]:
        pages = Pages(MOST)
        offset = 0
        while True:
            page = self._api.page(window, state, offset)
            records = [bytes(raw) for raw in page.products or ()]
            # What cannot be read has itself for an id.
            ids = {listing_key(raw) or repr(raw) for raw in records}
            pages.page(ids, page.total)
            yield from self.notices()
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
            yield from self.unreadable(raw, listing_key(raw), error)
            return
        if asked in (None, event.listing_id):
            yield event
        else:
            yield Skipped(f"{self.name}: asked for item {asked}, told of {event.listing_id}")
