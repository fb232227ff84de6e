"""What the store is given it gives back, from a folder or without one, and after it has grown."""

import os
import stat
from pathlib import Path

import numpy as np
import pytest
from photo_bytes import drawn, print_of, random_print

from fingerprints.photo_print import PhotoPrint, decode_thumbnail, unpack_points
from fingerprints.photo_store import FIRST_ROWS, HELD_POINTS, ROW, PhotoStore


def prints(many: int) -> list[PhotoPrint]:
    numbers = np.random.default_rng(many)
    return [random_print(numbers, int(numbers.integers(0, HELD_POINTS + 40))) for _ in range(many)]


def assert_holds(store: PhotoStore, slot: int, photo: PhotoPrint) -> None:
    assert np.array_equal(store.points(slot), unpack_points(photo.points)[:HELD_POINTS])
    assert store.hash(slot) == photo.plain
    assert store.size(slot) == (photo.width, photo.height)
    held, wanted = store.thumbnail(slot), decode_thumbnail(photo.thumbnail)
    assert held is wanted is None or np.array_equal(held, wanted)


@pytest.mark.parametrize("named", [False, True])
def test_it_gives_back_what_it_was_given(tmp_path: Path, named: bool) -> None:
    store = PhotoStore(tmp_path if named else None)
    photos = [print_of(drawn(seed, (200 + seed, 300))) for seed in range(3)] + prints(4)
    for slot, photo in enumerate(photos):
        assert np.array_equal(store.put(slot, photo), unpack_points(photo.points)[:HELD_POINTS])
    for slot, photo in enumerate(photos):
        assert_holds(store, slot, photo)
        assert np.array_equal(store.rows["points"][slot, : len(store.points(slot))], store.points(slot))
    # A slot that is used again shows nothing of what it held.
    store.put(0, photos[5])
    assert_holds(store, 0, photos[5])
    assert_holds(store, 1, photos[1])
    assert {path.name for path in tmp_path.iterdir()} == ({"rows.bin", "thumbnails.bin"} if named else set())
    store.close()


@pytest.mark.parametrize("named", [False, True])
def test_it_grows_and_keeps_all(tmp_path: Path, named: bool) -> None:
    store = PhotoStore(tmp_path if named else None)
    photos = prints(20)
    photos[3] = print_of(drawn(3))
    many = 2 * FIRST_ROWS + 5
    for slot in range(many):
        store.put(slot, photos[slot % 20])
    assert len(store.rows) == 4 * FIRST_ROWS
    for slot in range(0, many, 101):
        assert_holds(store, slot, photos[slot % 20])
    assert_holds(store, many - 1, photos[(many - 1) % 20])
    thumbnails = sum(len(photos[slot % 20].thumbnail) for slot in range(many))
    assert store.disk_bytes == 4 * FIRST_ROWS * ROW.itemsize + thumbnails
    store.close()


def test_a_folder_is_found_again(tmp_path: Path) -> None:
    first, photos = PhotoStore(tmp_path), [print_of(drawn(1)), *prints(3)]
    for slot, photo in enumerate(photos):
        first.put(slot, photo)
    first.close()
    again = PhotoStore(tmp_path)
    again.put(4, print_of(drawn(2)))
    for slot, photo in enumerate([*photos, print_of(drawn(2))]):
        assert_holds(again, slot, photo)
    again.close()


def test_malformed_points_change_nothing() -> None:
    store = PhotoStore()
    photo = print_of(drawn(1))
    store.put(0, photo)
    before = store.disk_bytes
    with pytest.raises(ValueError, match="whole number"):
        store.put(0, PhotoPrint(bytes(32), bytes(32), 1, 1, bytes(15), b""))
    assert_holds(store, 0, photo)
    assert store.disk_bytes == before
    store.close()


def test_a_folder_that_is_missing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="missing"):
        PhotoStore(tmp_path / "missing")


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts open files as Linux lists them")
@pytest.mark.parametrize("named", [False, True])
def test_close_lets_go_of_every_file(tmp_path: Path, named: bool) -> None:
    def open_files() -> int:
        """Regular files only: nothing else here opens any."""
        count = 0
        for descriptor in os.listdir("/proc/self/fd"):  # noqa: PTH208
            try:
                count += stat.S_ISREG(os.fstat(int(descriptor)).st_mode)
            except OSError:  # the listing's own
                continue
        return count

    before = open_files()
    store = PhotoStore(tmp_path if named else None)
    for slot, photo in enumerate(prints(3) * 400):
        store.put(slot, photo)
    assert open_files() >= before + 2
    store.close()
    assert open_files() == before
    store.close()


def test_without_a_folder_nothing_is_left_in_the_temporary_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import tempfile

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    store = PhotoStore()
    store.put(0, print_of(drawn(1)))
    assert list(tmp_path.iterdir()) == []
    store.close()
