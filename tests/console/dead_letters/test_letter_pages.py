"""Dead letters' pages: what each role sees and may do; what came from outside stays text."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from console_client import Served, console_in, served, text_of
from console_rows import NASTY, letter_row, now_ms, put_letters

from streams.console.claims import claim
from streams.console.dead_letter_replays import CLAIM
from streams.settings import Kafka, Settings

AWAY = Settings(kafka=Kafka(bootstrap_servers="127.0.0.1:1"))
KIND = "stage=fingerprint-listings&error=malformed-json"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Served]:
    with console_in(tmp_path, AWAY) as console, served(console) as site:
        yield site


def test_no_letters_is_good_news(site: Served) -> None:
    assert "Every message was handled" in site.visitor().get("/dead-letters").text


def test_kinds_lead_to_their_letters(site: Served) -> None:
    put_letters(site.console.database, letter_row(1), letter_row(2), letter_row(3, error="too-large"))
    viewer = site.visitor()
    answer = viewer.get("/dead-letters")
    assert (
        "/dead-letters/letters?stage=fingerprint-listings&amp;error=malformed-json&amp;state=open"
        in answer.text
    )
    assert 'data-live="dead-letters"' in answer.text
    part = viewer.get("/dead-letters", **{"X-Fragment": "1"}).text
    assert "<html" not in part
    assert "too-large" in part
    listed = viewer.get(f"/dead-letters/letters?{KIND}").text
    assert "/dead-letters/0:1" in listed
    assert "/dead-letters/0:3" not in listed


def test_only_those_who_operate_are_offered_a_replay_and_may(site: Served) -> None:
    put_letters(site.console.database, letter_row(1))
    asked = f"/dead-letters/replay?{KIND}"
    for role in ("viewer", "analyst"):
        visitor = site.visitor(role)  # type: ignore[arg-type]
        assert "/dead-letters/replay" not in visitor.get("/dead-letters").text
        assert visitor.get(asked).status_code == 403
        assert visitor.post("/dead-letters/replay", place="0:1", count="1").status_code == 403
    operator = site.visitor("operator")
    assert "/dead-letters/replay?" in operator.get("/dead-letters").text
    assert "Send 1 back" in operator.get(asked).text
    assert (
        operator.client.post("/dead-letters/replay", data={"place": "0:1", "count": "1"}).status_code == 403
    )


def test_the_bytes_need_the_export_role(site: Served) -> None:
    put_letters(site.console.database, letter_row(1))
    assert site.visitor("viewer").get("/dead-letters/0:1/value.bin").status_code == 403


def test_a_letter_is_shown_although_kafka_is_away(site: Served) -> None:
    put_letters(site.console.database, letter_row(1))
    answer = site.visitor("operator").get("/dead-letters/0:1")
    assert answer.status_code == 200
    assert "cannot be read from Kafka now" in answer.text


@pytest.mark.parametrize("path", ["0:2", "x", "0:1:2", "-1:0", "99999999999:1", "0:9999999999999999999"])
def test_what_is_no_letter_is_not_found(site: Served, path: str) -> None:
    assert site.visitor("admin").get(f"/dead-letters/{path}").status_code == 404


def test_hostile_text_is_shown_and_never_obeyed(site: Served) -> None:
    put_letters(
        site.console.database,
        letter_row(
            1,
            error=NASTY,
            stage=NASTY,
            detail=NASTY,
            key=NASTY,
            topic=NASTY,
            replayed_by=NASTY,
            replayed_ms=1,
        ),
    )
    admin = site.visitor("admin")
    from urllib.parse import urlencode

    kind = urlencode({"stage": NASTY, "error": NASTY, "state": "all"})
    for path in (
        "/dead-letters", f"/dead-letters/letters?{kind}", "/dead-letters/0:1", f"/dead-letters/replay?{kind}&again=1",
        "/dead-letters/replay?place=0:1&again=1",
    ):  # fmt: skip
        answer = admin.get(path)
        assert answer.status_code == 200, path
        assert "<script>alert" not in answer.text, path
        assert "\\u202e" in answer.text, path
        shown = answer.text.replace(f'value="{NASTY}'.replace("<", "&lt;"), "")
        assert "\x1b" not in text_of(shown), path


def test_a_replay_is_refused_when_it_is_not_what_was_seen(site: Served) -> None:
    put_letters(site.console.database, letter_row(1), letter_row(2))
    operator = site.visitor("operator")
    fields = {"stage": "fingerprint-listings", "error": "malformed-json", "until_ms": str(now_ms())}
    refused = operator.post("/dead-letters/replay", **fields, count="3")
    assert (refused.status_code, refused.json()["count"]) == (409, 2)
    page = operator.post("/dead-letters/replay", accept="text/html", **fields, count="1")
    assert page.status_code == 409
    assert "2 now" in page.text
    for wrong in ({}, {"stage": "x"}, {"place": "x:y"}):
        assert operator.post("/dead-letters/replay", count="1", **wrong).status_code == 400


def test_two_do_not_replay_at_once_unknowingly(site: Served) -> None:
    put_letters(site.console.database, letter_row(1))
    assert claim(site.console.database, CLAIM, "operator-3", now_ms(), 60_000) is None
    operator = site.visitor("operator")
    assert "operator-3 is replaying" in operator.get(f"/dead-letters/replay?{KIND}").text
    refused = operator.post("/dead-letters/replay", place="0:1", count="1")
    assert refused.status_code == 409
    assert "operator-3" in refused.json()["error"]


def test_what_another_has_replayed_is_told_before_it_is_sent_again(site: Served) -> None:
    put_letters(site.console.database, letter_row(1, replayed_ms=now_ms(), replayed_by="operator-3"))
    operator = site.visitor("operator")
    assert operator.post("/dead-letters/replay", place="0:1", count="1").status_code == 409
    asked = operator.get("/dead-letters/replay?place=0:1").text
    assert "nothing to replay" in asked
    assert "operator-3" in operator.get("/dead-letters/replay?place=0:1&again=1").text


def test_pages_speak_indonesian(site: Served) -> None:
    put_letters(site.console.database, letter_row(1))
    assert "Surat mati" in site.visitor().get("/dead-letters", **{"Accept-Language": "id"}).text
