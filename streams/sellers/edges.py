"""Seller links put together: of each key the newest, and of all links of two accounts one edge. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from sys import intern
from types import MappingProxyType
from typing import Literal

import msgspec
from msgspec import UNSET

from connectors.seller_links import SellerLink

Reason = Literal["same backdrop", "same photos", "same contact"]
REASONS: tuple[Reason, ...] = ("same backdrop", "same photos", "same contact")

LEAST: Mapping[Reason, float] = MappingProxyType(
    {"same backdrop": 16.0, "same photos": 2.0, "same contact": 0.1}
)
"""Strength from which a link joins two accounts to one group. A backdrop: more agreeing points than the 12 that
make a link, for a market is larger than what was measured. Photos: one alone may be stolen. A contact: eleven
accounts at most tell it, else it may be a courier's or the marketplace's own (docs/decisions/011)."""
MOST_LINKS = 500_000
"""Links held, each about 1 KB."""


@dataclass(slots=True)
class NewestLinks:
    """The newest link of each key, `most` keys at most. `left_out`: links that found no place; `unfit`: links of
    an account with itself."""

    most: int = MOST_LINKS
    left_out: int = 0
    unfit: int = 0
    links: dict[str, SellerLink] = field(default_factory=dict)

    def put(self, link: SellerLink) -> None:
        """Hold it unless a newer one is there; of two of one time the stronger. So the order in which they are
        read does not matter. Where the photos lie on each other is not kept."""
        first, second = link.sellers
        if first.key == second.key:
            self.unfit += 1
            return
        if first.key > second.key:
            first, second = second, first
        link = msgspec.structs.replace(link, sellers=(first, second), transform=UNSET)
        key = link.key
        held = self.links.get(key)
        if held is None and len(self.links) >= self.most:
            self.left_out += 1
        elif held is None or _age(held) < _age(link):
            self.links[key] = link

    def forget(self, key: str) -> None:
        """A tombstone; an unknown key is no error."""
        self.links.pop(key, None)


def _age(link: SellerLink) -> tuple[object, ...]:
    """Sorts the link that counts last, and any two different ones always in one order."""
    return (link.seen_at, link.strength, msgspec.json.encode(link))


@dataclass(frozen=True, slots=True)
class Why:
    """One reason that links two accounts. `strength`: as the link says, or less for a contact that more
    accounts tell than when the link was made. `least`: from which it joins."""

    link: SellerLink
    strength: float
    least: float

    @property
    def joins(self) -> bool:
        """Whether it is strong enough to make the two accounts one group."""
        return self.strength >= self.least


@dataclass(frozen=True, slots=True)
class Edge:
    """All that links two accounts, the strongest reason first. `accounts` as `marketplace:seller_id`, sorted."""

    accounts: tuple[str, str]
    whys: tuple[Why, ...]

    @property
    def joins(self) -> bool:
        """Whether any reason does by itself."""
        return self.whys[0].joins

    @property
    def rank(self) -> tuple[int, float, tuple[str, str]]:
        """Sorts first the edge that most reasons make join, then the one whose best reason says most."""
        return (-sum(why.joins for why in self.whys), _rank(self.whys[0])[1], self.accounts)

    def other(self, account: str) -> str:
        """The account at the other end."""
        first, second = self.accounts
        return second if account == first else first


def edges_of(links: Iterable[SellerLink], least: Mapping[Reason, float] = LEAST) -> list[Edge]:
    """One edge for each pair of accounts, whatever links them, sorted by accounts. `links`: as `NewestLinks`
    holds them."""
    pairs: dict[tuple[str, str], list[SellerLink]] = {}
    tellers: dict[tuple[object, object], set[str]] = {}
    for link in links:
        first, second = (intern(seller.key) for seller in link.sellers)
        pairs.setdefault((first, second), []).append(link)
        if link.reason == "same contact":
            tellers.setdefault((link.contact, link.value), set()).update((first, second))

    def why(link: SellerLink) -> Why:
        strength = link.strength
        if link.reason == "same contact":
            # Links stay as they were made: the first ones of a contact that thousands tell by now said 1.
            strength = min(strength, 1 / (len(tellers[link.contact, link.value]) - 1))
        return Why(link, strength, least[link.reason])

    return [Edge(pair, tuple(sorted(map(why, pairs[pair]), key=_rank))) for pair in sorted(pairs)]


def _rank(why: Why) -> tuple[bool, float, int]:
    """Sorts the reason that says most first: those that join, and by how far they are above what they need."""
    above = why.strength / why.least if why.least else why.strength
    return (not why.joins, -above, REASONS.index(why.link.reason))
