"""What a process beside the console is asked and answers: read this list, send what was read, make the report.
Records only."""

from datetime import datetime
from typing import Literal

from msgspec import Struct

from connectors.takedown_lists.list_kinds import Kind
from connectors.takedown_requests import RequestSource
from streams.settings import Settings
from streams.takedowns.cases import Dimension
from streams.takedowns.report import Report

UPLOAD = "upload"
WAITING = "waiting.jsonl"
REJECTS = "rejects.csv"
FIRST_ROWS = 50
FIRST_REFUSALS = 50
REMARKS = 20
AskedKind = Literal["auto", "xlsx", "csv", "email", "text"]


class ReadJob(Struct, frozen=True, kw_only=True, tag="read"):
    """Read the list in `folder`, compare it with what was requested before, keep what is to be sent there."""

    settings: Settings
    folder: str
    name: str
    kind: AskedKind
    short_links: bool
    by: str
    source: RequestSource
    authority: str | None
    reason: str | None
    at: datetime


class SendJob(Struct, frozen=True, kw_only=True, tag="send"):
    """Send what was kept, if nobody has requested any of it since. `sha256`: of the kept file, as it was shown."""

    settings: Settings
    folder: str
    sha256: str
    at: datetime


class ReportJob(Struct, frozen=True, kw_only=True, tag="report"):
    """Say what became of takedowns, from the database at this address."""

    database: str
    by: tuple[Dimension, ...]
    since: datetime | None
    until: datetime | None


Job = ReadJob | SendJob | ReportJob


class FirstRow(Struct, frozen=True, kw_only=True):
    """One of the first requests that a list makes."""

    row: int
    part: str | None
    link: str
    marketplace: str | None
    listing_id: str | None
    title: str | None
    seller: str | None
    reason: str | None
    authority: str | None
    unresolved: str | None


class FirstRefusal(Struct, frozen=True, kw_only=True):
    """One of the first rows that make no request of their own."""

    kind: str
    place: str
    why: str
    link: str


class Progress(Struct, frozen=True, kw_only=True, tag="progress"):
    """How far it is: `step` is for counting words, `done` of `total` (0: not known)."""

    step: Literal["comparing", "reading", "sending"]
    done: int
    total: int = 0
    new: int = 0


class Preview(Struct, frozen=True, kw_only=True, tag="preview"):
    """What a list would send. `sha256`: of the list's bytes; `waiting_sha256`: of what is kept to be sent."""

    name: str
    sha256: str
    kind: Kind
    found: int
    new: int
    duplicates: int
    other_form: int
    requested_before: int
    unresolved: int
    rejects: dict[str, int]
    marketplaces: dict[str, int]
    refusals: int
    rows: tuple[FirstRow, ...]
    refused: tuple[FirstRefusal, ...]
    remarks: tuple[str, ...]
    waiting_sha256: str
    not_compared: str | None
    """Why earlier requests are not known; None where they are."""


class Refused(Struct, frozen=True, kw_only=True, tag="refused"):
    """The list cannot be read, or is past a limit: nothing of it counts."""

    why: str


class Outdated(Struct, frozen=True, kw_only=True, tag="outdated"):
    """So many of the requests were made by somebody else since they were shown; nothing was sent."""

    requested_since: int


class Sent(Struct, frozen=True, kw_only=True, tag="sent"):
    """What became of it. `refused`: what Kafka will never take, and why, the first of it."""

    count: int
    refused_count: int
    refused: tuple[str, ...]


class Reported(Struct, frozen=True, kw_only=True, tag="reported"):
    """The report, as of when its records were read."""

    report: Report
    made_at: datetime


class Failed(Struct, frozen=True, kw_only=True, tag="failed"):
    """Kafka or the database did not answer, or the process had a fault."""

    why: str


Answer = Preview | Refused | Outdated | Sent | Reported | Failed
Line = Progress | Answer
