"""How an API's JSON becomes listing events: a TOML file's tables, compiled once, applied to each record.

Nothing is guessed: a value that does not fit is an error that names the field and the expression it came from.
"""

from collections.abc import Mapping as Table
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

from connectors.events import ListingEvent, Source
from connectors.expression import Expression, ExpressionError
from connectors.mapping_tables import MappingFields, MappingTables
from connectors.moments import MomentError, read_moment, utc_offset
from connectors.prices import PriceError, read_price
from connectors.record_fields import MAX_KEY, FieldError, event_id, listing_event, listing_key

TEXTS = (
    "event_id", "type", "marketplace", "listing_id", "seller_id", "url", "title", "description", "category",
    "condition",
)  # fmt: skip
TIMES = ("observed_at", "listed_at", "updated_at")
NEEDED = ("marketplace", "listing_id", "title")
DEFAULT_TYPE = "listing.updated"
"""An API that tells what changed does not always tell what is new; both are handled alike."""
LARGEST_ID = 10**40
FINEST = Decimal("0.000001")
"""Of a price (`field_types.Amount`); a server that counts in binary floats writes 93500.00000000001."""
MAX_IMAGES = 50
"""As `events.Images`."""


class Mapping:
    """The compiled tables.

    Raises:
        ExpressionError: naming the key that is wrong.
    """

    def __init__(self, tables: MappingTables, made_by: Source) -> None:
        self._formats = tables.formats
        self._values = tables.values
        self._made_by = made_by
        given = msgspec.to_builtins(tables.fields)
        self._expressions = {
            name: Expression(f"fields.{name}", text)
            for name, text in _flat(given).items()
            if text is not None
        }
        self._constants = _flat(tables.constants)
        known = set(_flat(msgspec.to_builtins(MappingFields()))) - {"images", *TIMES}
        for table, names in (("constants", self._constants), ("values", self._values)):
            if unknown := sorted(set(names) - known):
                raise ExpressionError(
                    f"{table}.{unknown[0]}: no such field; the fields: {', '.join(sorted(known))}"
                )
        for name in NEEDED:
            if name not in self._expressions and name not in self._constants:
                raise ExpressionError(f"fields.{name}: is missing, and so is constants.{name}")
        self._check_formats()

    def _check_formats(self) -> None:
        try:
            self._zone = utc_offset(self._formats.utc_offset) if self._formats.utc_offset else None
        except MomentError as error:
            raise ExpressionError(f"formats.utc_offset: {error}") from None

    def event(self, record: Any, now: datetime) -> ListingEvent:
        """The event of one record, asked for at `now`.

        Raises:
            FieldError: a value is missing or wrong; the message names the field and its expression.
        """
        try:
            return self._event(record, now)
        except FieldError as error:
            expression = self._expressions.get(error.field.partition("[")[0])
            if expression is None:
                raise
            why = str(error).removeprefix(f"{error.field}: ")
            raise FieldError(f"{error.field} ({expression.text})", why) from None

    def key(self, record: Any) -> str | None:
        """The listing's key, if that much of the record can be read."""
        fields: dict[str, Any] = {}
        for name in ("marketplace", "listing_id"):
            try:
                fields[name] = self._text(name, record)
            except FieldError:
                return None
        return listing_key(fields)

    def _event(self, record: Any, now: datetime) -> ListingEvent:
        fields: dict[str, Any] = {}
        for name in TEXTS:
            if (text := self._text(name, record)) is not None:
                fields[name] = text
        fields.setdefault("type", DEFAULT_TYPE)
        if fields["type"] == "listing.removed":
            # Of what is gone an API often tells no more than its id.
            fields.setdefault("title", "")
        if (price := self._price(record)) is not None:
            fields["price"] = price
        if images := self._images(record):
            fields["images"] = images
        times = {name: read for name in TIMES if (read := self._time(name, record)) is not None}
        version = times.pop("updated_at", None)
        if "event_id" not in fields and version is not None and (key := listing_key(fields)) is not None:
            fields["event_id"] = _version_id(key, version, fields)
        fields |= {name: moment.isoformat() for name, moment in times.items()}
        fields["source"] = {"connector": self._made_by.connector, "version": self._made_by.version}
        fields.setdefault("observed_at", now.isoformat())
        return listing_event(fields, ("observed_at", "source"))

    def _found(self, name: str, record: Any) -> Any:
        """What the field's expression or constant gives."""
        expression = self._expressions.get(name)
        if expression is None:
            return self._constants.get(name)
        try:
            found = expression.of(record)
        except ExpressionError as error:
            why = str(error).removeprefix(f"{expression.key} ({expression.text}): ")
            raise FieldError(f"{name} ({expression.text})", why) from None
        return self._constants.get(name) if found is None else found

    def _text(self, name: str, record: Any) -> str | None:
        found = self._found(name, record)
        if isinstance(found, bool) or not isinstance(found, str | int | None):
            # A float has lost digits of an id already; a list or an object is no text.
            raise FieldError(name, f"is {_kind(found)}, not text")
        if isinstance(found, int) and abs(found) > LARGEST_ID:
            raise FieldError(name, "is a number too large for an id")
        text = str(found) if isinstance(found, int) else found
        if text is not None and name in self._values:
            return self._values[name].get(text, text)
        return text or None

    def _price(self, record: Any) -> dict[str, str] | None:
        found = self._found("price.amount", record)
        if found is None or found == "":
            return None
        currency = self._text("price.currency", record)
        if isinstance(found, bool) or not isinstance(found, str | int | float):
            raise FieldError("price.amount", f"is {_kind(found)}, not a number")
        try:
            if isinstance(found, str):
                price = read_price(found, currency, self._formats.decimal)
                amount, currency = Decimal(price.amount), price.currency
            elif currency is None:
                raise FieldError("price.currency", "is missing")
            else:
                amount = Decimal(repr(found))
            amount = (amount / self._formats.price_divisor).quantize(FINEST)
            return {"amount": _plain(amount), "currency": currency}
        except (PriceError, InvalidOperation, ValueError) as error:
            if isinstance(error, FieldError):
                raise
            raise FieldError(
                "price.amount", str(error) if isinstance(error, PriceError) else "is no price"
            ) from None

    def _images(self, record: Any) -> list[dict[str, str]]:
        found = self._found("images", record)
        listed = found if isinstance(found, list) else [] if found is None else [found]
        urls: list[str] = []
        for place, each in enumerate(listed):
            url = each.get("url") if isinstance(each, dict) else each
            if url is None or url == "":
                continue
            if not isinstance(url, str):
                raise FieldError(f"images[{place}]", f"is {_kind(url)}, not an address")
            if not url.lower().startswith(("http://", "https://", "//")):
                raise FieldError(f"images[{place}]", f"{url[:40]!r} is no address of the web")
            urls.append(f"https:{url}" if url.startswith("//") else url)
        # A marketplace shows the important ones first.
        return [{"url": url} for url in dict.fromkeys(urls)][:MAX_IMAGES]

    def _time(self, name: str, record: Any) -> datetime | None:
        found = self._found(name, record)
        if found is None or found == "":
            return None
        try:
            return read_moment(found, getattr(self._formats, name), self._zone)
        except MomentError as error:
            raise FieldError(name, str(error)) from None


def _version_id(key: str, version: datetime, fields: dict[str, Any]) -> str:
    marketplace, _, listing_id = key.partition(":")
    told = version.isoformat()
    identity = f"{marketplace}.{listing_id}.{told}"
    return identity if len(identity) <= MAX_KEY else event_id({**fields, "updated_at": told})


def _flat(table: Table[str, Any], above: str = "") -> dict[str, Any]:
    """Tables within tables as names with dots."""
    flat: dict[str, Any] = {}
    for name, value in table.items():
        flat |= _flat(value, f"{above}{name}.") if isinstance(value, dict) else {f"{above}{name}": value}
    return flat


def _plain(amount: Decimal) -> str:
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _kind(value: object) -> str:
    match value:
        case bool():
            return "true or false"
        case float():
            return "a number with a fraction"
        case list():
            return "a list"
        case dict():
            return "an object"
        case None:
            return "nothing"
        case _:
            return f"a {type(value).__name__}"
