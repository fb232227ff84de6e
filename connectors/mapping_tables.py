"""The tables of a mapping file that say where in a record each field of an event stands."""

from typing import Annotated

from msgspec import Meta, Struct, field

from connectors.prices import DecimalSign


class PriceFields(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where the price stands."""

    amount: str | None = None
    currency: str | None = None


class MappingFields(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """JMESPath expressions within a record, for each field of an event."""

    event_id: str | None = None
    type: str | None = None
    marketplace: str | None = None
    listing_id: str | None = None
    seller_id: str | None = None
    url: str | None = None
    title: str | None = None
    description: str | None = None
    category: str | None = None
    condition: str | None = None
    price: PriceFields = field(default_factory=PriceFields)
    images: str | None = None
    """Gives a text, a list of texts, or of objects with `url`."""
    observed_at: str | None = None
    """Without it, the time of asking."""
    listed_at: str | None = None
    updated_at: str | None = None
    """The version in the event's id: a listing seen again unchanged is the same event."""


class Formats(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How times and prices are written: `iso`, `epoch_s`, `epoch_ms`, `epoch_us` or a strptime pattern."""

    observed_at: str = "iso"
    listed_at: str = "iso"
    updated_at: str = "iso"
    utc_offset: str | None = None
    """Of times without a zone, such as `+07:00`."""
    decimal: DecimalSign = "auto"
    """The decimal sign of amounts that are texts; `auto` takes only those that can be read in one way."""
    price_divisor: Annotated[int, Meta(ge=1, le=1_000_000)] = 1
    """What amounts are divided by: 100 where they are in hundredths."""


class MappingTables(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The part of the file that maps records."""

    fields: MappingFields
    constants: dict[str, str | dict[str, str]] = field(default_factory=dict)
    """Values of fields that no expression gives, such as `marketplace` and `price.currency`."""
    formats: Formats = field(default_factory=Formats)
    values: dict[str, dict[str, str]] = field(default_factory=dict)
    """For a field, what the API's word is called here: `values.condition.BEKAS = "used"`."""
