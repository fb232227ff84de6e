"""Records that cannot be read are sent on once, though windows overlap and show them again."""

import hashlib
from collections import OrderedDict

REMEMBERED = 10_000
"""Records: 32 bytes and some overhead each."""


class Once:
    """Remembers the newest records by digest, for one run."""

    def __init__(self, most: int = REMEMBERED) -> None:
        self._most = most
        self._seen: OrderedDict[bytes, None] = OrderedDict()

    def is_new(self, raw: bytes) -> bool:
        """Whether these very bytes were not here lately; from now on they were."""
        digest = hashlib.sha256(raw).digest()
        if digest in self._seen:
            self._seen.move_to_end(digest)
            return False
        self._seen[digest] = None
        if len(self._seen) > self._most:
            self._seen.popitem(last=False)
        return True
