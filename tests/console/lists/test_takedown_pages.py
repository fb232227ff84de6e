"""Takedown lists' pages: lists, requests with filters, one with its story; asking for one and taking one back."""

from pathlib import Path
from urllib.parse import urlencode

import msgspec
import pytest
from alert_records import alert
from console_client import Served, console_in, served
from console_rows import NASTY, now_ms, put_requests, request_row
from feed_records import Feeding, fed
from kafka_client import KafkaClient
from listing_records import takedown
from sqlalchemy import select
from takedown_records import after, request, takedown_change, takedown_status
from takedown_worlds import world

from connectors.takedown_requests import TakedownRequest
from connectors.takedown_status import StatusChange, TakedownChange
from streams.console.database import Database
from streams.console.request_rows import LISTS, PAGE, Filter, count, lists, requests
from streams.console.tables import AUDIT
from streams.console.takedown_story import story
from streams.settings import Settings
from streams.takedowns.cases import Published
from streams.takedowns.records import TakedownRecords
from streams.takedowns.view import view_of
from streams.topics import ALL_TOPICS

from .test_report_page import ARRIVED, feed

SPECS = {spec.name: spec for spec in ALL_TOPICS}


def found(database: Database, **wanted: str) -> list[str]:
    with database.read() as connection:
        rows, _ = requests(connection, Filter(**wanted))  # type: ignore[arg-type]
        assert count(connection, Filter(**wanted)) == len(rows)  # type: ignore[arg-type]
        return sorted(row.request_id for row in rows)


def test_requests_are_found_by_all_that_is_known_of_them(database: Database) -> None:
    put_requests(
        database,
        request_row(1),
        request_row(2, state="unresolved", unresolved_because="gone", authority="Kementerian B", source="ai"),
        request_row(3, state="published", takedown_id="td-3", marketplace="tokopedia-id", listing_id="77", link="https://www.tokopedia.com/toko/100%_asli"),
        request_row(4, state="resolved", list_sha256=None, list_name=None, list_row=None),
        request_row(5, state="withdrawn", takedown_id="td-3"),
    )  # fmt: skip
    assert found(database, standing="waiting") == ["r000001", "r000004"]
    assert found(database, standing="published") == ["r000003"]
    assert (
        found(database, authority="Kementerian B")
        == found(database, source="ai")
        == found(database, reason="gone")
        == ["r000002"]
    )
    assert found(database, marketplace="tokopedia-id") == ["r000003"]
    assert found(database, sha256="") == ["r000004"]
    assert found(database, sha256="a" * 64, standing="waiting") == ["r000001"]
    assert found(database, text="r000005") == ["r000005"]
    assert found(database, text="td-3") == ["r000003", "r000005"]
    assert found(database, text="shopee-id:1.2") == ["r000002"]
    assert found(database, text="https://shopee.co.id/Jaket-i.1.2?x=1") == ["r000002"]
    assert found(database, text="TOKO/100%_a") == ["r000003"]
    assert found(database, text="toko_100") == []
    assert found(database, text="' OR 1=1 --") == []


def test_pages_of_requests_lose_and_repeat_none(database: Database) -> None:
    now = now_ms()
    put_requests(database, *(request_row(n, received_ms=now - n // 40) for n in range(2 * PAGE + 3)))
    seen: list[str] = []
    following: str | None = None
    with database.read() as connection:
        while True:
            rows, following = requests(connection, Filter(), following)
            seen += [row.request_id for row in rows]
            if following is None:
                break
    assert len(seen) == len(set(seen)) == 2 * PAGE + 3


def test_lists_are_counted_by_where_their_requests_stand(database: Database) -> None:
    put_requests(
        database,
        request_row(1, state="published"),
        request_row(2, state="unresolved", authority="Kementerian B", by="analyst-2"),
        request_row(3, state="received"),
        request_row(4, list_sha256="b" * 64, list_name="dua.csv", state="withdrawn", received_ms=now_ms()),
        request_row(5, list_sha256=None, list_name=None),
    )
    with database.read() as connection:
        newest, second, *rest = lists(connection)
    assert (newest.name, newest.received, newest.standings["withdrawn"]) == ("dua.csv", 1, 1)
    assert (second.name, second.received, second.has_more_authorities, second.has_more_people) == (
        "daftar.xlsx",
        3,
        True,
        True,
    )
    assert dict(second.standings) == {"published": 1, "waiting": 1, "unresolved": 1, "withdrawn": 0}
    assert [each.sha256 for each in rest] == [None]


def test_lists_come_in_pages(site: Served) -> None:
    rows = [request_row(n, list_sha256=f"{n:064}", list_name=f"list-{n}.csv") for n in range(1, LISTS + 3)]
    put_requests(site.console.database, *rows)
    viewer = site.visitor()
    first = viewer.get("/takedowns").text
    assert "list-1.csv" in first
    assert f"list-{LISTS + 1}.csv" not in first
    assert f"/takedowns?first={LISTS}" in first
    assert f"list-{LISTS + 1}.csv" in viewer.get(f"/takedowns?first={LISTS}").text
    for odd in ("-1", "x", "9" * 30):
        assert viewer.get(f"/takedowns?first={odd}").status_code == 200


@pytest.mark.parametrize("seed", range(3))
def test_the_story_is_what_the_command_shows(database: Database, seed: int) -> None:
    made = world(seed)
    feed(database, made)
    gone = set(made.withdrawn)
    records = TakedownRecords(
        requests=made.requests,
        statuses=made.statuses,
        takedowns=[Published(each, ARRIVED) for each in made.takedowns if each.takedown_id not in gone],
        changes=list({each.key: each for each in made.changes}.values()),
        alerts=made.alerts,
        verdicts={each.alert_id: each for each in made.verdicts},
    )
    asked = (
        [f"r{n}" for n in range(40)]
        + [f"td-{n}" for n in range(12)]
        + ["theirs-1", "theirs-3", "pasar-uji:l3", "x"]
    )
    asked += [f"https://pasar-uji.example/{n}" for n in range(0, 40, 7)]
    for what in asked:
        with database.read() as connection:
            got = story(connection, what)
        wanted = view_of(what, records)
        if wanted is not None and got is not None:
            # One that waits is told with the columns' words alone: its time is to the millisecond.
            assert [each.request_id for each in got.requests] == [each.request_id for each in wanted.requests]
            assert [each for each in got.requests if each.state != "waiting"] == [
                each for each in wanted.requests if each.state != "waiting"
            ]
            assert got.takedowns == wanted.takedowns
        else:
            assert got is wanted, what


def test_a_story_is_told_with_all_that_happened(site: Served) -> None:
    status = takedown_status(
        request(1), state="published", takedown_id="td-1", reason=None, how="connector", via="shopee", photos_kept=3,
        next_try_at=None, changes=(StatusChange(at=after(), state="received", detail="analyst-7"), StatusChange(at=after(minutes=1), state="published", detail=NASTY)),
    )  # fmt: skip
    one = msgspec.structs.replace(takedown(1), takedown_id="td-1")
    back = alert(
        5, takedown=msgspec.structs.replace(alert(1).takedown, takedown_id="td-1"), cluster=("td-1",)
    )
    feeding = Feeding(site.console.database)
    feeding.put(
        (SPECS["takedown-status"], fed("r1", status)),
        (SPECS["takedowns"], fed("td-1", one)),
        (
            SPECS["takedown-audit"],
            fed("td-1/listing seen", takedown_change(takedown_id="td-1", what="listing seen")),
        ),
        (SPECS["alerts"], fed("alert-5", back)),
    )
    feeding.turn.close()
    viewer, analyst = site.visitor(), site.visitor("analyst")
    text = viewer.get("/takedowns/of?what=r1").text
    for told in (
        "asked the marketplace (shopee)",
        "3 photos kept",
        "in force",
        "listing seen",
        "pasar-uji:l5",
        one.listing.title,
    ):
        assert told in text, told
    assert "<script>alert" not in text
    assert "/takedowns/withdraw" not in text
    assert "/takedowns/withdraw" in analyst.get("/takedowns/of?what=td-1").text
    assert viewer.get("/takedowns/of?what=nobody").status_code == 404
    assert viewer.get("/takedowns/of").status_code == 404
    assert "belum ditemukan" in viewer.get("/takedowns/requests", **{"Accept-Language": "id"}).text.lower()


def test_hostile_names_and_links_stay_text(site: Served) -> None:
    plain = NASTY.replace("\x00", "")
    put_requests(
        site.console.database,
        request_row(
            1, link=f"javascript:alert(1)//{plain}", authority=plain, reason=plain, by=plain, list_name=plain,
            marketplace=plain, listing_id=None, request_id=f"r/{plain}"[:200], unresolved_because=plain, state="unresolved",
        ),
    )  # fmt: skip
    admin = site.visitor("admin")
    request_id = f"r/{plain}"[:200]
    for path in (
        "/takedowns", "/takedowns/requests", f"/takedowns/requests?{urlencode({'text': plain})}",
        f"/takedowns/of?{urlencode({'what': request_id})}", f"/takedowns/requests?list={'a' * 64}",
    ):  # fmt: skip
        answer = admin.get(path)
        assert answer.status_code == 200, path
        assert "<script>alert" not in answer.text, path
        assert 'href="javascript' not in answer.text, path
        assert "\\u202e" in answer.text or path.startswith("/takedowns/requests?text"), path


def test_what_a_page_is_asked_for_is_bounded(site: Served) -> None:
    viewer = site.visitor()
    assert viewer.get(f"/takedowns/requests?text={'x' * 5000}").status_code == 400
    assert viewer.get("/takedowns/requests?standing=x&source=y&reason=z&after=1").status_code == 200
    assert viewer.get("/takedowns/requests?text=%00&authority=%00").status_code == 400


@pytest.mark.kafka
def test_one_is_asked_for_and_taken_back_with_who_and_why(topics: Settings, tmp_path: Path) -> None:
    client = KafkaClient(topics)
    with console_in(tmp_path, topics) as console, served(console) as site:
        analyst = site.visitor("analyst")
        made = analyst.post(
            "/takedowns/add", link="shopee-id:1.2", reason="barang palsu", authority="Kementerian A"
        )
        assert made.status_code == 200, made.text
        (message,) = client.existing("takedown-requests")
        asked = msgspec.json.decode(message.value, type=TakedownRequest)
        assert (asked.listing_id, asked.by, asked.reason, asked.source) == (
            "1.2",
            "analyst-7",
            "barang palsu",
            "platform",
        )
        page = analyst.post("/takedowns/add", accept="text/html", link="shopee-id:1.3")
        assert page.status_code == 303
        assert "Asked for" in analyst.get(page.headers["location"]).text
        for wrong in ("no link", "https://evil.example/1", "", "x" * 5000):
            assert analyst.post("/takedowns/add", link=wrong).status_code == 400
        assert analyst.post("/takedowns/add", link="shopee-id:1.2", source="x").status_code == 400

        feeding = Feeding(console.database)
        one = msgspec.structs.replace(takedown(1), takedown_id="td-1")
        feeding.put((SPECS["takedowns"], fed("td-1", one)))
        feeding.turn.close()
        assert analyst.post("/takedowns/withdraw", takedown_id="td-1", reason=" ").status_code == 409
        assert analyst.post("/takedowns/withdraw", takedown_id="td-9", reason="licensed").status_code == 409
        done = analyst.post("/takedowns/withdraw", takedown_id="td-1", reason="licensed")
        assert done.status_code == 200, done.text
        assert analyst.post("/takedowns/withdraw", takedown_id="td-1", reason="licensed").status_code == 409
        (tombstone,) = client.existing("takedowns")
        assert (tombstone.key, tombstone.value) == (b"td-1", None)
        (noted,) = client.existing("takedown-audit")
        change = msgspec.json.decode(noted.value, type=TakedownChange)
        assert (change.by, change.reason, change.what) == ("analyst-7", "licensed", "withdrawn")
        for role in ("viewer", "operator"):
            other = site.visitor(role)  # type: ignore[arg-type]
            assert other.post("/takedowns/add", link="shopee-id:1.2").status_code == 403
            assert other.post("/takedowns/withdraw", takedown_id="td-1", reason="x").status_code == 403
            assert other.get("/takedowns/add").status_code == 403
        with console.database.read() as connection:
            actions = [row.action for row in connection.execute(select(AUDIT).order_by(AUDIT.c.number))]
    assert actions == ["takedown asked for", "takedown asked for", "takedown withdrawn"]
    client.close()
