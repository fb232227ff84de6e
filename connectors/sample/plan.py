"""A marketplace's story with its ground truth: listings, takedowns, relists and honest lookalikes, in order.

The story has three acts: listings appear; some are taken down; more appear, and some of those are relists.
Every relist is observed at least `LEAD` after its takedown, so a system that has loaded the takedown
by then can catch it on arrival.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal

import msgspec

from connectors.events import EventType, ListingEvent, Takedown, TakenDownListing
from connectors.sample.disguise import DISGUISES
from connectors.sample.edits import MILD
from connectors.sample.photo_recipe import PhotoRecipe
from connectors.sample.writer import Shop, Writer

PhotosBy = Literal["url", "inline", "none"]
LEAD = timedelta(seconds=30)
START = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
SOFT_DISGUISES = tuple(name for name, disguise in DISGUISES.items() if disguise.undone)

Why = Literal["ordinary", "same backdrop", "same title", "same print"]
"""Why an honest listing might be taken for a relist."""


@dataclass(frozen=True, slots=True)
class Step:
    """One record at its time. Takedowns go to `takedowns`, listing events to `listings`."""

    at: datetime
    record: ListingEvent | Takedown


@dataclass(frozen=True, slots=True)
class Relist:
    """A planted relist: the answer that a detector should give, and how it was hidden."""

    key: str
    takedown_id: str
    edits: tuple[str, ...]
    disguises: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """The story, in order of time, and the truth about it. Listing keys are `marketplace:listing_id`."""

    seed: int
    steps: tuple[Step, ...]
    relists: tuple[Relist, ...]
    honest: dict[str, Why]
    """Listing keys that must raise no alert, and why they might."""
    still_up: dict[str, str]
    """Listing key to takedown_id: listings seen alive after their own takedown."""
    photos: dict[str, PhotoRecipe] = field(repr=False)
    """By file name, the last part of the photo's URL."""

    @property
    def truth(self) -> dict[str, str]:
        """Listing key to the takedown_id that it relists."""
        return {relist.key: relist.takedown_id for relist in self.relists}

    @property
    def events(self) -> list[ListingEvent]:
        """The listing events alone, in order."""
        return [step.record for step in self.steps if isinstance(step.record, ListingEvent)]

    @property
    def takedowns(self) -> list[Takedown]:
        """The takedowns alone, in order."""
        return [step.record for step in self.steps if isinstance(step.record, Takedown)]


def make_plan(
    seed: int,
    *,
    listings: int = 100,
    takedowns: int = 10,
    relists: int = 10,
    lookalikes: int = 15,
    still_up: int = 0,
    updates: int = 0,
    removals: int = 0,
    sellers: int = 12,
    marketplaces: Sequence[str] = (),
    photos: PhotosBy = "url",
    photo_base: str = "http://127.0.0.1:8000/photos",
    photos_each: int = 2,
    edits: Sequence[str] = MILD,
    disguises: Sequence[str] = SOFT_DISGUISES,
    start: datetime = START,
    pace: timedelta = timedelta(seconds=1),
) -> Plan:
    """A story of `takedowns` originals, `relists` of them in turn, and `listings` honest ones.

    `lookalikes` of the honest listings resemble a taken-down one (same backdrop, title or print).
    `still_up`, `updates` and `removals` add events of listings already seen. Each photo of a relist gets
    one of `edits`, each relist one or two of `disguises`. `pace` is the usual time between two records.
    `marketplaces`, such as `connectors.sample.listing_ids.REAL_MARKETPLACES`: the shops are on these in turn,
    ids and links have the marketplace's form, and what was taken down on one comes back on another.
    Photos by URL are at `photo_base/<name>`, where `connectors.simulator` serves `Plan.photos`.

    Raises:
        ValueError: the numbers contradict each other; the message says which.
    """
    numbers = {
        "listings": listings,
        "takedowns": takedowns,
        "relists": relists,
        "lookalikes": lookalikes,
        "still_up": still_up,
        "updates": updates,
        "removals": removals,
        "photos_each": photos_each,
    }
    _check(numbers, sellers)
    if sellers < len(marketplaces):
        raise ValueError(f"sellers is at least one a marketplace: raise sellers to {len(marketplaces)}")
    writer = Writer(seed, sellers, photos, photo_base.rstrip("/"), photos_each, marketplaces=marketplaces)
    story = _Story(writer, start, pace, listings + takedowns)
    for _ in range(takedowns):
        story.original()
    for number in range(listings - lookalikes):
        story.honest("ordinary", early=number % 2 == 0)
    whys: tuple[Why, ...] = ("same backdrop", "same title", "same print")
    for number in range(lookalikes):
        story.honest(whys[number % 3], early=False, like=number % takedowns)
    for number in range(relists):
        story.relist(number % takedowns, edits, disguises)
    for number in range(still_up):
        story.still_up(number)
    story.later(EventType.UPDATED, updates)
    story.later(EventType.REMOVED, removals)
    return story.plan(seed)


def _check(number: dict[str, int], sellers: int) -> None:
    for name, value in number.items():
        if value < 0:
            raise ValueError(f"{name} is 0 or more, not {value}")
    if number["lookalikes"] > number["listings"]:
        raise ValueError("lookalikes are among the listings: raise listings or lower lookalikes")
    if (number["relists"] or number["lookalikes"]) and not number["takedowns"]:
        raise ValueError("relists and lookalikes need something that was taken down: raise takedowns")
    if number["still_up"] > number["takedowns"]:
        raise ValueError("still_up is at most takedowns: each is one taken-down listing seen again")
    if number["updates"] + number["removals"] > number["listings"]:
        raise ValueError("updates and removals are at most one a listing: raise listings")
    if sellers < 2:
        raise ValueError("sellers is 2 or more: a relist needs a shop other than the original's")


class _Story:
    """Collects the steps. Three acts of equal length; times within an act are drawn."""

    def __init__(self, writer: Writer, start: datetime, pace: timedelta, records: int) -> None:
        self._writer = writer
        self._act = max(pace * max(1, records) / 2, LEAD)
        self._acts = (start, start + self._act, start + 2 * self._act + LEAD)
        self._steps: list[Step] = []
        self._originals: list[tuple[ListingEvent, Shop]] = []
        self._takedowns: list[Takedown] = []
        self._relists: list[Relist] = []
        self._honest: dict[str, Why] = {}
        self._living: list[ListingEvent] = []
        self._still_up: dict[str, str] = {}

    def _time(self, act: int) -> datetime:
        return self._acts[act] + self._act * self._writer.chance.random()

    def _tell(self, event: ListingEvent) -> None:
        self._steps.append(Step(event.observed_at, event))

    def original(self) -> None:
        """A listing of the first act, and its takedown in the second."""
        shop = self._writer.shop()
        event = self._writer.listing(self._writer.item(distinctive=True), shop, self._time(0))
        self._originals.append((event, shop))
        self._tell(event)
        at = self._time(1)
        kept = {name: getattr(event, name) for name in TakenDownListing.__struct_fields__}
        takedown = Takedown(
            takedown_id=f"{self._writer.prefix}-takedown-{len(self._takedowns):05}",
            listing=TakenDownListing(**kept),
            reason="imported second-hand clothing",
            authority="Sample Trade Authority",
            source="ministry",
            taken_down_at=at,
        )
        self._takedowns.append(takedown)
        self._steps.append(Step(at, takedown))

    def honest(self, why: Why, *, early: bool, like: int = 0) -> None:
        """A listing that is nobody's relist, from the first act or the third."""
        chance = self._writer.chance
        shop, item = self._writer.shop(), self._writer.item(distinctive=chance.random() < 0.6)
        if why != "ordinary":
            event, owner = self._originals[like]
            if why == "same backdrop":
                shop = owner
            else:
                item = self._writer.lookalike(event, same_title=why == "same title")
                shop = self._writer.shop(other_than=owner)
        told = self._writer.listing(item, shop, self._time(0 if early else 2))
        self._honest[told.key] = why
        self._living.append(told)
        self._tell(told)

    def relist(self, original: int, edits: Sequence[str], disguises: Sequence[str]) -> None:
        """The original again: new id, other shop, edited photos, disguised title, nearly the same price."""
        event, owner = self._originals[original]
        shop = self._writer.shop(other_than=owner)
        again, used_edits, used_disguises = self._writer.again(event, shop, self._time(2), edits, disguises)
        self._relists.append(
            Relist(again.key, self._takedowns[original].takedown_id, used_edits, used_disguises)
        )
        self._tell(again)

    def still_up(self, original: int) -> None:
        """The taken-down listing itself, seen alive in the third act."""
        event, _ = self._originals[original]
        seen = self._writer.seen_again(event, EventType.UPDATED, self._time(2))
        self._still_up[seen.key] = self._takedowns[original].takedown_id
        self._tell(seen)

    def later(self, kind: EventType, count: int) -> None:
        """Events of `count` honest listings after they were created; each listing has at most one."""
        for _ in range(count):
            event = self._living.pop(self._writer.chance.randrange(len(self._living)))
            at = event.observed_at + self._act * self._writer.chance.uniform(0.2, 0.8)
            self._tell(self._writer.seen_again(event, kind, at))

    def plan(self, seed: int) -> Plan:
        """Everything told so far, in order of time, numbered in that order."""
        steps = sorted(self._steps, key=lambda step: step.at)
        numbered = []
        for number, step in enumerate(steps):
            record = step.record
            if isinstance(record, ListingEvent):
                record = msgspec.structs.replace(record, event_id=f"{self._writer.prefix}-event-{number:06}")
            numbered.append(Step(step.at, record))
        return Plan(
            seed, tuple(numbered), tuple(self._relists), self._honest, self._still_up, self._writer.photos
        )
