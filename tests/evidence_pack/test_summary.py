"""The summary: both languages whole, hostile texts shown and harmless, readable in a browser and on paper."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from alert_records import NOON, alert, flood, seller_link, verdict
from evidence_records import files_of, gathered_of, kept, packed, workplace
from listing_records import listing, takedown

from connectors.events import AlertListing
from streams.evidence_packs.manifest import SUMMARY
from streams.evidence_packs.pack_words import WORDS
from streams.evidence_packs.redaction import NOT_REPLACED, REPLACED, Redactor

EVIL = "<script>document.title='owned'</script><img src=x onerror=alert(1)>\u202egnirob\u2066\u200b{{ 7*7 }}\x1b[2J"


def hostile() -> dict[str, list[Any]]:
    """Every text from outside tries to be more than text."""
    taken = takedown(1, title=EVIL, description=EVIL * 3, url=f"javascript:alert(1)//{EVIL}")
    taken = msgspec.structs.replace(taken, reason=EVIL, authority=EVIL, taken_down_at=NOON)
    shown = AlertListing(marketplace="pasar-uji", listing_id="l5", title=EVIL, seller_id="s\u202e2", url=EVIL)
    return {
        "takedowns": [taken],
        "alerts": [
            alert(5, listing=shown),
            alert(6, kind="still_up", probability=1.0, evidence=()),
            flood(7),
        ],
        "verdicts": [verdict(5, "relist", alert=alert(5, listing=shown), by=EVIL, reason=EVIL)],
        "seller_links": [seller_link(1, reason="same contact", contact="handle", value=EVIL)],
        "listings": [listing(5, title=EVIL, url=EVIL)],
    }


def page_of(folder: Path, **how: Any) -> str:
    return files_of(packed(folder, **how)[0])[SUMMARY].decode()


def test_both_languages_have_the_same_words() -> None:
    assert WORDS["en"].keys() == WORDS["id"].keys()
    assert all(text.strip() for words in WORDS.values() for text in words.values())
    assert {f"x:{code}" for code in (*REPLACED, *NOT_REPLACED)} <= WORDS["en"].keys()
    same = {key for key in WORDS["en"] if WORDS["en"][key] == WORDS["id"][key]}
    assert same == {"takedown", "s:ai", "s:platform"}


def test_hostile_texts_are_shown_and_do_nothing(tmp_path: Path) -> None:
    page = page_of(tmp_path, records=hostile(), made_by=EVIL)
    assert "<script" not in page
    assert "<img src=x" not in page
    assert "&lt;script&gt;" in page
    assert "\\u202egnirob\\u2066\\u200b" in page
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u200b-\u200f\x00-\x08\x1b]", page)
    # Addresses from outside are text; what can be clicked is in the pack.
    assert {link.partition("/")[0] for link in re.findall(r'href="([^"]*)"', page)} == {"records", "photos"}
    assert "{{ 7*7 }}" in page
    assert "default-src 'none'" in page
    assert not re.search(r"""(?:src|href)=["'](?!data:|records/|photos/)""", page)


def test_what_was_said_and_taken_back_is_shown(tmp_path: Path) -> None:
    import io

    from streams.evidence_packs.pack import write_pack
    from streams.topics import TAKEDOWNS, VERDICTS

    with workplace(tmp_path) as (spool, store, order):
        gathered = gathered_of(spool, store)
        gathered.verdicts.append(kept(spool, VERDICTS, 900, "alert-5", None))
        gathered.takedowns.append(kept(spool, TAKEDOWNS, 901, "t1", None))
        out = io.BytesIO()
        write_pack(gathered, spool, order, out, lambda *_: None)
    page = files_of(out.getvalue())[SUMMARY].decode()
    assert "relist, says <bdi>analyst-1</bdi>" in page
    assert "taken back" in page
    assert "<p>withdrawn</p>" in page
    assert page.index("analyst-1") < page.index("taken back")


def test_an_alert_that_only_its_verdict_still_has_is_shown(tmp_path: Path) -> None:
    page = page_of(tmp_path, records=hostile() | {"alerts": []})
    assert page.count('<article class="alert">') == 1


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    from open_pages import browser

    with browser() as chromium:
        yield chromium


@pytest.mark.parametrize("language", ["en", "id"])
@pytest.mark.parametrize("redacted", [False, True])
def test_a_browser_shows_it_and_asks_for_nothing(
    tmp_path: Path, chromium: Any, language: str, redacted: bool
) -> None:
    redactor = Redactor(b"k" * 32) if redacted else None
    raw, _ = packed(tmp_path, records=hostile(), language=language, redactor=redactor)
    for name, body in files_of(raw).items():
        path = tmp_path / "open" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
    page = chromium.new_page(viewport={"width": 1200, "height": 900})
    asked: list[str] = []
    dialogs: list[str] = []
    errors: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("dialog", lambda dialog: dialogs.append(dialog.message) or dialog.dismiss())
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.goto((tmp_path / "open" / SUMMARY).as_uri())
    assert [url for url in asked if not url.startswith("data:")] == [(tmp_path / "open" / SUMMARY).as_uri()]
    assert (dialogs, errors) == ([], [])
    assert page.title() == WORDS[language]["title"]
    assert page.locator("article.alert").count() == 3
    assert page.locator("img").first.evaluate("image => image.complete && image.naturalWidth > 50")
    for width in (1200, 600, 390):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    for link in page.locator("a").all()[:6]:
        assert (tmp_path / "open" / (link.get_attribute("href") or "")).is_file()
    printed = page.pdf(format="A4", prefer_css_page_size=True)
    assert printed.startswith(b"%PDF")
    page.close()
