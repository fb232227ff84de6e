"""The commands on records, as a person and as a script see them."""

import json

import msgspec
import pytest
from alert_records import alert, dead_letter, seller_link
from hostile_texts import assert_harmless
from kafka_client import KafkaClient
from typer.testing import CliRunner, Result

from connectors.events import Alert, DeadLetter
from connectors.seller_links import LinkedSeller, SellerLink
from streams.cli import build_app
from streams.settings import Settings

ESCAPE = "\x1b"


def run(settings: Settings, *arguments: str) -> Result:
    environment = {
        "RELISTWATCH_KAFKA__BOOTSTRAP_SERVERS": settings.kafka.bootstrap_servers,
        "RELISTWATCH_TOPICS__PREFIX": settings.topics.prefix,
        "COLUMNS": "200",
    }
    return CliRunner(env=environment).invoke(build_app(), list(arguments))


@pytest.mark.kafka
def test_alerts_are_shown_to_a_person_and_to_a_script(topics: Settings) -> None:
    hostile = alert(
        2,
        kind="still_up",
        listing=msgspec.structs.replace(alert(2).listing, title=f"[red]{ESCAPE}[2J\u202egnp"),
    )
    client = KafkaClient(topics)
    try:
        client.send_all("alerts", [("alert-1", b"no alert"), ("alert-1", alert(1)), ("alert-2", hostile)])
    finally:
        client.close()
    told = run(topics, "alerts", "tail", "--from-beginning", "--limit", "2")
    assert told.exit_code == 0, told.output
    assert_harmless(told.stdout)
    for words in ("97.3% relist", "J4ket v4rsity", "[t1]", "kementerian, counterfeit",
                  "photo 1 and the takedown's 3: same photo, mirrored, cropped, 34 points agree, 4 of 256 bits differ",
                  "titles 93% alike", "the same seller s2", "also      t2", "still up", "[red]\\x1b[2J\\u202egnp"):  # fmt: skip
        assert words in told.stdout
    assert "no Alert at" in told.stderr
    lines = run(topics, "alerts", "tail", "--from-beginning", "--limit", "2", "--json").stdout.splitlines()
    decoded = [msgspec.json.decode(line, type=Alert) for line in lines]
    assert {each.alert_id: each for each in decoded} == {"alert-1": alert(1), "alert-2": hostile}


@pytest.mark.kafka
def test_seller_links_are_shown_to_a_person_and_to_a_script(topics: Settings) -> None:
    evil = LinkedSeller(marketplace="toko-uji", seller_id="[red]\u202es9", listing_id="l9\u200b", image=0)
    hostile = seller_link(2, sellers=(seller_link(2).sellers[0], evil), inliers=1, takedown_id="t\u2066")
    client = KafkaClient(topics)
    try:
        sent = [("a", b"no link"), ("b", None), ("c", seller_link(1)), ("d", hostile)]
        client.send_all("seller-links", sent)
    finally:
        client.close()
    told = run(topics, "seller-links", "tail", "--from-beginning", "--limit", "2")
    assert told.exit_code == 0, told.output
    assert_harmless(told.stdout)
    for words in ("shop pasar-uji:s1 and shop toko-uji:s0: same backdrop, 23 points agree, because of takedown t1",
                  "photo 2 of l1 and photo 1 of l1", "shop toko-uji:[red]\\u202es9", "1 point agrees", "t\\u2066"):  # fmt: skip
        assert words in told.stdout
    assert told.stderr.count("no SellerLink at") == 1
    lines = run(
        topics, "seller-links", "tail", "--from-beginning", "--limit", "2", "--json"
    ).stdout.splitlines()
    decoded = [msgspec.json.decode(line, type=SellerLink) for line in lines]
    assert sorted(decoded, key=lambda link: link.key) == [seller_link(1), hostile]


@pytest.mark.kafka
def test_dead_letters_are_listed_shown_and_sent_back(topics: Settings) -> None:
    client = KafkaClient(topics)
    broken = dead_letter(topic=client.name("listings"))
    crashed = dead_letter(topic=client.name("listings"), key=None, error="internal-error", value=b"ok")
    try:
        client.send_all("dead-letters", [("k", broken), ("k", crashed)])
        rows = [
            json.loads(line) for line in run(topics, "dead-letters", "list", "--json").stdout.splitlines()
        ]
        assert {row["error"]: row["bytes"] for row in rows} == {"malformed-json": 12, "internal-error": 2}
        told = run(topics, "dead-letters", "list", "--error", "malformed-json")
        assert_harmless(told.stdout)
        assert len(told.stdout.splitlines()) == 1
        assert "pasar-uji:l1" in told.stdout
        assert "1 of 1" in told.stderr
        assert len(run(topics, "dead-letters", "list", "--limit", "1").stdout.splitlines()) == 1

        place = next(row["place"] for row in rows if row["error"] == "malformed-json")
        shown = run(topics, "dead-letters", "show", place)
        assert_harmless(shown.stdout)
        assert '{"torn \\x1b[2J\\xff' in shown.stdout
        whole = run(topics, "dead-letters", "show", place, "--json")
        assert msgspec.json.decode(whole.stdout, type=DeadLetter) == broken

        dry = run(topics, "dead-letters", "replay", "--error", "internal-error", "--dry-run")
        assert "1 would be sent, 0 refused" in dry.stderr
        sent = run(topics, "dead-letters", "replay", place, "--json")
        assert json.loads(sent.stdout) == {"sent": [place], "dry_run": False, "refused": []}
        (back,) = client.read_until("listings", bool, quiet=0.5)
    finally:
        client.close()
    assert (back.key, back.value) == (broken.key, broken.value)
    assert list(back.headers) == [("ce_id", b"e1"), ("rw_attempt", b"2")]


@pytest.mark.kafka
@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("dead-letters", "show", "somewhere"), 2, "PARTITION:OFFSET"),
        (("dead-letters", "show", "0:5"), 1, "has no records, not 5"),
        (("dead-letters", "replay"), 2, "say which"),
        (("dead-letters", "replay", "0:1", "--error", "x"), 2, "say which"),
        (("dead-letters", "replay", "9:1"), 1, "partitions 0 to 3, not 9"),
    ],
)
def test_a_wrong_request_is_named(
    topics: Settings, arguments: tuple[str, ...], code: int, words: str
) -> None:
    result = run(topics, *arguments)
    assert (result.exit_code, words in result.stderr) == (code, True), result.stderr


def test_a_broker_that_is_away_has_its_own_exit_code(tmp_path: object) -> None:
    away = Settings(kafka=msgspec.structs.replace(Settings().kafka, bootstrap_servers="127.0.0.1:1"))
    result = run(away, "dead-letters", "list")
    assert result.exit_code == 3
    assert "127.0.0.1:1" in result.stderr
