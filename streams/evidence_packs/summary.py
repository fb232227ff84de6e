"""An evidence pack's summary for a person: one HTML page that loads nothing and prints well."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from jinja2 import Environment, PackageLoader

from connectors.events import Alert, ListingEvent, Takedown
from connectors.evidence import PhotoEvidence
from connectors.seller_links import SellerLink
from connectors.verdicts import Verdict
from streams.evidence_packs.gather import Gathered, Kept
from streams.evidence_packs.manifest import Missing, Redaction, Selection
from streams.evidence_packs.pack_words import WORDS
from streams.photos.apart import PhotosApart
from streams.scan.report_photos import THUMBNAIL, Thumbnail, thumbnail
from streams.settings import Photos
from streams.topics import HELD_ALERTS
from streams.words.evidence import Language, evidence_words
from streams.words.safe_text import safe_text

ALERTS_SHOWN = 200
"""With photos: some 10 MB. The rest is in the records."""
ROWS_SHOWN = 1000
"""Of snapshots and of seller links."""
TEXT_SHOWN = 300
"""Characters of a title or another text from outside."""
DESCRIPTION_SHOWN = 2000

Place = tuple[str, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the page says of the pack itself."""

    made_by: str
    made_at: datetime
    tool: str
    selection: Selection
    redaction: Redaction | None
    missing: tuple[Missing, ...]
    signed: bool


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo as the page shows it. `image`: its number in its listing, from 1."""

    image: int
    shown: Thumbnail | None
    file: str | None
    sha256: str


@dataclass(frozen=True, slots=True)
class TakedownRow:
    """A takedown with its photos; `takedown` is None where this record withdraws it."""

    takedown_id: str
    takedown: Takedown | None
    file: str | None
    photos: Sequence[Photo]


@dataclass(frozen=True, slots=True)
class AlertRow:
    """An alert, the photo of each side that its evidence speaks of, and what was said of it."""

    alert: Alert
    held: bool
    file: str | None
    listing_photo: Photo | None
    takedown_photo: Photo | None
    verdicts: Sequence[tuple[Verdict | None, str | None]]


def render_summary(  # noqa: PLR0917  what it shows, and where that is
    gathered: Gathered,
    facts: Facts,
    names: Mapping[Place, str],
    files: Mapping[str, str | None],
    photo_of: Callable[[str], bytes | None],
    limits: Photos,
    language: Language,
) -> str:
    """The page. `names`: the file of each record by its place, `files`: of each photo by its digest, `photo_of`: its
    bytes."""
    with PhotosApart(limits.max_pixels) as apart:
        rows = _Rows(gathered, names, files, photo_of, apart)
        takedowns, alerts = rows.takedowns(), rows.alerts()
    # Titles and sellers come from adversaries: every value is escaped, and the page may load nothing.
    environment = Environment(
        loader=PackageLoader("streams"), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["plain"] = lambda text: safe_text(text, TEXT_SHOWN)
    environment.filters["lines"] = lambda text: "\n".join(
        map(safe_text, text[:DESCRIPTION_SHOWN].splitlines())
    )
    environment.filters["words"] = lambda part: evidence_words(part, language)
    environment.filters["at"] = lambda moment: f"{moment:%Y-%m-%d %H:%M:%S %Z}"
    template = environment.get_template("evidence.html.j2")
    return template.render(
        w=WORDS[language],
        language=language,
        facts=facts,
        takedowns=takedowns,
        alerts=alerts[:ALERTS_SHOWN],
        alerts_more=max(0, len(alerts) - ALERTS_SHOWN),
        listings=rows.with_files(gathered.listings)[:ROWS_SHOWN],
        listings_more=max(0, len(gathered.listings) - ROWS_SHOWN),
        links=rows.with_files(gathered.seller_links)[:ROWS_SHOWN],
        links_more=max(0, len(gathered.seller_links) - ROWS_SHOWN),
        counts={name: len(kind) for name, kind in gathered.by_kind().items()}
        | {"alerts": len(alerts), "photos": sum(file is not None for file in files.values())},
    )


class _Rows:
    def __init__(
        self,
        gathered: Gathered,
        names: Mapping[Place, str],
        files: Mapping[str, str | None],
        photo_of: Callable[[str], bytes | None],
        apart: PhotosApart,
    ) -> None:
        self._gathered, self._names, self._files = gathered, names, files
        self._photo_of, self._apart = photo_of, apart
        self._thumbnails: dict[str, Thumbnail | None] = {}
        self._by_use: dict[tuple[str, str], dict[int, str]] = {}
        for sha256, uses in sorted(gathered.photos.items()):
            for use in uses:
                self._by_use.setdefault((use.what, use.of), {})[use.image] = sha256

    def takedowns(self) -> list[TakedownRow]:
        """One row for each record, the newest last."""
        return [
            TakedownRow(
                (kept.key or b"").decode("utf-8", "replace"),
                kept.record,
                self._names.get(kept.place),
                self._photos("takedown", kept.record.takedown_id) if kept.record is not None else (),
            )
            for kept in self._gathered.takedowns
        ]

    def alerts(self) -> list[AlertRow]:
        """Each alert once, the most probable first; those that only their verdict still has are among them."""
        said: dict[str, list[tuple[Verdict | None, str | None]]] = {}
        found: dict[str, tuple[Alert, bool, str | None]] = {}
        for kept in self._gathered.alerts:
            if kept.record is not None:
                row = (kept.record, kept.topic is HELD_ALERTS, self._names.get(kept.place))
                found.setdefault(kept.record.alert_id, row)
        for verdict in self._gathered.verdicts:
            key = (verdict.key or b"").decode("utf-8", "replace")
            said.setdefault(key, []).append((verdict.record, self._names.get(verdict.place)))
            if verdict.record is not None:
                found.setdefault(key, (verdict.record.alert, False, self._names.get(verdict.place)))
        ordered = sorted(found.values(), key=lambda row: (-row[0].probability, row[0].alert_id))
        shown = ordered[:ALERTS_SHOWN]
        return [self._alert(*row, said.get(row[0].alert_id, ())) for row in shown] + [
            AlertRow(alert, held, file, None, None, ()) for alert, held, file in ordered[ALERTS_SHOWN:]
        ]

    def _alert(
        self, alert: Alert, held: bool, file: str | None, said: Sequence[tuple[Verdict | None, str | None]]
    ) -> AlertRow:
        part = next((part for part in alert.evidence if isinstance(part, PhotoEvidence)), None)
        listing = {photo.image: photo.sha256 for photo in alert.listing_photos}
        listing = self._by_use.get(("listing", alert.listing.key), {}) | listing
        takedown = self._by_use.get(("takedown", alert.takedown.takedown_id), {})
        return AlertRow(
            alert,
            held,
            file,
            self._one(listing, part.listing_image if part else None),
            self._one(takedown, part.takedown_image if part else None),
            said,
        )

    def _photos(self, what: str, of: str) -> list[Photo]:
        photos = self._by_use.get((what, of), {})
        return [self._photo(image, photos[image]) for image in sorted(photos)]

    def _one(self, photos: Mapping[int, str], image: int | None) -> Photo | None:
        """The photo that the evidence speaks of, or else the first."""
        if not photos:
            return None
        image = image if image in photos else min(photos)
        assert image is not None  # noqa: S101  it is in photos
        return self._photo(image, photos[image])

    def _photo(self, image: int, sha256: str) -> Photo:
        if sha256 not in self._thumbnails:
            self._thumbnails[sha256] = self._thumbnail(sha256)
        return Photo(image + 1, self._thumbnails[sha256], self._files.get(sha256), sha256)

    def _thumbnail(self, sha256: str) -> Thumbnail | None:
        raw = self._photo_of(sha256)
        photo = None if raw is None else self._apart.photo(raw, 2 * THUMBNAIL)
        return None if photo is None else thumbnail(photo)

    def with_files(
        self, kept: Sequence[Kept[ListingEvent]] | Sequence[Kept[SellerLink]]
    ) -> list[tuple[ListingEvent | SellerLink, str | None]]:
        """Records with their files; tombstones are left out."""
        return [(one.record, self._names.get(one.place)) for one in kept if one.record is not None]
