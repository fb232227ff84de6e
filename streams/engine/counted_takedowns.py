"""What a shard knows of the takedowns that other shards hold: how rare their words, sentences and contacts are.

A title, a description and a contact weigh the less the more takedowns have them. Those weights must be the same on
every shard, or the same listing would be another probability on each. So a shard counts what it does not hold, and
keeps of each such takedown just enough to take it out of the counts again: a tombstone says only its id.
"""

import hashlib
from collections.abc import Iterable, Iterator

import msgspec
from msgspec import Struct

from fingerprints.contact import Contact
from fingerprints.description_store import DescriptionStore
from fingerprints.title_rarity import WordRarity
from fingerprints.title_words import words_of
from streams.engine.print_algorithms import comparable
from streams.records import TakedownFingerprint

DIGEST_BYTES = 12
"""Of a takedown's id: among ten million, two are alike once in a billion installations."""


class Counted(Struct, frozen=True, array_like=True):
    """One takedown as it was counted."""

    title: str | None
    sketch: bytes
    contacts: tuple[str, ...]
    account: str


class CountedTakedowns:
    """Counts takedowns in the statistics of the titles and descriptions that it is given, and contacts by itself.

    `later`: keeps them and counts nothing, until another of these counts what this one kept.
    """

    def __init__(self, rarity: WordRarity, descriptions: DescriptionStore, *, later: bool = False) -> None:
        self._rarity, self._descriptions, self._later = rarity, descriptions, later
        self._kept: dict[bytes, bytes] = {}
        """By digest of the id, in MessagePack: 0.4 KB a takedown in all."""
        self._accounts: dict[str, dict[str, int]] = {}
        """By contact, how many takedowns of each account tell it."""

    def __len__(self) -> int:
        return len(self._kept)

    def put(self, fingerprint: TakedownFingerprint) -> None:
        """Count it, instead of its earlier version if there is one."""
        takedown_id, prints = fingerprint.takedown.takedown_id, comparable(fingerprint.prints)
        self.withdraw(takedown_id)
        counted = Counted(
            prints.title.text if prints.title else None,
            prints.description.sketch if prints.description else b"",
            tuple({contact.value: None for contact in prints.contacts}),
            fingerprint.takedown.account if prints.contacts else "",
        )
        self._keep(_digest(takedown_id), msgspec.msgpack.encode(counted))

    def withdraw(self, takedown_id: str) -> None:
        """Take it out of the counts; an unknown one is no error."""
        kept = self._kept.pop(_digest(takedown_id), None)
        if kept is not None:
            self._count(_decoder.decode(kept), -1)

    def accounts_of(self, contact: Contact) -> Iterable[str]:
        """The accounts whose takedowns elsewhere tell this contact, each once."""
        return self._accounts.get(contact.value, ())

    def kept(self) -> Iterator[tuple[bytes, bytes]]:
        """All that is counted, for `keep`."""
        return iter(self._kept.items())

    def keep_all(self, kept: Iterable[tuple[bytes, bytes]]) -> None:
        """Count what another of these had kept. Raises msgspec.MsgspecError where it is damaged."""
        for digest, counted in kept:
            self._keep(digest, counted)

    def _keep(self, digest: bytes, counted: bytes) -> None:
        self._count(_decoder.decode(counted), 1)
        self._kept[digest] = counted

    def _count(self, counted: Counted, by: int) -> None:
        if self._later:
            return
        if counted.title is not None:
            self._rarity.count_elsewhere(dict.fromkeys(words_of(counted.title).meanings), by)
        self._descriptions.count_elsewhere(counted.sketch, by)
        for value in counted.contacts:
            accounts = self._accounts.setdefault(value, {})
            accounts[counted.account] = accounts.get(counted.account, 0) + by
            if not accounts[counted.account]:
                del accounts[counted.account]
            if not accounts:
                del self._accounts[value]


_decoder = msgspec.msgpack.Decoder(Counted)


def _digest(takedown_id: str) -> bytes:
    return hashlib.blake2b(takedown_id.encode(errors="surrogatepass"), digest_size=DIGEST_BYTES).digest()
