"""A request to take a listing down, as an authority or the platform made it."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from connectors.field_types import Key, Marketplace, Timestamp


class RequestList(Struct, frozen=True):
    """The list that a request stood in."""

    name: str
    sha256: str
    row: int


class TakedownRequest(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One link to take down. Topic `takedown-requests`."""

    request_id: Key
    link: Annotated[str, Meta(max_length=4096)]
    marketplace: Marketplace | None = None
    listing_id: Key | None = None
    slug: str | None = None
    url: str | None = None
    title: str | None = None
    seller: str | None = None
    reason: str | None = None
    authority: str | None = None
    source: Literal["ministry", "manual", "ai", "platform"] | None = None
    received_at: Timestamp
    by: str | None = None
    list: RequestList | None = None
