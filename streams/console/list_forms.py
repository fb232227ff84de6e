"""What a person sends with a list, read from the form: the list itself goes to a file, piece by piece."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import cast, get_args

from aiohttp import BodyPartReader, web
from aiohttp.http_exceptions import BadHttpMessage

from connectors.takedown_lists.headers import tidy
from connectors.takedown_lists.limits import MB, ListLimits
from connectors.takedown_lists.reading import NAME_CHARS
from connectors.takedown_requests import RequestSource
from streams.console.context import Console
from streams.console.list_uploads import Wishes
from streams.console.side_jobs import AskedKind

MOST_FIELDS = 20
FIELD_BYTES = 8192
CHUNK = 256 * 1024
LONGEST_TEXT = 1000
PASTED = "pasted text"
FIELDS = ("authority", "source", "reason", "kind", "short_links", "csrf")


class FormError(ValueError):
    """The form cannot be taken. `args`: the key of the words that say why, and the values in them."""

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(key)
        self.key, self.values = key, values


@dataclass(slots=True)
class Received:
    """What came: the list is in the file that was named, `size` bytes of it; 0 where there was none."""

    name: str
    size: int
    fields: dict[str, str]


async def receive(console: Console, request: web.Request, path: Path) -> Received:
    """Write the list to the file, and read the rest of the form.

    Raises:
        FormError: it is larger than the settings allow.
        HTTPBadRequest: it is no form of ours.
    """
    most = console.settings.takedown_lists.max_file_mb * MB
    if request.content_type != "multipart/form-data":
        form = await request.post()
        text = str(form.get("text", ""))
        size = await _keep_text(console, text, path, console.settings.takedown_lists)
        return Received(PASTED, size, {name: str(form[name]) for name in FIELDS if name in form})
    received = Received(PASTED, 0, {})
    try:
        reader = await request.multipart()
        for _ in range(MOST_FIELDS):
            part = await reader.next()
            if part is None:
                return received
            if not isinstance(part, BodyPartReader):
                break
            await _take(console, part, path, most, received)
    except (BadHttpMessage, AssertionError, LookupError, ValueError) as error:
        if isinstance(error, FormError):
            raise
        # So aiohttp says that it is no multipart form (RFC 7578), or that a part's headers are none.
        raise web.HTTPBadRequest(text="multipart") from None
    raise web.HTTPBadRequest(text="multipart")


async def _take(console: Console, part: BodyPartReader, path: Path, most: int, received: Received) -> None:
    if part.name == "file" and part.filename:
        received.size = await _keep(console, part, path, most)
        received.name = name_of(part.filename)
    elif part.name == "text":
        # A file that was chosen goes before what was pasted.
        kept = path.with_name("pasted")
        size = await _keep(console, part, kept, most)
        if not received.size and size and (await console.blocking(kept.read_bytes)).strip():
            await console.blocking(kept.replace, path)
            received.size = size
    else:
        raw = await _field(part)
        if part.name in FIELDS:
            received.fields[part.name] = raw.decode("utf-8", "replace")


async def _keep(console: Console, part: BodyPartReader, path: Path, most: int) -> int:
    size = 0
    file = await console.blocking(path.open, "wb")
    try:
        while chunk := await part.read_chunk(CHUNK):
            size += len(chunk)
            if size > most:
                raise FormError("import.too_large", most=most // MB)
            await console.blocking(file.write, chunk)
    finally:
        await asyncio.shield(console.blocking(file.close))
    return size


async def _field(part: BodyPartReader) -> bytes:
    raw = b""
    while chunk := await part.read_chunk(FIELD_BYTES):
        raw += chunk
        if len(raw) > FIELD_BYTES:
            raise web.HTTPBadRequest(text=str(part.name)[:40])
    return raw


async def _keep_text(console: Console, text: str, path: Path, limits: ListLimits) -> int:
    raw = text.encode("utf-8", "replace")
    if len(raw) > limits.max_file_mb * MB:
        raise FormError("import.too_large", most=limits.max_file_mb)
    if not text.strip():
        return 0
    await console.blocking(path.write_bytes, raw)
    return len(raw)


def name_of(filename: str) -> str:
    """The file's own name, without folders; only shown and kept, never a path here."""
    base = PurePath(filename.replace("\\", "/")).name
    return tidy(base)[:NAME_CHARS] or "unnamed"


def wishes_of(name: str, fields: Mapping[str, str]) -> Wishes:
    """What was said of the list.

    Raises:
        FormError: a text is too long, or a choice is none.
    """
    authority, reason = (_text(fields, "authority"), _text(fields, "reason"))
    source = fields.get("source") or ("ministry" if authority else "manual")
    kind = fields.get("kind") or "auto"
    if source not in get_args(RequestSource):
        raise FormError("import.wrong", field="source")
    if kind not in get_args(AskedKind):
        raise FormError("import.wrong", field="kind")
    return Wishes(
        name=name,
        kind=cast("AskedKind", kind),
        short_links=fields.get("short_links") == "1",
        source=cast("RequestSource", source),
        authority=authority,
        reason=reason,
    )


def _text(fields: Mapping[str, str], name: str) -> str | None:
    text = fields.get(name, "").strip()
    if len(text) > LONGEST_TEXT:
        raise FormError("import.too_long", field=name, most=LONGEST_TEXT)
    return tidy(text) or None
