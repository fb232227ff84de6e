"""What a pack holds: the bytes as they were, and the same bytes for the same data."""

import hashlib
import io
import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import msgspec
from alert_records import alert
from evidence_records import MADE_AT, files_of, gathered_of, packed, workplace
from listing_records import drawn_photo

from streams.evidence_packs.manifest import MANIFEST, PHOTOS, RECORDS, SUMMARY, SUMS, Missing
from streams.evidence_packs.pack import write_pack
from streams.photos.store import digest_of


def test_records_are_their_bytes_with_their_place(tmp_path: Path) -> None:
    raw, manifest = packed(tmp_path)
    files = files_of(raw)
    lines = [json.loads(line) for line in files[RECORDS].splitlines()]
    assert len(lines) == 6
    assert [(line["topic"], line["partition"], line["offset"]) for line in lines] == sorted(
        (line["topic"], line["partition"], line["offset"]) for line in lines
    )
    first = lines[0]
    assert first["topic"] == "x-alerts"
    assert first["timestamp"] == "2025-11-24T16:00:00.102000Z"
    assert first["timestamp_ms"] == 1_764_000_000_102
    assert files[first["file"]] == msgspec.json.encode(
        alert(5, listing_photos=msgspec.json.decode(files[first["file"]], type=type(alert(5))).listing_photos)
    )
    assert manifest.counts == {
        "takedowns": 1, "alerts": 2, "verdicts": 1, "seller_links": 1, "listings": 1, "fingerprints": 0, "photos": 2,
    }  # fmt: skip


def test_photos_are_named_for_their_bytes_and_what_is_gone_is_said(tmp_path: Path) -> None:
    raw, manifest = packed(tmp_path)
    files = files_of(raw)
    photos = {name: body for name, body in files.items() if name.startswith("photos/")}
    assert set(photos.values()) == {drawn_photo(1, (120, 160)), drawn_photo(2, (120, 160))}
    assert all(name == f"photos/{hashlib.sha256(body).hexdigest()}.jpg" for name, body in photos.items())
    lines = [json.loads(line) for line in files[PHOTOS].splitlines()]
    gone = digest_of(b"never kept")
    assert {line["sha256"]: line["file"] for line in lines}[gone] is None
    assert manifest.missing == (
        Missing(kind="snapshot", name="pasar-uji:l6"),
        Missing(kind="photo", name=gone),
    )
    assert gone in files[SUMMARY].decode()
    uses = next(line["uses"] for line in lines if line["file"] and len(line["uses"]) == 2)
    assert uses[0] == {"what": "listing", "of": "pasar-uji:l5", "image": 0}


def test_the_manifest_lists_all_and_the_sums_check(tmp_path: Path) -> None:
    raw, manifest = packed(tmp_path)
    files = files_of(raw)
    assert [file.name for file in manifest.files] == sorted(files.keys() - {MANIFEST, SUMS})
    for file in manifest.files:
        assert file.sha256 == hashlib.sha256(files[file.name]).hexdigest()
        assert file.size == len(files[file.name])
    assert sorted(files) == list(files)
    assert (manifest.made_by, manifest.made_at) == ("analyst-7", MADE_AT)
    assert json.loads(files[MANIFEST])["selection"]["takedowns"] == ["t1"]


def test_the_same_data_are_the_same_bytes_but_for_when_and_who(tmp_path: Path) -> None:
    first, _ = packed(tmp_path / "a" if (tmp_path / "a").mkdir() is None else tmp_path)
    (tmp_path / "b").mkdir()
    with workplace(tmp_path / "b") as (spool, store, order):
        gathered = gathered_of(spool, store)
        # Read from other partitions first, and put aside in another order.
        for kind in gathered.by_kind().values():
            kind.sort(key=lambda kept: kept.place)
        gathered.photos = dict(reversed(gathered.photos.items()))
        out = io.BytesIO()
        write_pack(gathered, spool, order, out, lambda *_: None)
        later = io.BytesIO()
        changed = replace(order, made_at=MADE_AT + timedelta(days=1), made_by="analyst-8")
        write_pack(gathered, spool, changed, later, lambda *_: None)
    assert out.getvalue() == first
    mine, other = files_of(first), files_of(later.getvalue())
    assert {name for name in mine if mine[name] != other[name]} == {MANIFEST, SUMS, SUMMARY}


def test_photos_may_be_left_out_and_are_still_named(tmp_path: Path) -> None:
    raw, manifest = packed(tmp_path, photos=False)
    files = files_of(raw)
    assert not any(name.startswith("photos/") for name in files)
    assert len(files[PHOTOS].splitlines()) == 3
    assert manifest.missing == (Missing(kind="snapshot", name="pasar-uji:l6"),)


def test_what_is_no_picture_that_we_decode_opens_with_no_double_click(tmp_path: Path) -> None:
    with workplace(tmp_path) as (spool, store, order):
        svg = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
        gathered = gathered_of(spool, store)
        gathered.photos = {store.put(svg): set()}
        out = io.BytesIO()
        write_pack(gathered, spool, order, out, lambda *_: None)
    assert files_of(out.getvalue())[f"photos/{digest_of(svg)}.bin"] == svg


def test_a_photo_that_came_in_a_record_needs_no_store(tmp_path: Path) -> None:
    photo = drawn_photo(9)
    with workplace(tmp_path) as (spool, store, order):
        gathered = gathered_of(spool, store)
        gathered.photos, gathered.inline = {digest_of(photo): set()}, {digest_of(photo): spool.put(photo)}
        out = io.BytesIO()
        write_pack(gathered, spool, replace(order, store=None), out, lambda *_: None)
    assert files_of(out.getvalue())[f"photos/{digest_of(photo)}.jpg"] == photo
