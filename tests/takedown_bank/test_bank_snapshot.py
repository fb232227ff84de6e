"""A takedown bank that was saved and loaded, and the folder that several workers share."""

import asyncio
import errno
from pathlib import Path
from time import time

import msgspec
import pytest
from listing_records import distinctive_title
from noise_prints import noise_print, takedown_print
from structlog.testing import CapturingLogger

from fingerprints.snapshot_files import SnapshotError
from fingerprints.title_print import title_print
from streams.bank import snapshot as bank_snapshot
from streams.bank.snapshot import MANIFEST, BankSnapshots, Manifest
from streams.bank.snapshot_folder import SnapshotFolder
from streams.engine.bank_files import BANK, RECORDS, TITLES, FrozenBank
from streams.engine.rules import Rules
from streams.engine.takedown_bank import TakedownBank
from streams.kafka_clients.topic_identity import TopicIdentity
from streams.metrics.metrics import Metrics
from streams.records import ImageFingerprint, PrintAlgorithms, Prints
from streams.settings import Settings, Worker

IDENTITY = TopicIdentity("cluster", "takedown-fingerprints", "3f0a")
DAY = 24 * 3600.0


def filled(count: int = 100) -> TakedownBank:
    bank = TakedownBank()
    for number in range(count):
        bank.put(takedown_print(number, photos=number % 3))
    other = takedown_print(count)
    other_prints = msgspec.structs.replace(
        other.prints, algorithms=PrintAlgorithms(image="old-1", text="old-1")
    )
    bank.put(msgspec.structs.replace(other, prints=other_prints))
    return bank


def assert_alike(one: TakedownBank, other: TakedownBank, count: int = 100) -> None:
    assert one.takedowns == other.takedowns
    for index in ("photos", "titles", "descriptions", "contacts"):
        assert len(getattr(one, index)) == len(getattr(other, index)) > 0
    assert (len(one), one.stale) == (len(other), other.stale)
    for number in range(count):
        prints = takedown_print(number).prints
        query = Prints(
            algorithms=prints.algorithms,
            title=title_print(distinctive_title(number)),
            description=prints.description,
            contacts=prints.contacts,
            photos=(ImageFingerprint(0, noise_print(1000 * number)),),
        )
        found = one.resembling(query, Rules(candidates=5))
        met = found.takedowns.get(f"t{number}")
        assert met is None or (met.title and met.description and met.contact)
        assert found == other.resembling(query, Rules(candidates=5))
        key = f"pasar-uji:l{number}"
        assert one.taken_down_as(key) == other.taken_down_as(key)


def test_saved_and_loaded_it_goes_on_the_same(tmp_path: Path) -> None:
    (tmp_path / "saved").mkdir()
    bank, loaded = filled(), TakedownBank()
    bank.save(tmp_path / "saved")
    loaded.load(tmp_path / "saved")
    assert_alike(loaded, bank)
    for one in (bank, loaded):
        for number in range(0, 100, 7):
            one.withdraw(f"t{number}")
        for number in range(95, 140):
            one.put(takedown_print(number, photos=2, version=1))
    assert_alike(loaded, bank, 140)


@pytest.mark.parametrize("name", [BANK, RECORDS, TITLES])
@pytest.mark.parametrize(
    "damage", [lambda raw: b"", lambda raw: raw[:-40], lambda raw: raw[:50] + b"\xc1" + raw[51:]]
)
def test_damaged_records_are_an_error_and_change_nothing(tmp_path: Path, name: str, damage) -> None:
    filled().save(tmp_path)
    (tmp_path / name).write_bytes(damage((tmp_path / name).read_bytes()))
    bank = TakedownBank()
    with pytest.raises(SnapshotError):
        bank.load(tmp_path)
    assert (len(bank), len(bank.photos), len(bank.titles)) == (0, 0, 0)
    bank.put(takedown_print(1))


def whole_bank(count: int) -> TakedownBank:
    bank = TakedownBank()
    for number in range(count):
        bank.put(takedown_print(number))
    return bank


def all_files(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*"))


class Started:
    """The snapshots of one worker, as `TakedownIndex` uses them."""

    def __init__(
        self, data: Path, identity: TopicIdentity = IDENTITY, kept: float = DAY, prefix: str = ""
    ) -> None:
        settings = Settings(worker=Worker(data_dir=str(data)))
        topics = msgspec.structs.replace(settings.topics, prefix=prefix)
        self.bank, self.metrics = TakedownBank(), Metrics()
        self.snapshots = BankSnapshots(
            msgspec.structs.replace(settings, topics=topics), self.bank, self.metrics, identity, kept
        )
        self.snapshots.open()

    def load(self, beginning: int = 0, end: int = 1000) -> dict[int, int]:
        return self.snapshots.load({0: beginning, 1: beginning}, {0: end, 1: end})

    def outcomes(self, name: str) -> float:
        return self.metrics.registry.get_sample_value("relistwatch_snapshots_total", {"outcome": name}) or 0.0

    async def write(self, offset: int, at: float | None = None) -> None:
        await self.snapshots.write({0: offset, 1: 7}, time() if at is None else at)
        await self.snapshots.finished()


async def written(data: Path, offset: int = 100, at: float | None = None) -> None:
    first = Started(data)
    assert first.load() == {}
    for number in range(offset):
        first.bank.put(takedown_print(number))
    await first.write(offset, at)
    await first.snapshots.close()


async def test_the_next_start_goes_on_where_the_snapshot_ends(tmp_path: Path) -> None:
    await written(tmp_path)
    second = Started(tmp_path)
    assert second.load() == {0: 100, 1: 7}
    assert len(second.bank) == len(second.bank.photos) == 100
    assert second.outcomes("loaded") == 1
    age = second.metrics.registry.get_sample_value("relistwatch_snapshot_age_seconds")
    assert age is not None
    assert 0 <= age < 60


async def test_an_unchanged_bank_renews_its_snapshot_without_writing_it_again(tmp_path: Path) -> None:
    await written(tmp_path, at=time() - 3600)
    second = Started(tmp_path)
    second.load()
    before = all_files(tmp_path)
    await second.write(100)
    assert all_files(tmp_path) == before
    await second.snapshots.close()
    third = Started(tmp_path, kept=60)
    assert third.load() == {0: 100, 1: 7}


@pytest.mark.parametrize(
    ("start", "offsets", "reason"),
    [
        ({"identity": TopicIdentity("another", "takedown-fingerprints", "3f0a")}, {}, "it is of"),
        ({"identity": TopicIdentity("cluster", "takedown-fingerprints", "made anew")}, {}, "it is of"),
        ({"prefix": "b-"}, {}, "it is of"),
        ({}, {"end": 99}, "not on the topic"),
        ({}, {"beginning": 101}, "not on the topic"),
        ({"kept": 7000.0}, {}, "are not trusted"),
    ],
)
async def test_a_foreign_or_old_snapshot_is_discarded(
    tmp_path: Path, start: dict, offsets: dict, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = CapturingLogger()
    monkeypatch.setattr(bank_snapshot, "log", said)
    await written(tmp_path, at=time() - 3600)
    second = Started(tmp_path, **start)
    assert second.load(**offsets) == {}
    assert (len(second.bank), second.outcomes("discarded")) == (0, 1)
    assert reason in str(said.calls)
    second.bank.put(takedown_print(5))
    await second.write(50)
    await second.snapshots.close()
    third = Started(tmp_path, **start)
    assert third.load() == {0: 50, 1: 7}, "a new one takes its place"


async def test_every_damaged_file_is_survived(tmp_path: Path) -> None:
    for number, name in enumerate(
        [MANIFEST, BANK, RECORDS, TITLES, "photos.msgpack", "main-words.bin", "rows.bin"]
    ):
        data = tmp_path / str(number)
        await written(data, offset=20)
        (path,) = data.rglob(f"snapshot-*/{name}")
        path.unlink()
        path.write_bytes(b"{}")
        second = Started(data)
        assert second.load() == {}, name
        assert second.outcomes("discarded") == 1
        second.bank.put(takedown_print(1))
        await second.write(20)
        await second.snapshots.close()
        assert Started(data).load() == {0: 20, 1: 7}


async def test_killed_while_writing_the_old_one_is_loaded(tmp_path: Path) -> None:
    """All that a crash leaves: a half-written folder, and the running worker's own files."""
    await written(tmp_path)
    second = Started(tmp_path)
    second.load()
    for number in range(0, 100, 2):
        second.bank.withdraw(f"t{number}")
    for number in range(200, 300):
        second.bank.put(takedown_print(number))  # none of it over a row that the snapshot shows
    frozen = second.bank.freeze()
    folder = second.snapshots._folder.begin()
    frozen.write_changing(folder)
    second.snapshots._folder.close()  # what the system does to a killed worker's lock
    third = Started(tmp_path)
    assert third.load() == {0: 100, 1: 7}
    assert_alike(third.bank, whole_bank(100))
    assert all(path.name != "writing" for path in all_files(tmp_path))


@pytest.mark.parametrize("step", ["write_changing", "write_rest"])
async def test_a_full_disk_fails_the_snapshot_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    await written(tmp_path)
    second = Started(tmp_path)
    second.load()
    second.bank.put(takedown_print(500))
    second.bank.withdraw("t3")
    with monkeypatch.context() as patched:

        def full(self: FrozenBank, folder: Path) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        patched.setattr(FrozenBank, step, full)
        await second.write(102)
    assert second.outcomes("failed") == 1
    second.bank.put(takedown_print(501))
    assert len(second.bank) == 101
    assert all(path.name != "writing" for path in all_files(tmp_path))
    await second.snapshots.close()
    third = Started(tmp_path)
    assert third.load() == {0: 100, 1: 7}
    assert_alike(third.bank, whole_bank(100))


async def test_changes_while_the_rest_is_written_are_in_the_next_one(tmp_path: Path) -> None:
    first = Started(tmp_path)
    first.load()
    for number in range(50):
        first.bank.put(takedown_print(number))
    await first.snapshots.write({0: 50, 1: 0}, time())
    first.bank.withdraw("t1")
    first.bank.put(takedown_print(2, version=1))
    await first.snapshots.finished()
    await first.snapshots.close()
    second = Started(tmp_path)
    assert second.load() == {0: 50, 1: 0}
    assert_alike(second.bank, whole_bank(50), 50)


async def test_two_workers_of_one_data_dir_have_a_folder_each(tmp_path: Path) -> None:
    one, two = Started(tmp_path), Started(tmp_path)
    assert one.load() == two.load() == {}
    one.bank.put(takedown_print(1))
    two.bank.put(takedown_print(2))
    await asyncio.gather(one.write(11), two.write(22))
    await one.snapshots.close()
    await two.snapshots.close()
    again = [Started(tmp_path), Started(tmp_path)]
    assert [started.load()[0] for started in again] == [11, 22]
    assert [list(started.bank.takedowns) for started in again] == [["t1"], ["t2"]]


def test_what_a_worker_left_for_good_is_removed(tmp_path: Path) -> None:
    import os

    folders = [SnapshotFolder.take(str(tmp_path), "t") for _ in range(3)]
    for folder in folders:
        folder.begin()
        folder.finish()
    for folder in folders[:2]:
        folder.close()
    for folder in folders[1:]:
        os.utime(folder.folder / "lock", (1, 1))
    SnapshotFolder.take(str(tmp_path), "t")
    assert [folder.newest() is not None for folder in folders] == [True, False, True], "1 is gone, 2 is alive"


def test_a_folder_that_cannot_be_used_only_costs_the_snapshots(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    started = Started(tmp_path / "file")
    assert started.load() == {}
    assert not started.snapshots.due
    started.bank.put(takedown_print(1))


def test_the_manifest_reads_back() -> None:
    manifest = Manifest(IDENTITY, "a-", {0: 5, 11: 6}, 1.5)
    assert msgspec.json.decode(msgspec.json.encode(manifest), type=Manifest) == manifest
    assert 0 < bank_snapshot.TRUSTED_SHARE < 1
