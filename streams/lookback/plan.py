"""Which takedowns are to be looked back for, when, and what of it is done for good. Pure: times are handed in.

A listing whose live matching did not know a takedown yet may reach this process's store only after the look back for
it. So each takedown is looked back for twice: at once, over what is there; and when `settle` seconds have passed,
in which every worker has it, over what came since. A pass counts up to where the topic ended when it was asked, after
the pass was due. The offset of a takedown is committed only when its closing pass is delivered.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

Phase = Literal["first", "closing"]


@dataclass(slots=True, eq=False)
class Wanted:
    """One takedown, as a record of its topic says. `arrived_at`: when the broker had it, in seconds since 1970;
    `due`: when its closing pass may begin, by the caller's clock. `from_seq`: the listings that the first pass did
    not see, None before it."""

    takedown_id: str
    partition: int
    offset: int
    arrived_at: float
    due: float
    from_seq: int | None = None


@dataclass(slots=True)
class LookbackPlan:
    """Takes notes of takedowns, and gives those that are next. `settle`: seconds."""

    settle: float
    _open: dict[int, dict[int, Wanted]] = field(default_factory=dict)
    """By partition, then by offset, those that are not done."""
    _by_id: dict[str, Wanted] = field(default_factory=dict)
    _next: dict[int, int] = field(default_factory=dict)
    """For each partition the offset after the last that was noted."""

    def note(
        self, takedown_id: str, partition: int, offset: int, *, withdrawn: bool, arrived_at: float, now: float
    ) -> None:
        """A record was read: look back for this takedown, instead of an earlier record of it, or not any more."""
        self._next[partition] = max(offset + 1, self._next.get(partition, 0))
        earlier = self._by_id.pop(takedown_id, None)
        if earlier is not None:
            self._done(earlier)
        if not withdrawn:
            wanted = Wanted(takedown_id, partition, offset, arrived_at, now + self.settle)
            self._by_id[takedown_id] = wanted
            self._open.setdefault(partition, {})[offset] = wanted

    def next(self, now: float, most: int) -> tuple[Phase, list[Wanted]] | None:
        """What to look back for now, the new ones before those that are due again; at most so many. None where there
        is nothing to do yet."""
        new = [one for one in self._by_id.values() if one.from_seq is None]
        if new:
            return "first", new[:most]
        due = [one for one in self._by_id.values() if one.due <= now]
        return ("closing", due[:most]) if due else None

    def looked(self, wanted: Iterable[Wanted], *, began: float, up_to_seq: int) -> None:
        """A pass over all listings below `up_to_seq` is delivered. `began`: before the topic was asked for its end."""
        for one in wanted:
            if self._by_id.get(one.takedown_id) is not one:
                continue
            if one.due <= began:
                del self._by_id[one.takedown_id]
                self._done(one)
            else:
                one.from_seq = up_to_seq

    def commits(self) -> Mapping[int, int]:
        """For each partition the offset that all below are done of."""
        return {
            partition: min(self._open.get(partition) or [following])
            for partition, following in self._next.items()
        }

    def waiting(self, phase: Phase) -> int:
        """How many takedowns wait for this pass."""
        first = sum(one.from_seq is None for one in self._by_id.values())
        return first if phase == "first" else len(self._by_id) - first

    def oldest(self) -> float | None:
        """When the takedown arrived that is open for longest, in seconds since 1970."""
        return min((one.arrived_at for one in self._by_id.values()), default=None)

    def __len__(self) -> int:
        return len(self._by_id)

    def _done(self, wanted: Wanted) -> None:
        del self._open[wanted.partition][wanted.offset]


def from_seq_of(wanted: Iterable[Wanted]) -> int:
    """The first listing that a pass for these must see."""
    return min(one.from_seq or 0 for one in wanted)
