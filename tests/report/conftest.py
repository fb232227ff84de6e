"""Alerts made by hand: two drawn photos, one an edit of the other, and the transform between them."""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from alert_records import alert
from listing_records import drawn_photo, inline, listing, takedown
from photo_bytes import encoded
from PIL import Image, ImageOps

from connectors.evidence import PhotoEvidence, TitleEvidence
from streams.engine.pipeline import Match
from streams.scan.report import render_report
from streams.scan.scan import Found, Summary
from streams.settings import Photos

Transform = tuple[tuple[float, ...], ...]
GREEN = (0, 200, 60)
"""Around what the outlines must meet: no drawn photo has it, nor its inverse."""


@dataclass(frozen=True)
class Pair:
    """Two photos; `laid_over` is what the takedown's looks like in the listing's frame."""

    listing: Image.Image
    takedown: Image.Image
    laid_over: Image.Image
    transform: Transform
    edits: tuple[str, ...]


def garment(seed: int, size: tuple[int, int]) -> Image.Image:
    photo = Image.open(io.BytesIO(drawn_photo(seed, size))).convert("RGB")
    # Away from green: the channel's range is squeezed towards its dark end.
    red, green, blue = photo.split()
    return Image.merge("RGB", (red, green.point(lambda value: value // 3), blue))


def edited(photo: Image.Image) -> Image.Image:
    """Strongly recoloured, so that the two photos of an alert are told apart at a glance."""
    red, green, blue = photo.split()
    return Image.merge("RGB", (ImageOps.invert(red), green, blue))


def cropped_and_mirrored() -> Pair:
    """The listing shows 240 by 300 pixels of a takedown's 600 by 400, mirrored; the rest of it is green."""
    part = garment(3, (240, 300))
    whole = Image.new("RGB", (600, 400), GREEN)
    whole.paste(part, (60, 80))
    mirrored = ImageOps.mirror(part)
    # x: 60..300 of 600 becomes 1..0; y: 80..380 of 400 becomes 0..1
    transform = ((-600 / 240, 0.0, 300 / 240), (0.0, 400 / 300, -80 / 300), (0.0, 0.0, 1.0))
    return Pair(edited(mirrored), whole, mirrored, transform, ("mirrored", "cropped"))


def photographed_aslant() -> Pair:
    """The whole takedown's photo, 360 by 480, stands in perspective on a green 800 by 600."""
    whole = garment(7, (360, 480))
    size = (800, 600)
    corners = [(250.0, 90.0), (560.0, 150.0), (600.0, 540.0), (180.0, 500.0)]
    forward = homography([(0, 0), (1, 0), (1, 1), (0, 1)], [(x / 800, y / 600) for x, y in corners])
    back = homography(corners, [(0, 0), (360, 0), (360, 480), (0, 480)])
    coefficients = (back / back[2, 2]).ravel()[:8].tolist()

    def stand(photo: Image.Image) -> Image.Image:
        warped = photo.convert("RGBA").transform(
            size, Image.Transform.PERSPECTIVE, coefficients, Image.Resampling.BICUBIC
        )
        frame = Image.new("RGB", size, GREEN)
        frame.paste(warped, mask=warped.getchannel("A"))
        return frame

    transform = tuple(tuple(row) for row in forward.tolist())
    return Pair(stand(edited(whole)), whole, stand(whole), transform, ("perspective",))


def turned_on_a_page() -> Pair:
    """A quarter turn clockwise, at half size within a green 500 by 900, as in a screenshot."""
    whole = garment(11, (600, 400))
    small = whole.resize((300, 200), Image.Resampling.LANCZOS).transpose(Image.Transpose.ROTATE_270)
    frames = []
    for photo in (edited(small), small):
        frame = Image.new("RGB", (500, 900), GREEN)
        frame.paste(photo, (120, 260))
        frames.append(frame)
    # 200 wide and 300 high now: x = 320 - 200v, y = 260 + 300u
    transform = ((0.0, -200 / 500, 320 / 500), (300 / 900, 0.0, 260 / 900), (0.0, 0.0, 1.0))
    return Pair(frames[0], whole, frames[1], transform, ("rotated 90°", "screenshot"))


def homography(source: Sequence[tuple[float, float]], target: Sequence[tuple[float, float]]) -> np.ndarray:
    """Through four points, by the direct linear transform: the module under test has no part in it."""
    rows = []
    for (x, y), (u, v) in zip(source, target, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y, -u], [0, 0, 0, x, y, 1, -v * x, -v * y, -v]]
    matrix = np.linalg.svd(np.array(rows, float))[2][-1].reshape(3, 3)
    return matrix / matrix[2, 2]


@pytest.fixture(scope="session")
def pairs() -> list[Pair]:
    """A crop, a perspective and a turned screenshot."""
    return [cropped_and_mirrored(), photographed_aslant(), turned_on_a_page()]


@pytest.fixture(scope="session")
def found_of() -> Callable[..., Found]:
    """Makes what a scan found of a pair; the photo evidence may be changed."""

    def make(number: int, pair: Pair, title: str = "J4ket v4rsity", **changes: Any) -> Found:
        fields: dict[str, Any] = {
            "listing_image": 0, "takedown_image": 0, "relation": "same photo", "edits": pair.edits,
            "distance": 41, "inliers": 118, "transform": pair.transform, "weight": 9.4,
        }  # fmt: skip
        photo = PhotoEvidence(**(fields | changes))
        words = TitleEvidence(
            similarity=0.93, listing_text="jaket varsity", takedown_text="jaket varsity", weight=1.2
        )
        made = alert(number, evidence=(photo, words), probability=0.99 - number / 1000)
        made = msgspec.structs.replace(made, listing=msgspec.structs.replace(made.listing, title=title))
        return Found(
            Match(scores=(), alert=made),
            listing(number, images=inline(encoded(pair.listing, "PNG"))),
            takedown(1, images=inline(encoded(pair.takedown, "PNG"))),
        )

    return make


@pytest.fixture(scope="session")
def page_of() -> Callable[[Sequence[Found]], str]:
    """Renders the report of these alerts."""

    def render(found: Sequence[Found]) -> str:
        summary = Summary(takedowns=9, listings=1200, alerts=len(found), photos=2400)
        return render_report(
            found,
            summary,
            takedowns=Path("takedowns.jsonl"),
            listings=Path("listings.jsonl"),
            limits=Photos(),
        )

    return render
