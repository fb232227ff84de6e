"""Personal data in records replaced by pseudonyms, the same for the same person in every pack of one maker.

A pseudonym is an HMAC (RFC 2104) under a secret that stays with the maker: ids have so few digits that any plain hash
of one is undone by trying all. Who holds the secret can say later whom a pseudonym means.
"""

import hashlib
import hmac
import os
import re
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar, cast

import msgspec
from msgspec import Struct

from connectors.events import Alert, AlertListing, Listing, Takedown
from connectors.seller_links import SellerLink
from connectors.verdicts import Verdict
from streams.evidence_packs.contact_scrub import Scrubber
from streams.evidence_packs.manifest import Redaction, Selection

S = TypeVar("S", bound=Struct)

SECRET_BYTES = 32
LETTERS = 12
"""Of a pseudonym: 16^12 of them, so two in a pack are never alike by chance."""
LEAST_KNOWN = 5
"""Characters of an id that is looked for in texts; shorter ones are words and sizes too."""
REPLACED = ("seller-ids", "listing-ids", "event-ids", "addresses", "contacts-in-texts", "analysts")
NOT_REPLACED = ("photos", "names-in-texts")
"""Both are said in words by `streams.evidence_packs.pack_words`."""

LONGEST_REASON = 2000
"""As a verdict may have; pseudonyms may be longer than what they replace."""
REDACTED_URL = "https://redacted.invalid/"

_TO_LETTERS = str.maketrans("0123456789abcdef", "bcdfghjklmnpqrst")
"""No digits and no vowels: nothing that reads as a number, a word or a contact."""
_KEPT = frozenset(
    {
        "marketplace", "kind", "caught_by", "type", "relation", "condition", "listing_condition",
        "takedown_condition", "contact", "verdict", "source", "connector", "version", "amount", "currency",
        "observed_at", "listed_at", "taken_down_at", "matched_at", "listing_observed_at", "decided_at", "seen_at",
        "image", "text", "policy", "alert_id", "sha256", "edits",
    }
)  # fmt: skip
"""Fields whose text is one of a few words, a time, a number or a digest."""
_PARTS = re.compile(r"[^\W_]+")


class SecretError(ValueError):
    """The file holds no secret; the message names it."""


def load_secret(path: Path) -> bytes:
    """The secret in the file; made there, for the owner alone, the first time.

    Raises:
        SecretError: the file is something else, or cannot be read or made.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            pass
        else:
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(secrets.token_hex(SECRET_BYTES) + "\n")
        text = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SecretError(f"cannot use {path}: {getattr(error, 'strerror', None) or error}") from None
    if not re.fullmatch(rf"[0-9a-f]{{{2 * SECRET_BYTES}}}", text):
        raise SecretError(f"{path} is not a secret of {SECRET_BYTES} bytes in hex")
    return bytes.fromhex(text)


class Redactor:
    """Replaces personal data in records. First it is told of all records, so that it knows the ids to look for."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._known: dict[str, str] = {}
        self._scrubber = Scrubber(self._in_text, self._known)

    @property
    def described(self) -> Redaction:
        """For the manifest."""
        return Redaction(
            kind="personal", replaced=REPLACED, not_replaced=NOT_REPLACED, key_id=self._hmac("key id")[:16]
        )

    def learn(self, records: Iterable[Struct]) -> None:
        """Note the ids of sellers and listings in these records."""
        for record in records:
            for listing in _listings_in(record):
                marketplace = listing["marketplace"]
                for name in ("seller_id", "listing_id"):
                    if listing.get(name):
                        self._learn(marketplace, name, listing[name])

    def learn_account(self, account: str) -> None:
        """Note a `marketplace:seller_id` that was asked for."""
        marketplace, _, seller = account.partition(":")
        self._learn(marketplace, "seller_id", seller)

    def _learn(self, marketplace: str, name: str, value: str) -> None:
        whole = self._id(name, marketplace, value)
        parts = _PARTS.findall(value)
        if len(parts) == 1 and len(value) >= LEAST_KNOWN:
            # A seller's id wins over the same digits within a listing's.
            if name == "seller_id" or value.lower() not in self._known:
                self._known[value.lower()] = whole
            return
        for part in parts:
            if len(part) >= LEAST_KNOWN:
                self._known.setdefault(part.lower(), self.pseudonym("id", part.lower()))

    def record(self, record: S) -> S:
        """The record without personal data; still a record of its type."""
        return msgspec.convert(self._walk(msgspec.to_builtins(record), ""), type(record))

    def selection(self, selection: Selection) -> Selection:
        """The selection as the manifest of a redacted pack says it."""
        return Selection(
            takedowns=tuple(map(self.takedown_id, selection.takedowns)),
            sellers=tuple(map(self.account, selection.sellers)),
            since=selection.since,
            until=selection.until,
        )

    def account(self, account: str) -> str:
        """`marketplace:seller_id` with a pseudonym for the seller."""
        marketplace, _, seller = account.partition(":")
        return f"{marketplace}:{self._id('seller_id', marketplace, seller)}"

    def listing_key(self, key: str) -> str:
        """`marketplace:listing_id` with a pseudonym for the listing."""
        marketplace, _, listing = key.partition(":")
        return f"{marketplace}:{self._id('listing_id', marketplace, listing)}"

    def takedown_id(self, takedown_id: str) -> str:
        """The id as the authority gave it, but for ids of sellers and listings within it."""
        return self._scrubber.scrub(takedown_id)[:256]

    def commitment(self, raw: bytes) -> str:
        """Binds the maker to the bytes that were redacted: with the secret anyone can check them, without it nobody
        can guess them. HMAC-SHA256 in hex."""
        return hmac.new(self._secret, b"record\0" + raw, hashlib.sha256).hexdigest()

    def pseudonym(self, kind: str, value: str) -> str:
        """A name for this value of this kind."""
        return f"{kind}-{self._hmac(kind, value)[:LETTERS].translate(_TO_LETTERS)}"

    def _in_text(self, kind: str, value: str) -> str:
        return f"[{self.pseudonym(kind, value)}]"

    def _id(self, name: str, marketplace: str, value: str) -> str:
        return self.pseudonym(name.removesuffix("_id"), f"{marketplace}:{value}")

    def _hmac(self, *parts: str) -> str:
        return hmac.new(self._secret, "\0".join(parts).encode(), hashlib.sha256).hexdigest()

    def _walk(self, value: Any, marketplace: str) -> Any:
        if isinstance(value, dict):
            listing = value.get("listing")
            # An alert's evidence speaks of the listing's seller, and has no marketplace of its own.
            outer = listing["marketplace"] if isinstance(listing, dict) else marketplace
            inner = str(value.get("marketplace", outer))
            contact = value.get("contact")
            return {name: self._field(name, each, inner, contact) for name, each in value.items()}
        if isinstance(value, list | tuple):
            return [self._walk(each, marketplace) for each in value]
        return self._scrubber.scrub(value) if isinstance(value, str) else value

    def _field(self, name: str, value: Any, marketplace: str, contact: Any) -> Any:  # noqa: PLR0911  a line for each
        if not isinstance(value, str):
            return value if name in _KEPT and not isinstance(value, dict) else self._walk(value, marketplace)
        if name in _KEPT:
            return value
        match name:
            case "seller_id" | "listing_id" | "event_id":
                return self._id(name, marketplace, value)
            case "url":
                return REDACTED_URL + self.pseudonym("address", value)
            case "data":
                return ""
            case "path":
                return self.pseudonym("path", value)
            case "by":
                return self.pseudonym("person", value)
            case "value" if isinstance(contact, str):
                return self.pseudonym(contact, value)
            case "takedown_id":
                return self.takedown_id(value)
            case "reason":
                return self._scrubber.scrub(value)[:LONGEST_REASON]
            case _:
                return self._scrubber.scrub(value)


def _listings_in(record: Struct) -> Iterable[Mapping[str, Any]]:
    """Whatever in the record names a listing or a seller."""
    match record:
        case Listing() | AlertListing():
            found: list[Struct] = [record]
        case Takedown():
            found = [record.listing]
        case Alert():
            found = [record.listing, record.takedown]
        case Verdict():
            found = [record.alert.listing, record.alert.takedown]
        case SellerLink():
            found = list(record.sellers)
        case _:
            found = []
    return [cast("Mapping[str, Any]", msgspec.structs.asdict(each)) for each in found]
