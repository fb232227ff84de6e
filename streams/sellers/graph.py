"""Accounts that seem to be one seller, over any number of links: groups, and walks from one account. Pure.

Only edges that are strong enough join accounts. The others are shown where they lead, and not followed: a photo
that was stolen or a contact that everyone tells would make one group of half the market.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from streams.sellers.edges import Edge, Reason

T = TypeVar("T", bound=str)

DEPTH = 2
MOST_SHOWN = 50
"""Accounts of a walk: what a person still reads."""


@dataclass(frozen=True, slots=True)
class Group:
    """Accounts that edges join, directly or over others. `accounts`: sorted. `marketplaces`: accounts on each.
    `reasons`: pairs of accounts that each reason joins. `weak`: accounts beyond, to which only weak edges lead."""

    accounts: tuple[str, ...]
    marketplaces: Mapping[str, int]
    reasons: Mapping[Reason, int]
    weak: int
    newest: datetime


@dataclass(frozen=True, slots=True)
class Step:
    """One account of a walk. `edge` leads to it from `parent`, and is weak where the account is not of the
    group; both None at the start. `also`: its other edges with accounts before it in the walk."""

    account: str
    depth: int
    parent: str | None
    edge: Edge | None
    also: tuple[Edge, ...] = ()


@dataclass(frozen=True, slots=True)
class Walk:
    """Accounts by breadth-first search, those of the group before the weakly linked ones.

    `group`: accounts of the whole group, the start included. What is not shown: `deeper` accounts of the group
    than asked for, `more` of it than fit, and `weak` ones that only weak edges link to those shown.
    """

    steps: tuple[Step, ...]
    group: int
    deeper: int
    more: int
    weak: int


class SellerGraph:
    """Accounts and the edges between them, one for each pair at most."""

    def __init__(self, edges: Iterable[Edge]) -> None:
        self._edges: dict[str, list[Edge]] = {}
        # The strongest first: they are what a walk that is cut short should show.
        for edge in sorted(edges, key=lambda edge: edge.rank):
            for account in edge.accounts:
                self._edges.setdefault(account, []).append(edge)

    def __len__(self) -> int:
        return len(self._edges)

    def __contains__(self, account: str) -> bool:
        return account in self._edges

    def called(self, name: str) -> list[str]:
        """The accounts that are meant by `marketplace:seller_id`, or by a bare seller id, sorted."""
        if name in self._edges:
            return [name]
        # A marketplace has no colon, so the first one ends it.
        return sorted(account for account in self._edges if account.partition(":")[2] == name)

    def groups(self) -> list[Group]:
        """All groups of at least two accounts, largest first."""
        seen: set[str] = set()
        found = []
        for start in self._edges:
            if start not in seen:
                members = [account for account, _, _ in self._joined(start)]
                seen.update(members)
                if len(members) > 1:
                    found.append(self._group(members))
        return sorted(found, key=lambda group: (-len(group.accounts), group.accounts))

    def walk(self, start: str, depth: int = DEPTH, most: int = MOST_SHOWN) -> Walk:
        """The accounts within `depth` edges of `start`, at most `most` of them.

        Raises:
            KeyError: the account has no edges.
        """
        joined = list(self._joined(start))
        near = [each for each in joined if each[1] <= depth]
        steps: dict[str, Step] = {}
        for account, at, edge in near[:most]:
            self._add(steps, account, at, edge)
        weak = self._weak_from(list(steps.values()), {account for account, _, _ in joined})
        for account, (at, edge) in weak.items():
            if at <= depth and len(steps) < most:
                self._add(steps, account, at, edge)
        shown = min(len(near), most)
        return Walk(
            steps=tuple(steps.values()),
            group=len(joined),
            deeper=len(joined) - len(near),
            more=len(near) - shown,
            weak=len(weak) - (len(steps) - shown),
        )

    def _joined(self, start: str) -> Iterator[tuple[str, int, Edge | None]]:
        """The whole group by breadth-first search: account, depth, and the edge that led there."""
        queue: list[tuple[str, int, Edge | None]] = [(start, 0, None)]
        seen = {start}
        for account, depth, edge in queue:
            yield account, depth, edge
            for onward in self._edges[account]:
                other = onward.other(account)
                if onward.joins and other not in seen:
                    seen.add(other)
                    queue.append((other, depth + 1, onward))

    def _weak_from(self, steps: Iterable[Step], group: set[str]) -> dict[str, tuple[int, Edge]]:
        """Accounts outside the group that weak edges lead to, each from the first step that has one."""
        weak: dict[str, tuple[int, Edge]] = {}
        for step in steps:
            for edge in self._edges[step.account]:
                other = edge.other(step.account)
                if other not in group:
                    weak.setdefault(other, (step.depth + 1, edge))
        return weak

    def _add(self, steps: dict[str, Step], account: str, depth: int, edge: Edge | None) -> None:
        also = tuple(
            each for each in self._edges[account] if each is not edge and each.other(account) in steps
        )
        steps[account] = Step(account, depth, edge.other(account) if edge else None, edge, also)

    def _group(self, members: list[str]) -> Group:
        inside = set(members)
        # Each edge is met from its first account only.
        joining = [
            edge for account in members for edge in self._edges[account]
            if edge.joins and edge.accounts[0] == account
        ]  # fmt: skip
        beyond = {edge.other(account) for account in members for edge in self._edges[account]} - inside
        return Group(
            accounts=tuple(sorted(members)),
            marketplaces=_most_first(account.partition(":")[0] for account in members),
            reasons=_most_first(why.link.reason for edge in joining for why in edge.whys if why.joins),
            weak=len(beyond),
            newest=max(why.link.seen_at for edge in joining for why in edge.whys),
        )


def _most_first(things: Iterable[T]) -> dict[T, int]:
    """How often each is among them, the most frequent first and equals by name."""
    return dict(sorted(Counter(things).items(), key=lambda item: (-item[1], item[0])))
