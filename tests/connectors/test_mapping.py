"""Mappings: every expression checked at once, every value checked, whatever the record holds."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.events import EventType, Image, ListingEvent, Price, Source
from connectors.expression import MAX_CHARACTERS, Expression, ExpressionError
from connectors.http_mapping_file import load
from connectors.http_questions import Questions
from connectors.mapping import Mapping
from connectors.mapping_tables import MappingTables
from connectors.record_fields import FieldError
from connectors.sdk import OptionsError

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
MADE_BY = Source(connector="http", version="1")
FIELDS = {
    "listing_id": "id",
    "title": "name",
    "price": {"amount": "price", "currency": "currency"},
    "images": "photos",
    "updated_at": "changed",
    "condition": "state",
    "description": "text",
}


def mapping(fields: dict[str, Any] | None = None, **tables: Any) -> Mapping:
    whole = {"fields": FIELDS if fields is None else fields, "constants": {"marketplace": "toko-id"}} | tables
    return Mapping(msgspec.convert(whole, MappingTables), MADE_BY)


def event(record: Any, *arguments: Any, **tables: Any) -> ListingEvent:
    return mapping(*arguments, **tables).event(record, NOW)


def test_a_record_becomes_an_event_of_its_version() -> None:
    record = {
        "id": 1234567890123456789,
        "name": "Jaket",
        "price": 85000.5,
        "currency": "IDR",
        "photos": ["https://x/1.jpg", {"url": "//x/2.jpg"}, None, "https://x/1.jpg"],
        "changed": "2026-11-24T10:00:00+07:00",
        "state": "used",
    }
    assert event(record) == ListingEvent(
        event_id="toko-id.1234567890123456789.2026-11-24T03:00:00+00:00",
        type=EventType.UPDATED,
        marketplace="toko-id",
        listing_id="1234567890123456789",
        title="Jaket",
        price=Price(amount="85000.5", currency="IDR"),
        images=(Image(url="https://x/1.jpg"), Image(url="https://x/2.jpg")),
        condition="used",
        observed_at=NOW,
        source=MADE_BY,
    )


def test_without_a_version_the_content_is_the_id() -> None:
    first = event({"id": "7", "name": "Jaket"})
    assert first.event_id.startswith("toko-id.7.")
    assert (
        mapping().event({"id": "7", "name": "Jaket", "other": 1}, NOW.replace(hour=13)).event_id
        == first.event_id
    )
    assert event({"id": "7", "name": "Rok"}).event_id != first.event_id
    long = event({"id": "7" * 250, "name": "Jaket", "changed": "2026-11-24T10:00:00Z"})
    assert len(long.event_id) == 64
    assert (
        event({"id": "7" * 250, "name": "Jaket", "changed": "2026-11-24T10:00:01Z"}).event_id != long.event_id
    )


def test_words_of_the_api_are_translated_and_constants_fill_gaps() -> None:
    tables: dict[str, Any] = {
        "values": {"type": {"GONE": "listing.removed"}, "condition": {"BEKAS": "used"}},
        "constants": {"marketplace": "toko-id", "price": {"currency": "IDR"}, "seller_id": "s1"},
        "formats": {"price_divisor": 100, "updated_at": "epoch_ms"},
    }
    fields = FIELDS | {"type": "status"}
    gone = event(
        {"id": 7, "status": "GONE", "state": "BEKAS", "price": 8500000, "changed": 1795489200123},
        fields,
        **tables,
    )
    assert (gone.type, gone.title, gone.condition, gone.seller_id) == (EventType.REMOVED, "", "used", "s1")
    assert gone.price == Price(amount="85000", currency="IDR")
    assert gone.event_id == "toko-id.7.2026-11-24T03:00:00.123000+00:00"
    assert event({"id": 7, "name": "x", "price": "85.50"}, fields, **tables).price == Price(
        amount="0.855", currency="IDR"
    )


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"id": None}, "listing_id (id): is missing"),
        ({"id": ""}, "listing_id (id): is missing"),
        ({"id": 1.5e18}, "listing_id (id): is a number with a fraction, not text"),
        ({"id": True}, "listing_id (id): is true or false, not text"),
        ({"id": 10**41}, "listing_id (id): is a number too large"),
        ({"id": "a\nb"}, "listing_id (id): Expected `str` matching regex"),
        ({"name": ["Jaket"]}, "title (name): is a list, not text"),
        ({"name": {"id": "Jaket"}}, "title (name): is an object, not text"),
        ({"price": "85rb"}, "price.amount (price): '85rb': 'rb' is no currency"),
        ({"price": -1}, "price.amount (price): Expected `str` matching regex"),
        ({"price": 1e300}, "price.amount (price): is no price"),
        ({"price": []}, "price.amount (price): is a list, not a number"),
        ({"price": 5, "currency": None}, "price.currency (currency): is missing"),
        ({"price": 5, "currency": "rupiah"}, "price.currency (currency): Expected `str` matching regex"),
        ({"photos": [5]}, "images[0] (photos): is a int, not an address"),
        ({"photos": ["/1.jpg"]}, "images[0] (photos): '/1.jpg' is no address"),
        ({"changed": "kemarin"}, "updated_at (changed): 'kemarin' is no time as iso"),
        ({"changed": "2026-11-24T10:00:00"}, "updated_at (changed): '2026-11-24T10:00:00' has no zone"),
        ({"changed": 5}, "updated_at (changed): 5 is no text"),
        ({"state": "worn"}, "condition (state): Invalid enum value"),
    ],
)
def test_a_value_that_does_not_fit_names_field_and_expression(change: dict[str, Any], why: str) -> None:
    record = {"id": "7", "name": "Jaket", "price": 5, "currency": "IDR"}
    mapped = mapping()
    mapped.event(record, NOW)
    with pytest.raises(FieldError) as caught:
        mapped.event(record | change, NOW)
    assert str(caught.value).startswith(why)
    assert mapped.key(record | change) == (None if "id" in change else "toko-id:7")


@pytest.mark.parametrize(
    ("price", "amount"),
    [
        ("85000.00", "85000"),
        ("Rp 85.000", "85000"),
        (85000.00000000001, "85000"),
        (0, "0"),
        ("85000.125", "85000.125"),
    ],
)
def test_a_price_is_read_as_it_is_meant(price: Any, amount: str) -> None:
    assert event({"id": 7, "name": "x", "price": price, "currency": "IDR"}).price == Price(
        amount=amount, currency="IDR"
    )
    with pytest.raises(FieldError, match=r"price.amount \(price\): '85,000' is 85000 or 85.000"):
        event({"id": 7, "name": "x", "price": "85,000", "currency": "IDR"})
    told = event({"id": 7, "name": "x", "price": "85,000", "currency": "IDR"}, formats={"decimal": "."})
    assert told.price == Price(amount="85000", currency="IDR")


def test_a_function_that_does_not_take_the_value_names_it_too() -> None:
    with pytest.raises(FieldError, match=r"^title \(join\('', name\)\): In function join"):
        event({"id": 7, "name": "Jaket"}, FIELDS | {"title": "join('', name)"})


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a[", "is no JMESPath"),
        ("", "is no JMESPath"),
        ("name |", "is no JMESPath"),
        ("upper(name)", r"there is no function upper\(\)"),
        ("join(name)", r"join\(\) takes 2 arguments, not 1"),
        ("not_null()", r"not_null\(\) takes at least 1 arguments, not 0"),
        ("length(a, b)", r"length\(\) takes 1 arguments, not 2"),
        ("a" * (MAX_CHARACTERS + 1), "longer than 500 characters"),
        ("(" * 499, "is no JMESPath|nested too deeply"),
        ("!" * 499 + "a", "may cost too much|nested too deeply"),
        ("|".join(["[@,@][]"] * 20), "may cost too much"),
        ("{a: @, b: {a: @, b: {a: @, b: {a: [@,@,@,@,@,@,@,@,@], b: @}}}}", "may cost too much"),
        ("a.b" + ".c" * 120, "may cost too much"),
    ],
)
def test_a_wrong_or_costly_expression_is_found_when_it_is_read(text: str, why: str) -> None:
    with pytest.raises(ExpressionError, match=f"^fields.title: .*({why})"):
        Expression("fields.title", text)


@pytest.mark.parametrize(
    ("tables", "why"),
    [
        ({"fields": {"title": "name"}}, "fields.listing_id: is missing, and so is constants.listing_id"),
        ({"constants": {"price": {"amonut": "5"}}}, "constants.price.amonut: no such field"),
        ({"values": {"images": {"a": "b"}}}, "values.images: no such field"),
        ({"fields": FIELDS | {"price": {"amount": "a["}}}, "fields.price.amount: 'a\\['"),
        ({"formats": {"utc_offset": "WIB"}}, "formats.utc_offset: 'WIB'"),
    ],
)
def test_a_wrong_key_of_the_tables_is_named(tables: dict[str, Any], why: str) -> None:
    with pytest.raises(ExpressionError, match=why):
        mapping(tables.pop("fields", None), **tables)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=12)
    | st.sampled_from([10**400, -(10**41), 1e300, "2026-11-24T10:00:00Z", "Rp 85.000", "https://x/1.jpg", "used"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["id", "name", "url", "a"]), inner, max_size=4),
    max_leaves=8,
)  # fmt: skip
EXPRESSIONS = [
    "@", "id", "name", "a[].url", "a[?id > `1`].name", "sort(a)", "sort_by(a, &id)", "sum(a)", "avg(a)", "to_number(id)",
    "ceil(id)", "join(',', a)", "max_by(a, &name)", "map(&id, a)", "merge(a, name)", "keys(@)", "reverse(name)",
    "a[::0]", "a[::2]", "not_null(id, name)", "to_string(@)", "contains(name, id)", "length(a)", "{id: id, x: [name, a]}",
    "abs(id)", "floor(a)", "starts_with(name, 'R')", "type(@)", "values(a)", "min(a)", "a || name", "a && id", "!id",
]  # fmt: skip
RECORDS = st.dictionaries(
    st.sampled_from([*("id", "name", "a"), *FIELDS, "photos", "changed", "state", "currency"]), JSON
)


@given(
    record=RECORDS | JSON,
    expression=st.sampled_from(EXPRESSIONS),
    form=st.sampled_from(["iso", "epoch_s", "%d/%m/%Y"]),
)
def test_any_record_is_an_event_or_the_documented_error(record: Any, expression: str, form: str) -> None:
    fields = FIELDS | {
        "title": expression,
        "price": {"amount": expression, "currency": "currency"},
        "images": expression,
    }
    mapped = mapping(
        fields, formats={"updated_at": form}, constants={"marketplace": "m", "price": {"currency": "IDR"}}
    )
    try:
        made = mapped.event(record, NOW)
    except FieldError:
        pass
    else:
        assert msgspec.json.decode(msgspec.json.encode(made), type=ListingEvent) == made
    assert mapped.key(record) is None or str(mapped.key(record)).startswith("m:")


@given(text=st.text(st.sampled_from("ab.[]{}()?*@&|!<>=`'\":,0- "), max_size=30))
def test_any_text_is_an_expression_or_the_documented_error(text: str) -> None:
    try:
        expression = Expression("fields.title", text)
        expression.of({"a": [{"b": 1}, {"b": "x"}], "b": {"a": None}})
    except ExpressionError:
        return


def file(tmp_path: Path, text: str) -> str:
    path = tmp_path / "mapping.toml"
    path.write_text(text)
    return str(path)


WHOLE = """
records = "items"
request = {{ url = "https://x/p"{request} }}
fields = {{ listing_id = "id", title = "name", marketplace = "'m'" }}
{rest}
"""


def whole(request: str = "", rest: str = "") -> str:
    return WHOLE.format(request=request and f", {request}", rest=rest)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("records = 5", "Expected `str`, got `int` - at `records`|missing required field"),
        ("=", "is no TOML"),
        (whole('methd = "GET"'), "unknown field `methd` - at `request`"),
        (whole('method = "PUT"'), "Invalid enum value 'PUT' - at `request.method`"),
        (whole(rest='paging = { kind = "pages", param = "p" }'), "Invalid value 'pages' - at `paging.kind`"),
        (whole(rest='paging = { kind = "page" }'), "missing required field `param` - at `paging`"),
        (
            whole(rest='paging = { kind = "cursor", param = "c" }'),
            "missing required field `cursor` - at `paging`",
        ),
        (whole(rest='window = { since = "s", format = "epoch" }'), "window.format: iso, epoch_s"),
        (whole("body = {}"), "request.method: a body is sent with POST only"),
        (
            whole(rest='window = { since = "s", in = "body" }'),
            "request.method: a body is sent with POST only",
        ),
        (whole().replace("https://x", "ftp://x"), "request.url: begins with https://"),
        (whole().replace("https://x", "https://u:p@x"), "request.url: has a password"),
        (whole().replace("https://x", "https://x:port"), "request.url: Invalid port"),
        ("x = 1\n" * 100_000, "is larger than"),
    ],
)
def test_a_wrong_file_is_named_with_its_key(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(OptionsError, match=why):
        load(file(tmp_path, text))


def test_a_missing_file_and_a_missing_secret_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(OptionsError, match="option mapping: cannot read"):
        load(str(tmp_path / "none.toml"))
    monkeypatch.delenv("TOKO_TOKEN", raising=False)
    for request, key in (
        (
            'headers = { Authorization = { secret = "env:TOKO_TOKEN", prefix = "Bearer " } }',
            "request.headers.Authorization",
        ),
        ('params = { key = "env:TOKO_TOKEN" }', "request.params.key"),
    ):
        with pytest.raises(
            OptionsError, match=f"http: {key}: the environment variable TOKO_TOKEN is not set"
        ):
            Questions(load(file(tmp_path, whole(request))))
