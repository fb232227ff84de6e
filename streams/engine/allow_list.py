"""What many honest sellers use: photos and titles of takedowns that analysts said are no sign of a relist.

A catalogue photo or a title that everyone copies brings the same wrong alert again and again. Each verdict "not a
relist" counts for the listing's account; when enough different accounts have one, and more than were relists, the
takedown's photo or title counts no more. Pure: verdicts come in by `put`.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

from connectors.evidence import PhotoEvidence, TitleEvidence
from connectors.verdicts import Verdict


class Sign(NamedTuple):
    """A takedown's photo by its place among the images (0-based), or with None its title."""

    takedown_id: str
    image: int | None


class _Counted(NamedTuple):
    """What is kept of a verdict: the alert in it is some kilobytes."""

    relist: bool
    account: str
    signs: frozenset[Sign]


@dataclass(slots=True)
class AllowList:
    """Signs by the accounts that analysts cleared or convicted. `accounts`: how many cleared ones are enough."""

    accounts: int = 3
    _verdicts: dict[str, _Counted] = field(default_factory=dict)
    _cleared: dict[Sign, Counter[str]] = field(default_factory=dict)
    _convicted: dict[Sign, Counter[str]] = field(default_factory=dict)

    def put(self, alert_id: str, verdict: Verdict | None) -> None:
        """Take in an alert's verdict, instead of an earlier one; None takes it back."""
        if (earlier := self._verdicts.pop(alert_id, None)) is not None:
            self._count(earlier, -1)
        if verdict is not None and verdict.verdict in ("relist", "not a relist"):
            counted = _Counted(verdict.verdict == "relist", verdict.alert.listing.account, _signs(verdict))
            if counted.signs:
                self._verdicts[alert_id] = counted
                self._count(counted, 1)

    def allows_photo(self, takedown_id: str, image: int) -> bool:
        """Whether this photo of the takedown (0-based) is one that honest sellers use."""
        return self._allows(Sign(takedown_id, image))

    def allows_title(self, takedown_id: str) -> bool:
        """Whether the takedown's title is one that honest sellers use."""
        return self._allows(Sign(takedown_id, None))

    @property
    def signs(self) -> list[Sign]:
        """All that count no more, by takedown: its title, then its photos."""
        return sorted(
            filter(self._allows, self._cleared),
            key=lambda sign: (sign.takedown_id, -1 if sign.image is None else sign.image),
        )

    def cleared(self, sign: Sign) -> int:
        """How many accounts analysts cleared for this sign."""
        return len(self._cleared.get(sign, ()))

    def convicted(self, sign: Sign) -> int:
        """How many accounts of relists had this sign."""
        return len(self._convicted.get(sign, ()))

    def __bool__(self) -> bool:
        return bool(self._cleared)

    def _allows(self, sign: Sign) -> bool:
        return self.cleared(sign) >= self.accounts and self.cleared(sign) > self.convicted(sign)

    def _count(self, counted: _Counted, times: int) -> None:
        table = self._convicted if counted.relist else self._cleared
        for sign in counted.signs:
            counts = table.setdefault(sign, Counter())
            counts[counted.account] += times
            if counts[counted.account] <= 0:
                del counts[counted.account]
            if not counts:
                del table[sign]


def _signs(verdict: Verdict) -> frozenset[Sign]:
    """What spoke for the alert by its photo or its title."""
    takedown_id = verdict.alert.takedown.takedown_id
    found: set[Sign] = set()
    for part in verdict.alert.evidence:
        if part.weight <= 0:
            continue
        if isinstance(part, PhotoEvidence) and part.relation == "same photo":
            found.add(Sign(takedown_id, part.takedown_image))
        elif isinstance(part, TitleEvidence):
            found.add(Sign(takedown_id, None))
    return frozenset(found)
