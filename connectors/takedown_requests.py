"""A link that somebody asks to take down, as it was received: the record between a list and a takedown."""

import hashlib
from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from connectors.field_types import Key, Marketplace, Sha256, Timestamp
from connectors.links import LinkTarget
from connectors.takedown_lists.items import Mention

RequestSource = Literal["ministry", "manual", "ai", "platform"]
Link = Annotated[str, Meta(min_length=1, max_length=4096)]
Text = Annotated[str, Meta(max_length=1000)]


class ListPlace(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Which list, by its name and the SHA-256 of its bytes, and where in it.

    `row` counts from 1. `part`: the sheet, or the e-mail's part. `cell`: as a spreadsheet names it. `number`: the
    row's number as the list tells it.
    """

    name: Text
    sha256: Sha256
    row: Annotated[int, Meta(ge=1)]
    part: Text | None = None
    cell: Annotated[str, Meta(max_length=10)] | None = None
    number: Text | None = None


class TakedownRequest(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A link to take down. Topic `takedown-requests`, key the link: `url`, or else `link`.

    `link` is as it came, without hidden characters. `url` is canonical: one for all forms of a listing's link.
    Without `listing_id`, `slug` (a Tokopedia shop/slug) or `unresolved` says what is known: a short link that was
    not resolved, and why. `title`, `seller`, `reason` and `told_date` are what the list's row says.
    `request_id` is a digest of the link's target and the list's: the same list read twice gives the same ids.
    """

    request_id: Key
    link: Link
    marketplace: Marketplace | None = None
    listing_id: Key | None = None
    slug: Annotated[str, Meta(max_length=512)] | None = None
    url: Link | None = None
    unresolved: Text | None = None
    title: Text | None = None
    seller: Text | None = None
    reason: Text | None = None
    told_date: Text | None = None
    authority: Text | None = None
    source: RequestSource
    received_at: Timestamp
    by: Annotated[str, Meta(min_length=1, max_length=256)]
    list: ListPlace | None = None
    """None where a person asked for one listing."""

    @property
    def key(self) -> str:
        """The Kafka key: requests for one listing share a partition."""
        return self.url or self.link


class Received(Struct, frozen=True, kw_only=True):
    """What is the same for all requests of one list. `authority` and `reason` where the rows tell none; an
    `authority` given here goes before what rows tell."""

    list_name: str
    list_sha256: str
    at: datetime
    by: str
    source: RequestSource
    authority: str | None = None
    reason: str | None = None


def request_of(
    mention: Mention, received: Received, target: LinkTarget | None, unresolved: str | None = None
) -> TakedownRequest:
    """The request that a mention makes. `target`: the listing, also where the mention was a short link's;
    without one, the short link is the target and `unresolved` says why."""
    told, place = mention.told, mention.place
    url = target.url if target else mention.target.url
    return TakedownRequest(
        request_id=request_id(url, received.list_sha256),
        link=mention.link,
        marketplace=target.marketplace if target else None,
        listing_id=target.listing_id if target else None,
        slug=target.slug if target else None,
        url=url,
        unresolved=unresolved,
        title=told.title,
        seller=told.seller,
        reason=told.reason or received.reason,
        told_date=told.date,
        authority=received.authority or told.authority,
        source=received.source,
        received_at=received.at,
        by=received.by,
        list=ListPlace(
            name=received.list_name,
            sha256=received.list_sha256,
            row=place.row,
            part=place.part,
            cell=place.cell,
            number=told.number,
        ),
    )


def request_id(url: str, list_sha256: str) -> str:
    """The same for the same target in the same list."""
    return hashlib.sha256(f"{url}\n{list_sha256}".encode()).hexdigest()[:32]
