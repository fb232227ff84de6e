"""The sources `tiktok` and `tokopedia`: a shop's products that changed, window after window, and those pushed."""

from collections import deque
from collections.abc import Iterator

from connectors.codec import RecordError
from connectors.errors import RetryError
from connectors.events import ListingEvent
from connectors.pages import Pages, ShiftedError
from connectors.sdk import Context, Item, Notice, RawRecord
from connectors.tiktok.answers import MOST_PRODUCTS, ProductGoneError
from connectors.tiktok.api import TikTokApi
from connectors.tiktok.listing import Shop, found, listing_events, listing_key
from connectors.tiktok.options import TikTokOptions, TokopediaOptions
from connectors.window_source import WindowSource
from connectors.windows import Window

WALKS = 3
"""How often a window is paged through again because its list changed meanwhile."""


class TikTokSource(WindowSource[TikTokOptions]):
    """Polls the search; fetches the detail of each product that is on sale, once for each of its versions."""

    name = "tiktok"
    options_type = TikTokOptions

    def open(self, context: Context) -> None:
        """Find where to go on, and the tokens.

        Raises:
            OptionsError: there are no tokens.
        """
        super().open(context)
        self._told: deque[str] = deque()
        self._shop = Shop(seller_id=self.options.shop_id, connector=self.name, version=self.version)
        self._api = TikTokApi(self.options, context, self._told.append)
        self._api.open()

    def window(self, window: Window) -> Iterator[Item]:
        """The products that changed in the window, in every state."""
        for walk in range(WALKS):
            try:
                yield from self._pages(window)
            except ShiftedError as error:
                if walk == WALKS - 1:
                    raise RetryError(f"{self.name}: {error}, {WALKS} times") from None
            else:
                return

    def confirmed(self, product_id: str) -> tuple[Item, ...] | None:
        """The product as its detail shows it; None where there is none, or no more.

        Raises:
            RetryError: not now.
        """
        try:
            return self._items(self._api.detail(product_id))
        except ProductGoneError:
            return None

    def close(self) -> None:
        """Close the connections."""
        if hasattr(self, "_api"):
            self._api.close()

    def _pages(self, window: Window) -> Iterator[Item]:
        pages = Pages(MOST_PRODUCTS)
        token: str | None = None
        while True:
            page = self._api.page(window, token)
            records = [bytes(raw) for raw in page.products or ()]
            # What cannot be read has itself for an id.
            by_id = {self._key(raw) or repr(raw): raw for raw in records}
            pages.page(by_id.keys(), page.total_count)
            yield from self._notices()
            for raw in by_id.values():
                yield from self._found(raw)
            if not page.next_page_token:
                pages.end()
                return
            token = pages.cursor(page.next_page_token)

    def _found(self, raw: bytes) -> Iterator[Item]:
        """A record of the search: whole where the product is off sale, else what its detail says."""
        try:
            product = found(raw)
            here = self._events(raw)
        except RecordError as error:
            yield self._unread(raw, error)
            return
        wanted = set(self.options.marketplaces)
        if not product.up & wanted:
            yield from here
        elif not all(self.known(event.event_id) for event in here):
            detail = self.confirmed(product.listing_id)
            if detail is None:
                # Its removal is a change of its own, and found in the window of that.
                yield Notice(f"{self.name}: product {product.listing_id} was gone before its detail was read")
            else:
                yield from detail

    def _items(self, raw: bytes) -> tuple[Item, ...]:
        try:
            return self._events(raw)
        except RecordError as error:
            return (self._unread(raw, error),)

    def _events(self, raw: bytes) -> tuple[ListingEvent, ...]:
        return listing_events(
            raw,
            marketplaces=self.options.marketplaces,
            shop=self._shop,
            observed_at=self.context.clock.now(),
        )

    def _unread(self, raw: bytes, error: RecordError) -> RawRecord:
        return RawRecord(raw, self._key(raw), f"{self.name}: {error}")

    def _key(self, raw: bytes) -> str | None:
        return listing_key(raw, self.options.marketplaces[0])

    def _notices(self) -> Iterator[Item]:
        while self._told:
            yield Notice(self._told.popleft())


class TokopediaSource(TikTokSource):
    """The same for Tokopedia, which is a listing platform of TikTok Shop since its own API ended."""

    name = "tokopedia"
    options_type = TokopediaOptions
