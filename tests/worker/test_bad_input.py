"""Everything an adversary can put on the topics: a dead letter or a match on what remains, never a stop."""

import io
import json

import msgspec
import pytest
from kafka_client import KafkaClient
from listing_records import drawn_photo, inline, listing, relist, takedown
from photo_bytes import encoded, png_bomb
from photo_host import photo_host
from PIL import Image as Pillow
from worker_steps import alerts_of, publish_takedowns, wait_fingerprinted

from connectors.events import DeadLetter, Image
from streams.records import ListingFingerprint
from streams.worker.worker_process import WorkerProcess

pytestmark = pytest.mark.kafka


def changed(**fields: object) -> bytes:
    """A good listing with some fields replaced; None takes one away."""
    record = json.loads(msgspec.json.encode(listing(1))) | fields
    return json.dumps({name: value for name, value in record.items() if value is not None}).encode()


BAD_LISTINGS = {
    "malformed": (b'{"event_id": ', "malformed-json", "ListingEvent"),
    "not utf-8": (b'{"event_id": "\xff\xfe"}', "malformed-json", "ListingEvent"),
    "not an object": (b"[1, 2]", "invalid-record", "object"),
    "empty": (b"", "malformed-json", "ListingEvent"),
    "null": (None, "empty-value", "no value"),
    "wrong type": (changed(title=7), "invalid-record", "$.title"),
    "missing field": (changed(listing_id=None), "invalid-record", "listing_id"),
    "unknown event type": (changed(type="listing.sold"), "invalid-record", "$.type"),
    "no time zone": (changed(observed_at="2026-11-24T03:00:00"), "invalid-record", "$.observed_at"),
    "marketplace with a colon": (changed(marketplace="a:b"), "invalid-record", "$.marketplace"),
    "two kinds of image": (changed(images=[{"url": "http://x/", "path": "y"}]), "invalid-record", "$.images"),
    "deeply nested": (b'{"event_id": ' + b"[" * 50_000 + b"]" * 50_000 + b"}", None, "ListingEvent"),
}


def test_bad_listings_become_dead_letters_with_their_raw_bytes(
    worker: WorkerProcess, client: KafkaClient
) -> None:
    publish_takedowns(client, takedown(1))
    for name, (raw, _, _) in BAD_LISTINGS.items():
        client.send("listings", name, raw)
    good = relist(11, of=1)
    client.send_all("listings", [(good.key, good)])
    messages = client.read_until("dead-letters", lambda got: len(got) >= len(BAD_LISTINGS), quiet=0.5)
    letters = {m.key.decode(): msgspec.json.decode(m.value, type=DeadLetter) for m in messages}
    assert letters.keys() == BAD_LISTINGS.keys()
    for name, (raw, kind, detail) in BAD_LISTINGS.items():
        letter = letters[name]
        assert letter.value == raw, name
        assert letter.key == name.encode()
        assert kind in (None, letter.error), (name, letter)
        assert detail in letter.detail, (name, letter.detail)
        assert letter.topic.endswith("listings")
    assert len(alerts_of(client.read_until("alerts", lambda got: len(got) >= 1))) == 1
    assert worker.is_ready()


def test_bad_takedowns_become_dead_letters(worker: WorkerProcess, client: KafkaClient) -> None:
    client.send("takedowns", "t1", b"{}")
    client.send("takedowns", "t-other", takedown(1))
    client.send("takedowns", b"", None)
    client.flush()
    messages = client.read_until("dead-letters", lambda got: len(got) >= 3)
    errors = sorted(msgspec.json.decode(m.value, type=DeadLetter).error for m in messages)
    assert errors == ["invalid-record", "missing-key", "wrong-key"]
    publish_takedowns(client, takedown(2))
    assert worker.is_ready()


def test_bad_photos_leave_the_listing_matched_on_what_remains(
    worker: WorkerProcess, client: KafkaClient
) -> None:
    photo = drawn_photo(1)
    pages = {
        "/good.jpg": ("image/jpeg", photo),
        "/page.jpg": ("image/jpeg", b"<!doctype html><html><body>login</body></html>"),
        "/huge.jpg": ("image/jpeg", photo + bytes(40 * 1024 * 1024)),
        "/half.jpg": ("image/jpeg", photo[: len(photo) // 2]),
        "/bomb.png": ("image/png", png_bomb()),
        "/white.png": ("image/png", encoded(Pillow.new("L", (400, 400), 255), "PNG")),
        "/tiny.png": ("image/png", encoded(Pillow.new("L", (1, 1), 9), "PNG")),
    }
    publish_takedowns(client, takedown(1, images=inline(photo)))
    with photo_host(pages) as base:
        urls = [
            f"{base}/{name}" for name in ("page.jpg", "huge.jpg", "half.jpg", "bomb.png", "hang", "missing")
        ]
        urls += [
            "ftp://127.0.0.1/a",
            "not a url",
            f"{base}/white.png",
            f"{base}/tiny.png",
            f"{base}/good.jpg",
        ]
        images = (
            *(Image(url=url) for url in urls),
            Image(path="etc/passwd"),
            *inline(b"not an image", photo[:40]),
        )
        event = listing(30, images=images)
        client.send_all("listings", [(event.key, event)])
        (alert,) = alerts_of(client.read_until("alerts", lambda got: len(got) >= 1, quiet=1, seconds=60))
    assert alert.evidence[0].listing_image == urls.index(f"{base}/good.jpg")
    (message,) = [m for m in wait_fingerprinted(client, event.key) if m.key == event.key.encode()]
    prints = msgspec.json.decode(message.value, type=ListingFingerprint).prints
    failures = {failure.image: failure.error for failure in prints.failures}
    assert [photo.image for photo in prints.photos] == [urls.index(f"{base}/good.jpg")]
    assert failures.keys() == set(range(len(images))) - {10}, failures
    assert failures[8] == failures[9] == "no-features"
    assert failures[1] == "too-large"
    assert failures[4] == "timeout"
    assert failures[11] == "path-refused"
    assert worker.is_ready()


def test_a_million_character_title_is_matched_in_time(worker: WorkerProcess, client: KafkaClient) -> None:
    publish_takedowns(client, takedown(1))
    long = [
        listing(40, title="a" * 1_000_000),
        listing(41, title=relist(41, of=1).title + " " + "\u0301" * 900_000),
        listing(42, title="\u200b" * 300_000 + "😀 " * 100_000),
    ]
    client.send_all("listings", [(event.key, event) for event in long])
    wait_fingerprinted(client, *(event.key for event in long))
    assert worker.is_ready()


def test_one_pixel_short_of_everything(worker: WorkerProcess, client: KafkaClient) -> None:
    """An event with nothing but its required fields, and one with odd Unicode in all of them."""
    odd = listing(
        51, title="\u202e \u0000 <script>", seller_id="π'--", url="javascript:alert(1)", category="\U0001f9e5"
    )
    client.send_all("listings", [(listing(50).key, listing(50)), (odd.key, odd)])
    wait_fingerprinted(client, listing(50).key, odd.key)
    buffer = io.BytesIO()
    Pillow.new("RGB", (2, 2)).save(buffer, "GIF")
    event = listing(52, images=inline(buffer.getvalue()))
    client.send_all("listings", [(event.key, event)])
    wait_fingerprinted(client, event.key)
