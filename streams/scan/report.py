"""The HTML report of a scan: each alert with its two photos and how they agree. One file, nothing from the internet."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, PackageLoader
from msgspec import UNSET

from connectors.events import Alert
from connectors.evidence import PhotoEvidence
from streams.photos.aligned_pair import AlignedPair, aligned_pair
from streams.photos.apart import PhotosApart
from streams.scan.report_photos import Thumbnail, laid_over, open_photo, thumbnail
from streams.scan.scan import Found, Summary
from streams.settings import Photos
from streams.words.evidence import evidence_words
from streams.words.safe_text import safe_text

SHOWN = 300
"""Alerts with photos in one report: some 10 MB, and 30 if they are pure noise; the rest is in the alerts file."""
TEXT_SHOWN = 300
"""Characters of a title or another text from outside."""


@dataclass(frozen=True, slots=True)
class Aligned:
    """How an alert's photos agree, ready for the template; the polygons are in their photo's pixels."""

    laid_over: Thumbnail
    outline: str
    used: str
    listing_share: float
    takedown_share: float


@dataclass(frozen=True, slots=True)
class Row:
    """One alert as the template shows it."""

    alert: Alert
    listing_photo: Thumbnail | None
    takedown_photo: Thumbnail | None
    aligned: Aligned | None


def render_report(
    found: Sequence[Found], summary: Summary, *, takedowns: Path, listings: Path, limits: Photos
) -> str:
    """The report, the most probable alerts first; photos are read again from beside the two files."""
    ordered = sorted(found, key=lambda item: -(item.match.alert.probability if item.match.alert else 0))
    with PhotosApart(limits.max_pixels) as apart:
        folders = takedowns.parent, listings.parent
        rows = [_row(item, *folders, limits, apart) for item in ordered[:SHOWN]]
    # Titles and sellers come from adversaries: every value is escaped, and the page may load nothing.
    environment = Environment(
        loader=PackageLoader("streams"), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    # Escaped for HTML is not enough: characters that turn the writing direction round would rearrange the page.
    environment.filters["plain"] = _plain
    environment.filters["words"] = evidence_words
    template = environment.get_template("report.html.j2")
    return template.render(rows=rows, summary=summary, left_out=max(0, len(ordered) - SHOWN),
                           takedowns=takedowns.name, listings=listings.name)  # fmt: skip


def _row(item: Found, takedown_folder: Path, listing_folder: Path, limits: Photos, apart: PhotosApart) -> Row:
    alert = item.match.alert
    assert alert is not None  # noqa: S101  only alerts are kept
    part = next((part for part in alert.evidence if isinstance(part, PhotoEvidence)), None)
    theirs = item.takedown.listing.images if item.takedown else ()
    listing_number, takedown_number = (part.listing_image, part.takedown_image) if part else (0, 0)
    listing = open_photo(item.listing.images, listing_number, listing_folder, limits, apart)
    takedown = open_photo(theirs, takedown_number, takedown_folder, limits, apart)
    listing_photo = thumbnail(listing) if listing else None
    takedown_photo = thumbnail(takedown) if takedown else None
    aligned = None
    if part and listing and takedown and listing_photo and takedown_photo and (pair := _pair(part)):
        aligned = Aligned(
            laid_over=laid_over(listing, takedown, pair),
            outline=listing_photo.points(pair.outline),
            used=takedown_photo.points(pair.used),
            listing_share=pair.listing_share,
            takedown_share=pair.takedown_share,
        )
    return Row(alert, listing_photo, takedown_photo, aligned)


def _pair(part: PhotoEvidence) -> AlignedPair | None:
    return None if part.transform is UNSET else aligned_pair(part.transform)


def _plain(text: str) -> str:
    return safe_text(text, TEXT_SHOWN)
