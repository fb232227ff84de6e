"""One alert of what all shards found: the same as one worker with all takedowns would send. Pure.

Each shard searches its own takedowns (`search`), tells the others' gatherer what may matter (`answer_of`), and the
gatherer puts it together with its own findings (`gather`) and decides as a single worker does: the threshold, the
cluster, the best takedown and the evidence are chosen once, from all that was found.
"""

from collections import ChainMap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from fingerprints.decision import decide
from fingerprints.photo_match import PhotoMatch
from fingerprints.title_print import TitlePrint
from streams.engine.found import resembling_of, together
from streams.engine.pipeline import Match, decide_listing
from streams.engine.resemblance import Found, FoundPhoto, PhotoMeeting, Resembling, TextMeeting
from streams.engine.rules import Rules
from streams.engine.scoring import Score, score_listing
from streams.engine.seller_linking import seller_links
from streams.engine.takedown_bank import TakedownBank
from streams.records import ListingFingerprint, TakedownFingerprint
from streams.sharding.answers import (
    ShardMatch,
    ShardMeeting,
    ShardPhoto,
    found_of,
    meeting_of,
    told_contacts,
    told_meeting,
    told_texts,
)

Photo = tuple[str, int]
"""A takedown's photo: its id, and the item under which the photo index holds it."""


@dataclass(frozen=True, slots=True)
class Search:
    """What one shard's own takedowns say of a listing."""

    found: Found
    resembling: Resembling
    scores: tuple[Score, ...]


def search(listing: ListingFingerprint, bank: TakedownBank, rules: Rules) -> Search:
    """Search this shard's takedowns."""
    found = bank.find(listing.prints, rules.candidates)
    resembling = resembling_of(found, rules)
    return Search(found, resembling, score_listing(listing, bank, resembling, rules))


def answer_of(
    offset: int, listing: ListingFingerprint, searched: Search, bank: TakedownBank, rules: Rules
) -> ShardMatch | None:
    """What the gatherer must know of it; None where that is nothing.

    That is: takedowns that come to the threshold by what this shard knows, since what others know can only take away
    from that; a photo that a hash has settled or that the allow-list has silenced, for that counts for the others'
    takedowns too; and takedowns of the very listing.
    """
    near = tuple(score.takedown for score in searched.scores if _may_matter(score, rules))
    down = tuple(bank.taken_down_as(listing.listing.key))
    tells = near or down or searched.resembling.allowed or searched.resembling.tiers["hash"]
    if not tells:
        return None
    best = searched.scores[0].resemblance.photo if near else None
    return ShardMatch(
        offset=offset,
        takedowns=near,
        down=down,
        titles=told_texts(searched.found.titles),
        photos=tuple(_told_photo(photo, best, bank) for photo in searched.found.photos),
        contacts=told_contacts(searched.found.contacts),
        descriptions=told_texts(searched.found.descriptions),
    )


def gather(
    listing: ListingFingerprint,
    searched: Search,
    answers: Sequence[ShardMatch],
    bank: TakedownBank,
    rules: Rules,
    *,
    matched_at: datetime,
) -> Match:
    """What all shards' takedowns say of the listing. The seller links are this shard's own: each sends its own."""
    photos = {photo.image: photo.print for photo in listing.prints.photos}
    known = _Gathered(bank, answers)
    resembling = searched.resembling
    if answers:
        found = [searched.found, *(found_of(answer, photos) for answer in answers)]
        resembling = resembling_of(together(found, rules.candidates), rules)
        for takedown_id in [each for each in resembling.takedowns if each not in known.takedowns]:
            # Below the threshold on its own shard, so below it here.
            del resembling.takedowns[takedown_id]
    scores, alert = decide_listing(listing, known, resembling, rules, matched_at=matched_at)
    links = seller_links(listing, bank, searched.resembling)
    return Match(scores, alert, links, searched.resembling.tiers, searched.resembling.allowed)


def _may_matter(score: Score, rules: Rules) -> bool:
    if score.probability >= rules.threshold:
        return True
    return rules.shadow is not None and decide(score.likeness, rules.shadow).probability >= rules.threshold


def _told_photo(photo: FoundPhoto, best: PhotoMeeting | None, bank: TakedownBank) -> ShardPhoto:
    explained: ShardMeeting | None = None
    if best is not None and best.listing_image == photo.image and best.match.alignment is None:
        explained = told_meeting(best.match.owner, bank.explained(best), bank.size_of(best.match))
    meetings = tuple(
        told_meeting(owner, meeting, bank.size_of(meeting.match)) for owner, meeting in photo.meetings
    )
    return ShardPhoto(photo.image, photo.tier, meetings, explained)


class _Gathered:
    """A `KnownTakedowns`: this shard's, and those of the others that their answers are about."""

    def __init__(self, bank: TakedownBank, answers: Sequence[ShardMatch]) -> None:
        self._bank = bank
        told = {
            one.takedown.takedown_id: one for answer in answers for one in (*answer.takedowns, *answer.down)
        }
        self.takedowns: Mapping[str, TakedownFingerprint] = ChainMap(told, bank.takedowns)
        self._down = [one for answer in answers for one in answer.down]
        self._sizes: dict[Photo, tuple[int, int]] = {}
        self._explained: dict[tuple[int, Photo], ShardMeeting] = {}
        for answer in answers:
            for photo in answer.photos:
                for met in photo.meetings:
                    self._sizes[met.takedown_id, met.item] = met.size
                if (met_again := photo.explained) is not None:
                    self._explained[photo.image, (met_again.takedown_id, met_again.item)] = met_again

    def taken_down_as(self, listing_key: str) -> list[TakedownFingerprint]:
        """The takedowns of this very listing, by id."""
        every = [*self._bank.taken_down_as(listing_key), *self._down]
        return sorted(every, key=lambda one: one.takedown.takedown_id)

    def compare_titles(self, query: TitlePrint | None, held: TitlePrint | None) -> TextMeeting | None:
        """By the rarity of words among all takedowns, which every shard counts."""
        return self._bank.compare_titles(query, held)

    def size_of(self, match: PhotoMatch) -> tuple[int, int]:
        """Width and height of the held photo."""
        told = self._sizes.get((match.owner, match.item))
        return self._bank.size_of(match) if told is None else told

    def explained(self, meeting: PhotoMeeting) -> PhotoMeeting:
        """How the two photos lie on each other, where that shard said it."""
        match = meeting.match
        if (match.owner, match.item) not in self._sizes:
            return self._bank.explained(meeting)
        told = self._explained.get((meeting.listing_image, (match.owner, match.item)))
        return meeting if told is None else meeting_of(told, meeting.listing_image, meeting.print)
