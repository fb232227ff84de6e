"""A list read into its preview and what is to be sent, and sent as it was shown. Runs in a process of its own."""

import hashlib
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import cast

import msgspec
from kafka.errors import KafkaError

from connectors.short_links import ShortLinks
from connectors.takedown_lists.headers import tidy
from connectors.takedown_lists.items import ListError
from connectors.takedown_lists.list_kinds import REFUSED, Kind, kind_of
from connectors.takedown_lists.reading import NAME_CHARS, TakedownList, open_list
from connectors.takedown_requests import Received, TakedownRequest
from streams.console.side_jobs import (
    FIRST_REFUSALS,
    FIRST_ROWS,
    REJECTS,
    REMARKS,
    UPLOAD,
    WAITING,
    Answer,
    FirstRefusal,
    FirstRow,
    Line,
    Outdated,
    Preview,
    Progress,
    ReadJob,
    SendJob,
    Sent,
)
from streams.kafka_clients.record_reader import ReadError
from streams.takedowns.importing import KnownRequests, Refusal, TakedownImport, Waiting
from streams.takedowns.rejects_file import RejectsFile
from streams.takedowns.requests import known_requests, send_requests

TELL_SECONDS = 0.25
REFUSED_SHOWN = 20

Tell = Callable[[Line], None]


def read(job: ReadJob, tell: Tell) -> Preview:
    """The list's preview; what is to be sent and what is not lie in the folder afterwards.

    Raises:
        ListError: it cannot be read, or is past a limit.
        OSError: the folder cannot be written.
    """
    folder = Path(job.folder)
    with open_list(str(folder / UPLOAD), job.settings.takedown_lists, _kind_of(job, folder)) as file:
        opened = msgspec.structs.replace(file, name=tidy(job.name)[:NAME_CHARS] or "unnamed")
        known, not_compared = _known(job, tell)
        with Waiting() as waiting:
            preview = _read(job, opened, known, waiting, tell)
            digest = _keep(waiting, folder / WAITING)
    return msgspec.structs.replace(preview, waiting_sha256=digest, not_compared=not_compared)


def _kind_of(job: ReadJob, folder: Path) -> Kind:
    """By the list's own name; the file here bears none of it."""
    if job.kind != "auto":
        return job.kind
    with (folder / UPLOAD).open("rb") as file:
        kind = kind_of(file.read(4096), job.name)
    if kind in REFUSED:
        raise ListError(REFUSED[kind])
    return cast("Kind", kind)


def _known(job: ReadJob, tell: Tell) -> tuple[KnownRequests, str | None]:
    told = _Seldom(tell)
    try:
        return known_requests(
            job.settings,
            lambda _, done, total: told(lambda: Progress(step="comparing", done=done, total=total)),
        ), None
    except (ReadError, KafkaError) as error:
        return KnownRequests(), str(error).partition("\n")[0]


def _read(job: ReadJob, opened: TakedownList, known: KnownRequests, waiting: Waiting, tell: Tell) -> Preview:
    refused: list[FirstRefusal] = []
    remarks: list[str] = []
    told, count = _Seldom(tell), 0
    with ExitStack() as stack:
        rejects = stack.enter_context(RejectsFile(Path(job.folder) / REJECTS))
        links = stack.enter_context(ShortLinks(threading.Event())) if job.short_links else None

        def refuse(refusal: Refusal) -> None:
            nonlocal count
            count += 1
            rejects.put(refusal)
            if len(refused) < FIRST_REFUSALS:
                refused.append(
                    FirstRefusal(
                        kind=refusal.kind, place=str(refusal.place), why=refusal.why, link=refusal.link[:500]
                    )
                )

        def remark(text: str) -> None:
            if len(remarks) < REMARKS:
                remarks.append(text[:500])

        done = TakedownImport(
            Received(
                list_name=opened.name, list_sha256=opened.sha256, at=job.at, by=job.by, source=job.source,
                authority=job.authority, reason=job.reason,
            ),
            known, waiting, resolve=links.resolve if links else None, refuse=refuse, remark=remark,
        )  # fmt: skip
        for number, item in enumerate(opened.items()):
            done.take(item)
            told(lambda n=number: Progress(step="reading", done=n, new=done.counts.new))  # type: ignore[misc]
    counts = done.counts
    return Preview(
        name=opened.name, sha256=opened.sha256, kind=opened.kind, found=counts.found, new=counts.new,
        duplicates=counts.duplicates, other_form=counts.other_form, requested_before=counts.requested_before,
        unresolved=counts.unresolved, rejects=dict(counts.rejects.most_common()),
        marketplaces=dict(counts.marketplaces.most_common()), refusals=count,
        rows=tuple(_first_rows(waiting)), refused=tuple(refused), remarks=tuple(remarks), waiting_sha256="",
        not_compared=None,
    )  # fmt: skip


def _first_rows(waiting: Waiting) -> Iterator[FirstRow]:
    decoder = msgspec.json.Decoder(TakedownRequest)
    for number, (_, value) in enumerate(waiting.messages()):
        if number == FIRST_ROWS:
            return
        each = decoder.decode(value)
        place = each.list
        yield FirstRow(
            row=place.row if place else 0, part=place.part if place else None, link=each.link,
            marketplace=each.marketplace, listing_id=each.listing_id or each.slug, title=each.title,
            seller=each.seller, reason=each.reason, authority=each.authority, unresolved=each.unresolved,
        )  # fmt: skip


def _keep(waiting: Waiting, path: Path) -> str:
    with path.open("wb") as file:
        file.writelines(b"%s\n%s\n" % message for message in waiting.messages())
    return _digest(path)


def send(job: SendJob, tell: Tell) -> Answer:
    """Send the kept requests, unless some of them were made by another meanwhile.

    Raises:
        ReadError: what was requested cannot be read.
        ConnectorError: Kafka does not take them; what it has by then it keeps.
        OSError: what was kept is gone.
    """
    kept = Path(job.folder) / WAITING
    if _digest(kept) != job.sha256:
        raise OSError("what is kept is not what was shown")
    told = _Seldom(tell)
    known = known_requests(
        job.settings,
        lambda _, done, total: told(lambda: Progress(step="comparing", done=done, total=total)),
    )
    decoder = msgspec.json.Decoder(TakedownRequest)
    count = since = 0
    for _, value in _kept(kept):
        count += 1
        since += known.has(decoder.decode(value))
    if since:
        return Outdated(requested_since=since)
    refused = send_requests(
        job.settings,
        _kept(kept),
        job.at,
        lambda sent: told(lambda: Progress(step="sending", done=sent, total=count)),
    )
    return Sent(
        count=count - len(refused),
        refused_count=len(refused),
        refused=tuple(each[:500] for each in refused[:REFUSED_SHOWN]),
    )


def _kept(path: Path) -> Iterator[tuple[bytes, bytes]]:
    with path.open("rb") as file:
        lines = iter(file)
        for key in lines:
            yield key[:-1], next(lines)[:-1]


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class _Seldom:
    """Tells progress a few times a second."""

    def __init__(self, tell: Tell) -> None:
        self._tell, self._next = tell, 0.0

    def __call__(self, progress: Callable[[], Progress]) -> None:
        now = time.monotonic()
        if now >= self._next:
            self._next = now + TELL_SECONDS
            self._tell(progress())
