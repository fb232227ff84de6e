"""Prices have one reading or are errors; times too."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.events import Price
from connectors.moments import UNITS, MomentError, read_moment, utc_offset, write_moment
from connectors.prices import PriceError, read_price


@pytest.mark.parametrize(
    ("text", "currency", "amount"),
    [
        ("Rp 85.000", None, "85000"),
        ("Rp85.000,00", None, "85000.00"),
        ("Rp. 85.000,-", None, "85000"),
        ("85.000,00", "IDR", "85000.00"),
        ("IDR 1.250.000", "IDR", "1250000"),
        ("1.250.000 IDR", None, "1250000"),
        ("85000", "rp", "85000"),
        ("85000.0", "IDR", "85000.0"),
        ("Rp\u00a085.000", None, "85000"),
        ("1,234,567", "IDR", "1234567"),
        ("1,234.50", "USD", "1234.50"),
        ("1.234,5", "USD", "1234.5"),
        ("0,500", "USD", "0.500"),
        ("1234.567", "USD", "1234.567"),
        ("US$ 12.50", None, "12.50"),
    ],
)
def test_a_price_with_one_reading_is_read(text: str, currency: str | None, amount: str) -> None:
    read = read_price(text, currency)
    assert read.amount == amount
    assert read.currency == ("USD" if "US" in f"{text}{currency}" else "IDR")


@pytest.mark.parametrize(
    ("text", "currency", "why"),
    [
        ("85,000", "IDR", "'85,000' is 85000 or 85.000"),
        ("85.000", "USD", "'85.000' is 85000 or 85.000"),
        ("85,000", "USD", "is 85000 or 85.000"),
        ("85.000", None, "has no currency"),
        ("$85", None, r"'\$' is no currency"),
        ("Rp 85.000", "USD", "more than one currency: IDR, USD"),
        ("Rp 85.000 - Rp 120.000", None, "is not a price"),
        ("-85000", "IDR", "is not a price"),
        ("85rb", "IDR", "'rb' is no currency"),
        ("1.23.4", "IDR", "is not a price"),
        ("85.000.00", "IDR", "is not a price"),
        ("1e5", "IDR", "is not a price"),
        ("٨٥", "IDR", "is not a price"),
        ("", "IDR", "is not a price"),
        ("9" * 19, "IDR", "is not a price"),
        ("9" * 100, "IDR", "is not a price"),
    ],
)
def test_what_has_no_or_two_readings_is_an_error(text: str, currency: str | None, why: str) -> None:
    with pytest.raises(PriceError, match=why):
        read_price(text, currency)


def test_a_told_decimal_sign_settles_it() -> None:
    assert read_price("85,000", "IDR", ".").amount == "85000"
    assert read_price("85,000", "IDR", ",").amount == "85.000"
    assert read_price("85.000", "USD", ",").amount == "85000"
    assert read_price("85.000", "IDR", ".").amount == "85.000"
    with pytest.raises(PriceError, match="with decimal sign ','"):
        read_price("1,234.50", "USD", ",")


@given(
    text=st.text(max_size=80),
    currency=st.none() | st.text(max_size=4),
    decimal=st.sampled_from(["auto", ",", "."]),
)
def test_any_text_is_a_right_price_or_the_documented_error(
    text: str, currency: str | None, decimal: str
) -> None:
    try:
        price = read_price(text, currency, decimal)  # type: ignore[arg-type]
    except PriceError:
        return
    assert float(price.amount) >= 0
    assert len(price.currency) == 3


@given(
    whole=st.integers(0, 10**12),
    decimals=st.none() | st.text("0123456789", min_size=1, max_size=2),
    group=st.sampled_from([".", ","]),
)
def test_an_amount_written_with_groups_and_decimals_reads_back(
    whole: int, decimals: str | None, group: str
) -> None:
    decimal = "," if group == "." else "."
    text = f"{whole:,}".replace(",", group) + (f"{decimal}{decimals}" if decimals else "")
    wanted = f"{whole}" + (f".{decimals}" if decimals else "")
    assert read_price(text, "USD", decimal) == Price(amount=wanted, currency="USD")
    if whole >= 1_000_000 or (decimals and whole >= 1000):
        assert read_price(text, "USD").amount == wanted


@pytest.mark.parametrize(
    ("value", "form", "iso"),
    [
        ("2026-11-24T10:00:00+07:00", "iso", "2026-11-24T03:00:00+00:00"),
        ("2026-11-24 10:00", "iso", "2026-11-24T03:00:00+00:00"),
        (1795489200, "epoch_s", "2026-11-24T03:00:00+00:00"),
        ("1795489200123", "epoch_ms", "2026-11-24T03:00:00.123000+00:00"),
        (1795489200.123456, "epoch_s", "2026-11-24T03:00:00.123456+00:00"),
        (-1.5, "epoch_s", "1969-12-31T23:59:58.500000+00:00"),
        ("24/11/2026 10:00", "%d/%m/%Y %H:%M", "2026-11-24T03:00:00+00:00"),
    ],
)
def test_times_are_read_as_their_form_says(value: object, form: str, iso: str) -> None:
    assert read_moment(value, form, utc_offset("+07:00")).isoformat() == iso


@given(
    value=st.text(max_size=30) | st.integers() | st.floats() | st.none() | st.booleans(),
    form=st.sampled_from(["iso", *UNITS, "%d/%m/%Y", "%s%", "%"]) | st.text(max_size=5),
)
def test_any_value_is_a_time_or_the_documented_error(value: object, form: str) -> None:
    try:
        assert read_moment(value, form, UTC).tzinfo is UTC
    except MomentError:
        return


@given(moment=st.datetimes(timezones=st.just(UTC)), form=st.sampled_from(["iso", *UNITS]))
def test_a_written_time_reads_back(moment: datetime, form: str) -> None:
    grain = timedelta(microseconds=1_000_000 // UNITS.get(form, 1_000_000))
    assert timedelta(0) <= moment - read_moment(write_moment(moment, form), form) < grain


def test_a_time_without_a_zone_and_a_wrong_offset_are_errors() -> None:
    with pytest.raises(MomentError, match="has no zone"):
        read_moment("2026-11-24 10:00")
    for text in ("7", "+7:00", "+25:00", "+07:00\n", "Asia/Jakarta"):
        with pytest.raises(MomentError, match="no offset"):
            utc_offset(text)
