"""One alert in a real browser: the overlay lies where the engine says, by mouse, by keyboard and without motion."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
from alert_records import alert
from case_scene import (
    ROUTES,
    Scene,
    console_settings,
    put_alert,
    put_scene,
    put_surroundings,
    put_takedown,
    scene,
)
from console_client import Served, console_in, served, session_for
from listing_records import takedown
from msgspec.structs import replace
from open_pages import ARGUMENTS, CHROMIUM, axe, sync_api, without_chromium
from photo_bytes import drawn, encoded
from photo_host import photo_host
from PIL import Image

from connectors.events import PhotoDigest
from connectors.evidence import PhotoEvidence
from streams.console import app
from streams.console.guard import SESSION_COOKIE
from streams.console.photo_proxy import PhotoProxy
from streams.photos.aligned_pair import aligned_pair
from streams.photos.store import digest_of, open_store
from streams.settings import Photos

BURSTING = "W" * 280 + " \u202e<script>alert(1)</script> a" + "\u0301" * 300 + " kata" * 60

pytestmark = without_chromium


class Browser:
    """A browser whose pages are signed in, and what it complained of."""

    def __init__(self, site: Served, chromium: Any) -> None:
        self.site, self._chromium = site, chromium
        self._token, _ = session_for(site.console, "analyst")
        self.complaints: list[str] = []

    @contextmanager
    def page(self, alert_id: str, width: int = 1280, **how: Any) -> Iterator[Any]:
        context = self._chromium.new_context(viewport={"width": width, "height": 900}, locale="en", **how)
        context.add_cookies([{"name": SESSION_COOKIE, "value": self._token, "url": self.site.base}])
        page = context.new_page()
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.goto(f"{self.site.base}/case/{alert_id}")
        try:
            yield page
        finally:
            context.close()


# One browser for this module and not for the session: while it is open its event loop runs, and no other can.
@pytest.fixture(scope="module")
def browser_(tmp_path_factory: pytest.TempPathFactory, made: Scene) -> Iterator[Browser]:
    """The scene, and `lost`: photos that are not kept, one of them still on the web, and texts that burst a page."""
    folder = tmp_path_factory.mktemp("console")
    settings = console_settings(folder, photos=Photos(allow_private_addresses=True))
    on_web = encoded(drawn(9))
    with (
        photo_host({"/9.jpg": ("image/jpeg", on_web)}) as host,
        console_in(folder, settings) as console,
        served(console, (*app.ROUTES, *ROUTES)) as site,
    ):
        console.services[PhotoProxy] = PhotoProxy(settings)
        put_scene(console, made)
        put_surroundings(console, made)
        lost = alert(1, alert_id="lost", listing_photos=(PhotoDigest(0, digest_of(b"never kept")),))
        put_alert(console, replace(lost, listing=replace(lost.listing, title=BURSTING)))
        photos = [(2, digest_of(on_web), f"{host}/9.jpg"), (3, None, f"{host}/gone.jpg")]
        put_takedown(console, takedown(1), photos, takedown_id="t1")
        with sync_api.sync_playwright() as playwright:
            chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
            yield Browser(site, chromium)
            chromium.close()


@pytest.fixture(scope="module")
def made() -> Scene:
    return scene()


@pytest.fixture(scope="module")
def part(made: Scene) -> PhotoEvidence:
    part = made.alert.evidence[0]
    assert isinstance(part, PhotoEvidence)
    return part


@pytest.fixture
def case_page(browser_: Browser, made: Scene) -> Iterator[Any]:
    browser_.complaints.clear()
    with browser_.page(made.alert.alert_id) as page:
        ready(page)
        yield page
        assert browser_.complaints == []


def ready(page: Any) -> None:
    page.locator(".case-flicker:enabled").wait_for()
    page.wait_for_function(
        "() => { const over = document.querySelector('.case-over img'); return over.complete && over.naturalWidth > 0; }"
    )


def pixels(page: Any) -> np.ndarray:
    """The listing's photo as it is drawn, with what lies over it."""
    picture = page.locator('[data-side="listing"] .case-scene').screenshot()
    return np.asarray(Image.open(io.BytesIO(picture)).convert("RGB")).astype(int)


def shade(page: Any, percent: int) -> None:
    page.locator(".case-range").evaluate(
        f"each => {{ each.value = {percent}; each.dispatchEvent(new Event('input', {{bubbles: true}})); }}"
    )


def opacity(page: Any) -> str:
    return str(page.locator(".case-over").evaluate("each => getComputedStyle(each).opacity"))


def reference(
    made: Scene, part: PhotoEvidence, size: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The takedown's photo warped by Pillow into a listing's frame of this size; where it is, and where it is not."""
    raw = made.takedown.listing.images[part.takedown_image].data
    photo = Image.open(io.BytesIO(raw or b"")).convert("RGB")
    photo.thumbnail((800, 800))
    pair = aligned_pair(part.transform)  # type: ignore[arg-type]
    assert pair is not None
    warped = photo.convert("RGBA").transform(
        size, Image.Transform.PERSPECTIVE, pair.perspective(size, photo.size), Image.Resampling.BICUBIC
    )
    alpha = np.asarray(warped.getchannel("A"))
    return np.asarray(warped.convert("RGB")).astype(int), well_within(alpha == 255), well_within(alpha == 0)


def well_within(area: np.ndarray) -> np.ndarray:
    """The area without what is near its edge or the picture's: edges are drawn soft."""
    for axis in (0, 1):
        for step in (-4, 4):
            area = area & np.roll(area, step, axis)
    frame = np.zeros_like(area)
    frame[4:-4, 4:-4] = area[4:-4, 4:-4]
    return frame


def test_the_overlay_lies_where_the_engine_says(case_page: Any, made: Scene, part: PhotoEvidence) -> None:
    case_page.locator(".case-lines").click()
    below = pixels(case_page)
    shade(case_page, 100)
    over = pixels(case_page)
    height, width = over.shape[:2]
    warped, inside, outside = reference(made, part, (width, height))
    assert inside.mean() > 0.5
    off = np.abs(over - warped).mean(axis=2)
    assert off[inside].mean() < 6, "the browser's warp is the engine's"
    moved = np.abs(np.roll(over, 8, 1) - warped).mean(axis=2)
    assert moved[inside].mean() > 2 * off[inside].mean()
    # Above the band that covers it, the listing's photo is the takedown's: it hardly changes when that is laid on it.
    free = inside.copy()
    free[round(height * 0.8) :] = False
    assert np.abs(over - below).mean(axis=2)[free].mean() < 14
    plain = np.abs(
        np.asarray(Image.fromarray(below.astype(np.uint8)).transpose(Image.Transpose.FLIP_LEFT_RIGHT)).astype(
            int
        )
        - below
    )
    assert plain.mean(axis=2)[free].mean() > 28
    # The corners that the turned photo does not reach show the listing's, whatever lies over it.
    assert outside.any()
    assert np.abs(over - below)[outside].max() <= 2
    shade(case_page, 50)
    assert np.abs(pixels(case_page) - (over + below) / 2).mean() < 3


def test_the_outline_is_drawn_around_what_agrees(case_page: Any, part: PhotoEvidence) -> None:
    pair = aligned_pair(part.transform)  # type: ignore[arg-type]
    assert pair is not None
    with_line = pixels(case_page)
    case_page.keyboard.press("b")
    assert case_page.locator(".case-lines").get_attribute("aria-pressed") == "false"
    changed = np.abs(with_line - pixels(case_page)).sum(axis=2) > 60
    height, width = changed.shape
    corners = np.array(pair.outline) * (width, height)
    for start, end in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        if np.linalg.norm(end - start) < 20:
            continue
        for share in np.linspace(0.15, 0.85, 15):
            x, y = start + share * (end - start)
            low, left = max(0, int(y) - 3), max(0, int(x) - 3)
            assert changed[low : low + 7, left : left + 7].any(), (x, y)
    middle = changed[round(height * 0.4) : round(height * 0.6), round(width * 0.4) : round(width * 0.6)]
    assert not middle.any()


def test_z_flickers_and_stops(case_page: Any) -> None:
    flicker = case_page.locator(".case-flicker")
    case_page.keyboard.press("z")
    assert flicker.get_attribute("aria-pressed") == "true"
    for wanted in ("1", "0", "1"):
        case_page.wait_for_function(
            f"() => getComputedStyle(document.querySelector('.case-over')).opacity === '{wanted}'"
        )
    case_page.keyboard.press("z")
    assert flicker.get_attribute("aria-pressed") == "false"
    assert opacity(case_page) == "0"


def test_without_motion_each_press_shows_the_other(browser_: Browser, made: Scene) -> None:
    with browser_.page(made.alert.alert_id, reduced_motion="reduce") as page:
        ready(page)
        page.evaluate("() => { window.timers = 0; window.setInterval = () => ++window.timers; }")
        said = page.locator(".case-now")
        for wanted, words in (("1", "taken-down"), ("0", "listing"), ("1", "taken-down")):
            page.keyboard.press("z")
            assert opacity(page) == wanted
            assert words in said.inner_text()
        assert page.evaluate("() => window.timers") == 0


def test_the_curtain_shows_one_photo_on_each_side(case_page: Any) -> None:
    case_page.keyboard.press("b")
    below = pixels(case_page)
    shade(case_page, 100)
    over = pixels(case_page)
    case_page.locator(".case-mode").select_option("curtain")
    shade(case_page, 50)
    seen = pixels(case_page)
    half = seen.shape[1] // 2
    assert np.abs(seen[:, : half - 3] - over[:, : half - 3]).mean() < 1
    assert np.abs(seen[:, half + 3 :] - below[:, half + 3 :]).mean() < 1


def test_zoom_goes_to_what_agrees_on_both_photos_and_back(case_page: Any) -> None:
    for _ in range(3):
        case_page.keyboard.press("+")
    assert case_page.locator(".case-zoom output").inner_text() == "338%"
    sizes = case_page.locator(".case-view").evaluate_all(
        "all => all.map(each => [each.scrollWidth / each.clientWidth, each.scrollTop])"
    )
    assert all(wide > 1.5 and top > 50 for wide, top in sizes)
    right = case_page.locator('[data-side="listing"] .case-view')
    left = case_page.locator('[data-side="takedown"] .case-view')
    before = left.evaluate("each => each.scrollLeft")
    right.focus()
    right.press("ArrowRight")
    right.press("ArrowRight")
    # The photo is mirrored: where the listing goes right, the takedown goes left.
    case_page.wait_for_function(
        f"() => document.querySelector('[data-side=takedown] .case-view').scrollLeft < {before} - 5"
    )
    case_page.locator('[data-zoom="fit"]').click()
    assert case_page.locator(".case-zoom output").inner_text() == "100%"


def test_pointing_at_one_photo_shows_the_place_in_the_other(case_page: Any, part: PhotoEvidence) -> None:
    box = case_page.locator('[data-side="takedown"] .case-scene').bounding_box()
    case_page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + box["height"] * 0.4)
    dot = case_page.locator('[data-side="listing"] .case-dot')
    dot.wait_for()
    (a, b, c), (d, e, f), _ = part.transform  # type: ignore[misc]
    assert float(dot.evaluate("each => parseFloat(each.style.left)")) == pytest.approx(
        100 * (a * 0.3 + b * 0.4 + c), abs=0.5
    )
    assert float(dot.evaluate("each => parseFloat(each.style.top)")) == pytest.approx(
        100 * (d * 0.3 + e * 0.4 + f), abs=0.5
    )


def test_other_photos_are_chosen_and_say_that_nothing_joins_them(case_page: Any) -> None:
    case_page.locator('[data-side="listing"] .case-thumb').nth(0).click()
    assert (
        case_page.locator('[data-side="listing"] .case-main').get_attribute("alt") == "The listing's photo 1"
    )
    assert "No evidence says" in case_page.locator(".case-note").inner_text()
    assert case_page.locator(".case-flicker").is_disabled()
    assert case_page.locator('[data-side="listing"] .case-outline').is_hidden()
    case_page.locator('[data-side="listing"] .case-thumb').nth(1).press("Enter")
    ready(case_page)
    assert case_page.locator('[data-side="listing"] .case-outline').is_visible()


def test_a_fragment_that_is_filled_in_anew_works(case_page: Any) -> None:
    case_page.keyboard.press("z")
    case_page.evaluate(
        """async () => { const place = document.getElementById("fragment");
        const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
        const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
        place.innerHTML = fresh.getElementById("fragment").innerHTML;
        place.dispatchEvent(new CustomEvent("refilled", { bubbles: true })); }"""
    )
    ready(case_page)
    case_page.keyboard.press("z")
    case_page.wait_for_function(
        "() => getComputedStyle(document.querySelector('.case-over')).opacity === '1'"
    )
    case_page.keyboard.press("z")


def test_keys_typed_into_a_field_are_no_commands(case_page: Any) -> None:
    case_page.evaluate(
        "() => document.body.append(Object.assign(document.createElement('input'), { id: 'typed' }))"
    )
    case_page.locator("#typed").press_sequentially("zo+")
    assert case_page.locator(".case-flicker").get_attribute("aria-pressed") == "false"
    assert case_page.locator(".case-lines").get_attribute("aria-pressed") == "true"
    case_page.locator(".case-flicker").focus()
    case_page.keyboard.press("Enter")
    assert case_page.locator(".case-flicker").get_attribute("aria-pressed") == "true"
    case_page.keyboard.press("Enter")


def test_a_photo_that_is_not_kept_says_why_or_comes_from_the_web(browser_: Browser) -> None:
    with browser_.page("lost") as page:
        why = page.locator('[data-side="listing"] .case-why')
        why.wait_for()
        page.wait_for_function(
            "() => document.querySelector('[data-side=listing] .case-why').textContent.includes('photo store')"
        )
        web = page.locator('[data-side="takedown"] .case-web')
        web.wait_for()
        assert web.inner_text() == "From the web, as it is now"
        page.locator('[data-side="takedown"] .case-thumb').nth(1).click()
        page.wait_for_function(
            "() => document.querySelector('[data-side=takedown] .case-why').textContent.startsWith('Gone')"
        )


@pytest.mark.parametrize("which", ["scene", "lost"])
def test_nothing_overflows_and_nobody_is_kept_out(browser_: Browser, made: Scene, which: str) -> None:
    with browser_.page(made.alert.alert_id if which == "scene" else "lost") as page:
        if which == "scene":
            ready(page)
        else:
            page.locator('[data-side="listing"] .case-why').wait_for()
        for colours in ("light", "dark"):
            page.emulate_media(color_scheme=colours)
            found = axe.Axe().run(page).response["violations"]
            bad = [each for each in found if each["impact"] in ("serious", "critical")]
            assert [(each["id"], [node["html"][:120] for node in each["nodes"]]) for each in bad] == []
        for width in (1280, 390, 320):
            page.set_viewport_size({"width": width, "height": 844})
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            outside = page.evaluate(
                """() => [...document.querySelectorAll(".case .card")].flatMap(card => {
                    const box = card.getBoundingClientRect();
                    return [...card.querySelectorAll("p, button, a, b, dd, td, figure, table, select, output")]
                        .filter(each => !each.closest(".scroll, .case-strip, svg, .visually-hidden") && each.offsetParent)
                        .filter(each => each.getBoundingClientRect().right > box.right + 0.5)
                        .map(each => each.outerHTML.slice(0, 90));
                })"""
            )
            assert outside == []


def test_photos_that_are_out_of_sight_are_small_and_late(browser_: Browser, made: Scene) -> None:
    with browser_.page(made.alert.alert_id) as page:
        ready(page)
        large = page.evaluate(
            "() => performance.getEntriesByType('resource').map(each => each.name).filter(name => name.includes('w=800'))"
        )
        assert len(large) == 2
        assert page.locator(".case-thumb img:not([loading=lazy])").count() == 0


def test_the_photo_store_holds_what_the_scene_shows(browser_: Browser, made: Scene) -> None:
    """The scene is what it says: photos by their digests, so that the tests above look at the right ones."""
    store = open_store(browser_.site.console.settings)
    assert store is not None
    assert all(store.get(sha256) == raw for sha256, raw in made.photos.items())
