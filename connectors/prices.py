"""Prices as people and programs write them, read only where there is one way to read them.

"Rp 85.000", "85.000,00", "1,234.50" and "85000" have one reading. "85,000" has two (85000 with an English
thousands comma, 85 with a decimal comma and a stray zero), and so has "85.000" of a currency whose amounts
show decimals: they are errors, until the options say which sign is the decimal one. An amount of rupiah is
never written with three decimals, so a single point before three digits groups thousands there.
"""

import re
from typing import Literal

from connectors.events import Price

DecimalSign = Literal["auto", ",", "."]

WITHOUT_DECIMALS = frozenset({"IDR", "VND", "KRW", "JPY"})
"""Currencies whose prices show no decimals (ISO 4217 gives IDR two, which no shop uses)."""
SIGNS = {
    "rp": "IDR",
    "rp.": "IDR",
    "us$": "USD",
    "s$": "SGD",
    "rm": "MYR",
    "₫": "VND",
    "฿": "THB",
    "₱": "PHP",
    "€": "EUR",
    "£": "GBP",
}
"""A lone $ is left out: a dozen currencies use it."""
MAX_CHARACTERS = 64

_WHOLE = re.compile(
    r"(?P<before>[^\d,.\-]*\.?)\s*(?P<number>\d[\d.,]*?)(?:,-|,–)?\s*(?P<after>[^\d,.\-]*)", re.ASCII
)
_CODE = re.compile(r"[A-Z]{3}", re.ASCII)
_PLAIN = re.compile(r"\d{1,18}(\.\d{1,6})?", re.ASCII)
_GROUPED = re.compile(r"[1-9]\d{0,2}(?:(?P<sign>[.,])\d{3})(?:(?P=sign)\d{3})*", re.ASCII)


class PriceError(ValueError):
    """The text is no price, or can be read in two ways; the message says which."""


def read_price(text: str, currency: str | None = None, decimal: DecimalSign = "auto") -> Price:
    """The price in `text`, whose currency it names itself or `currency` gives. `decimal`: the decimal sign.

    Raises:
        PriceError: no price, none with its currency, or more than one reading.
    """
    shown = repr(text[:MAX_CHARACTERS])
    if len(text) > MAX_CHARACTERS or not (found := _WHOLE.fullmatch(text.strip())):
        raise PriceError(f"{shown} is not a price")
    named = {code for part in ("before", "after") if (code := _currency(found[part], shown))}
    if currency is not None:
        named.add(_currency(currency, repr(currency)) or "")
    if len(named) > 1:
        raise PriceError(f"{shown} names more than one currency: {', '.join(sorted(named))}")
    if not any(named):
        raise PriceError(f"{shown} has no currency")
    code = named.pop()
    return Price(amount=_amount(found["number"], code, decimal, shown), currency=code)


def _currency(text: str, shown: str) -> str | None:
    """The ISO 4217 code that a sign or code stands for; None for nothing."""
    text = text.strip()
    if not text:
        return None
    if _CODE.fullmatch(text):
        return text
    if code := SIGNS.get(text.lower()):
        return code
    raise PriceError(f"{shown}: {text[:8]!r} is no currency")


def _amount(number: str, currency: str, decimal: DecimalSign, shown: str) -> str:
    readings = {
        amount for sign in (".", ",") if (amount := _read(number, sign)) and decimal in {"auto", sign}
    }
    if len(readings) == 2 and decimal == "auto":
        readings = _likely(number, currency, shown)
    if len(readings) != 1:
        raise PriceError(
            f"{shown} is not a price" + ("" if decimal == "auto" else f" with decimal sign {decimal!r}")
        )
    return readings.pop()


def _read(number: str, decimal: str) -> str | None:
    """The amount if `decimal` is the decimal sign; None where the number cannot be written so."""
    grouping = "," if decimal == "." else "."
    whole, has_decimals, decimals = number.partition(decimal)
    if grouping in whole:
        grouped = _GROUPED.fullmatch(whole)
        if not grouped:
            return None
        whole = whole.replace(grouping, "")
    amount = f"{whole}.{decimals}" if has_decimals else whole
    return amount if _PLAIN.fullmatch(amount) else None


def _likely(number: str, currency: str, shown: str) -> set[str]:
    """The one reading that shops of this currency use; there are two only where one sign stands before three
    digits.
    """
    if "." in number and currency in WITHOUT_DECIMALS:
        return {number.replace(".", "")}
    one, other = number.replace(".", "").replace(",", ""), number.replace(",", ".")
    raise PriceError(f"{shown} is {one} or {other}: say which sign is the decimal one")
