"""Photos are kept when a listing is seen, so a takedown made after it is gone is still matched by its photo."""

import msgspec
import pytest
from kafka_client import KafkaClient
from listing_records import drawn_photo, inline, listing, takedown
from photo_host import photo_host
from worker_steps import alerts_of, publish_takedowns, wait_fingerprinted

from connectors.events import Image, PhotoDigest
from connectors.evidence import PhotoEvidence
from streams.photos.store import digest_of, open_store
from streams.records import ListingFingerprint, TakedownFingerprint
from streams.settings import Settings
from streams.worker.worker_process import WorkerProcess

pytestmark = pytest.mark.kafka


def test_a_takedown_of_a_listing_that_is_gone_has_its_photos_fingerprint(
    worker: WorkerProcess, client: KafkaClient, worker_settings: Settings
) -> None:
    fetched, sent = drawn_photo(71), drawn_photo(72)
    with photo_host({"/1.jpg": ("image/jpeg", fetched)}) as base:
        url = f"{base}/1.jpg"
        event = listing(70, images=(Image(url=url), *inline(sent), Image(url=f"{base}/none.jpg")))
        client.send_all("listings", [(event.key, event)])
        messages = wait_fingerprinted(client, event.key)
    (value,) = [m.value for m in messages if m.key == event.key.encode()]
    prints = msgspec.json.decode(value, type=ListingFingerprint).prints
    assert [photo.sha256 for photo in prints.photos] == [digest_of(fetched), digest_of(sent)]
    assert [failure.sha256 for failure in prints.failures] == [None]
    store = open_store(worker_settings)
    assert store is not None
    assert store.get(digest_of(fetched)) == fetched
    assert store.get(digest_of(sent)) == sent

    # The listing and its host are gone. What was seen is known by its digest.
    publish_takedowns(
        client, takedown(70, title="dihapus", images=(Image(url=url, sha256=digest_of(fetched)),))
    )
    messages = client.read_until("takedown-fingerprints", bool, quiet=0.5)
    kept = msgspec.json.decode(messages[0].value, type=TakedownFingerprint).prints
    assert [photo.sha256 for photo in kept.photos] == [digest_of(fetched)]
    assert not kept.failures
    again = listing(73, seller_id="new-shop", images=inline(fetched))
    client.send_all("listings", [(again.key, again)])
    (alert,) = alerts_of(client.read_until("alerts", bool, quiet=0.5))
    assert alert.takedown.takedown_id == "t70"
    assert isinstance(alert.evidence[0], PhotoEvidence)
    assert alert.listing_photos == (PhotoDigest(0, digest_of(fetched)),)
    assert 'relistwatch_photos_found_total{outcome="found"} 1.0' in worker.metrics()
    assert 'relistwatch_photos_kept_total{outcome="kept"} 4.0' in worker.metrics()
