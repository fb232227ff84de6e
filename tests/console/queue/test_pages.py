"""The alerts page as HTML: nothing from outside does harm, addresses are kept, both languages, no script needed."""

from datetime import UTC, datetime, timedelta

import pytest
from console_client import Served, text_of
from msgspec.structs import replace
from queued_alerts import NOON_MS, put, queued

from streams.console.alerts_page import age
from streams.console.queue.rows import PAGE
from streams.console.queue.search import COUNTED
from streams.console.words import alerts as words

XSS = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"
FRAGMENT = {"X-Fragment": "1"}


def test_nothing_from_outside_is_markup(site: Served) -> None:
    hostile = XSS + "\u202e\u2066\u200b\x1b[2J"
    one = queued(1, title=hostile, takedown_title=hostile, authority=XSS, seller_id=XSS, takedown_id=XSS)
    one = replace(one, alert_id='a"/../<b>?#%\u202e', listing=replace(one.listing, url="javascript:alert(1)"))
    put(site.console.database, [one], verdict=("relist", XSS, NOON_MS))
    analyst = site.visitor("analyst")
    listed = analyst.get("/alerts?state=all")
    address = listed.text.split('class="queue-row ')[1].split('href="')[1].split('"')[0]
    opened = analyst.get(address.replace("&amp;", "&"))
    assert opened.status_code == 200
    for page in (listed.text, opened.text, analyst.get("/alerts/queue?state=all", **FRAGMENT).text):
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "javascript:" not in page
        assert "\u202e" not in page.replace("a&#34;/../&lt;b&gt;?#%\u202e", "")
    assert 'data-listing-link=""' in opened.text
    again = analyst.get("/alerts?text=%22%3E%3Cscript%3E").text
    assert '"><script>' not in again


def test_the_address_is_the_filter_and_stays_in_every_link(site: Served) -> None:
    put(site.console.database, [queued(number) for number in range(1, 4)])
    analyst = site.visitor("analyst")
    page = analyst.get("/alerts?text=jaket&sort=oldest&state=all&seller=pasar-uji:s2&junk=1").text
    kept = "state=all&amp;seller=pasar-uji%3As2&amp;text=jaket&amp;sort=oldest"
    assert f'href="/alerts/alert-3?{kept}"' in page
    assert f'data-src="/alerts/queue?{kept}"' in page
    assert f'action="/alerts/bulk?{kept}"' in page
    assert "junk" not in page
    assert "3 match" in page
    wrong = analyst.get("/alerts?state=closed")
    assert wrong.status_code == 400
    assert "state" in text_of(wrong.text)
    assert analyst.get("/alerts/queue?after=x").status_code == 400


def test_pages_of_the_queue_and_how_many_match(site: Served) -> None:
    put(site.console.database, [queued(number) for number in range(1, COUNTED)])
    put(site.console.database, [queued(number, probability=0.1) for number in (2001, 2002)])
    analyst = site.visitor("analyst")
    first = analyst.get("/alerts").text
    assert "more than 1,000 match" in first
    assert first.count('class="queue-row"') == PAGE
    more = first.split('class="button quiet more" href="')[1].split('"')[0].replace("&amp;", "&")
    second = analyst.get(more, **FRAGMENT).text
    assert second.count('class="queue-row"') == PAGE
    assert f'data-alert="alert-{PAGE + 1}"' in second
    assert "match" not in second
    # Without the script the same link is a page of its own.
    whole = analyst.get(more).text
    assert "<h1" in whole
    assert f'data-alert="alert-{PAGE + 1}"' in whole
    assert f'data-alert="alert-{PAGE}"' not in whole


def test_one_after_the_other_without_a_script(site: Served) -> None:
    put(site.console.database, [queued(number) for number in range(1, 4)])
    put(site.console.database, [queued(4)], verdict=("relist", "analyst-9", NOON_MS))
    analyst, other = site.visitor("analyst", "analyst-1"), site.visitor("analyst", "analyst-2")
    page = analyst.get("/alerts/alert-2").text
    assert 'id="step-back" href="/alerts/alert-1"' in page
    assert 'id="step-on" href="/alerts/alert-3"' in page
    analyst.post("/alerts/alert-2/leave")
    other.get("/alerts/alert-2")
    assert 'id="step-on" href="/alerts/alert-3?state=all"' in analyst.get("/alerts/alert-1?state=all").text
    assert 'id="step-on" href="/alerts/alert-4?state=all"' in analyst.get("/alerts/alert-3?state=all").text
    assert 'id="step-back" href="/alerts/alert-3?state=all"' in analyst.get("/alerts/alert-4?state=all").text


def test_empty_queues_say_why(site: Served) -> None:
    analyst = site.visitor("analyst")
    assert "Nothing is waiting for a decision" in analyst.get("/alerts").text
    assert "No alert matches these filters" in analyst.get("/alerts?text=x").text
    assert "Tidak ada yang menunggu keputusan" in analyst.get("/alerts", **{"Accept-Language": "id"}).text


def test_fragments_are_parts_and_pages_whole(site: Served) -> None:
    put(site.console.database, [queued(1)])
    analyst = site.visitor("analyst")
    for path in ("/alerts/queue", "/alerts/alert-1"):
        assert "<html" not in analyst.get(path, **FRAGMENT).text
        assert "<html" in analyst.get(path).text


def test_held_alerts_wait_apart(site: Served) -> None:
    put(site.console.database, [queued(1, cluster=("t1",))])
    put(site.console.database, [queued(2, cluster=("t1",))], held=True)
    analyst = site.visitor("analyst")
    assert "alert-2" not in analyst.get("/alerts/queue", **FRAGMENT).text
    held = analyst.get("/alerts/queue?kind=held", **FRAGMENT).text
    assert "alert-2" in held
    assert "alert-1" not in held
    assert 'action="/alerts/alert-2/let-through"' in analyst.get("/alerts/alert-2").text


@pytest.mark.parametrize(("minutes", "said"), [
    (-5, "now"), (0, "now"), (1, "1 min"), (59, "59 min"), (60, "1 h"), (47 * 60, "47 h"), (48 * 60, "2 d"), (90 * 1440, "90 d"),
])  # fmt: skip
def test_age_in_few_characters(minutes: int, said: str) -> None:
    assert age("en", NOON_MS - minutes * 60_000, NOON_MS) == said


def test_values_stand_in_both_languages() -> None:
    for key, (english, indonesian) in words.WORDS.items():
        for name in ("{n}", "{who}", "{state}", "{title}", "{verdict}", "{time}", "{name}"):
            assert (name in english) == (name in indonesian), key


def test_the_last_hour_is_now(site: Served) -> None:
    now = datetime.now(UTC)
    put(
        site.console.database,
        [queued(1, matched_at=now - timedelta(minutes=50)), queued(2, matched_at=now - timedelta(hours=2))],
    )
    analyst = site.visitor("analyst")
    assert "1 match" in analyst.get("/alerts/queue?last=hour", **FRAGMENT).text
    assert "2 match" in analyst.get("/alerts/queue?last=day", **FRAGMENT).text
