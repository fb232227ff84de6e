"""Snapshots of the takedown bank: with one, a start reads the topic's tail only.

A snapshot is only ever a short cut. Whatever is not as expected about it, it is left aside with a line in the
log, and the whole topic is read.
"""

import asyncio
import contextlib
from collections.abc import Mapping
from pathlib import Path
from time import monotonic, time

import msgspec
import structlog
from msgspec import Struct

from fingerprints.snapshot_files import SnapshotError, force
from streams.bank.snapshot_folder import SnapshotFolder
from streams.engine.bank_files import FrozenBank
from streams.engine.takedown_bank import TakedownBank
from streams.kafka_clients.topic_identity import TopicIdentity
from streams.metrics.metrics import Metrics
from streams.settings import Settings

log = structlog.get_logger(__name__)

MANIFEST = "manifest.json"
TAIL_WORTH = 500
"""Rows read at a start, some 0.2 s with photos, for which a new snapshot is written at once."""
TRUSTED_SHARE = 0.5
"""Of the time that the topic keeps tombstones. The other half is for reading the tail, and for clocks."""

Offsets = dict[int, int]


class Manifest(Struct, frozen=True, forbid_unknown_fields=True):
    """What a snapshot holds: all of the topic's records below `offsets`, as of `complete_at` (seconds since
    1970) or later."""

    identity: TopicIdentity
    prefix: str
    offsets: Offsets
    complete_at: float
    shard: str = ""
    """The share of the takedowns that it holds, where they are divided."""


class BankSnapshots:
    """Loads, writes and refreshes the snapshots of one worker. Used from one event loop."""

    def __init__(
        self,
        settings: Settings,
        bank: TakedownBank,
        metrics: Metrics,
        identity: TopicIdentity,
        tombstones_kept: float,
    ) -> None:
        self._settings, self._bank, self._metrics = settings, bank, metrics
        self._identity = identity
        self._trusted = tombstones_kept * TRUSTED_SHARE
        self._folder: SnapshotFolder | None = None
        self._manifest: Manifest | None = None
        self._next = monotonic()
        self._writing: asyncio.Task[None] | None = None
        metrics.snapshot_age.set_function(lambda: self.age)

    def open(self) -> None:
        """Take a folder of this worker's own. Without one the worker goes on without snapshots."""
        shard = self._settings.worker.shard
        # Each shard has its own: of another's snapshot not one takedown is its own.
        name = f"{self._identity.topic}.shard-{shard.replace('/', '-of-')}" if shard else self._identity.topic
        try:
            self._folder = SnapshotFolder.take(self._settings.worker.data_dir, name)
        except OSError as error:
            log.warning("no snapshots of the takedowns: worker.data_dir cannot be used", error=str(error))

    def load(self, beginnings: Mapping[int, int], ends: Mapping[int, int]) -> Offsets:
        """Fill the bank, and keep its files in the folder from now on; the offset of each partition to go on from.
        None where no snapshot is of use."""
        path = self._folder.newest() if self._folder else None
        if self._folder is None or path is None:
            self._settle_in()
            return {}
        try:
            manifest = self._trustworthy(path, beginnings, ends)
            self._folder.empty_store()
            self._bank.load(path, self._folder.store)
        except Exception as error:  # noqa: BLE001  whatever is wrong with it, the topic has it all
            reason = str(error) if isinstance(error, SnapshotError) else repr(error)
            log.warning("snapshot discarded, the whole topic is read", snapshot=str(path), reason=reason)
            self._metrics.snapshots.labels("discarded").inc()
            self._settle_in()
            return {}
        self._manifest = manifest
        self._metrics.snapshots.labels("loaded").inc()
        return manifest.offsets

    def loaded(self, rows: int) -> None:
        """The tail is read: `rows` of it."""
        worth = rows >= TAIL_WORTH or (rows > 0 and self._manifest is None)
        self._next = monotonic() + (0 if worth else self._interval)

    def _settle_in(self) -> None:
        try:
            if self._folder is not None:
                self._folder.empty_store()
                self._bank.settle_in(self._folder.store)
        except OSError as error:
            log.warning("no snapshots of the takedowns: worker.data_dir cannot be used", error=str(error))
            self._folder = None

    @property
    def due(self) -> bool:
        """Whether a snapshot should be written now."""
        return self._folder is not None and self._writing is None and monotonic() >= self._next

    async def write(self, offsets: Offsets, complete_at: float) -> None:
        """Begin a snapshot of the bank, which holds everything below `offsets`, as the topic was at `complete_at`.
        Returns when the bank may be changed again; the rest goes on beside (`finished`)."""
        self._next = monotonic() + self._interval
        if self._folder is None:
            return
        manifest = Manifest(
            self._identity, self._settings.topics.prefix, offsets, complete_at, self._settings.worker.shard
        )
        started = monotonic()
        try:
            newest = self._folder.newest()
            if newest and self._manifest and self._manifest.offsets == offsets:
                # Nothing has changed: the same snapshot is complete as of now.
                await asyncio.to_thread(_write_manifest, newest, manifest)
                self._manifest = manifest
                return
            folder = await asyncio.to_thread(self._folder.begin)
            frozen = self._bank.freeze()
            try:
                await asyncio.to_thread(frozen.write_changing, folder)
            finally:
                self._bank.thaw(frozen)
        except OSError as error:
            self._failed(error)
            return
        held = monotonic() - started
        self._writing = asyncio.create_task(self._write_rest(folder, frozen, manifest, started, held))

    async def finished(self) -> None:
        """Return when no snapshot is being written."""
        if self._writing is not None:
            await self._writing

    async def close(self) -> None:
        """Let go of the folder."""
        await self.finished()
        if self._folder is not None:
            self._folder.close()
            self._folder = None

    async def _write_rest(
        self, folder: Path, frozen: FrozenBank, manifest: Manifest, started: float, held: float
    ) -> None:
        try:
            await asyncio.to_thread(self._write_files, folder, frozen, manifest)
        except OSError as error:
            self._failed(error)
        else:
            self._bank.snapshot_taken(frozen)
            self._manifest = manifest
            self._metrics.snapshots.labels("written").inc()
            log.info("snapshot written", takedowns=len(frozen.records), seconds=round(monotonic() - started, 2),
                     changes_held_back=round(held, 2))  # fmt: skip
        finally:
            self._writing = None

    def _write_files(self, folder: Path, frozen: FrozenBank, manifest: Manifest) -> None:
        assert self._folder is not None  # noqa: S101  `close` waits for this
        frozen.write_rest(folder)
        _write_manifest(folder, manifest)
        self._folder.finish()

    def _failed(self, error: OSError) -> None:
        log.error("snapshot not written, the last one stays", error=str(error))
        self._metrics.snapshots.labels("failed").inc()
        if self._folder is not None:
            with contextlib.suppress(OSError):
                self._folder.give_up()

    def _trustworthy(self, path: Path, beginnings: Mapping[int, int], ends: Mapping[int, int]) -> Manifest:
        try:
            manifest = msgspec.json.decode((path / MANIFEST).read_bytes(), type=Manifest)
        except (OSError, msgspec.MsgspecError) as error:
            raise SnapshotError(f"{MANIFEST}: {error}") from None
        if manifest.identity != self._identity or manifest.prefix != self._settings.topics.prefix:
            raise SnapshotError(f"it is of {manifest.identity}, not of {self._identity}")
        if manifest.shard != self._settings.worker.shard:
            raise SnapshotError(f"it is of the shard {manifest.shard or 'of all takedowns'}")
        # A takedown that was withdrawn after the snapshot is told by its tombstone alone, and compaction removes
        # tombstones, `delete.retention.ms` after they were written at the earliest. A snapshot that is younger
        # than that when its tail is read misses none; an older one may hold takedowns withdrawn since.
        age = time() - manifest.complete_at
        if not 0 <= age <= self._trusted:
            raise SnapshotError(
                f"it is {age / 3600:.1f} h old; more than {self._trusted / 3600:.1f} h are not trusted"
            )
        for partition, offset in manifest.offsets.items():
            if not beginnings.get(partition, 0) <= offset <= ends.get(partition, -1):
                raise SnapshotError(
                    f"offset {offset} of partition {partition} is not on the topic: it was cut or made anew"
                )
        return manifest

    @property
    def _interval(self) -> float:
        return self._settings.worker.snapshot_minutes * 60

    @property
    def age(self) -> float:
        """Seconds since the newest snapshot held all takedowns; not a number without one."""
        return float("nan") if self._manifest is None else time() - self._manifest.complete_at


def _write_manifest(folder: Path, manifest: Manifest) -> None:
    partial = folder / f".{MANIFEST}"
    partial.write_bytes(msgspec.json.encode(manifest))
    force(partial)
    partial.replace(folder / MANIFEST)
    force(folder)
