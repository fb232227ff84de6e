"""Reading photos.csv, and the split: by sender, disjoint, the same everywhere."""

from collections import Counter
from pathlib import Path

import pytest

from streams.evaluation.cases import plan_cases
from streams.evaluation.edit_table import EXTRA, TABLE
from streams.evaluation.photo_set import DataError, Photo, half_of, read_photos, split_photos


def photos(*counts: int) -> list[Photo]:
    """Sender s0 with counts[0] photos, and so on."""
    return [
        Photo(f"{sender}-{number}.jpg", f"s{sender}", Path(f"{sender}-{number}.jpg"))
        for sender, count in enumerate(counts)
        for number in range(count)
    ]


MANY = photos(*[1, 2, 3, 5, 8, 12, 13, 20, 31] * 8)


def data(folder: Path, table: str, *names: str) -> Path:
    (folder / "photos").mkdir()
    for name in names:
        (folder / "photos" / name).write_bytes(b"a photo")
    (folder / "photos.csv").write_text(table, encoding="utf-8")
    return folder


def test_halves_share_no_sender_and_are_all_of_them():
    parts = {}
    for half in ("held-out", "tuned"):
        split = split_photos(MANY, half)
        parts[half] = {photo.sender for photo in (*split.bank, *split.negatives, *split.others)}
        assert all(half_of(sender) == half for sender in parts[half])
    assert not parts["held-out"] & parts["tuned"]
    assert parts["held-out"] | parts["tuned"] == {photo.sender for photo in MANY}


def test_a_sender_stays_in_its_half():
    # Frozen: whoever tuned on a half must be able to trust that the other was never seen.
    assert [half_of(sender) for sender in ("204", "181", "322", "310", "41", "267")] == [
        "tuned", "held-out", "tuned", "held-out", "tuned", "tuned",
    ]  # fmt: skip


def test_the_three_sets_are_disjoint_and_lose_no_photo():
    split = split_photos(MANY, "both")
    together = Counter((*split.bank, *split.negatives, *split.others))
    assert set(together.values()) == {1}
    assert set(together) == set(MANY)


def test_each_sender_has_half_of_its_photos_taken_down():
    split = split_photos(MANY, "both")
    taken, untaken = (Counter(photo.sender for photo in part) for part in (split.bank, split.negatives))
    assert set(untaken) <= set(taken)
    assert all(taken[sender] - untaken[sender] in (0, 1) for sender in taken)


def test_small_senders_alone_are_set_aside_and_have_nothing_in_the_bank():
    split = split_photos(MANY, "held-out", set_aside=20)
    aside = Counter(photo.sender for photo in split.others)
    sizes = Counter(photo.sender for photo in MANY)
    assert 20 <= aside.total() < 20 + 12
    assert all(aside[sender] == sizes[sender] <= 12 for sender in aside)
    assert not set(aside) & {photo.sender for photo in (*split.bank, *split.negatives)}


def test_the_split_does_not_hang_on_the_order_of_the_file():
    assert split_photos(MANY[::-1], "tuned") == split_photos(MANY, "tuned")


def test_too_little_is_an_error_that_says_what_is_missing():
    with pytest.raises(DataError, match="none are left for"):
        split_photos(photos(3, 3), "both")


def test_the_table_is_read(tmp_path):
    folder = data(tmp_path, "image,sender_id,label\na.jpg,7,Hat\nb.jpg,8,Shoes\n", "a.jpg", "b.jpg")
    assert read_photos(folder) == [
        Photo("a.jpg", "7", folder / "photos" / "a.jpg"),
        Photo("b.jpg", "8", folder / "photos" / "b.jpg"),
    ]


@pytest.mark.parametrize(
    ("table", "why"),
    [
        ("image,label\na.jpg,Hat\n", "no column sender_id"),
        ("", "no column image or sender_id"),
        ("image,sender_id\na.jpg,\n", "line 2: image and sender_id must both be there"),
        ("image,sender_id\na.jpg\n", "line 2: image and sender_id must both be there"),
        ("image,sender_id\na.jpg,1\nc.jpg,1\n", "line 3: there is no .*c.jpg"),
        ("image,sender_id\na.jpg,1\na.jpg,2\n", "named twice"),
    ],
)
def test_a_wrong_table_is_an_error_with_its_place(tmp_path, table, why):
    with pytest.raises(DataError, match=why):
        read_photos(data(tmp_path, table, "a.jpg"))


def test_no_table_at_all(tmp_path):
    with pytest.raises(DataError, match=r"cannot read .*photos.csv"):
        read_photos(tmp_path)


def test_cases_are_a_sample_of_the_bank_for_each_edit_and_all_negatives_twice():
    split = split_photos(MANY, "both")
    cases = plan_cases(split, TABLE, EXTRA, 10)
    groups = Counter(case.group for case in cases)
    assert groups == {
        "table": 10 * len(TABLE),
        "extra": 10 * len(EXTRA),
        "negative": len(split.negatives),
        "edited negative": len(split.negatives),
    }
    assert len({case.listing_id for case in cases}) == len(cases)
    bank, negatives = set(split.bank), set(split.negatives)
    for case in cases:
        if case.group in ("table", "extra"):
            assert case.photo in bank
            assert case.takedown_id == case.photo.takedown_id
        else:
            assert case.photo in negatives
            assert case.takedown_id is None
        assert (case.edit is None) == (case.group == "negative")
    assert plan_cases(split, TABLE, EXTRA, 10) == cases


def test_a_small_bank_is_taken_whole():
    split = split_photos(MANY, "held-out")
    cases = plan_cases(split, TABLE[:1], (), 10**6)
    assert {case.photo for case in cases if case.group == "table"} == set(split.bank)
