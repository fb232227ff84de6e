"""Reports that are files: made of hostile records and opened from the disk in a real browser, which may ask nothing."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from alert_records import seller_link, verdict
from evidence_records import files_of, packed
from hostile_console import hostile_alert
from hostile_texts import LINKS, MARK, RUNS, Watched
from listing_records import drawn_photo, inline, listing, takedown
from open_pages import without_chromium
from takedown_records import request, takedown_status

from connectors.evidence import PhotoEvidence
from streams.engine.pipeline import Match
from streams.evidence_packs.manifest import SUMMARY
from streams.scan.report import render_report
from streams.scan.scan import Found, Summary
from streams.settings import Photos
from streams.takedowns.cases import DIMENSIONS, cases_of
from streams.takedowns.report import report_of
from streams.takedowns.report_forms import as_html

pytestmark = without_chromium

FILE = RUNS.replace("/", "").replace("\x07", "")[:90]
"""The name of a file, as somebody sends it."""


def scan_report(_: Path) -> str:
    photo = inline(drawn_photo(1, (120, 160)))
    aligned = PhotoEvidence(
        listing_image=0, takedown_image=0, relation="same photo", edits=(RUNS,), inliers=9, weight=3.0,
        transform=((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
    )  # fmt: skip
    found = []
    for number in range(len(LINKS)):
        one = hostile_alert(number)
        if number == 1:
            one = msgspec.structs.replace(one, evidence=(aligned, *one.evidence[1:]))
        seen = listing(1, title=RUNS, url=LINKS[number], images=photo)
        found.append(Found(Match(scores=(), alert=one), seen, takedown(1, title=RUNS, images=photo)))
    return render_report(
        found, Summary(), takedowns=Path(f"t-{FILE}.jsonl"), listings=Path(f"l-{FILE}.jsonl"), limits=Photos()
    )  # fmt: skip


def takedown_report(language: str) -> Callable[[Path], str]:
    def render(_: Path) -> str:
        asked = request(1, authority=RUNS, reason=RUNS, by=RUNS)
        cases = cases_of([asked, request(2)], [takedown_status(asked, detail=RUNS)], [], [])
        report = report_of(cases, {}, by=DIMENSIONS)
        return as_html(report, language, datetime(2026, 11, 24, tzinfo=UTC))  # type: ignore[arg-type]

    return render


def evidence_summary(language: str) -> Callable[[Path], str]:
    def render(folder: Path) -> str:
        taken = msgspec.structs.replace(
            takedown(1, title=RUNS, description=RUNS, url=LINKS[0]), reason=RUNS, authority=RUNS
        )
        shown = hostile_alert(5)
        records = {
            "takedowns": [taken], "alerts": [hostile_alert(n) for n in range(4, 8)],
            "verdicts": [verdict(5, "relist", alert=shown, alert_id=shown.alert_id, by=RUNS, reason=RUNS)],
            "seller_links": [seller_link(1, reason="same contact", contact="handle", value=RUNS)],
            "listings": [listing(5, title=RUNS, url=link, description=RUNS) for link in LINKS[:3]],
        }  # fmt: skip
        raw, _ = packed(folder, records=records, made_by=RUNS, language=language)
        return files_of(raw)[SUMMARY].decode()

    return render


REPORTS: dict[str, Callable[[Path], str]] = {
    "scan": scan_report,
    "takedowns-en": takedown_report("en"),
    "takedowns-id": takedown_report("id"),
    "evidence-en": evidence_summary("en"),
    "evidence-id": evidence_summary("id"),
}


@pytest.fixture
def watched(chromium: Any, tmp_path: Path) -> Iterator[Watched]:
    context = chromium.new_context()
    yield Watched(context.new_page(), f"file://{tmp_path}/")
    context.close()


@pytest.mark.parametrize("name", REPORTS)
def test_a_report_of_hostile_records_does_nothing_in_a_browser(
    watched: Watched, name: str, tmp_path: Path
) -> None:
    (tmp_path / "made").mkdir()
    path = tmp_path / f"{name}.html"
    path.write_text(REPORTS[name](tmp_path / "made"), encoding="utf-8")
    watched.page.goto(path.as_uri())
    assert MARK in watched.page.content()
    assert watched.found() == []
    # Without a policy of its own a forgotten escape would run: the reports have one that allows no script at all.
    policy = watched.page.locator("meta[http-equiv='Content-Security-Policy']").get_attribute("content")
    assert policy.startswith("default-src 'none'")
    assert "script-src" not in policy


def test_the_watch_sees_each_kind_of_attack(watched: Watched, tmp_path: Path) -> None:
    """What this file and test_every_page_hostile.py rest on: were an escape forgotten, it would be seen."""
    attacks = {
        "script": "<script>alert(1)</script>", "handler": "<img src=x onerror=alert(1)>", "link": "<a href=' java\tscript:alert(1)'>x</a>",
        "element": "<x-owned></x-owned>", "frame": "<iframe srcdoc=x></iframe>", "elsewhere": "<img src=http://evil.example/x>",
        "form": "<form action=https://evil.example/></form>", "turned": "<p>\u202eabc</p>",
        "policy": "<meta http-equiv=Content-Security-Policy content=\"script-src 'none'\"><p><img src=x onerror=alert(1)>",
    }  # fmt: skip
    for name, attack in attacks.items():
        path = tmp_path / f"{name}.html"
        path.write_text(f"<!doctype html><meta charset=utf-8><p>{attack}", encoding="utf-8")
        watched.page.goto(path.as_uri())
        assert watched.found() != [], name
        watched.wrong.clear()
