"""Recent listings on the disk: what is found again after a crash, and what is left out."""

import subprocess
import sys
import textwrap
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from listing_records import listing
from lookback_passes import IDENTITY, NOW, store_of
from noise_prints import noise_print

from streams.engine.pipeline import fingerprint_listing
from streams.kafka_clients.topic_identity import TopicIdentity
from streams.lookback import listing_store
from streams.lookback.listing_store import InUseError, ListingStore
from streams.records import ListingFingerprint

DAY = 24 * 3600.0


def made(number: int, version: int = 0, photos: int = 1) -> ListingFingerprint:
    event = listing(number, title=f"judul {number} versi {version}")
    return fingerprint_listing(event, [noise_print(1000 * number + 10 * version + n) for n in range(photos)])


def opened(folder: Path, ends: int = 10**9, identity: TopicIdentity = IDENTITY) -> tuple[ListingStore, dict]:
    store = ListingStore(str(folder), "fingerprints", (1, 1), 30.0)
    return store, store.open_at(identity, {0: ends})


def held(store: ListingStore, now: float = NOW.timestamp(), from_seq: int = 0) -> list[str]:
    """Title of each listing that is looked at, in the order in which they came."""
    found = []
    for view in store.views(from_seq, now):
        titles = dict(view.titles())
        for place in np.flatnonzero(view.wanted).tolist():
            record = view.record(place)
            assert titles[place] == record.prints.title.text
            first, photos = int(view.rows["first_photo"][place]), int(view.rows["photos"][place])
            assert photos == len(record.prints.photos)
            for row, photo in enumerate(record.prints.photos, start=first):
                assert view.photos.counts[row] == len(photo.print.points) // 16
                assert view.photo_owners()[row] == place
            found.append((int(view.rows["seq"][place]), record.listing.title))
    return [title for _, title in sorted(found)]


@pytest.fixture(autouse=True)
def _small_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing_store, "SEGMENT_ROWS", 8)


def test_what_was_saved_is_there_again_and_read_on_from(tmp_path) -> None:
    store = store_of(tmp_path, [made(n, photos=n % 3) for n in range(20)])
    store.save({0: 20})
    store.append(made(20), NOW.timestamp())
    store.close()
    again, offsets = opened(tmp_path)
    assert offsets == {0: 20}
    assert held(again) == [f"judul {n} versi 0" for n in range(20)]
    again.append(made(20), NOW.timestamp())
    assert len(held(again)) == 21


def test_nothing_is_lost_by_sigkill_that_was_saved(tmp_path) -> None:
    program = textwrap.dedent(
        """
        import os, signal, sys
        from pathlib import Path
        from lookback_passes import NOW, store_of
        from streams.lookback import listing_store
        listing_store.SEGMENT_ROWS = 8
        from test_listing_store import made
        store = store_of(Path(sys.argv[1]), [made(n) for n in range(11)])
        store.save({0: 11})
        for n in range(11, 30):
            store.append(made(n), NOW.timestamp())
        store.views(0, 0.0)
        os.kill(os.getpid(), signal.SIGKILL)
        """
    )
    paths = [str(Path(__file__).parent), *sys.path]
    killed = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], env={"PYTHONPATH": ":".join(paths)}, check=False
    )
    assert killed.returncode == -9
    again, offsets = opened(tmp_path)
    assert (offsets, held(again)) == ({0: 11}, [f"judul {n} versi 0" for n in range(11)])
    for number in range(11, 30):
        again.append(made(number), NOW.timestamp())
    assert held(again) == [f"judul {n} versi 0" for n in range(30)]


@pytest.mark.parametrize("harm", ["truncated", "manifest", "foreign", "beyond", "format"])
def test_what_cannot_be_trusted_is_read_from_the_topic_again(tmp_path, harm: str) -> None:
    store = store_of(tmp_path, [made(n) for n in range(20)])
    store.save({0: 20})
    store.close()
    folder, ends, identity = store.folder, 10**9, IDENTITY
    if harm == "truncated":
        (folder / "segment-00000001" / "signs.bin").write_bytes(b"")
    elif harm == "manifest":
        (folder / "manifest.json").write_bytes(b"{")
    elif harm == "foreign":
        identity = TopicIdentity("cluster", "fingerprints", "another")
    elif harm == "beyond":
        ends = 19
    else:
        raw = msgspec.json.decode((folder / "manifest.json").read_bytes())
        (folder / "manifest.json").write_bytes(msgspec.json.encode(raw | {"format": "0"}))
    again, offsets = opened(tmp_path, ends, identity)
    assert (offsets, len(again), held(again)) == ({}, 0, [])
    assert list(folder.glob("segment-*")) == []


def test_two_processes_cannot_hold_one_folder(tmp_path) -> None:
    first = store_of(tmp_path, [])
    with pytest.raises(InUseError):
        opened(tmp_path)
    first.close()
    opened(tmp_path)


@settings(max_examples=60, deadline=None)
@given(
    steps=st.lists(
        st.one_of(
            st.tuples(st.just("put"), st.integers(0, 9), st.integers(0, 40)),
            st.tuples(st.sampled_from(["tidy", "save", "open"]), st.just(0), st.just(0)),
        ),
        max_size=60,
    )
)
def test_as_a_dictionary_says(tmp_path_factory, steps) -> None:
    """The newest version of each key, unless it is older than 30 days; whatever is tidied, saved and opened."""
    folder = tmp_path_factory.mktemp("store")
    store = store_of(folder, [])
    truth: dict[int, tuple[int, str, float]] = {}
    saved: tuple[int, dict[int, tuple[int, str, float]]] = (0, {})
    store.save({0: 0})
    for number, (what, key, days) in enumerate(steps):
        if what == "put":
            seen = NOW.timestamp() - days * DAY
            store.append(made(key, version=number, photos=number % 2), seen)
            truth[key] = (number, f"judul {key} versi {number}", seen)
        elif what == "tidy":
            if store.tidy({0: number}, NOW.timestamp()):
                saved = (number, dict(truth))
        elif what == "save":
            store.save({0: number})
            saved = (number, dict(truth))
        else:
            store.close()
            store, offsets = opened(folder)
            assert offsets == {0: saved[0]}
            truth = dict(saved[1])
        recent = sorted(one for one in truth.values() if one[2] >= NOW.timestamp() - 30 * DAY)
        assert held(store) == [title for _, title, _ in recent]
    store.close()


def test_tidying_gives_disk_back(tmp_path) -> None:
    store = store_of(tmp_path, [])
    for version in range(40):
        store.append(made(1, version), NOW.timestamp())
    before = store.disk_bytes
    while store.tidy({0: 40}, NOW.timestamp()):
        pass
    assert store.disk_bytes < before / 3
    assert held(store) == ["judul 1 versi 39"]


def test_a_key_cannot_be_chosen_to_hide_another(tmp_path) -> None:
    one, other = store_of(tmp_path / "a", [made(1)]), store_of(tmp_path / "b", [made(1)])
    assert one.digests(["pasar-uji:l1"]) != other.digests(["pasar-uji:l1"])
