"""The source `http`: polls any HTTP API that answers in JSON, as a mapping file says.

A record that does not fit the mapping is passed on as its JSON, with the field, the expression and the reason; the
rest go on. The delivery promise is `WindowSource`'s: windows overlap, and a checkpoint follows each.
"""

from collections import OrderedDict
from collections.abc import Iterator
from hashlib import sha256
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from connectors.events import Source as MadeBy
from connectors.expression import Expression, ExpressionError
from connectors.http_client import HttpClient
from connectors.http_mapping_file import load
from connectors.http_pages import Walk
from connectors.http_questions import Questions
from connectors.mapping import Mapping
from connectors.rate import Rate
from connectors.record_fields import FieldError
from connectors.sdk import AbortError, Context, Item, OptionsError, RawRecord, RetryError, WindowFullError
from connectors.window_source import WindowSource
from connectors.windows import Window, WindowOptions

REMEMBERED = 10_000
"""Records that did not fit, of which a repetition is recognised."""


class HttpPollOptions(WindowOptions, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Options of the source `http`."""

    mapping: str
    """The mapping file, TOML."""
    max_record_bytes: Annotated[int, Meta(ge=2)] = 1024 * 1024
    """Larger records are passed on as they are: no expression is applied to them."""


class HttpPollSource(WindowSource[HttpPollOptions]):
    """Any HTTP API, described by a mapping file: each window's pages, and the fields of their records."""

    name = "http"
    options_type = HttpPollOptions

    def __init__(self, options: HttpPollOptions) -> None:
        super().__init__(options)
        self._client: HttpClient | None = None

    def open(self, context: Context) -> None:
        """Read the mapping file, compile its expressions, look up its secrets.

        Raises:
            OptionsError: naming the key of the file that is wrong.
        """
        super().open(context)
        path = self.options.mapping
        file = load(path)
        try:
            self._questions = Questions(file)
            self._records = Expression("records", file.records)
            self._ok = Expression("request.ok", file.request.ok) if file.request.ok else None
            self._mapping = Mapping(file, MadeBy(connector=self.name, version=self.version))
        except ExpressionError as error:
            raise OptionsError(f"http: {path}: {error}") from None
        self._client = context.http(self._questions.base, rate=Rate(file.request.rate_per_second))
        self._unfit: OrderedDict[bytes, None] = OrderedDict()

    def close(self) -> None:
        """Close the connections."""
        client, self._client = self._client, None
        if client is not None:
            client.close()

    def window(self, window: Window) -> Iterator[Item]:
        """The window's records, page by page."""
        try:
            yield from self._pages(window)
        except WindowFullError as error:
            if self._questions.narrows:
                raise
            raise AbortError(
                f"{error}; set window.since and window.until, by which less can be asked for"
            ) from None
        except ExpressionError as error:
            raise RetryError(f"http: {error}") from None

    def _pages(self, window: Window) -> Iterator[Item]:
        if self._client is None:
            raise AbortError("http: the source is not open")
        walk = Walk(self._questions, window)
        while True:
            answer = self._client.send(walk.asked.request()).json()
            if self._ok is not None and not self._ok.of(answer):
                raise RetryError(f"http: request.ok ({self._ok.text}) is not true of the answer")
            records = self._records.of(answer)
            if not isinstance(records, list):
                # An error inside a 200 has no records: it must not pass for a shop without listings.
                raise RetryError(f"http: records ({self._records.text}) is no list in the answer")
            for number, record in enumerate(records, 1):
                yield from self._items(record, f"page {walk.page}, record {number}")
            if not walk.next(answer, records):
                return

    def _items(self, record: Any, place: str) -> Iterator[Item]:
        raw = msgspec.json.encode(record)
        try:
            if len(raw) > self.options.max_record_bytes:
                raise FieldError(
                    "the whole record", f"larger than max_record_bytes ({self.options.max_record_bytes})"
                )
            yield self._mapping.event(record, self.context.clock.now())
        except FieldError as error:
            if self._is_new_misfit(raw):
                key = self._mapping.key(record) if len(raw) <= self.options.max_record_bytes else None
                yield RawRecord(raw, key, f"{place}: {error}")

    def _is_new_misfit(self, raw: bytes) -> bool:
        """Windows overlap, and without window parameters each poll has every record: one wrong one is told once."""
        digest = sha256(raw).digest()
        if digest in self._unfit:
            self._unfit.move_to_end(digest)
            return False
        self._unfit[digest] = None
        if len(self._unfit) > REMEMBERED:
            self._unfit.popitem(last=False)
        return True
