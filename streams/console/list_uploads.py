"""Lists that people have uploaded to import: kept some minutes in a folder of this process, each its person's alone,
read and sent by a process beside the console."""

import contextlib
import os
import secrets
import shutil
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import structlog

from connectors.takedown_lists.limits import MB
from connectors.takedown_requests import RequestSource
from streams.console.claims import claim, let_go, renew
from streams.console.context import Console
from streams.console.side_jobs import (
    UPLOAD,
    Answer,
    AskedKind,
    Failed,
    Outdated,
    Preview,
    Progress,
    ReadJob,
    Refused,
    SendJob,
    Sent,
)
from streams.console.side_processes import SideProcesses
from streams.epoch import now_ms

log = structlog.get_logger(__name__)

KEPT_SECONDS = 1800.0
"""After the last thing that was done with a list."""
MOST_EACH = 3
MOST = 20
MOST_BYTES = 512 * 1024 * 1024
"""Of all uploads together; what is made of one takes three times as much."""
AT_ONCE = 2
"""Processes that read or send lists."""
CLAIM = "takedown-lists/send"
CLAIM_MS = 120_000
"""Renewed with each sign of progress; Kafka may be silent for half a minute before that is a failure."""
FOLDER = "relistwatch-lists-"
STALE_SECONDS = 24 * 3600

_making = threading.Lock()
State = Literal["queued", "working", "ready", "refused", "failed", "outdated", "sent"]
KIND = "requests"
"""What open pages are told when a list has got further."""


class FullError(Exception):
    """There is no place for another list now."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a person says of a list."""

    name: str
    kind: AskedKind
    short_links: bool
    source: RequestSource
    authority: str | None
    reason: str | None


@dataclass(slots=True)
class Upload:
    """One list and how far it is. `is_sending`: it was confirmed; that happens once."""

    token: str
    person: str
    folder: Path
    wishes: Wishes
    size: int
    state: State = "queued"
    is_sending: bool = False
    progress: Progress | None = None
    preview: Preview | None = None
    why: str = ""
    requested_since: int = 0
    sent: Sent | None = None
    used: float = field(default_factory=time.monotonic)

    @property
    def is_busy(self) -> bool:
        """Whether it changes by itself."""
        return self.state in {"queued", "working"}


class Uploads:
    """All uploads of this console."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._uploads: dict[str, Upload] = {}
        self._coming: dict[str, str] = {}
        """Of lists that are being sent to us: whose."""
        self._lock = threading.Lock()
        self._turns = threading.BoundedSemaphore(AT_ONCE)
        self._processes = SideProcesses()
        _forget_stale()
        self._root = Path(tempfile.mkdtemp(prefix=FOLDER))

    def begin(self, person: str) -> tuple[str, Path]:
        """A place for one more: its unguessable token, and the file to write the list to. Then `put` or `drop`.

        Raises:
            FullError: there are too many, or they are too large together.
        """
        with self._lock:
            own = [each for each in self._uploads.values() if each.person == person]
            if len(own) + list(self._coming.values()).count(person) >= MOST_EACH:
                idle = sorted((each for each in own if not each.is_busy), key=lambda each: each.used)
                if not idle:
                    raise FullError
                self._remove(idle[0])
            largest = self._console.settings.takedown_lists.max_file_mb * MB
            size = sum(each.size for each in self._uploads.values()) + largest * len(self._coming)
            if len(self._uploads) + len(self._coming) >= MOST or size >= MOST_BYTES:
                raise FullError
            token = secrets.token_urlsafe(24)
            self._coming[token] = person
        folder = self._root / token
        folder.mkdir(mode=0o700)
        return token, folder / UPLOAD

    def put(self, token: str, person: str, wishes: Wishes, size: int) -> Upload:
        """Keep the list that was written, and begin to read it."""
        upload = Upload(token, person, self._root / token, wishes, size)
        with self._lock:
            self._coming.pop(token, None)
            self._uploads[token] = upload
        self._start(self._read, upload)
        return upload

    def drop(self, token: str) -> None:
        """Forget one that was not put."""
        with self._lock:
            self._coming.pop(token, None)
        shutil.rmtree(self._root / token, ignore_errors=True)

    def of(self, person: str, token: str) -> Upload | None:
        """The person's own upload of this token."""
        upload = self._uploads.get(token)
        if upload is None or upload.person != person:
            return None
        upload.used = time.monotonic()
        return upload

    def read_again(self, upload: Upload) -> None:
        """Make a new preview, where the one there is will not be sent."""
        with self._lock:
            if upload.is_busy or upload.state == "sent":
                return
            upload.state, upload.is_sending, upload.progress = "queued", False, None
        self._start(self._read, upload)

    def send(self, upload: Upload, shown: str, over: Callable[[Upload], None]) -> bool:
        """Send what was shown, once: whether it is the same that is there, or was sent already. `shown`: the
        preview's `waiting_sha256`. `over` is called when Kafka has it."""
        with self._lock:
            preview = upload.preview
            if preview is None or preview.waiting_sha256 != shown:
                return False
            if upload.is_sending or upload.state == "sent":
                return True
            if upload.state != "ready" or not preview.new or preview.not_compared is not None:
                return False
            upload.state, upload.is_sending, upload.progress = "queued", True, None
        self._start(lambda each: self._send(each, preview, over), upload)
        return True

    def remove(self, upload: Upload) -> None:
        """Forget one that is not being worked on."""
        with self._lock:
            if not upload.is_busy:
                self._remove(upload)

    def sweep(self) -> None:
        """Forget what nobody has looked at for long, and show others that this console lives."""
        with contextlib.suppress(OSError):
            os.utime(self._root)
        with self._lock:
            now = time.monotonic()
            for upload in list(self._uploads.values()):
                if not upload.is_busy and now - upload.used > KEPT_SECONDS:
                    self._remove(upload)

    def end(self) -> None:
        """End what runs, and forget all."""
        self._processes.end()
        shutil.rmtree(self._root, ignore_errors=True)

    def _remove(self, upload: Upload) -> None:
        self._uploads.pop(upload.token, None)
        shutil.rmtree(upload.folder, ignore_errors=True)

    def _start(self, work: Callable[[Upload], None], upload: Upload) -> None:
        def run() -> None:
            with self._turns:
                try:
                    work(upload)
                except Exception as error:
                    log.exception("a list could not be handled")
                    upload.why, upload.state = type(error).__name__, "failed"
            upload.used = time.monotonic()
            self._console.live.changed(KIND)

        threading.Thread(target=run, name="takedown-list", daemon=True).start()

    def _read(self, upload: Upload) -> None:
        wishes = upload.wishes
        upload.state = "working"
        job = ReadJob(
            settings=self._console.settings, folder=str(upload.folder), name=wishes.name, kind=wishes.kind,
            short_links=wishes.short_links, by=upload.person, source=wishes.source, authority=wishes.authority,
            reason=wishes.reason, at=datetime.now(UTC),
        )  # fmt: skip
        self._take(upload, self._processes.run(job, lambda told: self._tell(upload, told)))

    def _send(self, upload: Upload, preview: Preview, over: Callable[[Upload], None]) -> None:
        database, holder = self._console.database, upload.token
        while claim(database, CLAIM, holder, now_ms(), CLAIM_MS) is not None:
            time.sleep(0.5)
        upload.state = "working"
        job = SendJob(
            settings=self._console.settings,
            folder=str(upload.folder),
            sha256=preview.waiting_sha256,
            at=datetime.now(UTC),
        )

        def tell(told: Progress) -> None:
            renew(database, CLAIM, holder, now_ms() + CLAIM_MS)
            self._tell(upload, told)

        try:
            self._take(upload, self._processes.run(job, tell))
        finally:
            let_go(database, CLAIM, holder)
        if upload.sent is not None:
            over(upload)

    def _tell(self, upload: Upload, told: Progress) -> None:
        upload.progress = told
        self._console.live.changed(KIND)

    def _take(self, upload: Upload, answer: Answer) -> None:
        upload.progress = None
        match answer:
            case Preview():
                upload.preview, upload.state = answer, "ready"
            case Refused():
                upload.why, upload.state = answer.why, "refused"
            case Outdated():
                upload.requested_since, upload.state = answer.requested_since, "outdated"
            case Sent():
                upload.sent, upload.state = answer, "sent"
            case Failed():
                upload.why, upload.state = answer.why, "failed"


def uploads_of(console: Console) -> Uploads:
    """The console's uploads."""
    with _making:
        if Uploads not in console.services:
            console.services[Uploads] = Uploads(console)
    return console.service(Uploads)


def _forget_stale() -> None:
    """What a console that was killed has left behind."""
    for folder in Path(tempfile.gettempdir()).glob(f"{FOLDER}*"):
        try:
            if time.time() - folder.stat().st_mtime > STALE_SECONDS:
                shutil.rmtree(folder, ignore_errors=True)
        except OSError:
            continue
