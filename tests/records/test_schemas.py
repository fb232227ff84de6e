"""The exported schemas are those of the code, valid, and true of real records."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
from alert_records import NOON, alert, dead_letter, policy_difference, seller_link, verdict
from heartbeat_records import heartbeat
from listing_records import drawn_photo, inline, listing, takedown
from msgspec import Struct
from takedown_lists import takedown_request
from takedown_records import takedown_change, takedown_status

from connectors.events import Price
from fingerprints.photo_print import PhotoPrint, print_of_bytes
from streams.engine.pipeline import fingerprint_listing, fingerprint_takedown
from streams.schema import MEANINGS, RECORD_OF, asyncapi, documents, export, record_schemas
from streams.sharding.answers import ShardAnswer, ShardMatch
from streams.topics import ALL_TOPICS

COMMITTED = Path(__file__).parents[2] / "docs" / "schemas"


def examples() -> list[Struct]:
    """One full record of each type."""
    photo = drawn_photo(1)
    full = listing(1, images=inline(photo), price=Price(amount="85000.50", currency="IDR"), listed_at=NOON)
    request = takedown(1, images=inline(photo), price=full.price)
    answer = ShardMatch(offset=70, takedowns=(fingerprint_takedown(request, ()),))
    prints = [print_of_bytes(photo, max_pixels=1_000_000)]
    return [
        full,
        request,
        alert(1),
        dead_letter(),
        seller_link(1),
        verdict(1),
        policy_difference(1),
        takedown_request(1),
        takedown_status(takedown_request(1)),
        takedown_change(),
        heartbeat(),
        ShardAnswer(shard=2, of=8, partition=5, first=64, to=81, matches=(answer,)),
        fingerprint_listing(full, prints),
        fingerprint_takedown(request, prints),
    ]


def test_the_committed_schemas_are_the_current_ones() -> None:
    committed = {path.name: path.read_text(encoding="utf-8") for path in COMMITTED.iterdir()}
    assert committed == documents(), "run: relistwatch schema export --out docs/schemas"


def test_exporting_twice_gives_the_same_files(tmp_path: Path) -> None:
    first = {path.name: path.read_bytes() for path in export(tmp_path / "a")}
    second = {path.name: path.read_bytes() for path in export(tmp_path / "b")}
    assert first == second
    assert first.keys() == documents().keys()


@pytest.mark.parametrize("record", examples(), ids=lambda record: type(record).__name__)
def test_a_record_validates_and_a_spoilt_one_does_not(record: Struct) -> None:
    schema = record_schemas()[type(record).__name__]
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    sound = msgspec.json.decode(msgspec.json.encode(record))
    validator.validate(sound)
    validator.validate(sound | {"a_field_of_the_future": 1})
    for field in schema["required"]:
        with pytest.raises(jsonschema.ValidationError, match="required"):
            validator.validate({name: value for name, value in sound.items() if name != field})
        with pytest.raises(jsonschema.ValidationError):
            validator.validate(sound | {field: [object]})


def test_every_field_of_a_photo_print_has_its_meaning() -> None:
    for name, described in MEANINGS.items():
        schema = record_schemas()["ListingFingerprint"]["$defs"][name]
        assert schema["properties"].keys() == described.keys() == set(PhotoPrint.__struct_fields__)
        assert all(part["description"] for part in schema["properties"].values())
    assert asyncapi()["components"]["schemas"]["PhotoPrint"]["properties"]["points"]["description"]


def test_every_record_has_an_example() -> None:
    assert {type(record) for record in examples()} == set(RECORD_OF.values())


def test_the_asyncapi_document_has_every_topic_and_no_dangling_reference() -> None:
    document = asyncapi()
    assert document["asyncapi"] == "3.0.0"
    assert set(document["channels"]) == {spec.name for spec in ALL_TOPICS}
    assert {operation["channel"]["$ref"] for operation in document["operations"].values()} == {
        f"#/channels/{spec.name}" for spec in ALL_TOPICS
    }
    references = list(_references(document))
    assert len(references) > 50
    for reference in references:
        part: Any = document
        for step in reference.removeprefix("#/").split("/"):
            part = part[step]
    for message in document["components"]["messages"].values():
        assert message["bindings"]["kafka"]["key"]["description"]


def test_the_asyncapi_payloads_are_the_records() -> None:
    document = asyncapi()
    for topic, record in RECORD_OF.items():
        payload = document["components"]["messages"][topic]["payload"]
        (example,) = (each for each in examples() if type(each) is record)
        whole = payload | {"components": document["components"]}
        jsonschema.Draft202012Validator(whole).validate(json.loads(msgspec.json.encode(example)))


def _references(part: Any) -> Any:
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for value in part.values():
            yield from _references(value)
    elif isinstance(part, list):
        for value in part:
            yield from _references(value)
