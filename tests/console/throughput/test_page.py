"""The page without a browser: for every role, in both languages, with hostile names, before and after the first second."""

import gzip
import time

import msgspec
import pytest
from console_client import Served, text_of
from flow_facts import connector, instance, offsets_of, store_of
from heartbeat_records import NOON
from markupsafe import escape

from streams.console.instances import Instance
from streams.console.judgement import Facts, judge
from streams.console.people import ROLES
from streams.console.runbook import runbook_text, to_html
from streams.console.throughput_view import bytes_of, drawn, figure, spans
from streams.console.watch import Watch
from streams.console.watch_core import Snapshot, series_of

HOSTILE = '<img src=x onerror=alert(1)>\u202e"'


def snapshot_of(*parts: Instance) -> Snapshot:
    parts = parts or (instance(), connector())
    offsets, store = offsets_of(1500), store_of()
    facts = Facts(int(NOON.timestamp() * 1000), 0.5, None, 600.0, offsets, store, parts)
    rates = {"in:fingerprint:pasar-uji": 20.0, "out:fingerprint:pasar-uji": 19.5, "in:match:lazada-id": 3.0}
    series = series_of(rates, {"listings": 20.0, "alerts": 0.05}, offsets, store)
    return Snapshot(facts.now_ms, judge(facts), parts, offsets, store, series, 100.0, True)


@pytest.fixture
def watch(site: Served) -> Watch:
    watch = Watch()
    watch.snapshot = snapshot_of()
    watch.history.take(time.time(), watch.snapshot.series)
    site.console.services[Watch] = watch
    return watch


@pytest.mark.parametrize("role", ROLES)
def test_every_role_sees_it(site: Served, watch: Watch, role: str) -> None:
    text = text_of(site.visitor(role).get("/throughput").text)  # type: ignore[arg-type]
    assert "1,500 messages wait" not in text
    assert "1500 messages wait, and they are being worked off." in text
    assert "listings 0–1" in text
    assert "shopee-toko-7" in text
    for address in ("/throughput", "/throughput/history", "/runbook"):
        assert site.visitor(None).client.get(address).status_code == 401


def test_before_the_first_second_it_says_so(site: Served) -> None:
    answer = site.visitor().get("/throughput")
    assert answer.status_code == 200
    assert "figures come in a second" in answer.text
    assert site.visitor().client.get("/throughput/history").status_code == 503


def test_it_speaks_indonesian(site: Served, watch: Watch) -> None:
    page = site.visitor().get("/throughput", **{"Accept-Language": "id"})
    text = text_of(page.text)
    assert "Yang perlu dilakukan" in text
    assert "1500 pesan menunggu" in text
    assert 'data-kind="throughput-id"' in page.text


def test_names_from_outside_stay_text(site: Served, watch: Watch) -> None:
    watch.snapshot = snapshot_of(
        instance("failing", instance=HOSTILE, host=HOSTILE, version=HOSTILE, detail=HOSTILE, shard=HOSTILE, partitions={HOSTILE: (0,)}),
        connector("lost", instance=HOSTILE, detail=HOSTILE),
    )  # fmt: skip
    for language in ("en", "id"):
        for template in ("throughput_above.html", "throughput_below.html"):
            html = drawn(language, template, watch.snapshot)  # type: ignore[arg-type]
            assert "<img" not in html
            assert "\u202e" not in html
            assert "&lt;img src=x" in html


def test_the_course_is_one_answer_packed_once_for_all(site: Served, watch: Watch) -> None:
    visitor = site.visitor()
    answer = visitor.client.get("/throughput/history?span=hour")
    assert answer.headers["content-encoding"] == "gzip"
    assert [each for each in answer.json()["series"]["lag:listings"] if each is not None] == [1500]
    plain = visitor.client.get("/throughput/history?span=day", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.json()["step"] == 60
    assert visitor.client.get("/throughput/history?span=year").status_code == 400
    packed = [
        watch.packed("day", lambda course: gzip.compress(msgspec.json.encode(course))) for _ in range(2)
    ]
    assert packed[0] is packed[1]


def test_the_runbook_is_served_whole_and_every_finding_leads_into_it(site: Served, watch: Watch) -> None:
    html = site.visitor().get("/runbook").text
    assert "<h1" in html
    for finding in watch.snapshot.findings if watch.snapshot else ():
        assert f'<h2 id="{finding.condition}">' in html
    for line in runbook_text().splitlines():
        if line.startswith(("```", "<!--")):
            continue
        words = line.strip("`#-*0123456789. ").split("`")[0].split("**")[0].strip()
        assert str(escape(words)) in html
    page = site.visitor().get("/throughput").text
    assert 'href="/runbook#lag-grows"' in page


def test_markdown_is_escaped() -> None:
    html = to_html(
        "## A <b> `x<y`\n\n<!-- not read -->\n\ntext **bold** [here](#there) [bad](javascript:x)\n- one\n- two\n1. first\n```\n# <raw>\n```"
    )
    assert html == (
        '<h2 id="a-b-xy">A &lt;b&gt; <code>x&lt;y</code></h2>\n'
        '<p>text <strong>bold</strong> <a href="#there">here</a> [bad](javascript:x)</p>\n'
        "<ul><li>one</li><li>two</li></ul>\n<ol><li>first</li></ol>\n"
        '<pre tabindex="0"><code># &lt;raw&gt;</code></pre>'
    )


def test_figures_have_the_digits_that_say_something() -> None:
    assert [figure(value) for value in (None, 0, 0.01, 0.25, 9.96, 12.4, 1234.5)] == [
        "–",
        "0",
        "0",
        "0.2",
        "10.0",
        "12",
        "1,234",
    ]
    assert spans([3, 0, 1, 2, 7, 9, 10]) == "0–3, 7, 9–10"
    assert [bytes_of(size) for size in (12, 2048, 5 * 1024**2, 3 * 1024**3)] == [
        "12 B",
        "2 KiB",
        "5 MiB",
        "3.0 GiB",
    ]
