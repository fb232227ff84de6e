"""The HTML report of a scan: each alert with the photos side by side. One file, nothing from the internet."""

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, PackageLoader

from connectors.events import Alert, Image, PhotoEvidence
from fingerprints.photo_decode import PhotoError, decode_photo
from streams.scan import Found, Summary, read_path
from streams.settings import Photos

SHOWN = 300
"""Alerts with photos in one report: some 10 MB; the rest is in the alerts file."""
THUMBNAIL = 320


@dataclass(frozen=True, slots=True)
class Row:
    """One alert as the template shows it; the photos are data URLs or None."""

    alert: Alert
    listing_photo: str | None
    takedown_photo: str | None


def render_report(
    found: Sequence[Found], summary: Summary, *, takedowns: Path, listings: Path, limits: Photos
) -> str:
    """The report, the most probable alerts first; photos are read again from beside the two files."""
    ordered = sorted(found, key=lambda item: -(item.match.alert.probability if item.match.alert else 0))
    rows = [_row(item, takedowns.parent, listings.parent, limits) for item in ordered[:SHOWN]]
    # Titles and sellers come from adversaries: every value is escaped, and the page may load nothing.
    environment = Environment(
        loader=PackageLoader("streams"), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    template = environment.get_template("report.html.j2")
    return template.render(rows=rows, summary=summary, left_out=max(0, len(ordered) - SHOWN),
                           takedowns=takedowns.name, listings=listings.name)  # fmt: skip


def _row(item: Found, takedown_folder: Path, listing_folder: Path, limits: Photos) -> Row:
    alert = item.match.alert
    assert alert is not None  # noqa: S101  only alerts are kept
    pair = next((part for part in alert.evidence if isinstance(part, PhotoEvidence)), None)
    theirs = item.takedown.listing.images if item.takedown else ()
    return Row(
        alert,
        _thumbnail(item.listing.images, pair.listing_image if pair else 0, listing_folder, limits),
        _thumbnail(theirs, pair.takedown_image if pair else 0, takedown_folder, limits),
    )


def _thumbnail(images: Sequence[Image], number: int, folder: Path, limits: Photos) -> str | None:
    if number >= len(images):
        return None
    raw = read_path(folder, images[number], limits.max_bytes).data
    if raw is None or len(raw) > limits.max_bytes:
        return None
    try:
        photo = decode_photo(raw, max_pixels=limits.max_pixels, target=THUMBNAIL)
    except PhotoError:
        return None
    photo = photo.convert("RGB")
    photo.thumbnail((THUMBNAIL, THUMBNAIL))
    out = io.BytesIO()
    photo.save(out, "JPEG", quality=80)
    return "data:image/jpeg;base64," + base64.b64encode(out.getvalue()).decode()
