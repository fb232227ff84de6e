"""A photo index that was saved and loaded goes on exactly as the one that was not."""

import itertools
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from noise_prints import noise_print

from fingerprints import photo_store
from fingerprints.photo_match import PhotoIndex
from fingerprints.photo_print import PhotoPrint
from fingerprints.snapshot_files import SnapshotError, Written

OWNERS = st.sampled_from([f"t{n}" for n in range(6)])
PRINTS = st.lists(st.integers(0, 40), max_size=3).map(lambda seeds: tuple(map(noise_print, seeds)))


def state_of(index: PhotoIndex) -> dict[str, list[PhotoPrint | bytes]]:
    """All that is held, read from the files."""
    index.settle()
    return {
        owner: [
            (
                index._store.hash(slot),
                index._store.points(slot).tobytes(),
                index._store.size(slot),
                jpeg_of(index, slot),
            )
            for slot in slots
        ]
        for owner, slots in index._slots.items()
    }


def jpeg_of(index: PhotoIndex, slot: int) -> bytes:
    import os

    row = index._store.rows[slot]
    return os.pread(index._store._thumbnails.fileno(), int(row["thumbnail_bytes"]), int(row["thumbnail_at"]))


def expected_of(held: dict[str, tuple[PhotoPrint, ...]]) -> dict[str, list[object]]:
    return {
        owner: [(p.plain, p.points, (p.width, p.height), p.thumbnail) for p in prints]
        for owner, prints in held.items()
        if prints
    }


class SnapshotMachine(RuleBasedStateMachine):
    """One index lives on, the other is saved and loaded, or killed and loaded from its last snapshot."""

    def __init__(self) -> None:
        super().__init__()
        self.root = Path(tempfile.mkdtemp(prefix="photo-snapshot-"))
        self.numbers = itertools.count()
        self.lasting = PhotoIndex()
        self.moved = PhotoIndex(self.folder())
        self.held: dict[str, tuple[PhotoPrint, ...]] = {}
        self.last: tuple[Path, Written, dict[str, tuple[PhotoPrint, ...]]] | None = None

    def folder(self) -> Path:
        path = self.root / str(next(self.numbers))
        path.mkdir()
        return path

    @rule(owner=OWNERS, prints=PRINTS)
    def add(self, owner: str, prints: tuple[PhotoPrint, ...]) -> None:
        self.lasting.add(owner, prints)
        self.moved.add(owner, prints)
        self.held[owner] = prints

    @rule(owner=OWNERS)
    def withdraw(self, owner: str) -> None:
        self.lasting.withdraw(owner)
        self.moved.withdraw(owner)
        self.held.pop(owner, None)

    @rule()
    def save(self) -> None:
        folder = self.folder()
        written = self.moved.save(folder)
        if self.last:
            shutil.rmtree(self.last[0])
        self.last = folder, written, dict(self.held)

    @rule(owner=OWNERS, prints=PRINTS, gone=OWNERS, fails=st.booleans())
    def save_while_it_changes(
        self, owner: str, prints: tuple[PhotoPrint, ...], gone: str, *, fails: bool
    ) -> None:
        """Between the two steps, where changes are allowed again; or the second step never ends."""
        folder = self.folder()
        frozen, held = self.moved.freeze(), dict(self.held)
        frozen.write_changing(folder)
        self.moved.thaw(frozen)
        self.add(owner, prints)
        self.withdraw(gone)
        frozen.write_rest(folder)
        if fails:
            shutil.rmtree(folder)
            return
        self.moved.snapshot_taken(frozen)
        if self.last:
            shutil.rmtree(self.last[0])
        self.last = folder, frozen.written, held

    @rule(nameless=st.booleans())
    def killed(self, *, nameless: bool) -> None:
        """What came after the last snapshot is lost; the topic's tail would bring it again."""
        if self.last is None:
            return
        folder, written, held = self.last
        self.moved.close()
        self.moved = PhotoIndex.load(folder, written, None if nameless else self.folder())
        self.lasting.close()
        self.lasting = PhotoIndex()
        for owner, prints in held.items():
            self.lasting.add(owner, prints)
        self.held = dict(held)

    @rule(query=st.integers(0, 40))
    def search(self, query: int) -> None:
        for limit in (1, 10):
            found = self.moved.search(noise_print(query), limit)
            assert found == self.lasting.search(noise_print(query), limit)

    @invariant()
    def holds_what_was_put(self) -> None:
        assert state_of(self.moved) == expected_of(self.held)
        assert len(self.moved) == len(self.lasting) == sum(map(len, self.held.values()))

    def teardown(self) -> None:
        self.moved.close()
        self.lasting.close()
        shutil.rmtree(self.root)


SnapshotMachine.TestCase.settings = settings(max_examples=20, stateful_step_count=25, deadline=None)
TestSnapshots = SnapshotMachine.TestCase


class CompactingMachine(SnapshotMachine):
    """The same, with every save that finds more than half of the thumbnails to be garbage making new files."""

    def __init__(self) -> None:
        super().__init__()
        photo_store.LEAST_GARBAGE = 0

    def teardown(self) -> None:
        photo_store.LEAST_GARBAGE = 16 * 1024 * 1024
        super().teardown()


CompactingMachine.TestCase.settings = settings(max_examples=20, stateful_step_count=25, deadline=None)
TestCompacting = CompactingMachine.TestCase


@pytest.fixture
def saved(tmp_path: Path) -> tuple[Path, Written]:
    (tmp_path / "store").mkdir()
    (tmp_path / "saved").mkdir()
    index = PhotoIndex(tmp_path / "store")
    for number in range(50):
        index.add(f"t{number}", (noise_print(number, points=200),))
    written = index.save(tmp_path / "saved")
    index.close()
    return tmp_path / "saved", written


def test_most_of_the_thumbnails_withdrawn_are_compacted_away(tmp_path: Path) -> None:
    (tmp_path / "saved").mkdir()
    (tmp_path / "store").mkdir()
    index = PhotoIndex(tmp_path / "store")
    for number in range(500):
        index.add(f"t{number}", (noise_print(number, thumbnail=60_000),))
    for number in range(10, 500):
        index.withdraw(f"t{number}")
    written = index.save(tmp_path / "saved")
    assert (tmp_path / "saved" / "thumbnails.bin").stat().st_size == 10 * 60_000
    assert sorted(path.name for path in (tmp_path / "store").iterdir()) == ["rows.bin", "thumbnails.bin"]
    held = {f"t{n}": (noise_print(n, thumbnail=60_000),) for n in range(10)}
    assert state_of(index) == expected_of(held)
    index.close()
    loaded = PhotoIndex.load(tmp_path / "saved", written)
    assert state_of(loaded) == expected_of(held)
    loaded.close()


FILES = [
    "photos.msgpack", "hashes.bin", "rows.bin", "thumbnails.bin",
    *(f"{kind}-{name}.bin" for kind in ("main", "spare") for name in ("words", "number")),
]  # fmt: skip


def test_these_are_the_files(saved: tuple[Path, Written]) -> None:
    assert {path.name for path in saved[0].iterdir()} == set(FILES)


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_an_error(saved: tuple[Path, Written], name: str) -> None:
    (saved[0] / name).unlink()
    with pytest.raises(SnapshotError, match=name):
        PhotoIndex.load(*saved)


@pytest.mark.parametrize("name", [name for name in FILES if not name.startswith("spare")])
def test_a_cut_file_is_an_error(saved: tuple[Path, Written], name: str) -> None:
    path = saved[0] / name
    raw = path.read_bytes()
    path.unlink()
    path.write_bytes(raw[: 50 * 60 if name == "rows.bin" else len(raw) // 2])
    with pytest.raises(SnapshotError, match=name):
        PhotoIndex.load(*saved)


@pytest.mark.parametrize("name", ["photos.msgpack", "hashes.bin", "main-words.bin", "main-number.bin"])
def test_a_flipped_bit_is_an_error(saved: tuple[Path, Written], name: str) -> None:
    path = saved[0] / name
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 4
    path.write_bytes(raw)
    with pytest.raises(SnapshotError, match=f"{name} has another"):
        PhotoIndex.load(*saved)


def test_another_version_is_an_error(saved: tuple[Path, Written], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fingerprints.photo_snapshot.FORMAT", "2 of tomorrow")
    with pytest.raises(SnapshotError, match="format"):
        PhotoIndex.load(*saved)
