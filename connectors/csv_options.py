"""How a table's columns become a record's fields: by the field's own name, or as the options say."""

import re
from collections.abc import Mapping
from typing import Literal

from msgspec import Struct, field

from connectors.csv_rows import Delimiter
from connectors.moments import MomentError, utc_offset
from connectors.prices import DecimalSign
from connectors.sdk import OptionsError

LISTING_TEXTS = (
    "event_id", "type", "marketplace", "listing_id", "seller_id", "url", "title", "description", "category",
    "condition",
)  # fmt: skip
PRICES = ("price_amount", "price", "price_currency", "currency")
IMAGES = ("images", "image_url")
TIMES = ("observed_at", "listed_at")
TAKEDOWN_TEXTS = ("takedown_id", "reason", "authority", "source", "withdrawn")
FIELDS = (*LISTING_TEXTS, *PRICES, *IMAGES, *TIMES, *TAKEDOWN_TEXTS, "taken_down_at")
_NUMBERED_IMAGE = re.compile(r"image_(?:url_)?([1-9]\d?)", re.ASCII)


class CsvOptions(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Options of whatever reads CSV."""

    columns: dict[str, str] = field(default_factory=dict)
    """A field to the column that holds it, such as `title = "Nama Produk"`. Other fields are looked for under
    their own names, small or large: `marketplace listing_id title description seller_id url price_amount price
    currency category condition images image_url image_1 … observed_at listed_at event_id type`; takedowns have
    `takedown_id reason authority source taken_down_at withdrawn` besides."""
    defaults: dict[str, str] = field(default_factory=dict)
    """A field's value where the row has none, such as `marketplace = "shopee-id"`."""
    delimiter: Delimiter = "auto"
    """What parts the cells; `auto`: of , ; tab and | the one that gives most of the wanted columns."""
    decimal: DecimalSign = "auto"
    """The decimal sign of prices; `auto` takes only prices that can be read in one way."""
    time_format: str = "iso"
    """Of times: `iso`, `epoch_s`, `epoch_ms`, or a pattern such as `%d/%m/%Y %H:%M`."""
    utc_offset: str | None = None
    """Of times without a zone, such as `+07:00`; without it they are errors."""
    fallback_encoding: Literal["none", "cp1252"] = "none"
    """How to read rows that are not UTF-8; without it they are passed on undecoded."""


def check(options: CsvOptions, source: str) -> None:
    """Look for wrong names and values.

    Raises:
        OptionsError: naming the option.
    """
    for option, given in (("columns", options.columns), ("defaults", options.defaults)):
        for name in given:
            if not is_field(name):
                raise OptionsError(
                    f"{source}: option {option}: no field {name!r}; the fields: {', '.join(FIELDS)}"
                )
    if options.utc_offset is not None:
        try:
            utc_offset(options.utc_offset)
        except MomentError as error:
            raise OptionsError(f"{source}: option utc_offset: {error}") from None


def is_field(name: str) -> bool:
    """Whether a column or default of that name means something."""
    return name in FIELDS or image_number(name) is not None


def image_number(name: str) -> int | None:
    """Which photo a column such as `image_3` or `image_url_3` holds."""
    found = _NUMBERED_IMAGE.fullmatch(name)
    return int(found[1]) if found else None


def given(row: Mapping[str, str], names: tuple[str, ...]) -> str | None:
    """The first of these fields that the row has."""
    return next((row[name] for name in names if name in row), None)
