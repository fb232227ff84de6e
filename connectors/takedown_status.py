"""What became of a request to take a listing down, and every change of a takedown: who, when and why."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from connectors.field_types import Key, Marketplace, Timestamp
from connectors.takedown_requests import TakedownRequest

State = Literal["received", "resolved", "unresolved", "published", "withdrawn"]
How = Literal["seen", "connector", "same takedown"]
Reason = Literal[
    "not-seen",
    "being-fingerprinted",
    "gone",
    "connector-away",
    "connector-refused",
    "unreadable",
    "no-listing",
    "short-link",
    "too-large",
]
"""Why a request is unresolved: a word for counting. `not-seen`: on no topic, and no connector is configured for
it; `gone`: the marketplace's own answer; `no-listing`: the link leads to none;
`short-link`: nobody could say where it leads."""

CHANGES_KEPT = 40
"""Of one request; the first and the newest stay."""


class StatusChange(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One step of a request."""

    at: Timestamp
    state: State
    detail: str | None = None


class TakedownStatus(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where a request stands, with the request itself. Topic `takedown-status`, key `request_id`.

    `takedown_id` is a digest of the listing's key: requests for one listing are one takedown, and each keeps its
    own authority, list and reason here. `how`: from a listing that was seen, from its marketplace through the
    connector `via`, or published already for an earlier request. `partition`: of the request on
    `takedown-requests`; whose resolver has that tries again.
    """

    request_id: Key
    request: TakedownRequest
    partition: Annotated[int, Meta(ge=0)]
    state: State
    takedown_id: Key | None = None
    how: How | None = None
    via: str | None = None
    photos_kept: int = 0
    """Photos' fingerprints that went along from when the listing was seen."""
    reason: Reason | None = None
    detail: str | None = None
    attempts: Annotated[int, Meta(ge=0)] = 0
    tried_at: Timestamp
    next_try_at: Timestamp | None = None
    """Without one an unresolved request is given up, unless its listing is seen after all."""
    changes: tuple[StatusChange, ...] = ()


What = Literal["published", "withdrawn", "listing seen", "listing removed"]


class TakedownChange(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something that befell a takedown. Topic `takedown-audit`; the key is `key`, so that nothing is dropped by
    compaction but an older sighting by a newer.

    `published` and `withdrawn` come from whoever writes `takedowns` other than for a request, whose own changes
    are on `takedown-status`; withdrawals by `relistwatch takedowns withdraw` are here too.
    """

    takedown_id: Key
    what: What
    at: Timestamp
    by: str | None = None
    """Who: a person, or the producer's own name as `ce_source` has it."""
    reason: str | None = None
    place: str | None = None
    """`partition:offset` on `takedowns`, of what another producer wrote."""
    noted_at: Timestamp | None = None
    marketplace: Marketplace | None = None
    authority: str | None = None
    source: Literal["ministry", "manual", "ai", "platform"] | None = None
    """These three of what another producer published: the record of it may be gone by the time of a report."""

    @property
    def key(self) -> str:
        """The Kafka key: unique for each change, one for all sightings of a kind."""
        if self.what in {"listing seen", "listing removed"}:
            return f"{self.takedown_id}/{self.what}"
        return f"{self.takedown_id}/{self.what}/{self.place or self.at.isoformat()}"
