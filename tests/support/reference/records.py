"""Every topic and the fields of its record, from the topics and the exported schemas."""

from collections.abc import Iterable
from typing import Any

import msgspec
from msgspec import Struct

from connectors.option_docs import lines_under_fields
from reference.words import MADE, prose, table
from streams.schema import CLOUD_EVENT_HEADERS, KEYS, RECORD_OF, TOMBSTONES, asyncapi
from streams.topics import ALL_TOPICS


def records_page() -> str:
    """The page as Markdown."""
    lines = [
        "# Records and topics",
        "",
        MADE,
        "",
        "Values are JSON, one record a message; the lines that `relistwatch scan` reads and writes are the same records. "
        "Fields that a type does not know are left out and counted. As JSON Schema and AsyncAPI: "
        "[asyncapi.json](../schemas/asyncapi.json) and the file named with each record; `relistwatch schema export` "
        "writes them. `topics.prefix` of the settings stands before every topic's name.",
        "",
        "## Topics",
        "",
        *table(
            ("topic", "key", "value", "kept"),
            [
                (f"`{spec.name}`", KEYS[spec.name], held(spec.name, spec.holds), kept(spec))
                for spec in ALL_TOPICS
            ],
        ),
        "",
        "Headers, all optional, as UTF-8 text:",
        "",
        *table(("header", ""), [(f"`{name}`", text) for name, text in CLOUD_EVENT_HEADERS.items()]),
    ]
    known = asyncapi()["components"]["schemas"]
    about = {kind.__name__: lines_under_fields(kind) for kind in structs(RECORD_OF.values())}
    records = list(dict.fromkeys(kind.__name__ for kind in RECORD_OF.values()))
    for name in records:
        lines += ["", f"## {name}", "", f"[{name}.schema.json](../schemas/{name}.schema.json)", ""]
        lines += fields_of(known[name], known, about[name])
    lines += ["", "## Parts of records"]
    for name in sorted(known.keys() - set(records) - {"Headers"}):
        if "enum" not in known[name]:
            lines += ["", f"### {name}", "", *fields_of(known[name], known, about.get(name, {}))]
    return "\n".join(lines) + "\n"


def structs(kinds: Iterable[type[Struct]]) -> set[type[Struct]]:
    """These records and all that they are made of."""
    found: set[type[Struct]] = set()

    def look(part: Any) -> None:
        if isinstance(part, msgspec.inspect.StructType):
            if part.cls in found:
                return
            found.add(part.cls)
        if isinstance(part, msgspec.inspect.Type | msgspec.inspect.Field):
            for name in part.__struct_fields__:
                look(getattr(part, name))
        elif isinstance(part, tuple):
            for each in part:
                look(each)

    look(tuple(msgspec.inspect.multi_type_info(kinds)))
    return found


def held(topic: str, holds: str) -> str:
    """The record, with a link to its part of the page, and what a null means."""
    named = f"[{holds}](#{holds.lower()})" if topic in RECORD_OF else holds
    return f"{named}. {TOMBSTONES[topic]}" if topic in TOMBSTONES else named


def kept(spec: Any) -> str:
    """How long, and whether only the newest of a key is."""
    return spec.kept.removeprefix("kept ") + (
        ", the newest of each key only" if "compact" in spec.cleanup else ""
    )


def fields_of(schema: dict[str, Any], known: dict[str, Any], about: dict[str, str]) -> list[str]:
    """What the record is, and a table of its fields."""
    required = set(schema.get("required", ()))
    rows = [
        (
            f"`{name}`" + (" \\*" if name in required else ""),
            type_of(part, known),
            prose(part.get("description")) or about.get(name, ""),
        )
        for name, part in schema.get("properties", {}).items()
    ]
    head = ("field (\\* required)", "type", "")
    return [
        prose(schema.get("description")),
        "",
        *(table(head, rows) if rows else [f"{type_of(schema, known)}."]),
    ]


def type_of(part: dict[str, Any], known: dict[str, Any]) -> str:
    """A field's type in words, with a link where it has a table of its own."""
    match part:
        case {"$ref": str(ref)}:
            name = ref.rpartition("/")[2]
            words = type_of(known[name], known) if "enum" in known[name] else f"[{name}](#{name.lower()})"
        case {"anyOf": list(each)}:
            words = " or ".join(dict.fromkeys(type_of(one, known) for one in each))
        case {"enum": list(values)}:
            words = " or ".join(f"`{value}`" for value in values)
        case {"type": "array", "prefixItems": list(items)}:
            words = f"list of {', '.join(type_of(each, known) for each in items)}"
        case {"type": "array", "items": dict(items)}:
            words = f"list of {type_of(items, known)}"
        case {"type": "string", "format": str(more)} | {"type": "string", "contentEncoding": str(more)}:
            words = more
        case _:
            words = str(part.get("type", "anything"))
    return words
