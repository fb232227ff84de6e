"""The TOML file of the source `http`: what to ask, how to page, where the records and their fields are.

docs/examples/http-mapping.toml shows a whole one. A key that is unknown or wrong is an error that names it.
"""

import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

import httpx
import msgspec
from msgspec import Meta, Struct, field

from connectors.mapping_tables import MappingTables
from connectors.moments import UNITS
from connectors.sdk import OptionsError
from connectors.secret import Secret

Place = Literal["params", "body"]
MAX_FILE_BYTES = 256 * 1024
Pages = Annotated[int, Meta(ge=1, le=100_000)]


class Reference(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A secret within a header or parameter: `{ secret = "env:TOKO_TOKEN", prefix = "Bearer " }`."""

    secret: str
    prefix: str = ""


class RequestTable(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`[request]`."""

    url: str
    method: Literal["GET", "POST"] = "GET"
    params: dict[str, str | int | bool | list[str] | Reference] = field(default_factory=dict)
    """A list gives the parameter once for each."""
    headers: dict[str, str | Reference] = field(default_factory=dict)
    body: dict[str, Any] | None = None
    """Sent as JSON."""
    rate_per_second: Annotated[float, Meta(gt=0, le=1000)] = 5.0
    ok: str | None = None
    """An expression that is true of an answer without an error: some APIs fail inside a 200."""


class WindowTable(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`[window]`: the parameters that ask for what changed between two times, both included."""

    since: str
    until: str | None = None
    format: str = "iso"
    place: Place = field(default="params", name="in")


class Paging(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="kind", tag="none"):
    """`[paging]`. This kind: all of it in one answer."""

    more: str | None = None
    """An expression that is true while there are further pages."""
    total: str | None = None
    """An expression for how many records all pages have: a list that changes while it is paged through is
    noticed by it."""
    max_pages: Pages = 1000
    """More than so many are never read; the window is halved then."""


class PageNumbers(Paging, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="page"):
    """Pages by number, until one is empty."""

    param: str
    first: int = 1
    place: Place = field(default="params", name="in")


class Offsets(Paging, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="offset"):
    """Pages by the number of records before them, until one is empty."""

    param: str
    place: Place = field(default="params", name="in")


class Cursors(Paging, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="cursor"):
    """Each answer names the next page's cursor; none names no further page."""

    param: str
    cursor: str
    place: Place = field(default="params", name="in")


class Links(Paging, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="link"):
    """Each answer has the next page's address, on the same host."""

    link: str


AnyPaging = Paging | PageNumbers | Offsets | Cursors | Links


class MappingFile(MappingTables, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The whole file."""

    request: RequestTable
    records: str
    """The expression for the list of records in an answer; `[@]` where the answer is one record."""
    window: WindowTable | None = None
    paging: AnyPaging = field(default_factory=Paging)


def load(path: str) -> MappingFile:
    """The file, checked but for its expressions.

    Raises:
        OptionsError: it cannot be read, or a key is unknown, missing or wrong.
    """
    try:
        with Path(path).open("rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise OptionsError(f"http: option mapping: cannot read {path}: {error.strerror}") from None
    if len(content) > MAX_FILE_BYTES:
        raise OptionsError(f"http: option mapping: {path} is larger than {MAX_FILE_BYTES} bytes")
    try:
        read = msgspec.convert(tomllib.loads(content.decode()), MappingFile, strict=True)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise OptionsError(f"http: {path} is no TOML: {error}") from None
    except msgspec.ValidationError as error:
        raise OptionsError(
            f"http: {path}: {str(error).replace('$.', '').replace('`$`', 'the file')}"
        ) from None
    _check(path, read)
    return read


def _check(path: str, read: MappingFile) -> None:
    request = read.request
    try:
        url = httpx.URL(request.url)
    except httpx.InvalidURL as error:
        raise OptionsError(f"http: {path}: request.url: {error}") from None
    if url.scheme not in {"http", "https"} or not url.host:
        raise OptionsError(f"http: {path}: request.url: begins with https:// and has a host")
    if url.userinfo:
        raise OptionsError(f"http: {path}: request.url: has a password; use request.headers with a secret")
    body_keys = [
        key
        for key, place in (
            ("window", read.window.place if read.window else "params"),
            ("paging", getattr(read.paging, "place", "params")),
        )
        if place == "body"
    ]
    if (body_keys or request.body is not None) and request.method != "POST":
        raise OptionsError(f"http: {path}: request.method: a body is sent with POST only")
    if read.window and read.window.format not in {"iso", *UNITS} and "%" not in read.window.format:
        raise OptionsError(
            f"http: {path}: window.format: iso, {', '.join(UNITS)}, or a pattern such as %Y-%m-%d %H:%M:%S"
        )


def revealed(value: str | int | bool | Reference, key: str) -> str:
    """The text of a header or parameter; secrets by env:NAME or file:PATH are looked up.

    Raises:
        OptionsError: there is no such variable or file; the message names it and the key.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    reference = Reference(secret=value) if isinstance(value, str) else value
    if isinstance(value, str) and not value.startswith(("env:", "file:")):
        return value
    try:
        return reference.prefix + Secret.of(reference.secret).reveal()
    except ValueError as error:
        raise OptionsError(f"http: {key}: {error}") from None
