"""One edit of a photo: JPEG bytes in, JPEG bytes out, the same for the same seed."""

import io
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from PIL import Image

from connectors.sample.edits import Change as SampleChange
from connectors.sample.seeds import dice


@dataclass(frozen=True, slots=True)
class OtherPhotos:
    """Photos of other people's goods, for edits that show more than one photo."""

    jpegs: Sequence[bytes] = field(repr=False)

    def any_of(self, chance: random.Random) -> Image.Image:
        """One of them, in RGB.

        Raises:
            ValueError: there are none.
        """
        if not self.jpegs:
            raise ValueError("this edit needs other people's photos, and none were given")
        return decoded(chance.choice(self.jpegs))


Change = Callable[[Image.Image, random.Random, OtherPhotos], Image.Image]
"""From an RGB photo to an RGB photo; all that varies is drawn from the random source."""


@dataclass(frozen=True, slots=True)
class Edit:
    """One thing that sellers do to a photo. `quality` is the JPEG quality of the result, 1 to 95."""

    name: str
    what: str
    """For a person who reads the report."""
    change: Change
    quality: int = 85

    def apply(self, photo: bytes, seed: int, others: OtherPhotos) -> bytes:
        """The edited photo as JPEG.

        Raises:
            ValueError: the edit needs other photos and there are none.
            OSError: `photo` cannot be decoded.
        """
        changed = self.change(decoded(photo), dice("evaluation", self.name, seed), others)
        out = io.BytesIO()
        changed.save(out, "JPEG", quality=self.quality)
        return out.getvalue()


def decoded(photo: bytes) -> Image.Image:
    """The photo in RGB, as it is stored. Raises OSError."""
    with Image.open(io.BytesIO(photo)) as opened:
        return opened.convert("RGB")


def chain(*changes: Change) -> Change:
    """One change after another."""

    def change(photo: Image.Image, chance: random.Random, others: OtherPhotos) -> Image.Image:
        for each in changes:
            photo = each(photo, chance, others)
        return photo

    return change


def from_sample(change: SampleChange, strength: float = 1.0) -> Change:
    """An edit of the sample marketplace, at this strength."""
    return lambda photo, chance, _others: change(photo, chance, strength)


def plain(change: Callable[[Image.Image], Image.Image]) -> Change:
    """A change with nothing left to chance."""
    return lambda photo, _chance, _others: change(photo)


def colour(chance: random.Random) -> tuple[int, int, int]:
    """Any opaque colour."""
    return chance.randrange(256), chance.randrange(256), chance.randrange(256)
