"""What many honest sellers use: photos and titles of takedowns that analysts said are no sign of a relist.

A catalogue photo or a title that everyone copies brings the same wrong alert again and again. Each verdict "not a
relist" counts for the listing's account; when enough different accounts have one, and more than were relists, the
takedown's photo or title counts no more. Pure: verdicts come in by `put`.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from connectors.evidence import PhotoEvidence, TitleEvidence
from connectors.verdicts import Verdict

Sign = tuple[str, int | None]
"""A takedown's photo by its place among the images, or with None its title."""


@dataclass(slots=True)
class AllowList:
    """Signs by the accounts that analysts cleared or convicted. `accounts`: how many cleared ones are enough."""

    accounts: int = 3
    _verdicts: dict[str, Verdict] = field(default_factory=dict)
    _cleared: dict[Sign, Counter[str]] = field(default_factory=dict)
    _convicted: dict[Sign, Counter[str]] = field(default_factory=dict)

    def put(self, alert_id: str, verdict: Verdict | None) -> None:
        """Take in an alert's verdict, instead of an earlier one; None takes it back."""
        if (earlier := self._verdicts.pop(alert_id, None)) is not None:
            self._count(earlier, -1)
        if verdict is not None and verdict.verdict in ("relist", "not a relist"):
            self._verdicts[alert_id] = verdict
            self._count(verdict, 1)

    def allows_photo(self, takedown_id: str, image: int) -> bool:
        """Whether this photo of the takedown (0-based) is one that honest sellers use."""
        return self._allows((takedown_id, image))

    def allows_title(self, takedown_id: str) -> bool:
        """Whether the takedown's title is one that honest sellers use."""
        return self._allows((takedown_id, None))

    @property
    def signs(self) -> list[Sign]:
        """All that count no more, by takedown."""
        return sorted(filter(self._allows, self._cleared), key=lambda sign: (sign[0], sign[1] or -1))

    def __bool__(self) -> bool:
        return bool(self._cleared)

    def _allows(self, sign: Sign) -> bool:
        cleared = len(self._cleared.get(sign, ()))
        return cleared >= self.accounts and cleared > len(self._convicted.get(sign, ()))

    def _count(self, verdict: Verdict, times: int) -> None:
        table = self._convicted if verdict.verdict == "relist" else self._cleared
        listing = verdict.alert.listing
        # A listing without a known account counts for itself.
        account = f"{listing.marketplace}:{listing.seller_id or '/' + listing.listing_id}"
        for sign in _signs(verdict):
            counts = table.setdefault(sign, Counter())
            counts[account] += times
            if counts[account] <= 0:
                del counts[account]
            if not counts:
                del table[sign]


def _signs(verdict: Verdict) -> Iterator[Sign]:
    """What spoke for the alert by its photo or its title."""
    takedown_id = verdict.alert.takedown.takedown_id
    for part in verdict.alert.evidence:
        if part.weight <= 0:
            continue
        if isinstance(part, PhotoEvidence) and part.relation == "same photo":
            yield takedown_id, part.takedown_image
        elif isinstance(part, TitleEvidence):
            yield takedown_id, None
