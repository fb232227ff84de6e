"""Gathered evidence without a broker, and packs of it."""

import io
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from alert_records import alert, seller_link, verdict
from listing_records import drawn_photo, listing, takedown

from connectors.events import Image, PhotoDigest, Price
from streams.evidence_packs.gather import Gathered, Kept, PhotoUse
from streams.evidence_packs.manifest import Manifest, Selection
from streams.evidence_packs.pack import Order, write_pack
from streams.evidence_packs.spool import Spool
from streams.photos.folder import FolderStore
from streams.photos.store import digest_of
from streams.settings import Photos
from streams.topics import ALERTS, LISTINGS, SELLER_LINKS, TAKEDOWNS, VERDICTS, TopicSpec

MADE_AT = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)


def kept(spool: Spool, topic: TopicSpec, offset: int, key: str, record: Any) -> Kept[Any]:
    """The record as if it stood on the topic; None for a tombstone."""
    raw = None if record is None else spool.put(msgspec.json.encode(record))
    headers = (("ce_id", key.encode()), ("ce_type", b"relistwatch.test"))
    return Kept(
        topic,
        f"x-{topic.name}",
        offset % 3,
        offset,
        1_764_000_000_000 + offset,
        key.encode(),
        headers,
        raw,
        record,
    )


def gathered_of(spool: Spool, store: FolderStore, **changes: Any) -> Gathered:
    """Takedown t1 with a photo, two alerts on it, a verdict, a link and a snapshot; `changes` replace lists of
    records."""
    photos = [drawn_photo(1, (120, 160)), drawn_photo(2, (120, 160))]
    digests = [store.put(photo) for photo in photos]
    lost = digest_of(b"never kept")
    taken = takedown(
        1, images=(Image(url="https://a.example/1.jpg", sha256=digests[0]),), url="https://a.example/l1"
    )
    alerts = [
        alert(n, listing_photos=(PhotoDigest(0, digests[1]), PhotoDigest(1, lost))) for n in range(5, 7)
    ]
    seen = listing(5, price=Price(amount="85000", currency="IDR"), description="bekas tapi bagus")
    records = {
        "takedowns": [taken], "alerts": alerts, "verdicts": [verdict(5, "relist", alert=alerts[0])],
        "seller_links": [seller_link(1)], "listings": [seen],
    } | changes  # fmt: skip
    topics = dict(zip(records, (TAKEDOWNS, ALERTS, VERDICTS, SELLER_LINKS, LISTINGS), strict=True))
    gathered = Gathered()
    offset = 100
    for name, items in records.items():
        for item in items:
            offset += 1
            getattr(gathered, name).append(kept(spool, topics[name], offset, _key(item), item))
    gathered.photos = {
        digests[0]: {PhotoUse("takedown", "t1", 0)},
        digests[1]: {PhotoUse("listing", "pasar-uji:l5", 0), PhotoUse("listing", "pasar-uji:l6", 0)},
        lost: {PhotoUse("listing", "pasar-uji:l5", 1)},
    }
    return gathered


def _key(record: Any) -> str:
    for name in ("alert_id", "takedown_id", "key"):
        if hasattr(record, name):
            return str(getattr(record, name))
    raise TypeError(record)


@contextmanager
def workplace(folder: Path) -> Iterator[tuple[Spool, FolderStore, Order]]:
    """A spool, a photo store, and how to make a pack of takedown t1 with them."""
    store = FolderStore(folder / "photos", max_photo=10**7)
    order = Order(
        selection=Selection(takedowns=("t1",)), made_by="analyst-7", made_at=MADE_AT, tool="relistwatch test",
        limits=Photos(), store=store,
    )  # fmt: skip
    with Spool(folder) as spool:
        yield spool, store, order


def packed(folder: Path, *, records: Any = None, **how: Any) -> tuple[bytes, Manifest]:
    """A pack's bytes and its manifest. `records` as `gathered_of` takes them."""
    with workplace(folder) as (spool, store, order):
        out = io.BytesIO()
        gathered = gathered_of(spool, store, **(records or {}))
        manifest, _ = write_pack(gathered, spool, replace(order, **how), out, lambda *_: None)
        return out.getvalue(), manifest


def files_of(raw: bytes) -> dict[str, bytes]:
    """The files of a pack, as another program reads it."""
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        return {info.filename: archive.read(info) for info in archive.infolist()}


def rezipped(files: Sequence[tuple[str, bytes]]) -> bytes:
    """These files in the form that packs have, whatever they hold."""
    from streams.evidence_packs.plain_zip import PlainZipWriter

    out = io.BytesIO()
    writer = PlainZipWriter(out)
    for name, raw in files:
        writer.add_bytes(name, raw)
    writer.finish()
    return out.getvalue()
