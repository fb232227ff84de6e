"""No pattern lets a line feed pass behind the text that it is for: Python's `$` does, and two ids would look the same."""

import json
import re
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest
from alert_records import alert
from listing_records import listing, takedown

import connectors
import fingerprints
import streams
from connectors.codec import Codec, RecordError
from connectors.events import ListingEvent, Price, Takedown
from connectors.field_types import Amount, Key, Marketplace, Sha256
from connectors.lazada.options import LazadaOptions
from connectors.tiktok.options import TikTokOptions
from connectors.verdicts import Verdict
from fingerprints.policy import Policy
from streams.schema import documents
from streams.settings import PhotoStore

WHOLE: list[tuple[Any, str]] = [
    (Key, "308864651.1"),
    (Marketplace, "shopee-id"),
    (Sha256, "0" * 64),
    (Amount, "85000.50"),
    (Price.__annotations__["currency"], "IDR"),
    (LazadaOptions.__annotations__["seller_id"], "100"),
    (LazadaOptions.__annotations__["currency"], "IDR"),
    (TikTokOptions.__annotations__["shop_id"], "100"),
    (Policy.__annotations__["version"], "2026-11"),
    (get_args(PhotoStore.__annotations__["url"])[0], "s3://photos/shop"),
]
BEHIND = ("\n", "\r", "\r\n", "\n\n", "\x00", "\x85\n")


@pytest.mark.parametrize("number", range(len(WHOLE)))
def test_nothing_stands_behind_a_text(number: int) -> None:
    kind, text = WHOLE[number]
    assert msgspec.convert(text, kind) == text
    for end in BEHIND:
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert(text + end, kind)
        with pytest.raises(msgspec.ValidationError):
            msgspec.json.decode(msgspec.json.encode(text + end), type=kind)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_no_record_has_an_id_with_a_line_feed(end: str) -> None:
    event, gone = msgspec.to_builtins(listing(1)), msgspec.to_builtins(takedown(1))
    told = alert(1)
    verdict = {
        "alert_id": told.alert_id,
        "verdict": "relist",
        "by": "analyst-7",
        "decided_at": "2026-11-24T03:00:00Z",
    }
    verdict |= {"alert": msgspec.to_builtins(told)}
    records: list[tuple[Any, dict[str, Any], tuple[str, ...]]] = [
        (ListingEvent, event, ("event_id", "marketplace", "listing_id")),
        (Takedown, gone, ("takedown_id",)),
        (Verdict, verdict, ("alert_id",)),
    ]
    for kind, fields, names in records:
        codec = Codec(kind)
        codec.decode(json.dumps(fields).encode())
        for name in names:
            with pytest.raises(RecordError, match=name):
                codec.decode(json.dumps(fields | {name: fields[name] + end}).encode())


def test_no_pattern_of_ours_ends_in_a_dollar() -> None:
    for package in (connectors, fingerprints, streams):
        for path in Path(package.__path__[0]).rglob("*.py"):
            loose = re.findall(r"pattern=r?\"[^\"]*\$\"", path.read_text(encoding="utf-8"))
            assert not loose, (path.name, loose)


def test_the_schemas_say_the_end_as_json_schema_does() -> None:
    """`\\Z` is an error or a plain Z to whoever reads JSON Schema by its own rules (ECMA-262)."""
    text = "".join(documents().values())
    assert '"pattern": "^[0-9a-f]{64}$"' in text
    assert "\\Z" not in text
