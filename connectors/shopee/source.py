"""The source `shopee`: what changed in one shop, window after window.

A shop's items move while its list is paged through. An item that is changed leaves the window, all behind it
move up by one, and one of them slips from the next page to the one that was read already. Therefore a list of
several pages is read again until two readings in a row are equal: had anything moved, they would differ.
Nothing else can be lost: what left the window is in a later one, with its new time.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import msgspec
from msgspec import Raw

from connectors.codec import RecordError
from connectors.events import ListingEvent
from connectors.items import Item, Notice, RawRecord, Skipped
from connectors.once import Once
from connectors.pushed_hints import PushedHints
from connectors.sdk import Context, OptionsError, RetryError, WindowFullError
from connectors.shopee.answers import ItemNotFoundError
from connectors.shopee.api import BATCH, Details, ShopeeApi
from connectors.shopee.listing import (
    MARKETPLACE,
    ListedItem,
    event_id,
    gone_event,
    item_id_of,
    listed_item,
    listing_event,
    needs_models,
    record_key,
)
from connectors.shopee.options import ShopeeOptions
from connectors.shopee.push import ShopeePushes
from connectors.window_source import WindowSource
from connectors.windows import Window

READINGS = 6
"""Of a list that changes all the time; then its window is halved, in the end to single pages."""


class ShopeeSource(WindowSource[ShopeeOptions]):
    """A Shopee shop's items: those that changed, and those that are gone."""

    name = "shopee"
    version = "1"
    options_type = ShopeeOptions

    def open(self, context: Context) -> None:
        """Find the tokens and the checkpoint."""
        super().open(context)
        self._told: deque[str] = deque()
        self._broken = Once()
        self._closing = ExitStack()
        self._api = ShopeeApi(self.options, context, self._told.append)
        self._closing.callback(self._api.close)
        self._pushed = self._listening(context)

    def close(self) -> None:
        """Take no more pushes, and close the connections."""
        if hasattr(self, "_closing"):
            self._closing.close()

    def _listening(self, context: Context) -> PushedHints | None:
        options = self.options
        if options.push_listen is None:
            return None
        if options.push_url is None:
            raise OptionsError(
                "shopee: option push_url: the callback address as the console has it is missing"
            )
        verify = ShopeePushes(
            partner_key=options.partner_key, url=options.push_url, shop_id=options.shop_id,
            clock=context.clock, tell=self._told.append,
        )  # fmt: skip
        pushed = PushedHints(
            listen=options.push_listen, path=options.push_path, verify=verify, folder=context.own_folder(),
            clock=context.clock, name="shopee",
        )  # fmt: skip
        return self._closing.enter_context(pushed)

    def waiting(self) -> bool:
        """Whether a push has come in."""
        return self._pushed is not None and self._pushed.waiting()

    def between(self) -> Iterator[Item]:
        """What the details say of the items that were pushed."""
        if self._pushed is None:
            return
        hints = self._pushed.take(BATCH)
        moment = int(self.context.clock.now().timestamp())
        ids = dict.fromkeys(int(hint.listing_id.rpartition(".")[2]) for hint in hints)
        yield from self._fetched([ListedItem(item_id=item_id, update_time=moment) for item_id in ids])
        self._pushed.confirmed(hints)
        yield from self._notices()

    def acknowledged(self) -> None:
        """The hints whose events the sink has are done."""
        if self._pushed is not None:
            self._pushed.acknowledged()

    def can_fetch(self, marketplace: str, listing_id: str) -> bool:
        """Whether the id is one of this shop's items: it begins with the shop's."""
        shop, _, item = listing_id.partition(".")
        return marketplace == MARKETPLACE and shop == str(self.options.shop_id) and item.isdecimal()

    def fetch(self, marketplace: str, listing_id: str) -> ListingEvent | None:  # noqa: ARG002  it has one
        """The item as its details show it (see `connectors.sdk.FetchesListings`)."""
        item_id = int(listing_id.rpartition(".")[2])
        try:
            details = self._api.details([item_id])
        except ItemNotFoundError:
            return None
        for raw in details.records:
            record = msgspec.json.decode(raw)
            if item_id_of(record) == item_id:
                models = self._models(record) if needs_models(record) else []
                now = self.context.clock.now()
                return listing_event(record, shop_id=self.options.shop_id, observed_at=now, models=models)
        if details.warning:
            # With a warning, what is missing may exist all the same.
            raise RetryError(f"Shopee leaves the item out: {' '.join(details.warning.split())[:200]}")
        return None

    def window(self, window: Window) -> Iterator[Item]:
        """Every item that changed in the window; in which order is Shopee's."""
        done: set[ListedItem] = set()
        before: set[ListedItem] | None = None
        for _ in range(READINGS):
            seen: set[ListedItem] = set()
            pages = 0
            for pages, page in enumerate(self._api.pages(window.since, window.until), start=1):  # noqa: B007
                new: list[ListedItem] = []
                for raw in page:
                    record = msgspec.json.decode(raw)
                    try:
                        entry = listed_item(record)
                    except RecordError as error:
                        yield from self._unreadable(raw, record, error)
                        continue
                    seen.add(entry)
                    if entry not in done:
                        done.add(entry)
                        new.append(entry)
                yield from self._changed(new)
            if pages <= 1 or seen == before:
                return
            before = seen
        moving = f"the list changed while it was read, {READINGS} times"
        raise WindowFullError(moving) if window.span > timedelta(seconds=1) else RetryError(moving)

    def _changed(self, entries: Sequence[ListedItem]) -> Iterator[Item]:
        shop = self.options.shop_id
        unknown = []
        for entry in entries:
            version = event_id(shop, entry.item_id, entry.update_time)
            if not (self.known(version) or self.known(f"{version}.gone")):
                unknown.append(entry)
        for start in range(0, len(unknown), BATCH):
            yield from self._fetched(unknown[start : start + BATCH])
            yield from self._notices()

    def _fetched(self, batch: Sequence[ListedItem], *, again: bool = False) -> Iterator[Item]:
        """The events of these items; what is missing is asked for once more before it counts as gone."""
        try:
            details = self._api.details([entry.item_id for entry in batch])
        except ItemNotFoundError:
            if len(batch) > 1:
                # Which one it is, Shopee does not tell.
                middle = len(batch) // 2
                yield from self._fetched(batch[:middle], again=again)
                yield from self._fetched(batch[middle:], again=again)
                return
            details = Details([], "")
            again = True
        asked = {entry.item_id for entry in batch}
        answered: set[int | None] = set()
        for raw in details.records:
            record = msgspec.json.decode(raw)
            item_id = item_id_of(record)
            if item_id is not None and item_id not in asked:
                yield Skipped(
                    f"Shopee tells of an item that was not asked for: {record_key(record, self.options.shop_id)}"
                )
                continue
            answered.add(item_id)
            yield from self._event(raw, record)
        missing = [entry for entry in batch if entry.item_id not in answered]
        if None in answered or not missing:
            # Records without a readable id are passed on as they are: the missing are among them.
            return
        if not again:
            yield from self._fetched(missing, again=True)
            return
        for entry in missing:
            yield self._gone(entry, details.warning)

    def _event(self, raw: Raw, record: Any) -> Iterator[Item]:
        try:
            models = self._models(record) if needs_models(record) else []
            now = self.context.clock.now()
            yield listing_event(record, shop_id=self.options.shop_id, observed_at=now, models=models)
        except RecordError as error:
            yield from self._unreadable(raw, record, error)

    def _models(self, record: Any) -> list[Any]:
        item_id = item_id_of(record)
        try:
            return [] if item_id is None else self._api.models(item_id)
        except ItemNotFoundError:
            # Gone in this very moment: that is a change, and comes in a later window.
            return []

    def _gone(self, entry: ListedItem, warning: str) -> Item:
        """The list knows the item, its detail call does not: gone. Unless Shopee warns that it left things out."""
        if warning:
            key = f"{self.options.shop_id}.{entry.item_id}"
            return Skipped(f"Shopee leaves item {key} out of its details: {' '.join(warning.split())[:200]}")
        return gone_event(entry, shop_id=self.options.shop_id, observed_at=self.context.clock.now())

    def _unreadable(self, raw: Raw, record: Any, error: RecordError) -> Iterator[Item]:
        value = bytes(raw)
        if self._broken.is_new(value):
            yield RawRecord(value, record_key(record, self.options.shop_id), str(error))

    def _notices(self) -> Iterator[Item]:
        while self._told:
            yield Notice(self._told.popleft())
