"""From a list to its requests: each listing once, what was requested before left out, everything counted.

Nothing is sent while the list is read: a list that turns out to be past a limit leaves nothing behind. What is to
be sent waits in a file, so memory grows with a list's different links only.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from hashlib import blake2b
from tempfile import TemporaryFile
from typing import Final, Self

import msgspec
from msgspec import Struct, field

from connectors.links import LinkTarget, ShortLink
from connectors.short_links import Unresolved
from connectors.takedown_lists.items import Item, Mention, Place, Reject, Remark
from connectors.takedown_requests import Received, TakedownRequest, request_of

NOT_LOOKED_UP: Final = "a short link that was not looked up"

Resolve = Callable[[ShortLink], LinkTarget | Unresolved]


class Counts(Struct):
    """What a list gave."""

    found: int = 0
    """Links to listings, and short links."""
    new: int = 0
    duplicates: int = 0
    """Links to a listing that the list named before."""
    other_form: int = 0
    """Those of the duplicates that were written differently."""
    requested_before: int = 0
    unresolved: int = 0
    """Short links among the new that are not known to lead to a listing yet."""
    rejects: Counter[str] = field(default_factory=Counter)
    """By reason."""
    marketplaces: Counter[str] = field(default_factory=Counter)
    """The new, by marketplace."""


class Refusal(Struct, frozen=True):
    """One line of the rejects file: what did not become a request of its own, and why."""

    kind: str
    """`reject` or `duplicate`."""
    place: Place
    why: str
    link: str


class KnownRequests:
    """Who asked for what before: a listing is requested once by one authority through one source."""

    def __init__(self) -> None:
        self._known: set[bytes] = set()

    def __len__(self) -> int:
        return len(self._known)

    def put(self, key: str, authority: str | None, source: str) -> None:
        """It was requested."""
        self._known.add(_digest(key, authority or "", source))

    def has(self, request: TakedownRequest) -> bool:
        """Whether the same was requested."""
        return _digest(request.key, request.authority or "", request.source) in self._known


def _digest(*texts: str) -> bytes:
    """16 bytes instead of links of hundreds: a million of them are known at once."""
    return blake2b("\n".join(texts).encode("utf-8", "surrogatepass"), digest_size=16).digest()


class Waiting:
    """Requests that wait in a file until the whole list was read."""

    def __init__(self) -> None:
        self._file = TemporaryFile()  # noqa: SIM115  close() closes it
        self._encoder = msgspec.json.Encoder()
        self.count = 0

    def put(self, request: TakedownRequest) -> None:
        """Keep one."""
        # JSON has no line ends of its own; the key, a link, has none either.
        self._file.write(b"%s\n%s\n" % (request.key.encode(), self._encoder.encode(request)))
        self.count += 1

    def messages(self) -> Iterator[tuple[bytes, bytes]]:
        """Each one's key and value, in their order."""
        self._file.seek(0)
        lines = iter(self._file)
        for key in lines:
            yield key[:-1], next(lines)[:-1]

    def close(self) -> None:
        """Forget them."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class TakedownImport:
    """Takes a list's items one by one. `refuse` and `remark` are told what became no request, and why."""

    def __init__(
        self,
        received: Received,
        known: KnownRequests,
        waiting: Waiting,
        *,
        resolve: Resolve | None = None,
        refuse: Callable[[Refusal], None] = lambda _: None,
        remark: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._received = received
        self._known = known
        self._waiting = waiting
        self._resolve = resolve
        self._refuse = refuse
        self._remark = remark
        self._first: dict[bytes, tuple[Place, int]] = {}
        self.counts = Counts()

    def take(self, item: Item) -> None:
        """Count the item, and keep the request that it makes."""
        if isinstance(item, Remark):
            self._remark(item.text)
        elif isinstance(item, Reject):
            self.counts.rejects[item.why] += 1
            self._refuse(Refusal("reject", item.place, item.why, item.text))
        else:
            self._take_mention(item)

    def _take_mention(self, mention: Mention) -> None:
        self.counts.found += 1
        target, unresolved = self._target(mention)
        url = target.url if target else mention.target.url
        digest, form_of_link = _digest(url), hash(mention.link)
        first = self._first.get(digest)
        if first is not None:
            place, form_before = first
            self.counts.duplicates += 1
            self.counts.other_form += form_before != form_of_link
            form = "the same link" if form_before == form_of_link else "another link to the same listing"
            self._refuse(Refusal("duplicate", mention.place, f"{form} as in {place}", mention.link))
            return
        self._first[digest] = mention.place, form_of_link
        request = request_of(mention, self._received, target, unresolved)
        if self._known.has(request):
            self.counts.requested_before += 1
            return
        self.counts.new += 1
        self.counts.unresolved += target is None
        self.counts.marketplaces[target.marketplace if target else "unresolved"] += 1
        self._waiting.put(request)

    def _target(self, mention: Mention) -> tuple[LinkTarget | None, str | None]:
        if isinstance(mention.target, LinkTarget):
            return mention.target, None
        if self._resolve is None:
            return None, NOT_LOOKED_UP
        found = self._resolve(mention.target)
        return (found, None) if isinstance(found, LinkTarget) else (None, found.why)
