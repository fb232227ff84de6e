"""What scoring, clusters and evidence ask about takedowns: of one bank, or of what several shards found together."""

from collections.abc import Mapping
from typing import Protocol

from fingerprints.photo_match import PhotoMatch
from fingerprints.title_print import TitlePrint
from streams.engine.resemblance import PhotoMeeting, TextMeeting
from streams.records import TakedownFingerprint


class KnownTakedowns(Protocol):
    """Takedowns by id and by listing, and how two of them, or their photos, lie to each other."""

    @property
    def takedowns(self) -> Mapping[str, TakedownFingerprint]:
        """By id, without photos."""

    def taken_down_as(self, listing_key: str) -> list[TakedownFingerprint]:
        """The takedowns of this very listing, by id."""

    def compare_titles(self, query: TitlePrint | None, held: TitlePrint | None) -> TextMeeting | None:
        """What two titles have in common, by the rarity of words among all takedowns."""

    def size_of(self, match: PhotoMatch) -> tuple[int, int]:
        """Width and height of the held photo, in pixels as it was decoded."""

    def explained(self, meeting: PhotoMeeting) -> PhotoMeeting:
        """The meeting with how the two photos lie on each other, where that can be said."""
