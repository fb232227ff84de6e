"""A redacted pack has nobody's ids, numbers, handles or addresses in any of its files."""

import hmac
import io
import json
import re
import stat
import zipfile
from pathlib import Path
from typing import Any

import msgspec
import pytest
from alert_records import alert, flood, seller_link, verdict
from evidence_records import packed
from listing_records import listing, takedown

from connectors.events import Alert, AlertListing, AlertTakedown, Image, ListingEvent, Takedown
from connectors.evidence import ContactEvidence, SellerEvidence, TitleEvidence
from connectors.seller_links import LinkedSeller, SellerLink
from connectors.verdicts import Verdict
from fingerprints.contact import find_contacts
from streams.evidence_packs.manifest import MANIFEST, RECORDS, SUMMARY, Selection, read_manifest
from streams.evidence_packs.redaction import Redactor, SecretError, load_secret

SELLER, SHOP, ITEM = "308864651", "gudangjaketmurah", "11479305215"
LISTING = f"{SELLER}.{ITEM}"
PHONE = "0812-3456-7890"
SPOKEN = "nol delapan satu dua tiga empat lima enam tujuh delapan sembilan nol"
PRIVATE = [SELLER, SHOP, ITEM, "81234567890", "3456-7890", "toko.jaket", "budi", "shopee.co.id", SPOKEN[:20]]
"""None of these may be anywhere in a redacted pack."""
SECRET = bytes(range(32))


def private_records() -> dict[str, list[Any]]:
    """Each kind of record, full of personal data in every field that may hold some."""
    where = {"marketplace": "shopee-id", "listing_id": LISTING, "seller_id": SELLER}
    url = f"https://shopee.co.id/{SHOP}/{LISTING}"
    title, told = f"Jaket {SHOP} wa {PHONE}", f"hubungi {SPOKEN} atau ig @toko.jaket, oleh {SELLER}\n{url}"
    taken = takedown(1, **where, title=title, description=told, url=url, images=(Image(url=f"{url}/1.jpg"),))
    taken = msgspec.structs.replace(taken, takedown_id=f"k-{LISTING}", reason=f"laporan {PHONE}")
    known = AlertTakedown(takedown_id=taken.takedown_id, title=title, url=url, reason=taken.reason, **where)
    again = where | {"marketplace": "tokopedia-id", "seller_id": SHOP, "listing_id": "toko.jaket-1"}
    alerted = alert(
        5,
        listing=AlertListing(title=title, url=url, **again),
        takedown=known,
        other_takedowns=(f"k-{ITEM}x", f"k-{LISTING}"),
        cluster=(taken.takedown_id,),
        evidence=(
            SellerEvidence(seller_id=SHOP, weight=1.0),
            ContactEvidence(contact="phone", value="+6281234567890", weight=2.0),
            TitleEvidence(similarity=0.9, listing_text=title.lower(), takedown_text=title, weight=1.0),
        ),
    )
    alerted = msgspec.structs.replace(alerted, other_takedowns=(f"k-{LISTING}",))
    sellers = (
        LinkedSeller(marketplace="shopee-id", seller_id=SELLER, listing_id=LISTING),
        LinkedSeller(marketplace="tokopedia-id", seller_id=SHOP, listing_id="toko.jaket-1"),
    )
    link = seller_link(1, sellers=sellers, reason="same contact", contact="phone", value="+6281234567890")
    link = msgspec.structs.replace(link, takedown_id=taken.takedown_id)
    seen = listing(
        5, **where, title=title, description=told, url=url, event_id=f"shopee-id.{LISTING}.1", category=f"k {PHONE}",
        images=(Image(url=url), Image(data=b""), Image(path=f"{SHOP}/1.jpg")),
    )  # fmt: skip
    return {
        "takedowns": [taken],
        "alerts": [alerted, flood(6, taken.takedown_id)],
        "verdicts": [
            verdict(5, "relist", alert=alerted, by="budi", reason=f"sama dengan {PHONE} budi-{SELLER}")
        ],
        "seller_links": [link],
        "listings": [seen],
    }


def redacted_pack(folder: Path, secret: bytes = SECRET, **how: Any) -> dict[str, bytes]:
    records = private_records()
    records["verdicts"][0] = msgspec.structs.replace(records["verdicts"][0], reason=f"sama dengan {PHONE}")
    selection = Selection(
        takedowns=(f"k-{LISTING}",), sellers=(f"shopee-id:{SELLER}", f"tokopedia-id:{SHOP}")
    )
    raw, _ = packed(folder, records=records, selection=selection, redactor=Redactor(secret), **how)
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        return {info.filename: archive.read(info) for info in archive.infolist()}


@pytest.mark.parametrize("language", ["en", "id"])
def test_nothing_private_is_in_any_file(tmp_path: Path, language: str) -> None:
    files = redacted_pack(tmp_path, language=language)
    for name, raw in files.items():
        if name.startswith("photos/"):
            continue
        # A thumbnail in the summary is base64, in which anything may be read.
        text = re.sub(r"base64,[^\"]+", "", raw.decode()).lower()
        for private in PRIVATE:
            assert private not in text, (name, private)
        # A phone number taken apart by characters between is no less one.
        if name.startswith("records/"):
            assert not find_contacts(text), name
    manifest = read_manifest(files[MANIFEST])
    assert manifest.redaction is not None
    assert "contacts-in-texts" in manifest.redaction.replaced
    assert "photos" in manifest.redaction.not_replaced
    assert b'class="note redacted"' in files[SUMMARY]


TYPES = {
    "takedowns": Takedown,
    "alerts": Alert,
    "verdicts": Verdict,
    "seller-links": SellerLink,
    "listings": ListingEvent,
}


def test_records_are_still_records_and_agree_with_each_other(tmp_path: Path) -> None:
    files = redacted_pack(tmp_path)
    found: dict[str, list[Any]] = {name: [] for name in TYPES}
    for line in files[RECORDS].splitlines():
        row = json.loads(line)
        name = row["topic"].removeprefix("x-")
        record = msgspec.json.decode(files[row["file"]], type=TYPES[name])
        found[name].append(record)
        key = getattr(record, "alert_id", None) or getattr(record, "takedown_id", None)
        assert row["key"] == (record.key if name in {"seller-links", "listings"} else key)
        assert [header for header, _ in row["headers"]] == ["ce_type"]
    alerted, taken = found["alerts"][0], found["takedowns"][0]
    assert alerted.takedown.takedown_id == taken.takedown_id == alerted.other_takedowns[0]
    assert alerted.takedown.account == f"shopee-id:{taken.listing.seller_id}"
    assert alerted.evidence[0].seller_id == alerted.listing.seller_id
    (link,) = found["seller-links"]
    assert {seller.key for seller in link.sellers} == {alerted.listing.account, alerted.takedown.account}
    assert link.value == alerted.evidence[1].value
    assert f"[{link.value}]" in taken.listing.title, "a number has one name wherever it stands"
    assert found["listings"][0].images[1].data == b""
    manifest = read_manifest(files[MANIFEST])
    assert manifest.selection.sellers == (alerted.takedown.account, alerted.listing.account)
    assert manifest.selection.takedowns == (taken.takedown_id,)


def test_pseudonyms_are_stable_for_one_secret_and_unlike_for_another(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in "abc"]
    for folder in folders:
        folder.mkdir()
    one, again = (redacted_pack(folder) for folder in folders[:2])
    other = redacted_pack(folders[2], secret=b"x" * 32)
    assert one == again
    record = next(name for name in one if name.startswith("records/takedowns"))
    taken, elsewhere = (msgspec.json.decode(files[record], type=Takedown) for files in (one, other))
    assert taken.listing.seller_id != elsewhere.listing.seller_id
    manifests = [read_manifest(files[MANIFEST]).redaction for files in (one, other)]
    assert manifests[0].key_id != manifests[1].key_id


def test_the_original_is_promised_without_being_told(tmp_path: Path) -> None:
    files = redacted_pack(tmp_path)
    row = next(json.loads(line) for line in files[RECORDS].splitlines() if b"x-takedowns" in line)
    original = msgspec.json.encode(private_records()["takedowns"][0])
    assert row["original_hmac_sha256"] == hmac.digest(SECRET, b"record\0" + original, "sha256").hex()


def test_a_reason_full_of_numbers_is_still_a_reason() -> None:
    reason = " ".join(f"0812345{number:05}" for number in range(140))
    redacted = Redactor(SECRET).record(verdict(5, "relist", reason=reason))
    assert "0812" not in (redacted.reason or "")
    assert len(redacted.reason or "") <= 2000
    msgspec.json.decode(msgspec.json.encode(redacted), type=Verdict)


def test_the_secret_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "data" / "secret"
    secret = load_secret(path)
    assert load_secret(path) == secret
    assert len(secret) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for wrong in (b"", b"short", b"\xff" * 64, b"0" * 63 + b"g"):
        path.write_bytes(wrong)
        with pytest.raises(SecretError):
            load_secret(path)
    with pytest.raises(SecretError, match="cannot use"):
        load_secret(Path("/proc/none/secret"))
