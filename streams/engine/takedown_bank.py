"""All takedowns that listings are matched against, searched by each kind of fingerprint."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import msgspec.structs

from fingerprints.contact import Contact
from fingerprints.contact_index import ContactIndex
from fingerprints.description_store import DescriptionStore
from fingerprints.description_weight import description_weight
from fingerprints.photo_match import PhotoIndex, PhotoMatch, Stage, no_stage
from fingerprints.photo_print import PhotoPrint
from fingerprints.title_bulk import index_of_titles
from fingerprints.title_index import TitleIndex
from fingerprints.title_print import TITLE, TitlePrint
from streams.engine.bank_files import FrozenBank, read_bank
from streams.engine.counted_takedowns import CountedTakedowns
from streams.engine.found import add_contacts, add_descriptions, resembling_of
from streams.engine.print_algorithms import comparable, unlike
from streams.engine.resemblance import (
    ContactMeeting,
    Found,
    FoundPhoto,
    PhotoMeeting,
    Resembling,
    TextMeeting,
)
from streams.engine.rules import Rules
from streams.records import Prints, TakedownFingerprint
from streams.shards import Shard


class TakedownBank:
    """Takedowns by id and by listing, with one index for each kind of fingerprint.

    Fingerprints of another algorithm version than this program's are left out of the indexes and counted in
    `stale`: unlike versions are never compared. Photos' fingerprints live in the photo index and its files
    (in `folder`) only; `takedowns` holds the rest. `stage` as in `PhotoIndex`.

    With a `shard` only the takedowns that fall to it are held; the others are counted in `elsewhere`, so that what a
    word, a description and a contact weigh is the same on all shards.
    """

    def __init__(
        self, folder: Path | None = None, stage: Stage = no_stage, shard: Shard | None = None
    ) -> None:
        self.takedowns: dict[str, TakedownFingerprint] = {}
        self.stale = 0
        self.titles = TitleIndex()
        self.descriptions = DescriptionStore()
        self.contacts = ContactIndex()
        self.photos = PhotoIndex(folder, stage)
        self._stage = stage
        self._images: dict[str, tuple[int, ...]] = {}
        """For each takedown the image numbers of its photos in the index."""
        self._by_listing: dict[str, str | set[str]] = {}
        """The takedowns of each listing; most have one, and a string is a fourth of a set."""
        self._filling = False
        self._shard = shard
        self.elsewhere = None if shard is None else CountedTakedowns(self.titles.rarity, self.descriptions)

    def __len__(self) -> int:
        return len(self.takedowns)

    def put(self, fingerprint: TakedownFingerprint) -> None:
        """Hold this takedown, instead of its earlier version if there is one."""
        takedown_id = fingerprint.takedown.takedown_id
        if self.elsewhere is not None and self._shard is not None and not self._shard.holds(takedown_id):
            self.elsewhere.put(fingerprint)
            return
        self.withdraw(takedown_id)
        prints = comparable(fingerprint.prints)
        if prints.photos:
            self.photos.add(takedown_id, tuple(photo.print for photo in prints.photos))
            self._images[takedown_id] = tuple(photo.image for photo in prints.photos)
        without_photos = msgspec.structs.replace(fingerprint.prints, photos=())
        self._hold(msgspec.structs.replace(fingerprint, prints=without_photos))
        if self._filling:
            return
        if prints.title is not None:
            self.titles.add(takedown_id, (prints.title,))
        if prints.description is not None:
            self.descriptions.add(takedown_id, prints.description)
        self.contacts.add(takedown_id, prints.contacts)

    def withdraw(self, takedown_id: str) -> None:
        """Forget the takedown; an unknown one is no error."""
        earlier = self.takedowns.pop(takedown_id, None)
        if earlier is None:
            if self.elsewhere is not None:
                self.elsewhere.withdraw(takedown_id)
            return
        self._let_go(earlier.takedown.key, takedown_id)
        self.titles.withdraw(takedown_id)
        self.descriptions.withdraw(takedown_id)
        self.contacts.withdraw(takedown_id)
        self.photos.withdraw(takedown_id)
        self._images.pop(takedown_id, None)
        self.stale -= unlike(earlier.prints.algorithms) is not None

    def begin_filling(self) -> None:
        """Very many come now: photos are indexed as they come, all else at once in `finish_filling`. Nothing may be
        searched for until then. Only while the bank is empty."""
        if self.takedowns:
            raise ValueError("the bank holds takedowns already")
        if self.elsewhere is not None:
            self.elsewhere = CountedTakedowns(self.titles.rarity, self.descriptions, later=True)
        self._filling = True

    def finish_filling(self) -> None:
        """Index the titles, descriptions and contacts of all that came. Nothing may be put or withdrawn meanwhile."""
        records = list(self.takedowns.values())
        self.descriptions, self.contacts = _small_indexes(records)
        self.titles = index_of_titles(
            (record.takedown.takedown_id, title)
            for record in records
            if (title := comparable(record.prints).title) is not None
        )
        if self.elsewhere is not None:
            self._count_elsewhere(self.elsewhere.kept())
        self._filling = False

    def _count_elsewhere(self, kept: Iterable[tuple[bytes, bytes]]) -> None:
        """Count what other shards hold in the indexes that are there now."""
        self.elsewhere = CountedTakedowns(self.titles.rarity, self.descriptions)
        self.elsewhere.keep_all(kept)

    def settle_in(self, folder: Path) -> None:
        """Keep the photos' files in this folder, which is empty, from now on; only while the bank is empty."""
        if self.takedowns:
            raise ValueError("the bank holds takedowns already")
        before, self.photos = self.photos, PhotoIndex(folder, self._stage)
        before.close()

    def freeze(self) -> FrozenBank:
        """The bank as it is now, to be written (`streams.engine.bank_files`)."""
        kept = [] if self.elsewhere is None else list(self.elsewhere.kept())
        return FrozenBank(
            list(self.takedowns.values()), dict(self._images), self.titles, self.photos.freeze(), kept
        )

    def thaw(self, frozen: FrozenBank) -> None:
        """What changes in place is written: takedowns may be put and withdrawn again."""
        self.photos.thaw(frozen.photos)

    def snapshot_taken(self, frozen: FrozenBank) -> None:
        """This snapshot is on the disk and no older one is."""
        self.photos.snapshot_taken(frozen.photos)

    def save(self, folder: Path) -> None:
        """Write all into the folder, which is empty, with nothing put or withdrawn meanwhile.

        Raises:
            OSError: such as a full disk.
        """
        frozen = self.freeze()
        frozen.write_changing(folder)
        self.thaw(frozen)
        frozen.write_rest(folder)
        self.snapshot_taken(frozen)

    def load(self, saved: Path, folder: Path | None = None) -> None:
        """Become what was saved, the photos' files going on in `folder`, which is empty; only while the bank is
        empty. Nothing is changed where it fails.

        Raises:
            SnapshotError: it is incomplete, damaged, or of another version of the program.
        """
        if self.takedowns:
            raise ValueError("the bank holds takedowns already")
        read = read_bank(saved)
        loaded = TakedownBank(None, self._stage, self._shard)
        for record in read.records:
            loaded._hold(record)
        loaded.photos.close()
        loaded.photos = PhotoIndex.load(saved, read.photos, folder, self._stage)
        loaded.titles, loaded._images = read.titles, read.images
        loaded.descriptions, loaded.contacts = _small_indexes(read.records)
        if loaded.elsewhere is not None:
            loaded._count_elsewhere(read.elsewhere)
        self.photos.close()
        vars(self).update(vars(loaded))

    def _hold(self, fingerprint: TakedownFingerprint) -> None:
        """All but the indexes."""
        takedown_id, prints = fingerprint.takedown.takedown_id, fingerprint.prints
        self.takedowns[takedown_id] = fingerprint
        present = self._by_listing.setdefault(fingerprint.takedown.key, takedown_id)
        if isinstance(present, set):
            present.add(takedown_id)
        elif present != takedown_id:
            self._by_listing[fingerprint.takedown.key] = {present, takedown_id}
        self.stale += unlike(prints.algorithms) is not None

    def _let_go(self, listing_key: str, takedown_id: str) -> None:
        present = self._by_listing[listing_key]
        if isinstance(present, str):
            del self._by_listing[listing_key]
            return
        present.discard(takedown_id)
        if len(present) == 1:
            self._by_listing[listing_key] = present.pop()

    def taken_down_as(self, listing_key: str) -> list[TakedownFingerprint]:
        """The takedowns of this very listing, by id."""
        present = self._by_listing.get(listing_key, ())
        ids = (present,) if isinstance(present, str) else sorted(present)
        return [self.takedowns[takedown_id] for takedown_id in ids]

    def resembling(self, prints: Prints, rules: Rules) -> Resembling:
        """The takedowns that any kind of fingerprint finds, and where they meet."""
        return resembling_of(self.find(prints, rules.candidates), rules)

    def find(self, prints: Prints, candidates: int) -> Found:
        """What the searches find, at most `candidates` takedowns for each title and photo."""
        prints = comparable(prints)
        titles: list[tuple[str, TextMeeting]] = []
        if prints.title is not None:
            titles = [
                (hit.owner, TextMeeting(hit.similarity, hit.weight))
                for hit in self.titles.search(prints.title, candidates)
            ]
        photos = [self._find_photo(photo.image, photo.print, candidates) for photo in prints.photos]
        contacts = list(self._find_contacts(prints.contacts))
        owners = dict.fromkeys(
            (
                *(owner for owner, _ in titles),
                *(owner for photo in photos for owner, _ in photo.meetings),
                *(owner for owner, _ in contacts),
            )
        )
        descriptions = tuple(self._find_descriptions(prints, owners))
        return Found(tuple(titles), tuple(photos), tuple(contacts), descriptions)

    def add_rest(self, found: Resembling, prints: Prints) -> None:
        """Add to what titles or photos found what contacts and descriptions say."""
        add_contacts(found, self._find_contacts(prints.contacts))
        add_descriptions(found, self._find_descriptions(prints, found.takedowns))

    def compare_titles(self, query: TitlePrint | None, held: TitlePrint | None) -> TextMeeting | None:
        """What two titles have in common, by the rarity of words in this bank; None where one is missing."""
        if query is None or held is None:
            return None
        return TextMeeting(TITLE.compare(query, held), self.titles.weigh(query, held))

    def size_of(self, match: PhotoMatch) -> tuple[int, int]:
        """Width and height of the held photo, in pixels as it was decoded."""
        return self.photos.size_of(match)

    def explained(self, meeting: PhotoMeeting) -> PhotoMeeting:
        """The meeting with how the two photos lie on each other, where that can be said."""
        match = self.photos.explain(meeting.print, meeting.match)
        return PhotoMeeting(meeting.listing_image, meeting.takedown_image, meeting.print, match)

    def _find_photo(self, image: int, photo: PhotoPrint, candidates: int) -> FoundPhoto:
        search = self.photos.search(photo, candidates)
        met = tuple(
            (match.owner, PhotoMeeting(image, self._images[match.owner][match.item], photo, match))
            for match in search.matches
        )
        return FoundPhoto(image, search.tier, met)

    def _find_contacts(self, contacts: Sequence[Contact]) -> Iterator[tuple[str, ContactMeeting]]:
        owners: dict[Contact, list[str]] = {}
        for owner, contact in self.contacts.search(contacts):
            owners.setdefault(contact, []).append(owner)
        for contact, sharing in owners.items():
            accounts = {self.takedowns[owner].takedown.account for owner in sharing}
            if self.elsewhere is not None:
                accounts.update(self.elsewhere.accounts_of(contact))
            for owner in sharing:
                yield owner, ContactMeeting(contact.kind, contact.value, len(accounts))

    def _find_descriptions(self, prints: Prints, owners: Iterable[str]) -> Iterator[tuple[str, TextMeeting]]:
        """Compared with the takedowns that something else brought: by itself no description brings an alert."""
        description = comparable(prints).description
        if description is None:
            return
        for shared in self.descriptions.compare(description, owners):
            weight = description_weight(shared.similarity, shared.held_by)
            if weight > 0:
                yield shared.owner, TextMeeting(shared.similarity, weight)


def _small_indexes(records: Sequence[TakedownFingerprint]) -> tuple[DescriptionStore, ContactIndex]:
    """Those that are made from the records as fast as they would be read."""
    descriptions = DescriptionStore.of(
        (record.takedown.takedown_id, description)
        for record in records
        if (description := comparable(record.prints).description) is not None
    )
    contacts = ContactIndex()
    for record in records:
        contacts.add(record.takedown.takedown_id, record.prints.contacts)
    return descriptions, contacts
