"""The records and topics as others read them: JSON Schema for each record, one AsyncAPI 3.0 document for all.

Generated from the structs and `streams.topics`, and kept in docs/schemas; a test fails where they differ.
"""

import inspect
import json
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from connectors.events import Alert, DeadLetter, ListingEvent, Takedown
from connectors.policy_differences import PolicyDifference
from connectors.seller_links import SellerLink
from connectors.takedown_requests import TakedownRequest
from connectors.takedown_status import TakedownChange, TakedownStatus
from connectors.verdicts import Verdict
from streams.health.heartbeat import Heartbeat
from streams.records import ListingFingerprint, TakedownFingerprint
from streams.settings import Topics
from streams.sharding.answers import ShardAnswer
from streams.topics import (
    ALERTS,
    ALL_TOPICS,
    DEAD_LETTERS,
    FINGERPRINTS,
    HEARTBEATS,
    HELD_ALERTS,
    LISTINGS,
    POLICY_DIFFERENCES,
    SELLER_LINKS,
    SHARD_ANSWERS,
    TAKEDOWN_AUDIT,
    TAKEDOWN_FINGERPRINTS,
    TAKEDOWN_REQUESTS,
    TAKEDOWN_STATUS,
    TAKEDOWNS,
    VERDICTS,
    TopicSpec,
)

DIALECT = "https://json-schema.org/draft/2020-12/schema"
DEFS = "#/$defs/{name}"
END = r"\Z"
"""The end of a text in Python's patterns."""

RECORD_OF: dict[str, type[Struct]] = {
    LISTINGS.name: ListingEvent,
    FINGERPRINTS.name: ListingFingerprint,
    TAKEDOWN_REQUESTS.name: TakedownRequest,
    TAKEDOWNS.name: Takedown,
    TAKEDOWN_STATUS.name: TakedownStatus,
    TAKEDOWN_AUDIT.name: TakedownChange,
    TAKEDOWN_FINGERPRINTS.name: TakedownFingerprint,
    ALERTS.name: Alert,
    HELD_ALERTS.name: Alert,
    POLICY_DIFFERENCES.name: PolicyDifference,
    SELLER_LINKS.name: SellerLink,
    SHARD_ANSWERS.name: ShardAnswer,
    VERDICTS.name: Verdict,
    DEAD_LETTERS.name: DeadLetter,
    HEARTBEATS.name: Heartbeat,
}
"""The record of each topic that has one so far; the others hold what `TopicSpec.holds` says."""

KEYS = {
    "listings": "marketplace:listing_id",
    "fingerprints": "marketplace:listing_id",
    "takedown-requests": "the link: the listing's canonical one, or as it was received",
    "takedowns": "takedown_id",
    "takedown-status": "request_id",
    "takedown-audit": "takedown_id, / and what happened; then the moment or the place on takedowns, so that only a "
    "sighting replaces an earlier one",
    "takedown-fingerprints": "takedown_id",
    "alerts": "alert_id",
    "held-alerts": "alert_id",
    "policy-differences": "marketplace:listing_id",
    "seller-links": "the two accounts as marketplace:seller_id, sorted, and the reason, with | between them",
    "shard-answers": "the shard, and the partition of fingerprints that it is about, such as 2/8 5; the record lies on "
    "the partition of the same number",
    "verdicts": "alert_id",
    "dead-letters": "the original message's key",
    "connector-state": "the connector instance",
    "heartbeats": "the instance: one running process",
}
TOMBSTONES = {
    "takedowns": "A null value withdraws the takedown.",
    "takedown-fingerprints": "A null value withdraws the takedown.",
    "verdicts": "A null value takes the verdict back.",
}
CLOUD_EVENT_HEADERS = {
    "ce_id": "CloudEvents id: the event's, the takedown's or the alert's own id, or a digest of the seller link.",
    "ce_type": "CloudEvents type, such as relistwatch.listing.created.",
    "ce_source": "CloudEvents source: what made the message.",
    "ce_time": "CloudEvents time, RFC 3339; left out where the event has none.",
    "rw_attempt": "How often the message was tried; a replay from the dead letters adds one. Absent means 1.",
    "rw_received_ms": "When the listing arrived, in milliseconds since 1970; carried to its fingerprint and alert.",
}
MEANINGS = {
    "PhotoPrint": {
        "plain": "The perceptual hash: 256 bits, the 16 x 16 lowest frequencies of a cosine transform, row by row.",
        "mirrored": "The same of the photo's mirror image.",
        "width": "Of the upright photo as it was decoded, in pixels; only its ratio to the height matters.",
        "height": "Of the upright photo as it was decoded, in pixels.",
        "points": "Described points, the strongest first, 16 bytes each, little endian: 32 signs and 16 bits of "
        "descriptor, x and y (16 bits each, in 65535ths of the longer side from the top left), size (8 bits, "
        "20 an octave, 0 is a 1024th of the longer side), angle (8 bits, 256 a turn), and in 32 bits which bits "
        "of the descriptor are loose, with the top bit set where the pattern was mirrored to describe it.",
        "thumbnail": "The photo in grey as a JPEG, at most 320 pixels on its longer side.",
    },
}
"""What fields hold whose record type says it for programmers only."""


def record_schemas() -> dict[str, dict[str, Any]]:
    """JSON Schema (2020-12) by record name. Unknown fields are allowed, as readers leave them out."""
    schemas = {}
    for record in RECORD_OF.values():
        definitions = _definitions([record], DEFS)
        own = definitions.pop(record.__name__)
        schemas[record.__name__] = {
            "$schema": DIALECT,
            **own,
            **({"$defs": definitions} if definitions else {}),
        }
    return schemas


def _definitions(records: list[type[Struct]], ref_template: str) -> dict[str, dict[str, Any]]:
    """The schemas of these records and of all that they hold, by name."""
    _, definitions = msgspec.json.schema_components(records, ref_template=ref_template)
    for name, meanings in MEANINGS.items():
        for field, meaning in meanings.items():
            if name in definitions:
                definitions[name]["properties"][field]["description"] = meaning
    return {name: _with_standard_patterns(definition) for name, definition in definitions.items()}


def _with_standard_patterns(part: Any) -> Any:
    """Python's `\\Z` is no JSON Schema; there `$` is the very end, where Python's lets a line feed pass behind it."""
    match part:
        case {"pattern": str(pattern)} if pattern.endswith(END):
            return {**part, "pattern": f"{pattern.removesuffix(END)}$"}
        case dict():
            return {name: _with_standard_patterns(value) for name, value in part.items()}
        case list():
            return [_with_standard_patterns(each) for each in part]
        case _:
            return part


def asyncapi() -> dict[str, Any]:
    """The AsyncAPI 3.0 document: a channel a topic, with its key, its messages and their headers."""
    records = [RECORD_OF[name] for name in RECORD_OF]
    schemas = _definitions(records, "#/components/schemas/{name}")
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "relistwatch topics",
            "version": "1",
            "description": "Generated by `relistwatch schema export`. The setting topics.prefix comes first.",
        },
        "defaultContentType": "application/json",
        "channels": {spec.name: _channel(spec) for spec in ALL_TOPICS},
        "operations": {f"receive-{spec.name}": _operation(spec) for spec in ALL_TOPICS},
        "components": {
            "messages": {spec.name: _message(spec) for spec in ALL_TOPICS},
            "schemas": dict(sorted(schemas.items())) | {"Headers": _headers()},
        },
    }


def _channel(spec: TopicSpec) -> dict[str, Any]:
    config = spec.config(Topics())
    binding: dict[str, Any] = {
        "topic": spec.name,
        "partitions": spec.partitions or Topics().partitions,
        "replicas": Topics().replication,
        "topicConfiguration": {
            "cleanup.policy": spec.cleanup.split(","),
            "retention.ms": int(config["retention.ms"]),
            "max.message.bytes": int(config["max.message.bytes"]),
        },
        "bindingVersion": "0.5.0",
    }
    kept = spec.kept
    if "compact" in spec.cleanup:
        kept += ", the newest of each key only"
    return {
        "address": spec.name,
        "description": f"{spec.holds}; {kept}.",
        "messages": {spec.name: {"$ref": f"#/components/messages/{spec.name}"}},
        "bindings": {"kafka": binding},
    }


def _operation(spec: TopicSpec) -> dict[str, Any]:
    return {
        "action": "receive",
        "channel": {"$ref": f"#/channels/{spec.name}"},
        "messages": [{"$ref": f"#/channels/{spec.name}/messages/{spec.name}"}],
    }


def _message(spec: TopicSpec) -> dict[str, Any]:
    message: dict[str, Any] = {
        "name": spec.name,
        "summary": spec.holds,
        "contentType": "application/json",
        "headers": {"$ref": "#/components/schemas/Headers"},
        "bindings": {
            "kafka": {"key": {"type": "string", "description": KEYS[spec.name]}, "bindingVersion": "0.5.0"}
        },
    }
    if tombstone := TOMBSTONES.get(spec.name):
        message["description"] = tombstone
    record = RECORD_OF.get(spec.name)
    if record is not None:
        message["payload"] = {"$ref": f"#/components/schemas/{record.__name__}"}
    return message


def _headers() -> dict[str, Any]:
    properties = {name: {"type": "string", "description": text} for name, text in CLOUD_EVENT_HEADERS.items()}
    return {
        "type": "object",
        "description": "Kafka headers, UTF-8 text; all optional.",
        "properties": properties,
    }


def documents() -> dict[str, str]:
    """All files by name, with their text: the same for the same code."""
    named = {f"{name}.schema.json": schema for name, schema in record_schemas().items()}
    named["asyncapi.json"] = asyncapi()
    return {
        name: json.dumps(_dedented(document), indent=2, ensure_ascii=False) + "\n"
        for name, document in sorted(named.items())
    }


def _dedented(part: Any) -> Any:
    """Descriptions without the code's indentation, which Python 3.13 drops from docstrings and 3.11 keeps."""
    match part:
        case dict():
            return {name: _description(name, value) for name, value in part.items()}
        case list():
            return [_dedented(each) for each in part]
        case _:
            return part


def _description(name: str, value: Any) -> Any:
    # A record's own field may be called description too; its schema is no text.
    return inspect.cleandoc(value) if name == "description" and isinstance(value, str) else _dedented(value)


def export(folder: Path) -> list[Path]:
    """Write all files into `folder`, made if there is none; the paths written."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, text in documents().items():
        path = folder / name
        path.write_text(text, encoding="utf-8")
        written.append(path)
    return written
