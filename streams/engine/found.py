"""From what searches found to what resembles the listing: the allow-list is asked, and each takedown gets its best.

Pure, and the same whether one bank was searched or each shard's own: `together` puts the shards' findings into one, as
a search among all takedowns would have found them.
"""

from collections.abc import Iterable, Sequence

from streams.engine.resemblance import (
    ContactMeeting,
    Found,
    FoundPhoto,
    PhotoMeeting,
    Resemblance,
    Resembling,
    TextMeeting,
)
from streams.engine.rules import Rules


def resembling_of(found: Found, rules: Rules) -> Resembling:
    """What resembles the listing, less what analysts say honest sellers use."""
    resembling = Resembling()
    for owner, meeting in found.titles:
        if rules.allowed and rules.allowed.allows_title(owner):
            resembling.allowed += 1
            continue
        resembling.takedowns.setdefault(owner, Resemblance()).title = meeting
    for photo in found.photos:
        _add_photo(resembling, photo, rules)
    add_contacts(resembling, found.contacts)
    add_descriptions(resembling, found.descriptions)
    return resembling


def add_contacts(resembling: Resembling, contacts: Iterable[tuple[str, ContactMeeting]]) -> None:
    """For each takedown the contact that the fewest accounts tell."""
    for owner, meeting in contacts:
        met = resembling.takedowns.setdefault(owner, Resemblance())
        if met.contact is None or meeting.accounts < met.contact.accounts:
            met.contact = meeting


def add_descriptions(resembling: Resembling, descriptions: Iterable[tuple[str, TextMeeting]]) -> None:
    """Of takedowns that something else brought up."""
    for owner, meeting in descriptions:
        if (met := resembling.takedowns.get(owner)) is not None:
            met.description = meeting


def _add_photo(resembling: Resembling, photo: FoundPhoto, rules: Rules) -> None:
    resembling.tiers[photo.tier] += 1
    # The same catalogue photo may stand in other takedowns that no verdict names.
    if rules.allowed and any(
        meeting.match.same_photo and rules.allowed.allows_photo(owner, meeting.takedown_image)
        for owner, meeting in photo.meetings
    ):
        resembling.allowed += 1
        return
    resembling.photos += photo.meetings
    for owner, meeting in photo.meetings:
        there = resembling.takedowns.setdefault(owner, Resemblance())
        if there.photo is None or meeting.match.rank < there.photo.match.rank:
            there.photo = meeting


def together(found: Sequence[Found], candidates: int) -> Found:
    """What several shards found for one listing, cut to as many takedowns as one search gives."""
    titles = sorted((hit for each in found for hit in each.titles), key=lambda hit: (-hit[1].weight, hit[0]))
    images = {photo.image for each in found for photo in each.photos}
    searches = {
        image: [one for each in found for one in each.photos if one.image == image] for image in images
    }
    return Found(
        titles=tuple(titles[:candidates]),
        photos=tuple(_one_search(searches[image], candidates) for image in sorted(images)),
        contacts=tuple(one for each in found for one in each.contacts),
        descriptions=tuple(one for each in found for one in each.descriptions),
    )


def _one_search(searches: Sequence[FoundPhoto], candidates: int) -> FoundPhoto:
    """Where one shard's hashes settle the photo, no points would have been looked at on any."""
    settled = [search for search in searches if search.tier == "hash"]
    every = [meeting for search in settled or searches for meeting in search.meetings]
    best = tuple(sorted(every, key=_rank)[:candidates])
    if settled:
        return FoundPhoto(searches[0].image, "hash", best)
    same = bool(best) and best[0][1].match.same_photo
    return FoundPhoto(searches[0].image, "points" if same else "none", best)


def _rank(found: tuple[str, PhotoMeeting]) -> tuple[float, int, str, int]:
    return found[1].match.rank
