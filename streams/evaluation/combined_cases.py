"""Listings with all their parts: relists that disguise several at once, and honest ones that share some."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from connectors.sample.seeds import dice, seed_of
from streams.evaluation.combined_goods import GENERIC, Particulars, drawn, put_back
from streams.evaluation.edit_table import TABLE as EDITS
from streams.evaluation.photo_set import Photo, PhotoSet
from streams.evaluation.title_disguise_table import TABLE as DISGUISES
from streams.evaluation.title_set import Title, TitleSet, disguised

Kind = Literal[
    "photo and title", "photo, new title", "title, new photo", "one stolen of several", "photo alone",
    "same seller", "same floor, other account", "generic title", "nothing shared", "catalogue photo",
]  # fmt: skip
RELISTS: dict[Kind, str] = {
    "photo and title": "photo edited and title disguised",
    "photo, new title": "photo edited, the title another product's",
    "title, new photo": "title disguised, the photo another one of nobody's",
    "one stolen of several": "two to four photos of which one is the taken-down one edited, title disguised",
    "photo alone": "photo edited, no title to speak of, no price, no description",
}
HONEST: dict[Kind, str] = {
    "same seller": "another garment of the same account on the same floor",
    "same floor, other account": "another garment on the same floor, of an account that is not known",
    "generic title": "the very words of a takedown's generic title, another photo",
    "nothing shared": "another product and photo",
    "catalogue photo": "an honest shop with the catalogue photo that a takedown used too",
}
HONEST_TIMES = 4
"""Honest listings for each relist: what is said of them at a base rate of few relists rests on their number."""
CATALOGUE_PHOTOS = 12
"""Takedowns whose photo is a catalogue's: honest shops use it."""


@dataclass(frozen=True, slots=True)
class TakenDown:
    """One taken-down listing: its photo, title and the rest."""

    takedown_id: str
    photo: Photo
    title: str
    seller: str
    particulars: Particulars
    source: Title | None
    """The real title; None where it is a generic one."""


@dataclass(frozen=True, slots=True)
class CombinedCase:
    """One listing. `photos`: each with the name of its edit, or None. `takedown_id`: which one it is come back."""

    listing_id: str
    kind: Kind
    photos: tuple[tuple[Photo, str | None], ...]
    title: str
    seller: str
    particulars: Particulars
    takedown_id: str | None = None
    catalogue_of: str | None = None
    """The takedown whose photo it has although it is honest."""


@dataclass(slots=True)
class World:
    """What is taken down, and what comes after."""

    takedowns: list[TakenDown] = field(default_factory=list)
    cases: list[CombinedCase] = field(default_factory=list)


def build(photos: PhotoSet, titles: TitleSet, each: int) -> World:
    """`each` relists of every kind and `HONEST_TIMES` as many honest listings, as far as photos go. Real titles of
    two thirds of the components are taken down, one each; the other third are other products."""
    ordered = sorted(titles.bank, key=lambda title: seed_of("combined", title.component))
    middle = len(ordered) * 2 // 3
    taken, apart = ordered[:middle], {title.component for title in ordered[middle:]}
    free = [title for title in (*titles.bank, *titles.others) if title.component in apart]
    world = World([_taken_down(photo, n, taken) for n, photo in enumerate(photos.bank)])
    for kind in RELISTS:
        chance = dice("combined", kind)
        able = [one for one in world.takedowns if one.source or kind != "title, new photo"]
        for number, one in enumerate(chance.sample(able, min(each, len(able)))):
            world.cases.append(_relist(kind, number, one, photos, free))
    for kind in HONEST:
        many = each if kind == "catalogue photo" else each * HONEST_TIMES
        world.cases += [_honest(kind, number, world.takedowns, photos, free) for number in range(many)]
    return world


def _taken_down(photo: Photo, number: int, titles: Sequence[Title]) -> TakenDown:
    source = titles[number] if number < len(titles) else None
    title = source.text if source else dice("generic", photo.image).choice(GENERIC)
    return TakenDown(photo.takedown_id, photo, title, photo.sender, drawn(photo.sender, photo.image), source)


def _relist(kind: Kind, number: int, one: TakenDown, photos: PhotoSet, free: Sequence[Title]) -> CombinedCase:
    chance = dice("relist", kind, one.takedown_id)
    seller = f"back-{kind}-{number}"
    edit = chance.choice(EDITS).name
    stolen: tuple[Photo, str | None] = (one.photo, edit)
    spare = chance.sample(photos.others, min(3, len(photos.others)))
    shown = [stolen]
    if kind == "title, new photo":
        shown = [(spare[0], None)]
    elif kind == "one stolen of several":
        shown += [(photo, None) for photo in spare[: chance.randint(1, 3)]]
        chance.shuffle(shown)
    if kind == "photo alone":
        return CombinedCase(
            f"{kind}/{number}", kind, tuple(shown), chance.choice(("🔥🔥", ".", "READY", "cek foto")), seller,
            Particulars(None, None, "unknown", None), one.takedown_id,
        )  # fmt: skip
    title = chance.choice(free).text if kind == "photo, new title" else _disguised(one, chance.random())
    rest = put_back(one.particulars, seller, chance)
    return CombinedCase(f"{kind}/{number}", kind, tuple(shown), title, seller, rest, one.takedown_id)


def _disguised(one: TakenDown, draw: float) -> str:
    disguise = DISGUISES[int(draw * len(DISGUISES))]
    return disguised(one.source or Title(one.title, "generic", 0), disguise)


def _honest(
    kind: Kind, number: int, takedowns: Sequence[TakenDown], photos: PhotoSet, free: Sequence[Title]
) -> CombinedCase:
    chance = dice("honest", kind, number)
    photo: tuple[Photo, str | None] = (chance.choice(photos.negatives), None)
    title, seller, catalogue_of = chance.choice(free).text, f"honest-{number}", None
    if kind == "same seller":
        seller = photo[0].sender
    elif kind == "generic title":
        title = chance.choice([one.title for one in takedowns if one.source is None] or GENERIC)
    elif kind == "nothing shared":
        photo = (chance.choice(photos.others), None)
    elif kind == "catalogue photo":
        one = takedowns[number % min(CATALOGUE_PHOTOS, len(takedowns))]
        photo, catalogue_of = (one.photo, chance.choice(("jpeg-30", "half", None))), one.takedown_id
    rest = drawn(seller, f"{kind}-{number}")
    return CombinedCase(f"{kind}/{number}", kind, (photo,), title, seller, rest, None, catalogue_of)
