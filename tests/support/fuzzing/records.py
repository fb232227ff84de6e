"""Targets: the records on the topics, lines of JSON, webhooks and their signatures."""

import base64
import hashlib
import hmac
import os
import tempfile
import threading
from datetime import UTC, datetime
from functools import cache
from typing import Any

import msgspec
from alert_records import alert, dead_letter, policy_difference, seller_link, verdict
from heartbeat_records import heartbeat
from listing_records import listing, takedown
from takedown_lists import takedown_request
from takedown_records import takedown_change, takedown_status

from connectors.codec import Codec, RecordError
from connectors.events import Image, Price, Source
from connectors.json_records import JsonRecords
from connectors.line_reader import Line, LineReader
from connectors.sdk import RawRecord
from connectors.secret import Secret
from connectors.webhook_body import BodyError, events, records
from connectors.webhook_signature import SignatureError, keys, sign, verified_id
from fuzzing.target import Target

NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
KEY = keys(Secret("whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="))
MOST = 8 * 1024 * 1024


@cache
def full_records() -> list[Any]:
    """One of each kind that is on a topic, with all of its fields."""
    from streams.engine.pipeline import fingerprint_listing, fingerprint_takedown

    rich = {
        "description": "Jaket varsity, wa 0812-3456-7890 atau ig @toko.baju",
        "price": Price(amount="85000.50", currency="IDR"),
        "images": (
            Image(url="https://photos.example/1.jpg"),
            Image(data=b"\xff\xd8\xff"),
            Image(path="a/1.jpg"),
        ),
        "url": "https://shopee.co.id/product/1/2",
        "category": "jaket",
        "listed_at": NOW,
        "source": Source(connector="shopee", version="1"),
    }
    full, gone = listing(1, **rich), takedown(1, **rich)
    request = takedown_request(1)
    return [
        full, gone, alert(1), verdict(1), dead_letter(), seller_link(1), policy_difference(1), request,
        takedown_status(request), takedown_change(), heartbeat(), fingerprint_listing(full, []),
        fingerprint_takedown(gone, []),
    ]  # fmt: skip


@cache
def _codecs() -> list[Codec[Any]]:
    return [Codec(type(record), ours=ours) for record in full_records() for ours in (False, True)]


def _record(raw: bytes) -> None:
    """The first byte says which kind; what is read is written and read again as itself."""
    if not raw:
        return
    codec = _codecs()[raw[0] % len(_codecs())]
    record = codec.decode(raw[1:]).record
    assert codec.decode(codec.encode(record)).record == record


def _record_seeds() -> list[bytes]:
    return [
        bytes([place]) + msgspec.json.encode(full_records()[place // 2]) for place in range(len(_codecs()))
    ]


def _jsonlines(raw: bytes) -> None:
    """Every line that is not blank is one item; what cannot be read goes on byte for byte."""
    with tempfile.TemporaryFile() as file:
        file.write(raw)
        file.flush()
        os.lseek(file.fileno(), 0, os.SEEK_SET)
        lines = [
            line
            for line in LineReader(file.fileno(), max_bytes=2048, follow=False).lines(threading.Event())
            if isinstance(line, Line)
        ]
    for kind in ("listings", "takedowns"):
        decoder = JsonRecords(kind, None, MOST)  # type: ignore[arg-type]
        for line in lines:
            if line.raw.strip():
                items = list(decoder.items(f"line {line.number}", line.raw))
                assert items
                assert not isinstance(items[-1], RawRecord) or items[-1].value == line.raw


def _jsonlines_seeds() -> list[bytes]:
    lines = [msgspec.json.encode(record) for record in full_records()[:2]]
    return [
        b"\n".join(lines) + b"\n",
        b'{"takedown_id":"t1","withdrawn":true}\n\r\n[]',
        b"\xef\xbb\xbf{}\n" + lines[0],
    ]


def _webhook(raw: bytes) -> None:
    """No byte of a body but blanks and an array's own signs is lost."""
    parts = records(raw)
    events(JsonRecords("listings", None, MOST), parts)
    events(JsonRecords("takedowns", None, MOST), parts)


def _webhook_seeds() -> list[bytes]:
    lines = [msgspec.json.encode(record) for record in (listing(1), takedown(1))]
    return [lines[0], b"[" + b", ".join(lines) + b"]", b"\n".join(lines), b"{\n}\n{}", b"[[[["]


def _signature(raw: bytes) -> None:
    """Lines: id, time, signatures, body. Whatever is let in was signed with our key."""
    head, _, body = raw.partition(b"\n\n")
    names = ("webhook-id", "webhook-timestamp", "webhook-signature")
    lines = head.decode("utf-8", "surrogateescape").split("\n")
    received = dict(zip(names, lines, strict=False))
    found = verified_id(KEY, received, body, NOW)
    assert sign(KEY[0], found, 0, b"")[:3] == "v1,"
    signed = f"{found}.{received['webhook-timestamp']}.".encode() + body
    wanted = base64.b64encode(hmac.new(KEY[0], signed, hashlib.sha256).digest()).decode()
    assert f"v1,{wanted}" in received["webhook-signature"].split(" ")


def _signature_seeds() -> list[bytes]:
    seconds = int(NOW.timestamp())
    good = sign(KEY[0], "msg_1", seconds, b"{}")
    return [
        f"msg_1\n{seconds}\n{good}\n\n{{}}".encode(),
        f"msg_1\n{seconds}\nv2,abc {good} v1,=\n\n{{}}".encode(),
        f"msg.1\n{seconds}9\n{good}\n\n".encode(),
    ]


TARGETS = (
    Target("record", _record, _record_seeds, (RecordError,)),
    Target("jsonlines", _jsonlines, _jsonlines_seeds),
    Target("webhook-body", _webhook, _webhook_seeds, (BodyError,)),
    Target("webhook-signature", _signature, _signature_seeds, (SignatureError,), 1024),
)
