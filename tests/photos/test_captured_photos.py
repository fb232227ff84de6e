"""The folder of captured photos: what it gives back is what it was given, or nothing."""

import os
import stat
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from listing_records import listing

from connectors.codec import Codec, RecordError
from connectors.events import Image
from streams.photos.folder import FolderStore
from streams.photos.store import StoreError, StoreFullError, digest_of, open_store
from streams.records import listing_version
from streams.settings import PhotoStore as Chosen
from streams.settings import Settings, Worker

MAX = 1024 * 1024
LATER = datetime.now(UTC) + timedelta(days=1)


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path / "photos", max_photo=MAX)


def path_of(store: FolderStore, sha256: str) -> Path:
    return Path(store.place) / sha256[:2] / sha256[2:4] / sha256


def test_what_is_put_is_given_back_under_its_sha256(store: FolderStore) -> None:
    # The examples of FIPS 180-4.
    sha256 = store.put(b"abc")
    assert sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert store.get(sha256) == b"abc"
    assert store.put(b"abc") == sha256
    assert [(entry.sha256, entry.size) for entry in store.entries()] == [(sha256, 3)]
    assert store.get(digest_of(b"other")) is None


@given(photos=st.lists(st.binary(max_size=200), max_size=12))
def test_any_bytes_come_back(tmp_path_factory: pytest.TempPathFactory, photos: list[bytes]) -> None:
    store = FolderStore(tmp_path_factory.mktemp("any"), max_photo=MAX)
    names = [store.put(photo) for photo in photos]
    assert [store.get(name) for name in names] == photos
    assert {entry.sha256 for entry in store.entries()} == set(names)


def test_only_the_owner_may_read(store: FolderStore) -> None:
    old = os.umask(0)
    try:
        path = path_of(store, store.put(b"photo"))
    finally:
        os.umask(old)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for folder in (path.parent, path.parent.parent, path.parent.parent.parent):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "A" * 64, "a" * 63, "a" * 64 + "\n", "a/" * 32])
def test_what_is_no_digest_opens_no_file(store: FolderStore, name: str) -> None:
    for call in (lambda: store.get(name), lambda: store.delete(name, kept_before=LATER)):
        with pytest.raises(ValueError, match="not a SHA-256"):
            call()


@pytest.mark.parametrize("now", [b"phot0", b"", b"photo and more", bytes(MAX + 5)])
def test_a_changed_file_is_never_given_out_and_mended_by_the_next_put(store: FolderStore, now: bytes) -> None:
    sha256 = store.put(b"photo")
    path_of(store, sha256).write_bytes(now)
    assert store.get(sha256) is None
    assert store.put(b"photo") == sha256
    assert store.get(sha256) == b"photo"


def test_no_link_is_followed_and_nothing_behind_one_is_written(store: FolderStore, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"photo")
    sha256 = store.put(b"photo")
    path = path_of(store, sha256)
    path.unlink()
    path.symlink_to(victim)
    assert store.get(sha256) is None
    assert not list(store.entries())
    store.put(b"photo")
    assert not path.is_symlink()
    assert victim.read_bytes() == b"photo"
    # A folder that is a link leads nowhere either.
    elsewhere = tmp_path / "elsewhere"
    path.unlink()
    path.parent.rename(elsewhere)
    path.parent.symlink_to(elsewhere)
    with pytest.raises(StoreError):
        store.put(b"photo")
    assert store.get(sha256) is None
    assert not list(elsewhere.iterdir())


def test_a_pipe_in_the_way_holds_nobody_up(store: FolderStore) -> None:
    sha256 = store.put(b"photo")
    path_of(store, sha256).unlink()
    os.mkfifo(path_of(store, sha256))
    assert store.get(sha256) is None
    assert store.put(b"photo") == sha256
    assert store.get(sha256) == b"photo"


KILLED = """
import sys
from pathlib import Path
from streams.photos.folder import FolderStore
store = FolderStore(Path(sys.argv[1]), max_photo=1 << 24)
print("ready", flush=True)
for number in range(10**9):
    store.put(number.to_bytes(8, "big") * 50_000)
"""


def test_a_writer_killed_at_any_moment_leaves_whole_photos(tmp_path: Path) -> None:
    root = tmp_path / "photos"
    for _ in range(3):
        child = subprocess.Popen([sys.executable, "-c", KILLED, str(root)], stdout=subprocess.PIPE)
        assert child.stdout is not None
        child.stdout.readline()
        have, deadline = 0, time.monotonic() + 30
        while have < 10 and time.monotonic() < deadline:
            have = sum(1 for _ in FolderStore(root, max_photo=1 << 24).entries())
        child.kill()
        child.wait()
        child.stdout.close()
        store = FolderStore(root, max_photo=1 << 24)
        entries = list(store.entries())
        assert len(entries) >= 10
        assert all(store.get(entry.sha256) is not None for entry in entries)


def test_many_threads_put_the_same(store: FolderStore) -> None:
    photos = [bytes([n]) * 5000 for n in range(20)]
    threads = [threading.Thread(target=lambda: [store.put(p) for p in photos]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {entry.sha256 for entry in store.entries()} == {digest_of(photo) for photo in photos}
    assert all(store.get(digest_of(photo)) == photo for photo in photos)


def test_a_full_store_takes_no_more_but_knows_what_it_has(tmp_path: Path) -> None:
    store = FolderStore(tmp_path / "photos", max_bytes=10, max_photo=MAX)
    store.put(b"123456")
    store.count()
    with pytest.raises(StoreFullError, match="6 bytes of the 10"):
        store.put(b"abcdef")
    store.put(b"123456")
    store.delete(digest_of(b"123456"), kept_before=LATER)
    store.count()
    store.put(b"abcdef")


def test_only_what_was_not_put_again_is_deleted(store: FolderStore) -> None:
    sha256 = store.put(b"photo")
    long_ago = time.time() - 1000
    os.utime(path_of(store, sha256), (long_ago, long_ago))
    (entry,) = store.entries()
    assert abs(entry.kept_at.timestamp() - long_ago) < 1
    limit = entry.kept_at + timedelta(seconds=1)
    store.put(b"photo")
    assert not store.delete(sha256, kept_before=limit)
    assert store.delete(sha256, kept_before=LATER)
    assert not store.delete(sha256, kept_before=LATER)
    assert store.get(sha256) is None


def test_unfinished_files_of_long_ago_are_swept(store: FolderStore) -> None:
    folder = path_of(store, store.put(b"photo")).parent
    for name, age in ((".unfinished-old", 7200), (".unfinished-new", 0)):
        (folder / name).write_bytes(b"half")
        os.utime(folder / name, (time.time() - age, time.time() - age))
    assert len(list(store.entries())) == 1
    assert not (folder / ".unfinished-old").exists()
    assert (folder / ".unfinished-new").exists()


def test_a_place_that_cannot_be_used_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    broken = FolderStore(tmp_path / "file" / "photos", max_photo=MAX)
    with pytest.raises(StoreError, match="cannot keep"):
        broken.put(b"photo")
    assert broken.get(digest_of(b"photo")) is None
    assert not list(FolderStore(tmp_path / "not-yet", max_photo=MAX).entries())


def test_the_settings_choose_the_place(tmp_path: Path) -> None:
    settings = Settings(worker=Worker(data_dir=str(tmp_path)))
    store = open_store(settings)
    assert store is not None
    assert store.place == str(tmp_path / "photos")
    assert not (tmp_path / "photos").exists()
    elsewhere = msgspec.structs.replace(settings, photo_store=Chosen(folder=str(tmp_path / "x")))
    store = open_store(elsewhere)
    assert store is not None
    assert store.place == str(tmp_path / "x")
    assert open_store(msgspec.structs.replace(settings, photo_store=Chosen(enabled=False))) is None


def test_an_image_names_its_captured_bytes_beside_one_place_or_alone() -> None:
    codec = Codec(Image)
    for good in (
        b'{"url":"https://a.example/1.jpg","sha256":"' + b"0a" * 32 + b'"}',
        b'{"sha256":"' + b"0a" * 32 + b'"}',
    ):
        assert codec.encode(codec.decode(good).record) == good
    for bad in (
        b'{"url":"https://a.example/1.jpg","path":"1.jpg","sha256":"' + b"0a" * 32 + b'"}',
        b"{}",
        b'{"url":"https://a.example/1.jpg","sha256":"' + b"0A" * 32 + b'"}',
        b'{"url":"https://a.example/1.jpg","sha256":"' + b"0a" * 31 + b'"}',
    ):
        with pytest.raises(RecordError):
            codec.decode(bad)


def test_where_a_photo_is_kept_makes_no_new_version_of_its_listing() -> None:
    bare, named = (
        listing(1, images=(Image(url="https://a.example/1.jpg", sha256=sha256),))
        for sha256 in (None, "0a" * 32)
    )
    assert listing_version(bare) == listing_version(named)
    assert listing_version(bare) != listing_version(
        listing(1, images=(Image(url="https://a.example/2.jpg"),))
    )
