"""`relistwatch policy` and `scan --shadow-policy` as a person and a script use them."""

import json
import random
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from alert_records import NOON, alert, policy_difference, verdict
from kafka_client import KafkaClient
from listing_records import listing, relist, takedown
from typer.testing import CliRunner, Result

from connectors.evidence import TitleEvidence
from connectors.policy_differences import PolicyDifference
from connectors.verdicts import Verdict
from fingerprints.decision import probability_of
from fingerprints.policy import BUILT_IN, Policy, Scales
from streams.cli import build_app
from streams.policy.policy_file import load_policy, policy_bytes
from streams.settings import Settings, as_environment

QUIET = Policy(version="quiet", prior=-9.2, scales=Scales(title=0.1))


def run(*arguments: object, settings: Settings | None = None) -> Result:
    environment = as_environment(settings or Settings()) | {"COLUMNS": "200"}
    return CliRunner(env=environment).invoke(build_app(), [str(each) for each in arguments])


def lines(path: Path, *records: object) -> Path:
    path.write_bytes(b"".join(msgspec.json.encode(record) + b"\n" for record in records))
    return path


def verdicts(many: int, made_by: Policy = BUILT_IN) -> list[Verdict]:
    """On alerts by title; the weaker a title, the less often it is a relist."""
    dice, found = random.Random(3), []
    for number in range(many):
        weight = dice.uniform(9.3, 14.0)
        scaled = round(made_by.scale("title") * weight, 3)
        title = TitleEvidence(similarity=1.0, listing_text="a", takedown_text="a", weight=scaled)
        base = alert(number)
        made = msgspec.structs.replace(
            base,
            evidence=(title,),
            probability=round(probability_of(made_by.prior + scaled), 6),
            takedown=msgspec.structs.replace(base.takedown, takedown_id=f"t{number % 9}"),
            algorithms=msgspec.structs.replace(base.algorithms, policy=made_by.version),
        )
        said = "relist" if dice.random() < probability_of(-9.2 + 0.75 * weight) else "not a relist"
        found.append(verdict(number, said, alert=made))
    return found


def test_a_fit_is_reported_written_and_not_in_force(tmp_path: Path) -> None:
    file = lines(tmp_path / "v.jsonl", *verdicts(200), verdict(900, "unsure"), verdict(901, "relist"))
    out = tmp_path / "new.json"
    told = run("policy", "fit", "--from", file, "--out", out)
    assert told.exit_code == 0, told.output
    policy = load_policy(out)
    assert policy.version == "2026-11-24.200"
    assert policy.scales.title < 1.0
    assert policy.fitted is not None
    for words in (
        "1 unsure",
        "left out: 1 evidence that does not make up the alert",
        f"fitted to 200: {policy.fitted.relists} relists and {policy.fitted.others} others, of 9 takedowns",
        f"title        1 → {policy.scales.title:g}",
        "  photo        1\n",
        "on verdicts left out of the fit, by takedown: loss",
        "would be none at 0.5",
        f'match.policy = "{out}"',
        f'match.shadow_policy = "{out}"',
    ):
        assert words in told.stdout, told.stdout
    assert "do not use it" not in told.stdout

    report = json.loads(run("policy", "fit", "--from", file, "--out", tmp_path / "b.json", "--json").stdout)
    assert (report["used"], report["base"], report["version"]) == (200, "2026-11", "2026-11-24.200")
    assert report["unseen_loss"]["after"] < report["unseen_loss"]["before"]
    assert (tmp_path / "b.json").read_bytes() == out.read_bytes()

    shown = run("policy", "show", out)
    assert "version      2026-11-24.200" in shown.stdout
    assert f"fitted to {policy.fitted.relists} relists and {policy.fitted.others} others" in shown.stdout
    assert msgspec.json.decode(run("policy", "show", out, "--json").stdout, type=Policy) == policy


def test_the_next_fit_starts_from_the_one_in_force(tmp_path: Path) -> None:
    """Verdicts on alerts of the built-in policy and of the base are both used, those of others not."""
    (tmp_path / "base.json").write_bytes(
        policy_bytes(msgspec.structs.replace(QUIET, scales=Scales(title=0.8)))
    )
    mixed = [
        *verdicts(60),
        *verdicts(200, Policy(version="quiet", prior=-9.2, scales=Scales(title=0.8)))[60:],
    ]
    foreign = msgspec.structs.replace(QUIET, version="long-ago")
    file = lines(tmp_path / "v.jsonl", *mixed, *verdicts(230, foreign)[200:])
    match = msgspec.structs.replace(Settings().match, policy=str(tmp_path / "base.json"))
    told = run(
        "policy", "fit", "--from", file, "--out", tmp_path / "new.json", "--version", "third", "--json",
        settings=msgspec.structs.replace(Settings(), match=match),
    )  # fmt: skip
    assert told.exit_code == 0, told.output
    report = json.loads(told.stdout)
    assert (report["base"], report["used"], report["left_out"]) == (
        "quiet",
        200,
        {"of an unknown policy": 30},
    )
    assert report["changes"]["title"]["before"] == 0.8
    assert load_policy(tmp_path / "new.json").version == "third"


@pytest.mark.parametrize(
    ("many", "more", "code", "words"),
    [
        (19, (), 1, "19 verdicts can be used, at least 20 are needed"),
        (200, ("--version", "2026-11"), 2, "is the version of a policy that there is already"),
        (200, ("--version", "a b"), 2, "--version"),
        (200, ("--base", "none.json"), 2, "cannot read the policy none.json"),
    ],
)
def test_a_fit_that_cannot_be(
    tmp_path: Path, many: int, more: tuple[str, ...], code: int, words: str
) -> None:
    file = lines(tmp_path / "v.jsonl", *verdicts(many))
    told = run("policy", "fit", "--from", file, "--out", tmp_path / "new.json", *more)
    assert (told.exit_code, words in told.stderr) == (code, True), told.output
    assert not (tmp_path / "new.json").exists()


def test_a_fit_overwrites_nothing_and_names_a_bad_line(tmp_path: Path) -> None:
    file = lines(tmp_path / "v.jsonl", *verdicts(50))
    (tmp_path / "old.json").write_text("mine")
    told = run("policy", "fit", "--from", file, "--out", tmp_path / "old.json")
    assert (told.exit_code, (tmp_path / "old.json").read_text()) == (2, "mine")
    file.write_bytes(file.read_bytes() + b'{"alert_id": "\x1b[2J"}\n')
    told = run("policy", "fit", "--from", file, "--out", tmp_path / "new.json")
    assert (told.exit_code, "v.jsonl, line 51: Verdict" in told.stderr) == (2, True), told.stderr
    own = tmp_path / "own.json"
    own.write_bytes(policy_bytes(Policy(version="2026-11", prior=-3.0)))
    told = run("policy", "fit", "--from", file, "--out", tmp_path / "new.json", "--base", own)
    assert (told.exit_code, "calls itself 2026-11" in told.stderr) == (2, True)


@pytest.mark.kafka
def test_fit_and_compare_read_the_topics(topics: Settings, tmp_path: Path) -> None:
    evil = policy_difference(
        5, kind="only_shadow", listing=msgspec.structs.replace(alert(5).listing, title="\x1b[2J")
    )
    judged = verdicts(60)
    client = KafkaClient(topics)
    try:
        client.send_all("verdicts", [(one.alert_id, one) for one in judged])
        client.send_all("verdicts", [("broken", b"{"), (judged[0].alert_id, None)])
        assert "no differences" in run("policy", "compare", settings=topics).stderr
        differences = [policy_difference(n, observed_at=NOON + timedelta(minutes=n)) for n in range(4)]
        client.send_all("policy-differences", [(one.listing.key, one) for one in [*differences, evil]])
        client.send_all("policy-differences", [("x", b"{")])
    finally:
        client.close()
    told = run("policy", "fit", "--out", tmp_path / "new.json", "--json", settings=topics)
    assert told.exit_code == 0, told.output
    assert json.loads(told.stdout)["used"] == 59
    assert "no verdict under 'broken'" in told.stderr

    told = run("policy", "compare", settings=topics)
    assert "\x1b" not in told.stdout
    for words in (
        "2026-11 in force, quiet beside: listings seen 2026-11-24 12:00 to 2026-11-24 12:03",
        "only_live: 4 listings",
        "only_shadow: 1 listings",
        "90.0% t1 in force, 20.0% t1 beside",
    ):
        assert words in told.stdout
    (comparison,) = json.loads(run("policy", "compare", "--json", settings=topics).stdout)
    assert {name: kind["listings"] for name, kind in comparison["kinds"].items()} == {
        "only_live": 4,
        "only_shadow": 1,
    }


def test_scan_compares_on_files_and_its_alerts_stay_the_same(tmp_path: Path) -> None:
    takedowns = lines(tmp_path / "t.jsonl", takedown(1), takedown(2))
    listings = lines(tmp_path / "l.jsonl", listing(30), relist(31, of=1), relist(32, of=2))
    (tmp_path / "quiet.json").write_bytes(policy_bytes(QUIET))
    files = ("--takedowns", takedowns, "--listings", listings)
    plain = run("scan", *files, "--alerts", tmp_path / "a.jsonl", "--json")
    shadow = ("--shadow-policy", tmp_path / "quiet.json", "--differences", tmp_path / "d.jsonl")
    beside = run("scan", *files, "--alerts", tmp_path / "b.jsonl", *shadow)
    assert (plain.exit_code, beside.exit_code) == (0, 0), beside.output
    assert "2 listings decided otherwise by the shadow policy" in beside.stdout

    def alerts(name: str) -> list[dict]:
        rows = [json.loads(line) for line in (tmp_path / name).read_text().splitlines()]
        return [row | {"matched_at": None} for row in rows]

    assert alerts("a.jsonl") == alerts("b.jsonl")
    assert len(alerts("a.jsonl")) == 2
    differences = [
        msgspec.json.decode(line, type=PolicyDifference)
        for line in (tmp_path / "d.jsonl").read_bytes().splitlines()
    ]
    assert [(one.kind, one.listing.listing_id, one.shadow.policy) for one in differences] == [
        ("only_live", "l31", "quiet"),
        ("only_live", "l32", "quiet"),
    ]
    for wrong in (shadow[:2], shadow[2:]):
        told = run("scan", *files, "--alerts", tmp_path / "c.jsonl", *wrong)
        assert (told.exit_code, "goes with" in told.stderr) == (2, True)
