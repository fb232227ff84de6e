"""Photos that nothing names go first, evidence later or never."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alert_records import alert, verdict
from hypothesis import given
from hypothesis import strategies as st
from kafka_client import KafkaClient
from listing_records import listing, takedown
from worker_fixtures import client

from connectors.events import Image, PhotoDigest
from streams.engine.pipeline import fingerprint_takedown
from streams.photos.folder import FolderStore
from streams.photos.retention import named_photos, prune
from streams.photos.store import digest_of
from streams.records import ImageFailure
from streams.settings import PhotoStore as Chosen
from streams.settings import Settings

__all__ = ["client"]
NOW = datetime.now(UTC)


def aged(store: FolderStore, photo: bytes, days: float) -> str:
    sha256 = store.put(photo)
    path = Path(store.place) / sha256[:2] / sha256[2:4] / sha256
    when = (NOW - timedelta(days=days)).timestamp()
    os.utime(path, (when, when))
    return sha256


@given(
    ages=st.lists(
        st.tuples(st.integers(0, 200).map(lambda days: days + 0.5), st.booleans(), st.integers(0, 50)),
        max_size=12,
    ),
    retention=st.sampled_from([0.0, 30.0, 90.0]),
    evidence=st.sampled_from([0.0, 120.0]),
    most=st.sampled_from([0, 10, 100]),
)
def test_it_removes_what_a_plain_rule_says(
    tmp_path_factory: pytest.TempPathFactory,
    ages: list[tuple[float, bool, int]],
    retention: float,
    evidence: float,
    most: int,
) -> None:
    store = FolderStore(tmp_path_factory.mktemp("prune"), max_photo=1000)
    photos = {
        aged(store, bytes([number]) * size + bytes([number]), days): (days, named, size + 1)
        for number, (days, named, size) in enumerate(ages)
    }
    named = {sha256 for sha256, (_, is_named, _) in photos.items() if is_named}
    rules = Chosen(retention_days=retention, evidence_days=evidence, max_bytes=most)
    tried = prune(store, named, rules, NOW, dry_run=True)
    assert {entry.sha256 for entry in store.entries()} == set(photos)
    done = prune(store, named, rules, NOW)
    assert done == tried
    left = {entry.sha256 for entry in store.entries()}

    def young(sha256: str) -> bool:
        days, is_named, _ = photos[sha256]
        return days <= (evidence or 1e9 if is_named else retention)

    wanted = sorted(filter(young, photos), key=lambda sha256: -photos[sha256][0])
    for sha256 in [sha256 for sha256 in wanted if sha256 not in named]:
        if most and sum(photos[one][2] for one in wanted) > most:
            wanted.remove(sha256)
    assert left == set(wanted)
    assert done.removed == len(photos) - len(left)
    assert done.kept_bytes == sum(photos[one][2] for one in left)
    assert done.over == max(0, done.kept_bytes - most if most else 0)


@pytest.mark.kafka
def test_takedowns_alerts_and_verdicts_name_photos(
    settings: Settings, topics: object, client: KafkaClient
) -> None:
    names = [digest_of(bytes([n])) for n in range(10)]

    def alerted(number: int) -> object:
        return alert(number, listing_photos=(PhotoDigest(0, names[number]),))

    withdrawn = takedown(7, images=(Image(url="https://a.example/7", sha256=names[7]),))
    asked = takedown(5, images=(Image(url="https://a.example/5", sha256=names[5]),))
    printed = fingerprint_takedown(takedown(6), [ImageFailure(0, "truncated", names[6])])
    client.send_all("alerts", [("alert-1", alerted(1))])
    client.send_all("held-alerts", [("alert-2", alerted(2))])
    judged, taken_back = (verdict(n, alert=alerted(n)) for n in (3, 4))
    client.send_all("verdicts", [("alert-3", judged), ("alert-4", taken_back), ("alert-4", None)])
    client.send_all("takedowns", [("t5", asked), ("t7", withdrawn), ("t7", None), ("t8", b"{torn")])
    client.send_all("takedown-fingerprints", [("t6", printed)])
    client.send_all("listings", [(listing(9).key, listing(9, images=asked.listing.images))])
    assert named_photos(settings) == {names[n] for n in (1, 2, 3, 5, 6)}
