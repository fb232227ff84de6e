"""The sources `tiktok` and `tokopedia`: a shop's products that changed, window after window, and those pushed."""

from collections.abc import Iterator
from functools import partial
from typing import ClassVar

from msgspec import Struct

from connectors.codec import RecordError
from connectors.confirmed_source import ConfirmedSource
from connectors.events import ListingEvent
from connectors.hints import Hint
from connectors.pages import Pages
from connectors.sdk import Context, Item, Notice, Skipped
from connectors.tiktok.answers import MOST_PRODUCTS, ProductGoneError
from connectors.tiktok.api import TikTokApi
from connectors.tiktok.listing import Shop, found, listing_events, listing_key
from connectors.tiktok.options import TikTokOptions, TokopediaOptions
from connectors.tiktok.push import WHOLE_SHOP, verifier
from connectors.windows import Window


class TikTokSource(ConfirmedSource[TikTokOptions]):
    """A TikTok shop's products: searched for, and fetched in detail once for each version that is on sale."""

    name = "tiktok"
    options_type: ClassVar[type[Struct]] = TikTokOptions
    _api: TikTokApi

    def __init__(self, options: TikTokOptions) -> None:
        super().__init__(options)
        self._shop = Shop(seller_id=options.shop_id, connector=self.name, version=self.version)

    def open(self, context: Context) -> None:
        """Find where to go on, and the tokens.

        Raises:
            OptionsError: there are no tokens.
        """
        super().open(context)
        self._api = TikTokApi(self.options, context, self._told.append)
        self._api.open()
        options = self.options
        verify = verifier(options.app_key, options.app_secret, options.shop_id, context.clock)
        self.listen(options.push_listen, options.push_path, verify)

    def window(self, window: Window) -> Iterator[Item]:
        """The products that changed in the window, in every state."""
        return self.unmoved(partial(self._pages, window))

    def close(self) -> None:
        """Take no more pushes and close the connections."""
        super().close()
        if hasattr(self, "_api"):
            self._api.close()

    def can_fetch(self, marketplace: str, listing_id: str) -> bool:
        """Whether the id could be one of this shop's products: they do not say whose they are."""
        return marketplace in self.options.marketplaces and listing_id.isdecimal()

    def fetch(self, marketplace: str, listing_id: str) -> ListingEvent | None:
        """The product as its detail shows it there (see `connectors.sdk.FetchesListings`)."""
        try:
            raw = self._api.detail(listing_id)
        except ProductGoneError:
            return None
        wanted = (marketplace, listing_id)
        return next(
            (event for event in self._events(raw) if (event.marketplace, event.listing_id) == wanted), None
        )

    def confirm(self, hint: Hint) -> tuple[Item, ...] | None:
        """What the detail of a pushed product shows; None where there is none."""
        if hint.listing_id.startswith(WHOLE_SHOP):
            status = hint.listing_id.removeprefix(WHOLE_SHOP)
            return (
                Notice(
                    f"{self.name}: the shop's mirroring to Tokopedia is {status}: listings may have come or gone "
                    "there without a change of their own; to read all of them, run a backfill with `since`"
                ),
            )
        return self._detail(hint.listing_id)

    def _detail(self, product_id: str) -> tuple[Item, ...] | None:
        try:
            raw = self._api.detail(product_id)
        except ProductGoneError:
            return None
        return tuple(self._items(raw, product_id))

    def _pages(self, window: Window) -> Iterator[Item]:
        pages = Pages(MOST_PRODUCTS)
        token: str | None = None
        while True:
            page = self._api.page(window, token)
            records = [bytes(raw) for raw in page.products or ()]
            # What cannot be read has itself for an id.
            by_id = {self._key(raw) or repr(raw): raw for raw in records}
            pages.page(by_id.keys(), page.total_count)
            yield from self.notices()
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
            yield from self.unreadable(raw, self._key(raw), error)
            return
        wanted = set(self.options.marketplaces)
        if not product.up & wanted:
            yield from here
        elif not all(self.known(event.event_id) for event in here):
            detail = self._detail(product.listing_id)
            if detail is None:
                # Its removal is a change of its own, and found in the window of that.
                yield Notice(f"{self.name}: product {product.listing_id} was gone before its detail was read")
            else:
                yield from detail

    def _items(self, raw: bytes, asked: str) -> Iterator[Item]:
        try:
            events = self._events(raw)
        except RecordError as error:
            yield from self.unreadable(raw, self._key(raw), error)
            return
        for event in events:
            if event.listing_id == asked:
                yield event
            else:
                yield Skipped(f"{self.name}: asked for product {asked}, told of {event.listing_id}")

    def _events(self, raw: bytes) -> tuple[ListingEvent, ...]:
        return listing_events(
            raw,
            marketplaces=self.options.marketplaces,
            shop=self._shop,
            observed_at=self.context.clock.now(),
        )

    def _key(self, raw: bytes) -> str | None:
        return listing_key(raw, self.options.marketplaces[0])


class TokopediaSource(TikTokSource):
    """A Tokopedia shop's products, through TikTok Shop's API, since Tokopedia's own has ended."""

    name = "tokopedia"
    options_type = TokopediaOptions
