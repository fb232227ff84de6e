"""A photo that is not drawn yet: what is on it, where, and what was done to it. Drawn once, then kept."""

from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock

from connectors.sample.draw import draw_photo
from connectors.sample.edits import edit_photo
from connectors.sample.prints import Look
from connectors.sample.seeds import seed_of


@dataclass(frozen=True, slots=True)
class PhotoRecipe:
    """How to draw one photo. `edits` are names of `connectors.sample.edits.EDITS`, in order."""

    look: Look
    seller_seed: int
    shot: int
    edits: tuple[str, ...] = ()
    edit_seed: int = 0

    @property
    def name(self) -> str:
        """The photo's file name: equal recipes, equal names."""
        return f"{seed_of('photo', self):016x}.jpg"

    def draw(self) -> bytes:
        """The photo as JPEG. About 60 ms on one core, and a few more for each edit."""
        photo = draw_photo(self.look, self.seller_seed, self.shot)
        for edit in self.edits:
            photo = edit_photo(photo, edit, self.edit_seed)
        return photo


class PhotoShelf:
    """Photos by recipe, drawn when first asked for; the newest `room` are kept. Safe for threads."""

    def __init__(self, room: int = 512) -> None:
        self._room = room
        self._kept: OrderedDict[PhotoRecipe, bytes] = OrderedDict()
        self._lock = Lock()

    def photo(self, recipe: PhotoRecipe) -> bytes:
        """The JPEG. Two threads may draw the same photo at once; both get the same bytes."""
        with self._lock:
            if recipe in self._kept:
                self._kept.move_to_end(recipe)
                return self._kept[recipe]
        drawn = recipe.draw()
        self.put(recipe, drawn)
        return drawn

    def put(self, recipe: PhotoRecipe, drawn: bytes) -> None:
        """Keep a photo that was drawn elsewhere, such as in another process."""
        with self._lock:
            self._kept[recipe] = drawn
            while len(self._kept) > self._room:
                self._kept.popitem(last=False)
