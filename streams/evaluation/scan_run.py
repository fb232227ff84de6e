"""The engine as a black box: records written to files, `relistwatch scan` run on them, its files read back."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec import Struct

from connectors.events import EventType, Image, ListingEvent, Takedown, TakenDownListing
from streams.die_with_parent import die_with_parent
from streams.evaluation.cases import Case
from streams.evaluation.edit_work import photo_name
from streams.evaluation.photo_set import Photo

TITLE = ""
"""The photos alone must decide. Even one generic word in every title is worth up to 2 nats to some of the
takedowns: to the ten that the title index happens to bring."""
MARKETPLACE = "evaluation"
OBSERVED_AT = datetime(2026, 1, 1, tzinfo=UTC)

R = TypeVar("R")


class ScanError(RuntimeError):
    """The scan failed or read less than it was given; the message has the reason. The evaluation ends."""


class ListingName(Struct, frozen=True):
    """The part of an alert's listing that is read."""

    listing_id: str


class TakedownName(Struct, frozen=True):
    """The part of an alert's takedown that is read."""

    takedown_id: str


class AlertLine(Struct, frozen=True):
    """What is read of a line of the alerts file: as a user's script would, not by the engine's own types."""

    listing: ListingName
    takedown: TakedownName
    other_takedowns: tuple[str, ...] = ()

    @property
    def takedown_ids(self) -> tuple[str, ...]:
        """All takedowns that the alert names, the best first."""
        return (self.takedown.takedown_id, *self.other_takedowns)


class ScoreLine(Struct, frozen=True):
    """A line of the scores file; all but the ids are 0 to 1."""

    listing_id: str
    takedown_id: str
    probability: float
    photo: float = 0.0
    backdrop: float = 0.0
    weights: dict[str, float] = {}


class ScanSummary(Struct, frozen=True):
    """What is read of the summary on stdout."""

    takedowns: int
    listings: int
    dead_letters: int
    photos: int
    photo_failures: dict[str, int]


@dataclass(frozen=True, slots=True)
class ScanResult:
    """By listing id; a listing that is missing had no alert or no score."""

    alerts: dict[str, AlertLine]
    scores: dict[str, tuple[ScoreLine, ...]]
    summary: ScanSummary


def write_takedowns(bank: Sequence[Photo], folder: Path) -> None:
    """FOLDER/takedowns.jsonl and the photos it names.

    Copied: the scan follows no link out of the folder of its file. Raises OSError.
    """
    (folder / "photos").mkdir(parents=True, exist_ok=True)
    records = []
    for number, photo in enumerate(bank):
        name = f"photos/takedown-{number:06}.jpg"
        shutil.copyfile(photo.path, folder / name)
        listing = TakenDownListing(
            marketplace=MARKETPLACE,
            listing_id=f"taken-down/{photo.image}",
            seller_id="taken-down",
            title=TITLE,
            images=(Image(path=name),),
        )
        records.append(Takedown(takedown_id=photo.takedown_id, listing=listing))
    write_lines(folder / "takedowns.jsonl", records)


def write_listings(cases: Sequence[Case], folder: Path) -> None:
    """FOLDER/listings.jsonl. Every listing is of another seller than the takedowns. Raises OSError."""
    write_lines(
        folder / "listings.jsonl",
        (
            ListingEvent(
                event_id=f"event-{number}",
                type=EventType.CREATED,
                marketplace=MARKETPLACE,
                listing_id=case.listing_id,
                seller_id="someone-else",
                title=TITLE,
                observed_at=OBSERVED_AT,
                images=(Image(path=photo_name(number)),),
            )
            for number, case in enumerate(cases)
        ),
    )


def write_lines(path: Path, records: Iterable[Struct]) -> None:
    """The records as JSON lines. Raises OSError."""
    with path.open("wb") as file:
        file.writelines(msgspec.json.encode(record) + b"\n" for record in records)


def run_scan(folder: Path, takedowns: int, listings: int, *more: str) -> ScanResult:
    """Scan FOLDER's listings against its takedowns; the scan's own progress goes to stderr.

    The settings are the defaults and what the environment says, as for any user; `more` options of the command.

    Raises:
        ScanError: it failed, or understood other than this many takedowns and listings.
    """
    alerts, scores = folder / "alerts.jsonl", folder / "scores.jsonl"
    command = [
        sys.executable, "-P", "-m", "streams", "scan", "--json",
        "--takedowns", str(folder / "takedowns.jsonl"), "--listings", str(folder / "listings.jsonl"),
        "--alerts", str(alerts), "--scores", str(scores), *more,
    ]  # fmt: skip
    # The same code as this process runs, be it a checkout or a wheel.
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run(  # noqa: S603  our own command
        command,
        stdout=subprocess.PIPE,
        env=environment,
        check=False,
        preexec_fn=partial(die_with_parent, os.getpid()),
    )
    if done.returncode != 0:
        raise ScanError(f"relistwatch scan ended with exit code {done.returncode}: its reason is above")
    summary = msgspec.json.decode(done.stdout, type=ScanSummary)
    if summary.dead_letters or (summary.takedowns, summary.listings) != (takedowns, listings):
        raise ScanError(f"given {takedowns} takedowns and {listings} listings, the scan understood {summary}")
    return read_result(alerts, scores, summary)


def read_result(alerts: Path, scores: Path, summary: ScanSummary) -> ScanResult:
    """The scan's two files. Raises OSError, or ScanError for a line that is not in the format."""
    by_listing: dict[str, list[ScoreLine]] = {}
    for line in _read_lines(scores, ScoreLine):
        by_listing.setdefault(line.listing_id, []).append(line)
    return ScanResult(
        alerts={line.listing.listing_id: line for line in _read_lines(alerts, AlertLine)},
        scores={listing_id: tuple(lines) for listing_id, lines in by_listing.items()},
        summary=summary,
    )


def _read_lines(path: Path, kind: type[R]) -> list[R]:
    try:
        return msgspec.json.Decoder(kind).decode_lines(path.read_bytes())
    except msgspec.DecodeError as error:
        raise ScanError(f"{path.name} is not in the documented format: {error}") from None
