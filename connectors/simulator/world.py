"""The world behind the simulated marketplaces: shops and their listings over time.

One world serves several marketplaces. It holds what was and what will be: a question names the moment it is
asked at, so a story with a future plays by itself as a clock moves. It draws nothing and knows no HTTP.
"""

import bisect
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice

from connectors.events import EventType, ListingEvent
from connectors.sample.listing_ids import item_of
from connectors.sample.photo_recipe import PhotoRecipe
from connectors.sample.plan import Plan
from connectors.simulator.version import ALL, KIND_OF, KINDS, Shelf, Standing, Version, Wanted, milliseconds

Clock = Callable[[], datetime]


def system_clock() -> datetime:
    """Now, in UTC."""
    return datetime.now(UTC)


class KeptShelf:
    """One shop's listings, each with its versions in order. Waits for whoever writes to its world."""

    def __init__(self, lock: threading.RLock) -> None:
        self._lock = lock
        self._order: list[tuple[int, int]] = []
        self._versions: list[Version] = []
        self._history: dict[int, list[Version]] = {}
        self._serial = 0
        self._answered: tuple[tuple[int, int, Wanted], int, list[Version]] | None = None

    def add(self, version: Version) -> None:
        """Take a version in, at its time."""
        self._serial += 1
        place = (version.changed_ms, self._serial)
        at = bisect.bisect(self._order, place)
        self._order.insert(at, place)
        self._versions.insert(at, version)
        history = self._history.setdefault(version.item, [])
        bisect.insort_right(history, version, key=lambda one: one.changed_ms)
        self._answered = None

    def forget(self, item: int) -> None:
        """As though the listing had never been."""
        gone = {id(version) for version in self._history.pop(item, ())}
        kept = [place for place, version in enumerate(self._versions) if id(version) not in gone]
        self._order = [self._order[place] for place in kept]
        self._versions = [self._versions[place] for place in kept]
        self._answered = None

    def find(self, item: int, now_ms: int) -> Version | None:
        """The listing as it is shown now."""
        with self._lock:
            history = self._history.get(item, [])
            at = bisect.bisect_right(history, now_ms, key=lambda one: one.changed_ms)
            return history[at - 1] if at else None

    def changed(self, since_ms: int, until_ms: int, now_ms: int, wanted: Wanted = ALL) -> Sequence[Version]:
        """See `Shelf.changed`. The answer is kept for the next page while nothing has happened meanwhile."""
        question = (since_ms, until_ms, wanted)
        with self._lock:
            known = self._answered
            if known and known[0] == question and self._at(known[1]) == self._at(now_ms):
                return known[2]
            first = bisect.bisect_left(self._order, (since_ms, 0))
            last = self._at(min(until_ms, now_ms))
            found = [
                version
                for version in islice(self._versions, first, last)
                if wanted(version) and self.find(version.item, now_ms) is version
            ]
            self._answered = (question, now_ms, found)
            return found

    def versions(self) -> list[Version]:
        """All, past and future."""
        return list(self._versions)

    def count(self, now_ms: int) -> int:
        """Listings known by now, gone ones too."""
        with self._lock:
            return sum(history[0].changed_ms <= now_ms for history in self._history.values())

    def _at(self, now_ms: int) -> int:
        return bisect.bisect_left(self._order, (now_ms + 1, 0))


class World:
    """Shops on any of the marketplaces, filled from a plan or by hand. Safe for threads."""

    def __init__(self, clock: Clock = system_clock) -> None:
        self.photos: dict[str, PhotoRecipe] = {}
        """By file name: photos that a simulator draws and serves itself."""
        self._clock = clock
        self._shelves: dict[tuple[str, str], KeptShelf] = {}
        self._home: dict[str, tuple[str, str]] = {}
        self._lock = threading.RLock()
        self._followers: list[Callable[[Version], None]] = []

    def put(self, event: ListingEvent, *, at: datetime | None = None, also: Sequence[str] = ()) -> Version:
        """Show a listing as the event says, from `at` on (default: when the event was observed).

        `also` names further marketplaces of the same API that show it: a product on TikTok Shop and Tokopedia.

        Raises:
            ValueError: its marketplace is not simulated, its id has another form, or it has no seller.
        """
        item = item_of(event.marketplace, event.listing_id)
        if event.seller_id is None:
            raise ValueError(f"{event.key} has no seller_id: a marketplace's API is read shop by shop")
        standing = Standing.DELETED if event.type is EventType.REMOVED else Standing.LIVE
        changed_ms = milliseconds(at or event.observed_at)
        names = dict.fromkeys((event.marketplace, *also), standing)
        shelf = self._place((KIND_OF[event.marketplace], event.seller_id), names, event.listing_id)
        before = shelf.find(item, changed_ms)
        created_ms = milliseconds(event.listed_at) if event.listed_at and at is None else changed_ms
        version = Version(
            listing=event,
            item=item,
            created_ms=before.created_ms if before else min(created_ms, changed_ms),
            changed_ms=changed_ms,
            standing=tuple({**dict(before.standing if before else ()), **names}.items()),
        )
        return self._add(shelf, version)

    def remove(self, key: str, *, at: datetime | None = None, on: str | None = None) -> Version:
        """The seller takes the listing away from `at` (default: now) on, everywhere or on one marketplace.

        Raises:
            KeyError: there is no such listing at that time.
        """
        return self._stand(key, Standing.DELETED, at, on, "")

    def ban(
        self, key: str, *, at: datetime | None = None, on: str | None = None, reason: str = "prohibited"
    ) -> Version:
        """The marketplace takes the listing down; otherwise as `remove`."""
        return self._stand(key, Standing.BANNED, at, on, reason)

    def forget(self, key: str) -> None:
        """As though the listing had never been. KeyError where there is none."""
        with self._lock:
            marketplace, listing_id = key.split(":", 1)
            home = self._home[key]
            for name in KINDS[KIND_OF[marketplace]]:
                self._home.pop(f"{name}:{listing_id}", None)
            self._shelves[home].forget(item_of(marketplace, listing_id))

    def play(self, plan: Plan) -> None:
        """Take in a whole story, photos too: takedowns become bans. Its future shows as the clock moves."""
        self.photos.update(plan.photos)
        for step in plan.steps:
            if isinstance(step.record, ListingEvent):
                self.put(step.record)
            else:
                taken = step.record
                self.ban(taken.listing.key, at=step.at, reason=taken.reason or "prohibited")

    def sellers(self, kind: str) -> list[str]:
        """The shops that the API `kind` knows, in order of their ids."""
        with self._lock:
            return sorted(seller for known, seller in self._shelves if known == kind)

    def shelf(self, kind: str, seller: str) -> Shelf:
        """What one shop shows; an unknown shop shows nothing, until something is put there."""
        with self._lock:
            return self._shelves.setdefault((kind, seller), KeptShelf(self._lock))

    def follow(self, told: Callable[[Version], None]) -> Callable[[], None]:
        """Be told of each version there is, then of each as it is put. Gives back how to end that."""
        with self._lock:
            there = [version for shelf in self._shelves.values() for version in shelf.versions()]
            self._followers.append(told)
        for version in there:
            told(version)
        return lambda: self._followers.remove(told)

    def _place(self, home: tuple[str, str], marketplaces: Iterable[str], listing_id: str) -> KeptShelf:
        with self._lock:
            for marketplace in marketplaces:
                self._home[f"{marketplace}:{listing_id}"] = home
            return self._shelves.setdefault(home, KeptShelf(self._lock))

    def _stand(
        self, key: str, standing: Standing, at: datetime | None, on: str | None, reason: str
    ) -> Version:
        changed_ms = milliseconds(at or self._clock())
        with self._lock:
            shelf = self._shelves[self._home[key]]
            before = shelf.find(item_of(*key.split(":", 1)), changed_ms)
        if before is None:
            raise KeyError(f"{key} is not listed yet at that time")
        names = tuple((name, standing if on in (None, name) else old) for name, old in before.standing)
        return self._add(shelf, replace(before, changed_ms=changed_ms, standing=names, reason=reason))

    def _add(self, shelf: KeptShelf, version: Version) -> Version:
        with self._lock:
            shelf.add(version)
            followers = tuple(self._followers)
        for told in followers:
            told(version)
        return version
