"""Targets: what connectors make of an API's JSON: mappings and their expressions, marketplaces' records, pushes."""

import tempfile
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from connectors.clock import SystemClock
from connectors.codec import Codec, RecordError
from connectors.events import Source
from connectors.expression import Expression, ExpressionError
from connectors.http_mapping_file import load
from connectors.lazada import listing as lazada
from connectors.lazada.push import verifier as of_lazada
from connectors.lazada.signature import sign_push as lazada_sign
from connectors.mapping import Mapping
from connectors.push_receiver import PushRequest, PushUnreadable
from connectors.record_fields import FieldError
from connectors.sdk import OptionsError
from connectors.secret import Secret
from connectors.shopee import listing as shopee
from connectors.shopee.push import ShopeePushes
from connectors.shopee.signature import sign_push as shopee_sign
from connectors.tiktok import listing as tiktok
from connectors.tiktok.push import verifier as of_tiktok
from connectors.tiktok.signature import sign_push as tiktok_sign
from fuzzing.target import Target

NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
EXAMPLE = Path(__file__).parents[3] / "docs" / "examples" / "http-mapping.toml"


@cache
def _mapping() -> Mapping:
    return Mapping(load(str(EXAMPLE)), Source(connector="http", version="1"))


def _mapped(raw: bytes) -> None:
    with suppress(msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        record = msgspec.json.decode(raw)
        _mapping().key(record)
        event = _mapping().event(record, NOW)
        assert Codec(type(event)).decode(msgspec.json.encode(event)).record == event


def _mapped_seeds() -> list[bytes]:
    return [
        b'{"id":17,"shop":{"id":"4"},"name":"Jaket","details":{"text":"x"},"links":{"web":"https://a.example/1"},'
        b'"price":{"value":8500000,"currency":"IDR"},"category":{"name":"baju"},"condition":"BARU",'
        b'"photos":[{"visible":true,"url":"//cdn.example/1.jpg"}],"state":"LIVE","created_at":"24/11/2026 10:00",'
        b'"updated_at":1795489200000}',
        b'{"id":1e400,"name":null,"price":{"value":"85.000"},"updated_at":"x"}',
    ]


def _expression(raw: bytes) -> None:
    """An expression and, behind a line feed, the JSON that it is applied to."""
    text, _, value = raw.partition(b"\n")
    expression = Expression("fields.title", text.decode("utf-8", "replace"))
    with suppress(msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        expression.of(msgspec.json.decode(value))


def _expression_seeds() -> list[bytes]:
    value = b'\n{"a":[{"b":1,"c":"x"},{"b":2}],"n":null,"s":"text"}'
    texts = (
        b"a[?b>`1`].c | [0]", b"join(',', a[].c)", b"sort_by(a, &b)[-1]", b"{x: a[*].b, y: s}", b"a[::2]",
        b"map(&to_string(@), a)", b"max_by(a, &b).c || s", b"to_number(s)", b"merge(a[0], a[1])", b"a[].*",
    )  # fmt: skip
    return [text + value for text in texts]


def _mapping_file(raw: bytes) -> None:
    with tempfile.NamedTemporaryFile(suffix=".toml") as file:
        file.write(raw)
        file.flush()
        with suppress(ExpressionError):
            Mapping(load(file.name), Source(connector="http", version="1"))


def _marketplaces(raw: bytes) -> None:
    """A record of each marketplace, as its own parser takes it."""
    for parse in _PARSERS:
        with suppress(RecordError):
            for event in parse(raw):
                assert Codec(type(event)).decode(msgspec.json.encode(event)).record == event
    for key in (lazada.listing_key(raw), tiktok.listing_key(raw, "tiktok-id")):
        assert key is None or ":" in key


def _lazada(raw: bytes) -> Iterator[Any]:
    yield lazada.listing_event(raw, shop=lazada.Shop(seller_id="100"), observed_at=NOW)


def _tiktok(raw: bytes) -> Iterator[Any]:
    tiktok.found(raw)
    shop = tiktok.Shop(seller_id="7")
    yield from tiktok.listing_events(
        raw, marketplaces=("tiktok-id", "tokopedia-id"), shop=shop, observed_at=NOW
    )


def _shopee(raw: bytes) -> Iterator[Any]:
    try:
        record = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return
    shopee.record_key(record, 9)
    shopee.item_id_of(record)
    shopee.needs_models(record)
    models = record.get("model") if isinstance(record, dict) else None
    yield shopee.listing_event(
        record, shop_id=9, observed_at=NOW, models=models if isinstance(models, list) else ()
    )


_PARSERS = (_lazada, _tiktok, _shopee)


def _marketplaces_seeds() -> list[bytes]:
    return [
        b'{"item_id":123,"attributes":{"name":"Jaket","description":"<p>a &amp; b</p>"},"status":"active",'
        b'"created_time":"1795489200000","updated_time":"1795489300000","primary_category":5,'
        b'"images":"[\\"https://a.example/1.jpg\\"]","skus":[{"SkuId":1,"Status":"active","price":85000.0,'
        b'"Images":["https://a.example/2.jpg"],"special_price":0}]}',
        b'{"id":"1729382256910270000","title":"Jaket","status":"ACTIVATE","create_time":1795489200,'
        b'"update_time":1795489300,"description":"<p>x</p>","main_images":[{"urls":["https://a.example/1.jpg"]}],'
        b'"skus":[{"price":{"currency":"IDR","sale_price":"85000"}}],"category_chains":[{"local_name":"Baju"}],'
        b'"product_platforms":["TIKTOK_SHOP","TOKOPEDIA"],"integrated_platform_statuses":[{"platform":"TOKOPEDIA",'
        b'"status":"PLATFORM_DEACTIVATED"}]}',
        b'{"item_id":5,"item_status":"NORMAL","update_time":1795489200,"create_time":1795489200,"item_name":"Jaket",'
        b'"description":"x","description_type":"normal","price_info":[{"currency":"IDR","current_price":85000}],'
        b'"image":{"image_url_list":["https://a.example/1.jpg"]},"category_id":3,"condition":"USED","has_model":false}',
    ]


def _pushes(raw: bytes) -> None:
    """The body of a push whose signature is right."""
    key, secret, clock = "key", Secret("a secret of the app"), SystemClock()
    url = "https://push.example/shopee"
    verifiers = (
        (of_lazada(key, secret, "100", clock), lazada_sign(key, secret.reveal(), raw)),
        (of_tiktok(key, secret, "7", clock), tiktok_sign(key, secret.reveal(), raw)),
        (
            ShopeePushes(partner_key=secret, url=url, shop_id=9, clock=clock, tell=str),
            shopee_sign(secret.reveal(), url, raw),
        ),
    )
    for verify, signature in verifiers:
        with suppress(PushUnreadable):
            for hint in verify(PushRequest("/push", "", {"authorization": signature}, raw)):
                assert hint.listing_id


def _pushes_seeds() -> list[bytes]:
    return [
        b'{"message_type":3,"seller_id":"100","data":{"item_id":123,"action":"DELETED"}}',
        b'{"type":5,"shop_id":"7","tts_notification_id":"n1","data":{"product_id":"1729","tts_shop_id":"7"}}',
        b'{"code":3,"shop_id":9,"data":{"item_id":5,"shop_id":9,"item_status":"BANNED","expire_before":1795489200}}',
        b'{"code":12,"data":{"shop_expire_soon":[9],"expire_before":1795489200}}',
    ]


TARGETS = (
    Target("mapped-record", _mapped, _mapped_seeds, (FieldError,)),
    Target("expression", _expression, _expression_seeds, (ExpressionError,), 1024),
    Target("mapping-file", _mapping_file, lambda: [EXAMPLE.read_bytes()], (OptionsError,)),
    Target("marketplace-record", _marketplaces, _marketplaces_seeds),
    Target("push", _pushes, _pushes_seeds),
)
