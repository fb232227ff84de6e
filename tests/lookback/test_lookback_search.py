"""One pass over stored listings finds what matching each of them anew would."""

import io
from datetime import timedelta

import msgspec
import pytest
from listing_records import START, drawn_photo, listing, relist, takedown, told
from lookback_passes import NOW, by_listing, looked_back, slow_truth, store_of, wanted
from photo_bytes import encoded
from PIL import Image, ImageOps

from fingerprints.photo_print import print_of_bytes
from streams.engine.allow_list import AllowList
from streams.engine.pipeline import fingerprint_listing, fingerprint_takedown
from streams.engine.rules import Rules
from streams.engine.takedown_bank import TakedownBank


def prints(*photos: bytes):
    return [print_of_bytes(photo, max_pixels=10**7) for photo in photos]


def edited(photo: bytes, number: int) -> bytes:
    """Four edits in turn: mirrored, cropped, framed, in a collage."""
    picture = Image.open(io.BytesIO(photo)).convert("RGB")
    wide, high = picture.size
    if number % 4 == 0:
        changed = ImageOps.mirror(picture)
    elif number % 4 == 1:
        cut = 0.15 + 0.005 * (number % 13)
        changed = picture.crop((int(wide * cut), int(high * cut), wide - 20, high - 10 - number % 7))
    elif number % 4 == 2:
        changed = ImageOps.expand(picture, border=60 + number % 30, fill=(200, 30, number % 200))
    else:
        changed = Image.new("RGB", (2 * wide, high), (255, 255, 255))
        changed.paste(Image.open(io.BytesIO(drawn_photo(50_000 + number))), (0, 0))
        changed.paste(picture, (wide, 0))
    return encoded(changed, quality=70)


@pytest.fixture(scope="module")
def texts():
    """600 listings, every sixth a relist of one of 50 takedowns."""
    return [
        fingerprint_listing(relist(1000 + n, of=n % 50) if n % 6 == 0 else listing(1000 + n), ())
        for n in range(600)
    ]


@pytest.fixture(scope="module")
def bank() -> TakedownBank:
    bank = TakedownBank()
    for number in range(200):
        bank.put(fingerprint_takedown(takedown(number), ()))
    return bank


def test_titles_are_found_as_by_matching_every_listing(tmp_path, texts, bank) -> None:
    ids = [f"t{n}" for n in range(0, 50, 2)]
    done = looked_back(store_of(tmp_path, texts), bank, wanted(*ids))
    truth = slow_truth(texts, bank, ids)
    assert len(truth) >= 50
    assert by_listing(done.alerts) == truth
    assert all(alert.caught_by == "lookback" for alert in done.alerts)
    assert sum(done.found.values()) < 2 * len(truth), "few listings are matched for nothing"


def test_only_listings_that_came_later_for_the_closing_pass(tmp_path, texts, bank) -> None:
    store = store_of(tmp_path, texts[:300])
    before = store.next_seq
    for one in texts[300:]:
        store.append(one, NOW.timestamp())
    done = looked_back(store, bank, wanted("t0", "t12", from_seq=before))
    assert by_listing(done.alerts) == slow_truth(texts[300:], bank, ["t0", "t12"])
    assert done.up_to_seq == len(texts)


def test_many_copies_of_one_photo_are_found_but_for_one_in_fifty(tmp_path) -> None:
    """More than any index brings up at once: each is judged for itself."""
    photo = drawn_photo(1)
    taken = prints(photo)
    bank = TakedownBank()
    bank.put(fingerprint_takedown(takedown(1), taken))
    for number in range(2, 20):
        bank.put(fingerprint_takedown(takedown(number), prints(drawn_photo(number))))
    copies = [
        fingerprint_listing(listing(1000 + n), prints(drawn_photo(9000 + n), edited(photo, n)))
        for n in range(160)
    ]
    others = [fingerprint_listing(listing(5000 + n), prints(drawn_photo(700 + n))) for n in range(160)]
    listings = [one for pair in zip(copies, others, strict=True) for one in pair]
    truth = slow_truth(listings, bank, ["t1"])
    assert len(truth) >= 150
    found = by_listing(looked_back(store_of(tmp_path, listings), bank, wanted("t1")).alerts)
    assert found.items() <= truth.items(), "what is said is what matching anew says"
    # A scan turns the uncertain signs of the one photo, a search those of the other: at the edge they differ.
    assert len(found) >= 0.98 * len(truth)


@pytest.mark.parametrize("stored", [0, 3])
def test_a_takedown_with_photos_and_nothing_to_look_at_ends_the_pass_and_not_the_process(
    tmp_path, stored
) -> None:
    bank = TakedownBank()
    bank.put(fingerprint_takedown(takedown(1), prints(drawn_photo(1))))
    store = store_of(tmp_path, [fingerprint_listing(relist(1000 + n, of=1), ()) for n in range(stored)])
    done = looked_back(store, bank, wanted("t1", from_seq=store.next_seq))
    assert (done.alerts, done.up_to_seq) == ([], store.next_seq)


def test_the_very_listing_is_no_relist_of_itself(tmp_path) -> None:
    down = msgspec.structs.replace(takedown(1), taken_down_at=START + timedelta(hours=1))
    bank = TakedownBank()
    bank.put(fingerprint_takedown(down, ()))
    bank.put(fingerprint_takedown(takedown(2), ()))
    before, after = listing(1), listing(1, observed_at=START + timedelta(hours=2))
    store = store_of(
        tmp_path / "before", [fingerprint_listing(before, ()), fingerprint_listing(listing(2), ())]
    )
    assert looked_back(store, bank, wanted("t1", "t2")).alerts == [], "seen before anybody took it down"
    (alert,) = looked_back(
        store_of(tmp_path / "after", [fingerprint_listing(after, ())]), bank, wanted("t1")
    ).alerts
    assert (alert.kind, alert.caught_by) == ("still_up", "lookback")


def test_the_newest_version_within_the_days_counts(tmp_path, bank) -> None:
    store = store_of(tmp_path, [])
    old, sold, back = relist(900, of=1), relist(901, of=2), relist(902, of=3)
    store.append(fingerprint_listing(old, ()), NOW.timestamp() - 31 * 24 * 3600)
    store.append(fingerprint_listing(sold, ()), NOW.timestamp() - 100)
    store.append(fingerprint_listing(listing(902), ()), NOW.timestamp() - 100)
    store.append(
        fingerprint_listing(msgspec.structs.replace(sold, title="lemari kayu jati"), ()), NOW.timestamp()
    )
    store.append(fingerprint_listing(back, ()), NOW.timestamp())
    done = looked_back(store, bank, wanted("t1", "t2", "t3"))
    assert [alert.listing.listing_id for alert in done.alerts] == ["l902"]


def test_withdrawn_and_unknown_takedowns_bring_nothing(tmp_path, texts) -> None:
    bank = TakedownBank()
    bank.put(fingerprint_takedown(takedown(0), ()))
    bank.withdraw("t0")
    assert looked_back(store_of(tmp_path, texts), bank, wanted("t0", "t999")).alerts == []


def test_a_takedown_withdrawn_in_the_middle_brings_nothing_more(tmp_path, texts, bank) -> None:
    from streams.lookback.search import Pass

    own = TakedownBank()
    for number in range(50):
        own.put(fingerprint_takedown(takedown(number, description=told(number)), prints(drawn_photo(number))))
    one = Pass(store_of(tmp_path, texts), own, Rules(), wanted("t0", "t6"), NOW)
    steps = one.steps()
    next(steps)
    own.withdraw("t0")
    for _ in steps:
        pass
    assert {alert.takedown.takedown_id for alert in one.alerts} == {"t6"}


def test_what_honest_sellers_use_is_no_alert(tmp_path, texts, bank) -> None:
    class All(AllowList):
        def allows_title(self, takedown_id: str) -> bool:
            return True

        def __bool__(self) -> bool:
            return True

    done = looked_back(store_of(tmp_path, texts), bank, wanted("t0"), Rules(allowed=All()))
    assert done.alerts == []


def test_very_many_takedowns_go_the_other_way_and_find_the_same(tmp_path, monkeypatch) -> None:
    bank = TakedownBank()
    for number in range(30):
        bank.put(fingerprint_takedown(takedown(number), prints(drawn_photo(number))))
    listings = [fingerprint_listing(listing(100 + n), prints(edited(drawn_photo(n), n))) for n in range(30)]
    ids = [f"t{n}" for n in range(30)]
    scanned = looked_back(store_of(tmp_path / "a", listings), bank, wanted(*ids))
    monkeypatch.setattr("streams.lookback.search.SCANNED_AT_MOST", 10)
    searched = looked_back(store_of(tmp_path / "b", listings), bank, wanted(*ids))
    assert by_listing(scanned.alerts) == by_listing(searched.alerts) == slow_truth(listings, bank, ids)
    assert len(scanned.alerts) >= 25
