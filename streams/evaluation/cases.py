"""The listings that the engine is asked about: which photo, which edit, and what the right answer is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from connectors.sample.seeds import dice
from streams.evaluation.photo_edit import Edit
from streams.evaluation.photo_set import Photo, PhotoSet

Group = Literal["table", "extra", "negative", "edited negative"]


@dataclass(frozen=True, slots=True)
class Case:
    """One listing with one photo. A negative's photo is in no takedown, so every alert on it is false."""

    listing_id: str
    group: Group
    photo: Photo
    edit: Edit | None = None

    @property
    def takedown_id(self) -> str | None:
        """The takedown that an alert must name; None where there must be no alert."""
        return self.photo.takedown_id if self.group in ("table", "extra") else None


def plan_cases(photos: PhotoSet, table: Sequence[Edit], extra: Sequence[Edit], sample: int) -> list[Case]:
    """`sample` bank photos for each edit, all negatives as they are, and all with one edit of the table.

    Each edit draws its own sample: together they see more of the bank, and their misses are independent.
    """
    cases = []
    groups: tuple[tuple[Group, Sequence[Edit]], ...] = (("table", table), ("extra", extra))
    for group, edits in groups:
        for edit in edits:
            chance = dice("evaluation sample", edit.name)
            for photo in chance.sample(photos.bank, min(sample, len(photos.bank))):
                cases.append(Case(f"{edit.name}/{photo.image}", group, photo, edit))
    for photo in photos.negatives:
        cases.append(Case(f"negative/{photo.image}", "negative", photo))
        edit = dice("evaluation negative", photo.image).choice(table)
        cases.append(Case(f"edited-negative/{photo.image}", "edited negative", photo, edit))
    return cases
