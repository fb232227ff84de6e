"""The report in a real browser: outlines on the right pixels, the comparison by mouse and by keyboard, no overflow."""

import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from open_pages import ARGUMENTS, CHROMIUM, sync_api, without_chromium
from PIL import Image

from streams.scan.scan import Found

LONG = "W" * 280 + " \u202e<script>alert(1)</script> " + "kata " * 40
WIDTHS = [1280, 1000, 800, 390, 320]

pytestmark = without_chromium


@dataclass
class Opened:
    """The report in the browser, with what the browser complained of or asked for."""

    page: Any
    complaints: list[str]
    asked: list[str]
    url: str

    def shot(self, selector: str) -> np.ndarray:
        """The element's pixels, as numbers of height x width x 3."""
        picture = self.page.locator(selector).screenshot()
        return np.asarray(Image.open(io.BytesIO(picture)).convert("RGB")).astype(int)


# One browser for this module and not for the session: while it is open its event loop runs, and no other can.
@pytest.fixture(scope="module")
def opened(
    tmp_path_factory: pytest.TempPathFactory,
    found_of: Callable[..., Found],
    page_of: Callable[[Sequence[Found]], str],
    pairs: Sequence[Any],
) -> Iterator[Opened]:
    """Alerts 1 to 3 are the three pairs, 4 has no transform, 5 has texts that would burst the page."""
    found = [found_of(number, pair) for number, pair in enumerate(pairs, start=1)]
    found.append(found_of(4, pairs[0], transform=((0.0,) * 3,) * 3))
    found.append(found_of(5, pairs[1], title=LONG, edits=("x" * 500,) * 20, inliers=2**62))
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(page_of(found), encoding="utf-8")
    with sync_api.sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            tmp_path_factory.mktemp("browser"), executable_path=CHROMIUM, args=ARGUMENTS
        )
        page = context.new_page()
        opened = Opened(page, [], [], path.as_uri())
        page.on("console", lambda message: opened.complaints.append(message.text))
        page.on("pageerror", lambda error: opened.complaints.append(str(error)))
        page.on("requestfailed", lambda request: opened.complaints.append(f"failed: {request.url[:100]}"))
        page.on("request", lambda request: opened.asked.append(request.url))
        yield opened
        context.close()


@pytest.fixture
def report(opened: Opened) -> Opened:
    """The report, loaded anew at the usual width; the pointer is away from all photos."""
    opened.page.set_viewport_size({"width": 1280, "height": 900})
    opened.page.goto(opened.url)
    opened.page.mouse.move(0, 0)
    return opened


def test_the_browser_complains_of_nothing_and_asks_for_nothing(report: Opened) -> None:
    assert report.complaints == []
    assert {url for url in report.asked if not url.startswith("data:image/jpeg;base64,")} == {report.url}
    pictures = report.page.evaluate(
        """() => Promise.all([...document.querySelectorAll("img, image")].map(async element => {
            const picture = new Image();
            picture.src = element.getAttribute("src") || element.getAttribute("href");
            await picture.decode();
            return picture.naturalWidth;
        }))"""
    )
    assert len(pictures) == 3 * 4 + 2
    assert min(pictures) > 100


@pytest.mark.parametrize(
    ("alert", "figure", "surrounded"),
    [(1, 2, True), (1, 1, False), (2, 1, True), (2, 2, False), (3, 1, True), (3, 2, False)],
    ids=[
        "crop-takedown",
        "crop-listing",
        "aslant-listing",
        "aslant-takedown",
        "page-listing",
        "page-takedown",
    ],
)
def test_the_outline_lies_where_the_photo_is(
    alert: int, figure: int, surrounded: bool, report: Opened
) -> None:
    """Two pixels within each edge there is the photo; two pixels without there is the green around it."""
    svg = f"article:nth-of-type({alert}) figure:nth-of-type({figure}) svg"
    corners = report.page.evaluate(
        """selector => {
            const svg = document.querySelector(selector), box = svg.getBoundingClientRect();
            const outline = svg.querySelector(".outline"), matrix = outline.getScreenCTM();
            if (Math.abs(matrix.a - matrix.d) > 1e-3) throw new Error("the photo is stretched");
            return [...outline.points].map(point => point.matrixTransform(matrix))
                .map(point => [point.x - box.x, point.y - box.y]);
        }""",
        svg,
    )
    report.page.add_style_tag(content=".shade, .halo, .outline { display: none; }")
    pixels = report.shot(svg)
    polygon = np.array(corners)
    middle = polygon.mean(axis=0)
    for start, end in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
        along = (end - start) / np.linalg.norm(end - start)
        outward = np.array([along[1], -along[0]])
        if outward @ (start - middle) < 0:
            outward = -outward
        for part in np.linspace(0.1, 0.9, 30):
            edge = start + part * (end - start)
            assert not _is_green(_at(pixels, edge - 2 * outward)), f"nothing within {edge}"
            if surrounded:
                assert _is_green(_at(pixels, edge + 2 * outward)), f"photo without {edge}"
            else:
                assert _is_background(_at(pixels, edge + 2 * outward)), f"photo without {edge}"


def _at(pixels: np.ndarray, place: np.ndarray) -> np.ndarray | None:
    x, y = (int(value) for value in np.floor(place))
    inside = 0 <= y < pixels.shape[0] and 0 <= x < pixels.shape[1]
    return pixels[y, x] if inside else None


def _is_green(pixel: np.ndarray | None) -> bool:
    return pixel is not None and bool(pixel[1] > 130 and pixel[0] < 90)


def _is_background(pixel: np.ndarray | None) -> bool:
    """Outside the photo: the figure's own grey, or past its edge."""
    return pixel is None or int(pixel.max() - pixel.min()) < 6


def test_choosing_shows_the_other_photo_in_the_same_place(report: Opened, pairs: Sequence[Any]) -> None:
    for number, pair in enumerate(pairs, start=1):
        svg = f"article:nth-of-type({number}) .aligned svg"
        shown = {}
        for choice in ("takedown", "listing", "blend"):
            report.page.locator(f"label[for={choice}-{number}]").click()
            report.page.mouse.move(0, 0)
            shown[choice] = report.shot(svg)
        box = report.page.locator(svg).bounding_box()
        expected = {"takedown": pair.laid_over, "listing": pair.listing}
        for choice, photo in expected.items():
            other = expected["listing" if choice == "takedown" else "takedown"]
            right = _difference(shown[choice], *_contained(photo, box["width"], box["height"]))
            wrong = _difference(shown[choice], *_contained(other, box["width"], box["height"]))
            assert right < 5, (number, choice)
            assert wrong > 3 * right, (number, choice)
        between = (shown["takedown"] + shown["listing"]) / 2
        assert np.abs(shown["blend"] - between).mean() < 3


def _contained(photo: Image.Image, width: float, height: float) -> tuple[np.ndarray, tuple[int, int]]:
    scale = min(width / photo.width, height / photo.height)
    size = (round(photo.width * scale), round(photo.height * scale))
    pixels = np.asarray(photo.resize(size, Image.Resampling.LANCZOS)).astype(int)
    return pixels, (round((width - size[0]) / 2), round((height - size[1]) / 2))


def _difference(pixels: np.ndarray, wanted: np.ndarray, place: tuple[int, int]) -> float:
    left, top = place
    seen = pixels[top : top + wanted.shape[0], left : left + wanted.shape[1]]
    return float(np.abs(seen - wanted[: seen.shape[0], : seen.shape[1]]).mean())


def test_pointing_at_the_comparison_flicks_to_the_other_photo(report: Opened) -> None:
    over = report.page.locator("article:nth-of-type(1) .aligned svg .over")

    def opacity() -> str:
        return over.evaluate("element => getComputedStyle(element).opacity")

    assert opacity() == "1"
    report.page.locator("article:nth-of-type(1) .aligned svg").hover()
    assert opacity() == "0"
    report.page.locator("label[for=listing-1]").click()
    assert opacity() == "0"
    report.page.locator("article:nth-of-type(1) .aligned svg").hover()
    assert opacity() == "1"


def test_the_keyboard_reaches_the_choice_and_sees_where_it_is(report: Opened) -> None:
    report.page.keyboard.press("Tab")
    assert report.page.evaluate("document.activeElement.id") == "takedown-1"
    label = report.page.locator("label[for=takedown-1]")
    assert label.evaluate("element => getComputedStyle(element).outlineStyle") == "solid"
    over = report.page.locator("article:nth-of-type(1) .aligned svg .over")
    for chosen, opacity in (("blend-1", "0.5"), ("listing-1", "0")):
        report.page.keyboard.press("ArrowLeft")
        assert report.page.evaluate("document.activeElement.id") == chosen
        assert over.evaluate("element => getComputedStyle(element).opacity") == opacity
    report.page.keyboard.press("Tab")
    assert report.page.evaluate("document.activeElement.id") == "takedown-2"
    # The alert without a transform has nothing to choose.
    report.page.keyboard.press("Tab")
    report.page.keyboard.press("Tab")
    assert report.page.evaluate("document.activeElement.id") == "takedown-5"


def test_every_choice_and_photo_has_a_name(report: Opened) -> None:
    groups = report.page.get_by_role("radiogroup", name="Photo shown in the aligned comparison of alert 2")
    assert groups.count() == 1
    names = [groups.get_by_role("radio", name=name).count() for name in ("Listing", "Blend", "Taken down")]
    assert names == [1, 1, 1]
    assert report.page.get_by_role("img", name="Outlined: the taken-down photo's place in it").count() == 4
    assert report.page.get_by_role("img", name="Outlined: the part that the listing shows").count() == 4
    assert report.page.get_by_role("img", name="The taken-down photo laid over the listing's").count() == 4


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_overflows(width: int, scheme: str, report: Opened) -> None:
    report.page.set_viewport_size({"width": width, "height": 844})
    report.page.emulate_media(color_scheme=scheme)
    assert report.page.evaluate("document.documentElement.scrollWidth") <= width
    outside = report.page.evaluate(
        """() => [...document.querySelectorAll("article")].flatMap(article => {
            const box = article.getBoundingClientRect();
            return [...article.querySelectorAll("figure, section, svg, img, figcaption, label, table, td")]
                .filter(element => {
                    const own = element.getBoundingClientRect();
                    return own.left < box.left || own.right > box.right + 0.5 || own.bottom > box.bottom + 0.5
                        || own.width < 20 || element.scrollWidth > element.clientWidth + 1 && element.clientWidth;
                }).map(element => element.outerHTML.slice(0, 80));
        })"""
    )
    assert outside == []
