"""Small pictures kept in memory, the ones used last, within a bound; and what could not be had, for a moment. Pure."""

from collections import OrderedDict
from dataclasses import dataclass

MOST_BYTES = 64 * 1024 * 1024
"""Some thousand pictures of 800 pixels, or ten thousand small ones."""
FAILURE_SECONDS = 30.0
"""How long a photo that could not be had is not asked for again: a host that is down is left alone."""
MOST_FAILURES = 4096

Key = tuple[str, int]
"""Where a photo is from (a digest or an address), and the pixels of its longer side."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a photo cannot be shown: a short kind, as `PhotoError.kind`."""

    kind: str
    until: float


class PictureCache:
    """Pictures by key. Times are in seconds of any one clock."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most = most_bytes
        self._pictures: OrderedDict[Key, bytes] = OrderedDict()
        self._failures: OrderedDict[Key, Failure] = OrderedDict()
        self.held = 0
        """Bytes of all pictures."""

    def get(self, key: Key, now: float) -> bytes | Failure | None:
        """The picture, why there is none, or None where nothing is known."""
        picture = self._pictures.get(key)
        if picture is not None:
            self._pictures.move_to_end(key)
            return picture
        failure = self._failures.get(key)
        return failure if failure is not None and failure.until > now else None

    def put(self, key: Key, picture: bytes) -> None:
        """Keep it, in the place of those not used for longest."""
        self._failures.pop(key, None)
        self.held += len(picture) - len(self._pictures.pop(key, b""))
        self._pictures[key] = picture
        while self.held > self._most:
            _, gone = self._pictures.popitem(last=False)
            self.held -= len(gone)

    def failed(self, key: Key, kind: str, now: float) -> None:
        """Remember for `FAILURE_SECONDS` that it cannot be had."""
        self._failures[key] = Failure(kind, now + FAILURE_SECONDS)
        self._failures.move_to_end(key)
        while len(self._failures) > MOST_FAILURES:
            self._failures.popitem(last=False)
