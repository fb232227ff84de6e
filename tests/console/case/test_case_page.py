"""The inside of an alert as a page: all that is known is on it, and nothing from outside does any harm."""

import re
from collections.abc import Iterator
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from alert_records import NOON, alert, flood
from case_scene import (
    ROUTES,
    SEEN,
    console_settings,
    put_alert,
    put_links,
    put_scene,
    put_surroundings,
    put_takedown,
    scene,
)
from console_client import Served, console_in, served, text_of
from listing_records import takedown
from msgspec.structs import replace
from seller_graphs import backdrop

from connectors.evidence import CategoryEvidence, PhotoEvidence, SellerEvidence
from streams.console import app
from streams.console.case import case_values, duration, short
from streams.console.case_photos import web_address
from streams.console.case_records import COUNTED_AT_MOST, EARLIER_SHOWN
from streams.console.context import Console
from streams.console.web_links import web_link

XSS = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"
HOSTILE = (
    XSS + "\u202e\u2066\u200b\x00\x1b[2J",
    "a" + "\u0301" * 10_000,
    "\u202e" * 10_000,
    "W" * 10_000,
    "{{ 7*7 }} {% raw %} </bdi></p></article>",
    "",
    " \n\t ",
)
LINKS = (
    "javascript:alert(1)",
    "java\nscript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "//evil.example/",
    "https://user:pass@evil.example/",
    "https:\\\\evil.example",
    " https://evil.example/",
    'https://evil.example/"onmouseover="alert(1)',
    "https://",
    "https://[::1",
)


class Page(HTMLParser):
    """Every element of a page with its attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def case_of(html: str) -> str:
    """The case alone, without the page around it."""
    return html[html.index('<article class="case"') : html.index("</article>")]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Served]:
    with (
        console_in(tmp_path, console_settings(tmp_path)) as console,
        served(console, (*app.ROUTES, *ROUTES)) as site,
    ):
        yield site


def shown(site: Served, alert_id: str, language: str = "en") -> str:
    answer = site.visitor().get(f"/case/{alert_id}", **{"Accept-Language": language})
    assert answer.status_code == 200
    return case_of(answer.text)


def test_all_that_is_known_of_a_true_alert_is_there(site: Served) -> None:
    made = scene()
    full = replace(
        made.alert, other_takedowns=("T-2026-0301", "T-lost"), cluster=("T-2026-0301", "T-2026-0417")
    )
    put_scene(site.console, type(made)(full, made.takedown, made.photos, made.links))
    put_surroundings(site.console, made)
    text = text_of(shown(site, full.alert_id))
    for words in (
        ">99.9% probability".replace(">", "&gt;"), "found 0.6 s after it was seen", "5 of 7 words", "10 disguised characters",
        "as read: jaket bomber navy puncak gunung l", "photo 2 and the takedown", "+13.2", "Policy 2026-11",
        "phash256", "Barang tiruan", "Kementerian Perdagangan", "ministry", "2026-11-15 03:00:00", "70000001.1",
        "Jaket Bomber Puncak Hitam", "same cluster", "no longer in the database", "by analyst-7", "62.0%",
        "1 relist", "1 not a relist", "this seller · sample-lapak", "backdrop 31", "the same backdrop, 31 points agree",
    ):  # fmt: skip
        assert words in text, words
    indonesian = text_of(shown(site, full.alert_id, "id"))
    for words in (
        "5 dari 7 kata",
        "dicerminkan",
        "kementerian",
        "kelompok yang sama",
        "oleh analyst-7",
        "titik cocok",
    ):
        assert words in indonesian, words


def test_an_alert_that_is_not_there_is_none(site: Served) -> None:
    assert case_values(site.console, "no-such", "en") is None
    assert case_values(site.console, "\x00", "en") is None


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_is_only_text(site: Served, text: str) -> None:
    named = re.sub("[\x00-\x1f\x7f]", "?", text)[:256].strip() or "-"  # what a key may be
    base = alert(1)
    photo = base.evidence[0]
    assert isinstance(photo, PhotoEvidence)
    bad = replace(
        base,
        listing=replace(base.listing, title=text, seller_id=named, url=f"https://a.example/?{named}"),
        takedown=replace(
            base.takedown, title=text, seller_id=named, reason=text, authority=text, takedown_id=named
        ),
        other_takedowns=(named, "t9"),
        evidence=(
            replace(photo, edits=(text,)),
            CategoryEvidence(listing_category=text, takedown_category=text, weight=1.0),
            SellerEvidence(seller_id=named, weight=1.0),
        ),
        algorithms=replace(base.algorithms, image=text, text=text, policy=text),
    )
    row = text.replace("\x00", "\ufffd")
    put_alert(site.console, bad, takedown_id=named, seller=named, title=row)
    put_alert(
        site.console,
        replace(bad, alert_id=row[:150] + "/?"),
        takedown_id=named,
        seller=named,
        title=row,
        by=row,
        state="relist",
    )
    put_takedown(
        site.console, takedown(1), [(0, text, text)], takedown_id=named, title=row, reason=row, source="ai"
    )
    put_takedown(site.console, takedown(9), [], takedown_id="t9", title=row, authority=row)
    put_links(
        site.console,
        backdrop(bad.listing.account, "toko-lain:s1") if ":" not in named else backdrop("s1", "s2"),
    )
    html = shown(site, "alert-1")
    page = Page(html)
    assert {tag for tag, _ in page.found} <= {
        "article", "header", "p", "b", "span", "a", "section", "div", "h2", "h3", "button", "figure", "figcaption",
        "img", "svg", "polygon", "ul", "li", "label", "input", "select", "option", "output", "dl", "dt", "dd", "bdi",
        "i", "table", "caption", "thead", "tbody", "tr", "th", "td", "rect", "time", "code", "path", "text", "tspan",
        "g", "details", "summary", "kbd",
    }  # fmt: skip
    for tag, attributes in page.found:
        assert not [name for name in attributes if name.startswith("on") or name == "style"], (
            tag,
            attributes,
        )
        for name in ("href", "src"):
            value = attributes.get(name) or "/"
            assert value.startswith(("/alerts", "/photos/", "/", "#", "https://a.example/")), value
    assert not re.search("[\u202e\u2066\u200b\x00\x1b]", html)
    assert not re.search("\u0301{4}", html)
    assert len(html) < 150_000
    assert all(len(attributes.get("d") or "") < 200 for _, attributes in page.found)


def test_links_lead_to_the_web_and_tell_it_nothing(site: Served) -> None:
    put_alert(
        site.console,
        replace(alert(1), listing=replace(alert(1).listing, url="https://pasar.example/a?b=1&c=<>")),
    )
    put_alert(
        site.console,
        replace(alert(2), listing=replace(alert(2).listing, url="https://pasar.example/a?b=1&c=2")),
    )
    assert "pasar.example/a?b=1" in shown(site, "alert-1")
    outside = [
        attributes
        for _, attributes in Page(shown(site, "alert-2")).found
        if "pasar.example" in str(attributes.get("href"))
    ]
    assert [(each["rel"], each["target"]) for each in outside] == [("noopener noreferrer nofollow", "_blank")]
    for link in LINKS:
        if '"' not in link:
            assert web_link(link) is None, link
    put_alert(
        site.console,
        replace(
            alert(3),
            listing=replace(alert(3).listing, url=LINKS[0]),
            takedown=replace(alert(3).takedown, url=LINKS[-3]),
        ),
    )
    page = Page(shown(site, "alert-3"))
    assert not [
        value
        for _, attributes in page.found
        for name, value in attributes.items()
        if name == "onmouseover" or str(value).startswith("javascript")
    ]


def photo_of(**changes: Any) -> PhotoEvidence:
    part = alert(1).evidence[0]
    assert isinstance(part, PhotoEvidence)
    return replace(part, **changes)


def test_photos_say_where_they_are_from_or_that_they_were_not_kept(site: Served) -> None:
    put_alert(
        site.console, replace(alert(1), evidence=(photo_of(), photo_of(listing_image=1, takedown_image=0)))
    )
    put_takedown(
        site.console,
        takedown(1),
        [(0, "ab" * 32, "https://x.example/0.jpg"), (1, None, "https://x.example/1.jpg")],
        takedown_id="t1",
    )
    html = shown(site, "alert-1")
    thumbs = [attributes for _, attributes in Page(html).found if attributes.get("class") == "case-thumb"]
    assert [(each["data-image"], each["data-address"], each["data-fallback"]) for each in thumbs] == [
        ("0", f"/photos/{'ab' * 32}", "/photos/alert/alert-1/takedown/0"),
        ("1", "/photos/alert/alert-1/takedown/1", ""),
        ("2", "", ""),
        ("0", "", ""),
        ("1", "", ""),
    ]
    assert "x.example" not in html, "the address stays with us"
    assert text_of(html).count("not kept") >= 1
    buttons = [attributes for _, attributes in Page(html).found if "data-matrix" in attributes]
    assert [(each["data-takedown"], each["data-listing"]) for each in buttons] == [("2", "0"), ("0", "1")]


@pytest.mark.parametrize(
    "transform",
    [
        ((0.0,) * 3,) * 3,
        ((1e308,) * 3,) * 3,
        ((1.0,),),
        (),
        ((1.0, 0.0, 5.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
    ],
)
def test_a_transform_that_means_nothing_is_said_and_breaks_nothing(site: Served, transform: Any) -> None:
    put_alert(site.console, replace(alert(1), evidence=(photo_of(transform=transform),)))
    html = shown(site, "alert-1")
    assert "Where the two photos agree cannot be drawn" in html
    assert "data-matrix" not in html


def test_a_withdrawn_takedown_a_flood_and_nothing_at_all(site: Served) -> None:
    put_alert(
        site.console,
        replace(flood(1), listing=replace(alert(1).listing, seller_id=None)),
        held=True,
        took_ms=90_000,
    )
    put_takedown(site.console, takedown(1), [], takedown_id="t1", withdrawn_ms=int(NOON.timestamp() * 1000))
    text = text_of(shown(site, "alert-1"))
    for words in (
        "Flood",
        "Held back",
        "was withdrawn on 2026-11-24 12:00:00",
        "found 90 s after it came in",
        "201 listings met",
    ):
        assert words in text, words
    assert "The seller is not known" in text
    put_alert(
        site.console, replace(alert(2), evidence=(), other_takedowns=(), cluster=()), takedown_id="elsewhere"
    )
    text = text_of(shown(site, "alert-2"))
    for words in (
        "carries no evidence",
        "No photos of this side are known",
        "no longer in the console",
        "Nothing links either",
    ):
        assert words in text, words


def test_earlier_alerts_are_the_newest_and_the_count_has_an_end(site: Served) -> None:
    made = alert(0)
    for number in range(EARLIER_SHOWN + 3):
        at = SEEN + timedelta(hours=number)
        listing = replace(made.listing, listing_id=f"x{number}", title=f"title {number}")
        put_alert(
            site.console, replace(made, alert_id=f"s{number}", listing=listing, matched_at=at), state="unsure"
        )
        put_alert(site.console, replace(made, alert_id=f"l{number}", matched_at=at))
    put_alert(site.console, made)
    values = case_values(site.console, made.alert_id, "en")
    assert values is not None
    found = values["case"]
    newest = range(EARLIER_SHOWN + 2, 2, -1)
    assert [each.alert_id for each in found.on_listing] == [f"l{number}" for number in newest]
    assert [each.alert_id for each in found.seller.newest] == [f"s{number}" for number in newest]
    assert found.seller.states == {"unsure": EARLIER_SHOWN + 3}
    assert not found.seller.is_cut
    assert found.seller.counted < COUNTED_AT_MOST


@pytest.mark.parametrize(
    ("milliseconds", "words"),
    [
        (-5, ("0.0", "s")),
        (640, ("0.6", "s")),
        (90_000, ("90", "s")),
        (3_600_000, ("60", "min")),
        (86_400_000, ("24", "h")),
        (9 * 86_400_000, ("9", "d")),
    ],
)
def test_durations(milliseconds: int, words: tuple[str, str]) -> None:
    assert duration(milliseconds) == words


def test_short_texts_fit_their_place() -> None:
    assert short("70000002", 8) == "70000002"
    assert short("700000021", 8) == "7000000…"
    assert short("漢字漢字", 4) == "漢…"
    assert short("a\u202e" * 50, 12).count("…") == 1


def test_all_is_read_the_same_from_both_databases(console_on_both: Console) -> None:
    made = scene()
    full = replace(
        made.alert, other_takedowns=("T-2026-0301", "no\x00id"), cluster=("T-2026-0301", "T-2026-0417")
    )
    put_alert(console_on_both, full, took_ms=640)
    shots = [(number, None, f"https://x.example/{number}.jpg") for number in range(3)]
    put_takedown(console_on_both, made.takedown, shots)
    put_surroundings(console_on_both, made)
    put_links(console_on_both, *made.links)
    values = case_values(console_on_both, full.alert_id, "id")
    assert values is not None
    found = values["case"]
    assert [(each.takedown_id, each.link) for each in found.others] == [
        ("T-2026-0301", "https://sample-pasar.example/70000001/1")
    ]
    assert found.seller.states == {"not a relist": 1, "open": 1, "relist": 1}
    assert [each.by for each in found.seller.newest] == ["analyst-7", "analyst-3", None]
    assert [photo.address for photo in found.photos.takedown] == [
        web_address(full.alert_id, "takedown", number) for number in range(3)
    ]
    assert [box.role for box in found.sketch.boxes[:1]] == ["listing"]
    assert len(found.sketch.boxes) == 6
    assert case_values(console_on_both, "\x00", "en") is None
