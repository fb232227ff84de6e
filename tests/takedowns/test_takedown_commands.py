"""The commands as they are typed, those of docs/takedown-lists.md among them, on a real Kafka."""

import csv
import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from asked_shops import listed, shop
from click.testing import Result
from kafka_client import KafkaClient
from listing_records import listing
from takedown_records import changes, newest, statuses
from typer.testing import CliRunner

from connectors.events import Takedown
from streams.cli import build_app
from streams.engine.pipeline import fingerprint_listing
from streams.resolving.resolution import takedown_id_of
from streams.settings import Settings, as_environment
from streams.takedowns.report_words import WORDS

PAGE = Path(__file__).parents[2] / "docs" / "takedown-lists.md"
T1 = takedown_id_of("shopee-id", "308864651.11479305215")
LINK = "https://shopee.co.id/product/308864651/11479305215"


@pytest.fixture
def call(settings: Settings, client: KafkaClient) -> Any:
    def called(*arguments: str) -> Result:
        return CliRunner().invoke(build_app(), ["takedowns", *arguments], env=as_environment(settings))

    return called


def commands(part: str) -> list[str]:
    return [
        line
        for block in re.findall(r"```sh\n(.*?)```", part, re.DOTALL)
        for line in block.splitlines()
        if line
    ]


def in_language(name: str) -> str:
    english, _, indonesian = PAGE.read_text(encoding="utf-8").partition("\n# Bahasa Indonesia\n")
    return {"en": english, "id": indonesian}[name]


@pytest.mark.kafka
@pytest.mark.slow
@pytest.mark.parametrize("language", ["en", "id"])
def test_the_commands_of_the_documentation_run(
    language: str, call: Any, client: KafkaClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "daftar.csv").write_text(
        f"No,Tautan\n1,{LINK}\n2,https://contoh.example/x\n", encoding="utf-8"
    )
    known = {"marketplace": "shopee-id", "listing_id": "308864651.11479305215", "seller_id": "308864651"}
    event = listing(1, **known)
    client.send_all("listings", [(event.key, event)])
    client.send_all("fingerprints", [(event.key, fingerprint_listing(event, []))])
    told = {}
    with shop("shopee-id", tmp_path, listed("shopee-id", 216)) as (_, spec):
        Path(spec.partition("=")[2]).rename(tmp_path / "shopee.toml")
        for line in commands(in_language(language)):
            program, group, *arguments = shlex.split(line)
            assert (program, group) == ("relistwatch", "takedowns")
            done = call(*arguments)
            assert done.exit_code == 0, (line, done.output)
            told[arguments[0]] = done.output
    assert T1 in told["status"]
    assert newest(client, "takedowns", Takedown) == {}
    assert [each.what for each in changes(client)] == ["withdrawn"]
    assert {each.request.authority for each in statuses(client).values()} == {"Kemendag"}
    assert (tmp_path / "laporan.html").read_text(encoding="utf-8").startswith("<!doctype html>")


def test_both_languages_of_the_documentation_say_the_same() -> None:
    english, indonesian = in_language("en"), in_language("id")
    assert english.count("\n### ") == indonesian.count("\n### ") + 1  # the topics are told once
    verbs = [[shlex.split(line)[2] for line in commands(part)] for part in (english, indonesian)]
    assert list(dict.fromkeys(verbs[0])) == list(dict.fromkeys(verbs[1]))
    for name in (
        "still_up",
        "down",
        "withdrawn",
        "relisted",
        "unresolved",
        "resolved",
        "waiting",
        "received",
    ):
        assert WORDS["en"][name] in english
        assert WORDS["id"][name] in indonesian


@pytest.mark.kafka
def test_a_takedown_is_added_followed_and_withdrawn(call: Any, client: KafkaClient) -> None:
    event = listing(1)
    client.send_all("listings", [(event.key, event)])
    client.send_all("fingerprints", [(event.key, fingerprint_listing(event, []))])
    asked = call(
        "add", "pasar-uji:l1", "--by", "analyst-7", "--reason", "palsu", "--authority", "bpom", "--json"
    )
    assert asked.exit_code == 0, asked.output
    request_id = json.loads(asked.stdout)["request_id"]
    assert json.loads(call("status", request_id, "--json").stdout)["requests"][0]["state"] == "waiting"
    assert "waiting" in call("status", "pasar-uji:l1").stdout

    assert json.loads(call("resolve", "--once", "--json").stdout)["seen"] == 1
    takedown_id = takedown_id_of("pasar-uji", "l1")
    for named in (request_id, takedown_id, "pasar-uji:l1"):
        told = json.loads(call("status", named, "--json").stdout)
        assert [each["state"] for each in told["requests"]] == ["published"], named
        assert [each["takedown_id"] for each in told["takedowns"]] == [takedown_id]
        assert told["takedowns"][0]["fate"] == "down: not seen since"
    assert event.title in call("status", takedown_id).stdout

    done = call("withdraw", takedown_id, "--reason", "licence shown", "--by", "analyst-8")
    assert done.exit_code == 0, done.output
    assert request_id in done.stdout
    told = call("status", takedown_id).stdout
    assert "withdrawn" in told
    assert "analyst-8" in told
    assert "licence shown" in told
    again = call("withdraw", takedown_id, "--reason", "x", "--by", "analyst-8")
    assert (again.exit_code, "is in force" in again.output) == (1, True)
    report = json.loads(call("report", "--format", "json", "--by", "source").stdout)
    assert (report["total"]["resolved"], report["total"]["withdrawn"]) == (1, 1)
    assert list(report["by"]) == ["source"]


@pytest.mark.kafka
def test_the_report_in_every_form_and_language(call: Any, client: KafkaClient, tmp_path: Path) -> None:
    for number in range(3):
        asked = call(
            "add", f"shopee-id:1.{number}", "--by", "analyst-7", "--authority", "=bpom", "--source", "ai"
        )
        assert asked.exit_code == 0, asked.output
    call("resolve", "--once")
    for language in ("en", "id"):
        shown = call("report", "--lang", language)
        assert shown.exit_code == 0, shown.output
        assert WORDS[language]["authority"] in shown.stdout
        assert WORDS[language]["reason.not-seen"] in shown.stdout
        out = tmp_path / f"{language}.csv"
        assert call("report", "--lang", language, "--format", "csv", "--out", str(out)).exit_code == 0
        with out.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.reader(file))
        assert rows[1][2] == "3"
        assert "'=bpom" in {row[1] for row in rows}
        page = call("report", "--lang", language, "--format", "html")
        assert WORDS[language]["title"] in page.stdout
    assert json.loads(call("report", "--format", "json", "--from", "2026-01-01", "--to", "2026-01-02").stdout)["total"][
        "received"
    ] == 0  # fmt: skip


@pytest.mark.kafka
@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["add", "https://example.com/x", "--by", "a"], 2, "example.com"),
        (["add", "pasar-uji:", "--by", "a"], 2, "pasar-uji:"),
        (["status", "td-nothing"], 1, "no request and no takedown"),
        (["report", "--from", "1 November"], 2, "--from"),
        (["report", "--out", "/nowhere/at/all"], 2, "--out"),
        (["resolve", "--once", "--connector", "shopee"], 2, "NAME=FILE"),
        (["resolve", "--once", "--connector", "nobody=x.toml"], 2, "nobody"),
    ],
)
def test_what_is_wrong_is_named(arguments: list[str], code: int, told: str, call: Any) -> None:
    done = call(*arguments)
    assert (done.exit_code, told in done.output) == (code, True), done.output


@pytest.mark.parametrize(
    "arguments",
    [
        ["resolve", "--once"],
        ["add", "pasar-uji:l1", "--by", "a"],
        ["withdraw", "t", "--reason", "x", "--by", "a"],
        ["status", "t"],
        ["report"],
    ],
)
def test_without_a_broker_it_says_so(arguments: list[str], tmp_path: Path) -> None:
    from streams.settings import Kafka, Worker
    from streams.worker.worker_process import free_port

    nobody = Settings(
        kafka=Kafka(bootstrap_servers=f"127.0.0.1:{free_port()}"), worker=Worker(data_dir=str(tmp_path))
    )
    done = CliRunner().invoke(build_app(), ["takedowns", *arguments], env=as_environment(nobody))
    assert done.exit_code == 3, done.output
    assert "relistwatch:" in done.output
