"""The whole engine on files, no broker: takedowns and listings in, alerts and scores out."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Generic, TypeVar

import msgspec
from msgspec import Struct

from connectors.codec import Codec, RecordError
from connectors.events import DeadLetter, EventType, Image, ListingEvent, Takedown
from connectors.photo_paths import PhotoPathError, read_photo
from connectors.seller_links import SellerLink
from connectors.verdicts import Verdict
from streams.engine.pipeline import (
    Match,
    PhotoOutcome,
    fingerprint_listing,
    fingerprint_takedown,
    match_listing,
)
from streams.engine.rules import Rules
from streams.engine.seller_linking import keep_strongest
from streams.engine.shadow import policy_difference
from streams.engine.takedown_bank import TakedownBank
from streams.metrics.metrics import Metrics
from streams.photos.fetch import PhotoFetcher
from streams.photos.pool import PhotoPool
from streams.photos.reader import NO_FEATURES, PhotoReader
from streams.policy.policy_file import rules_of
from streams.records import ImageFailure, ListingFingerprint
from streams.settings import Settings
from streams.usable_cores import usable_cores

CHUNK = 128
"""Records read, fingerprinted and matched together."""
SCORES_KEPT = 5

R = TypeVar("R", ListingEvent, Takedown, Verdict)
Progress = Callable[[str, int, int], None]
"""Called with what is read, the bytes done and the bytes in all."""


class ScoreLine(Struct, frozen=True):
    """A line of the scores file; `photo`, `text` and `backdrop` are similarities of 0 to 1, `weights` nats."""

    listing_id: str
    takedown_id: str
    probability: float
    photo: float
    text: float
    backdrop: float
    weights: dict[str, float]


@dataclass(slots=True)
class Summary:
    """What a scan did. `seller_links`: pairs of accounts that seem to be one seller. `settled`: the listings'
    photos by the tier of the photo search that settled them. `differences`: listings that the shadow policy
    decides otherwise."""

    takedowns: int = 0
    listings: int = 0
    removed: int = 0
    alerts: int = 0
    still_up: int = 0
    seller_links: int = 0
    dead_letters: int = 0
    differences: int = 0
    photos: int = 0
    photo_failures: dict[str, int] = field(default_factory=dict)
    settled: dict[str, int] = field(default_factory=dict)
    unknown_fields: int = 0


@dataclass(frozen=True, slots=True)
class Found:
    """An alert with the records behind it, for the report."""

    match: Match
    listing: ListingEvent
    takedown: Takedown | None


@dataclass(slots=True)
class Outputs:
    """Where a scan writes. `dead_letters` is opened at the first line that needs it."""

    alerts: IO[bytes]
    scores: IO[bytes] | None
    dead_letters: Path
    seller_links: IO[bytes] | None = None
    differences: IO[bytes] | None = None
    _dead: IO[bytes] | None = None

    def dead_letter(self, letter: DeadLetter) -> None:
        """Keep a line that could not be read, raw bytes and all."""
        if self._dead is None:
            self._dead = self.dead_letters.open("wb")
        self._dead.write(msgspec.json.encode(letter) + b"\n")

    def close(self) -> None:
        """Close the dead letters, if there were any."""
        if self._dead is not None:
            self._dead.close()


@dataclass(slots=True)
class Scan:
    """One scan of two files."""

    settings: Settings
    outputs: Outputs
    progress: Progress
    summary: Summary = field(default_factory=Summary)
    bank: TakedownBank = field(default_factory=TakedownBank)
    rules: Rules = field(init=False)
    found: list[Found] = field(default_factory=list)
    keep_found: bool = False
    """Keep the records behind each alert, for a report."""
    _takedowns: dict[str, Takedown] = field(default_factory=dict)
    _links: dict[str, SellerLink] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.rules = rules_of(self.settings.match)

    def allow(self, verdicts: Path) -> None:
        """Take in the verdicts of a JSON-lines file, as the topic has them: the newest of an alert counts."""
        for chunk in _Lines(verdicts, Codec(Verdict), self, "verdicts").chunks():
            for verdict in chunk:
                self.rules.allowed.put(verdict.alert_id, verdict)

    async def run(self, takedowns: Path, listings: Path) -> Summary:
        """Read both files, takedowns first. The bank's files are closed at the end: one run a scan."""
        with contextlib.closing(self.bank.photos):
            async with self._photo_reader() as photos:
                await self._read_takedowns(takedowns, photos)
                await self._read_listings(listings, photos)
        self.summary.seller_links = len(self._links)
        if self.outputs.seller_links is not None:
            for link in self._links.values():
                self.outputs.seller_links.write(msgspec.json.encode(link) + b"\n")
        return self.summary

    @contextlib.asynccontextmanager
    async def _photo_reader(self) -> AsyncIterator[PhotoReader]:
        worker, limits = self.settings.worker, self.settings.photos
        pool = PhotoPool(
            worker.photo_processes or usable_cores(),
            worker.photo_item_timeout,
            max_pixels=limits.max_pixels,
        )
        async with PhotoFetcher(limits) as fetcher, pool:
            yield PhotoReader(
                fetcher, pool, Metrics(), max_bytes=limits.max_bytes, fetches=limits.fetch_concurrency
            )

    async def _read_takedowns(self, path: Path, photos: PhotoReader) -> None:
        reader = _Lines(path, Codec(Takedown), self, "takedowns")
        for chunk in reader.chunks():
            outcomes = await self._photos(path.parent, [item.listing.images for item in chunk], photos)
            for takedown, outcome in zip(chunk, outcomes, strict=True):
                self.bank.put(fingerprint_takedown(takedown, outcome))
                self.summary.takedowns += 1
                if self.keep_found:
                    self._takedowns[takedown.takedown_id] = takedown

    async def _read_listings(self, path: Path, photos: PhotoReader) -> None:
        reader = _Lines(path, Codec(ListingEvent), self, "listings")
        for chunk in reader.chunks():
            alive = [event for event in chunk if event.type is not EventType.REMOVED]
            self.summary.removed += len(chunk) - len(alive)
            outcomes = await self._photos(path.parent, [event.images for event in alive], photos)
            for event, outcome in zip(alive, outcomes, strict=True):
                self._match(event, outcome)

    def _match(self, event: ListingEvent, photos: Sequence[PhotoOutcome]) -> None:
        fingerprint = fingerprint_listing(event, photos)
        match = match_listing(fingerprint, self.bank, self.rules, matched_at=datetime.now(UTC))
        if self.outputs.differences is not None:
            self._compare(fingerprint, match, self.outputs.differences)
        self.summary.listings += 1
        for tier, count in match.tiers.items():
            self.summary.settled[tier] = self.summary.settled.get(tier, 0) + count
        keep_strongest(self._links, match.seller_links)
        if self.outputs.scores is not None:
            for line in score_lines(event, match):
                self.outputs.scores.write(msgspec.json.encode(line) + b"\n")
        if match.alert is None:
            return
        self.summary.alerts += 1
        self.summary.still_up += match.alert.kind == "still_up"
        self.outputs.alerts.write(msgspec.json.encode(match.alert) + b"\n")
        if self.keep_found:
            self.found.append(Found(match, event, self._takedowns.get(match.alert.takedown.takedown_id)))

    def _compare(self, fingerprint: ListingFingerprint, match: Match, out: IO[bytes]) -> None:
        if (difference := policy_difference(fingerprint, match, self.rules)) is not None:
            self.summary.differences += 1
            out.write(msgspec.json.encode(difference) + b"\n")

    async def _photos(
        self, folder: Path, listings: Sequence[Sequence[Image]], photos: PhotoReader
    ) -> list[list[PhotoOutcome]]:
        limit = self.settings.photos.max_bytes
        read = [
            [await asyncio.to_thread(read_path, folder, image, limit) for image in images]
            for images in listings
        ]
        outcomes = await photos.read_all(read)
        for listing in outcomes:
            self.summary.photos += len(listing)
            for outcome in listing:
                if isinstance(outcome, ImageFailure) and outcome.error != NO_FEATURES:
                    kinds = self.summary.photo_failures
                    kinds[outcome.error] = kinds.get(outcome.error, 0) + 1
        return outcomes


def read_path(folder: Path, image: Image, max_bytes: int) -> Image:
    """The image with the bytes that its path names; unchanged where that is no file it may name."""
    if image.path is None:
        return image
    try:
        # One byte more than allowed, so that too large is seen without reading it all.
        return Image(data=read_photo(folder, image.path, max_bytes + 1))
    except PhotoPathError:
        return image


def score_lines(event: ListingEvent, match: Match) -> Iterator[ScoreLine]:
    """The listing's best takedowns, below the threshold too."""
    for score in match.scores[:SCORES_KEPT]:
        met = score.resemblance
        yield ScoreLine(
            listing_id=event.listing_id,
            takedown_id=score.takedown.takedown.takedown_id,
            probability=round(score.probability, 6),
            photo=round(met.photo.match.similarity, 4) if met.photo else 0.0,
            text=round(met.title.similarity, 4) if met.title else 0.0,
            backdrop=round(met.photo.match.backdrop, 4) if met.photo else 0.0,
            weights={part: round(weight, 4) for part, weight in score.decision.weights.items()},
        )


@dataclass(slots=True)
class _Lines(Generic[R]):
    """A JSON-lines file in chunks of records; lines that are none become dead letters."""

    path: Path
    codec: Codec[R]
    scan: Scan
    name: str

    def chunks(self) -> Iterator[list[R]]:
        total, done = self.path.stat().st_size, 0
        chunk: list[R] = []
        with self.path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                done += len(line)
                if line.strip() and (record := self._decode(number, line)) is not None:
                    chunk.append(record)
                if len(chunk) == CHUNK:
                    yield chunk
                    chunk = []
                    self.scan.progress(self.name, done, total)
        if chunk:
            yield chunk
        self.scan.progress(self.name, total, total)

    def _decode(self, number: int, line: bytes) -> R | None:
        try:
            decoded = self.codec.decode(line)
        except RecordError as error:
            self.scan.summary.dead_letters += 1
            self.scan.outputs.dead_letter(
                DeadLetter(
                    topic=self.name, partition=0, offset=number, key=None, value=line, error=error.kind,
                    detail=f"{self.path.name}, line {number}: {error}", stage="scan", failed_at=datetime.now(UTC),
                )
            )  # fmt: skip
            return None
        self.scan.summary.unknown_fields += len(decoded.unknown_fields)
        return decoded.record
