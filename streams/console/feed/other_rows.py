"""Seller links and dead letters as rows. Pure."""

import hashlib

from connectors.codec import Codec, RecordError
from connectors.events import DeadLetter
from connectors.seller_links import SellerLink
from streams.console.feed.fitting import Row, fitted
from streams.console.tables import DEAD_LETTERS, SELLER_LINKS
from streams.epoch import milliseconds
from streams.kafka_clients.record_reader import Record

KEY_BYTES = 600
WORD_CHARACTERS = 200
"""Of a dead letter's kind and stage: words for counting."""

_link = Codec(SellerLink, ours=True)
_letter = Codec(DeadLetter, ours=True)


def link_id(key: bytes | None) -> str:
    """What a link is known by: its key, or of a very long one its digest, as an index holds only so much."""
    key = key or b""
    if len(key) > KEY_BYTES:
        return hashlib.sha256(key).hexdigest()
    return key.decode("utf-8", "replace").replace("\x00", "\ufffd")


def link_row(record: Record) -> Row:
    """The row of two accounts that seem to be one seller.

    Raises:
        RecordError: it is no link, of an account with itself, or not under its own key.
    """
    raw = record.value or b""
    link = _link.decode(raw).record
    if (record.key or b"") != link.key.encode():
        raise RecordError("wrong-key", f"SellerLink: the key is {record.key!r}, not {link.key!r}")
    left, right = sorted(seller.key for seller in link.sellers)
    if left == right:
        raise RecordError("unfit-record", f"SellerLink: {left!r} is linked with itself")
    row = {"link": link_id(record.key), "left": left, "right": right}
    return fitted(SELLER_LINKS, row) | {"record": raw}


def letter_row(record: Record) -> Row:
    """The row of a dead letter, without its raw bytes.

    Raises:
        RecordError: it is no dead letter.
    """
    if record.value is None:
        raise RecordError("empty-value", "DeadLetter: the message has no value")
    letter = _letter.decode(record.value).record
    row = {
        "partition": record.partition,
        "offset": record.offset,
        "topic": letter.topic,
        "topic_partition": letter.partition,
        "topic_offset": letter.offset,
        "key": None if letter.key is None else letter.key.decode("utf-8", "replace"),
        "stage": letter.stage[:WORD_CHARACTERS],
        "error": letter.error[:WORD_CHARACTERS],
        "detail": letter.detail,
        "attempt": letter.attempt,
        "size": len(letter.value or b""),
        "failed_ms": milliseconds(letter.failed_at),
        "replayed_ms": None,
        "replayed_by": None,
    }
    return fitted(DEAD_LETTERS, row)
