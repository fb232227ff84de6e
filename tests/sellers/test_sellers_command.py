"""`relistwatch sellers` as a person and as a script see it."""

import json
import re
from pathlib import Path

import msgspec
import pytest
from hostile_texts import assert_harmless
from hypothesis import given
from hypothesis import strategies as st
from kafka_client import KafkaClient
from seller_graphs import backdrop, contact, later, photos, seller
from typer.testing import CliRunner, Result

from connectors.seller_links import SellerLink
from streams.cli import build_app
from streams.sellers.dot import dot_lines, quoted
from streams.sellers.edges import LEAST, edges_of
from streams.sellers.graph import SellerGraph
from streams.settings import Settings

EVIL = '[red]x"];evil\\N&quot;\u202e\u009b2J\u200b'
LINKS = [
    backdrop("a", "toko-uji:b", 30), photos("a", "toko-uji:b", 3), photos("toko-uji:b", "c", 1),
    contact("c", "toko-uji:d"), contact("a", "lapak-uji:b", accounts=3, value="628110002"),
]  # fmt: skip


def run(*arguments: str, settings: Settings | None = None, stdin: bytes | None = None) -> Result:
    environment = {"COLUMNS": "200", "RELISTWATCH_KAFKA__BOOTSTRAP_SERVERS": "127.0.0.1:1"}
    if settings is not None:
        environment["RELISTWATCH_KAFKA__BOOTSTRAP_SERVERS"] = settings.kafka.bootstrap_servers
        environment["RELISTWATCH_TOPICS__PREFIX"] = settings.topics.prefix
    return CliRunner(env=environment).invoke(build_app(), list(arguments), input=stdin)


def file_of(folder: Path, *links: SellerLink | bytes) -> str:
    path = folder / "links.jsonl"
    path.write_bytes(b"".join((x if isinstance(x, bytes) else msgspec.json.encode(x)) + b"\n" for x in links))
    return str(path)


def test_a_walk_is_told_as_a_tree(tmp_path: Path) -> None:
    told = run("sellers", "show", "pasar-uji:a", "--from", file_of(tmp_path, *LINKS))
    assert told.exit_code == 0, told.output
    assert told.stdout.splitlines() == [
        "pasar-uji:a  (group of 3 accounts)",
        "├─ toko-uji:b",
        "│  │     same backdrop, 30 points agree (strength 30): l and l, takedown t1, seen 2026-11-24 12:00:00+0000",
        "│  │     same photos, 3 photos, the surest by hash (strength 3): l and l, takedown t1, seen 2026-11-24 12:00:00+0000",
        "│  └─ pasar-uji:c  (linked weakly, not followed)",
        "│           same photos, 1 photo, the surest by hash (strength 1, weak: joins from 2): l and l, takedown t1, seen 2026-11-24 12:00:00+0000",
        "└─ lapak-uji:b",
        "         same contact, phone 628110002 (strength 0.333): l and l, takedown t1, seen 2026-11-24 12:00:00+0000",
    ]  # fmt: skip


def test_options_change_what_joins_and_what_is_left_out(tmp_path: Path) -> None:
    file = file_of(tmp_path, *LINKS)

    def shown(*options: str) -> dict:
        result = run("sellers", "show", "a", "--from", file, "--json", *options)
        assert result.exit_code == 0, result.output
        row = json.loads(result.stdout)
        return {"accounts": [each["account"][-1] for each in row["accounts"]], "out": row["left_out"]}

    nothing = {"more": 0, "deeper": 0, "weak": 0}
    assert shown() == {"accounts": ["a", "b", "b", "c"], "out": nothing}
    assert shown("--depth", "1")["out"] == nothing | {"weak": 1}
    assert shown("--most", "2")["out"] == nothing | {"more": 1, "weak": 1}, "the strongest first"
    joined = shown("--least", "photos=1", "--depth", "3")
    assert (sorted(joined["accounts"]), joined["out"]) == (["a", "b", "b", "c", "d"], nothing)
    assert shown("--least", "photos=1")["out"] == nothing | {"deeper": 1}
    assert shown("--reason", "contact") == {"accounts": ["a", "b"], "out": nothing}
    told = run("sellers", "show", "a", "--from", file, "--most", "2")
    assert "left out: 1 account of the group, more than --most" in told.stdout


def test_groups_are_listed_largest_first(tmp_path: Path) -> None:
    file = file_of(tmp_path, *LINKS, photos("x", "y", 1))
    told = run("sellers", "list", "--from", file)
    assert told.exit_code == 0, told.output
    first, second = told.stdout.splitlines()
    assert first == (
        "3 accounts  lapak-uji:b  on lapak-uji 1, pasar-uji 1, toko-uji 1  joined by same backdrop 1, same contact 1,"
        " same photos 1, weakly linked with 1 more  last seen 2026-11-24"
    )
    assert second.startswith("2 accounts  pasar-uji:c")
    assert "2 of 2 groups; 2 accounts have only weak links" in told.stderr
    (row,) = map(
        json.loads, run("sellers", "list", "--from", file, "--json", "--limit", "1").stdout.splitlines()
    )
    assert (row["size"], row["accounts"]) == (3, ["lapak-uji:b", "pasar-uji:a", "toko-uji:b"])
    assert row["reasons"] == {"same backdrop": 1, "same photos": 1, "same contact": 1}
    assert row["newest"] == "2026-11-24T12:00:00+00:00"


@pytest.mark.parametrize("form", [(), ("--json",), ("--dot",)])
def test_nothing_from_outside_reaches_the_terminal(tmp_path: Path, form: tuple[str, ...]) -> None:
    link = contact("a", "b", value=EVIL, takedown_id=EVIL.replace("\u009b", "t"))
    link = msgspec.structs.replace(link, sellers=(seller("a", EVIL), seller(f"pasar-uji:{EVIL}", EVIL)))
    file = file_of(tmp_path, link, b'{"\x1b[2J": \xff\xc2\x9b')
    for arguments in (("show", "a", *form), ("list",), ("show", EVIL), ("show", EVIL + "?")):
        told = run("sellers", *arguments, "--from", file)
        assert_harmless(told.output)
        assert "no SellerLink at line 2" in told.stderr


def test_a_drawing_holds_text_from_outside_in_labels_only() -> None:
    evil = msgspec.structs.replace(backdrop("a", "b"), sellers=(seller("a"), seller(f"pasar-uji:{EVIL}")))
    walk = SellerGraph(edges_of([evil, photos("a", "c", 1)], LEAST)).walk("pasar-uji:a")
    lines = list(dot_lines(walk))
    bare = [re.sub(r'"(?:[^"\\]|\\.)*"', "TEXT", line) for line in lines]
    assert bare == [
        "graph sellers {", "  node [shape=box];",
        "  n0 [label=TEXT, peripheries=2];", "  n1 [label=TEXT];", "  n2 [label=TEXT];",
        "  n0 -- n1 [label=TEXT];", "  n0 -- n2 [label=TEXT, style=dashed];", "}",
    ]  # fmt: skip
    assert '[label="pasar-uji:[red]x\\"];evil\\\\\\\\N&amp;quot;' in lines[3]


@given(st.text(st.sampled_from('a"\\&;N\u00e9'), max_size=12))
def test_a_quoted_label_reads_back_as_it_was(text: str) -> None:
    inside = quoted(text)
    assert re.fullmatch(r'"(?:[^"\\]|\\.)*"', inside)
    read = re.sub(r"\\(.)", r"\1", inside[1:-1]).replace("&amp;", "&")
    assert read == text


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("show", "pasar-uji:nobody"), 1, "pasar-uji:nobody: no links with other accounts"),
        (("show", "a", "--reason", "backdrop", "--least", "photos"), 2, "--least photos: it is one of backdrop=NUMBER"),
        (("show", "a", "--least", "photos=nan"), 2, "--least photos=nan"),
        (("show", "a", "--least", "photos=-1"), 2, "not below 0"),
        (("show", "b"), 2, "b may be lapak-uji:b, toko-uji:b: say which"),
        (("show", "d", "--reason", "photos"), 1, "d: no links"),
        (("show", "a", "--json", "--dot"), 2, "not both"),
        (("list", "--from", "/nowhere"), 2, "--from /nowhere: cannot read"),
    ],
)  # fmt: skip
def test_a_wrong_request_is_named(tmp_path: Path, arguments: tuple[str, ...], code: int, words: str) -> None:
    source = () if "--from" in arguments else ("--from", file_of(tmp_path, *LINKS))
    told = run("sellers", *arguments, *source)
    assert (told.exit_code, words in told.stderr) == (code, True), told.output


def test_a_drawing_of_many_is_refused(tmp_path: Path) -> None:
    file = file_of(tmp_path, *(backdrop("a", f"s{number}") for number in range(120)))
    assert run("sellers", "show", "a", "--from", file, "--dot", "--most", "100").exit_code == 0
    told = run("sellers", "show", "a", "--from", file, "--dot", "--most", "101")
    assert (told.exit_code, "too many to draw" in told.stderr) == (2, True)


def test_the_links_of_a_pipe_are_read_and_broken_lines_counted(tmp_path: Path) -> None:
    lines = [b"broken"] * 7 + [b"x" * 70_000, b"", *map(msgspec.json.encode, LINKS)]
    file = file_of(tmp_path, *lines)
    told = run("sellers", "list", "--from", file)
    assert (told.exit_code, len(told.stdout.splitlines())) == (0, 2)
    assert told.stderr.count("no SellerLink at line") == 5
    assert "8 in all are no SellerLink" in told.stderr


def test_help_says_the_defaults_that_hold() -> None:
    text = " ".join(run("sellers", "list", "--help").stdout.replace("│", " ").split())
    for reason, least in LEAST.items():
        found = re.search(rf"{reason.split()[1]}: [^\[]*\[\s?([\d.]+)\]", text)
        assert found, text
        assert float(found[1]) == least


@pytest.mark.kafka
def test_the_topic_is_read_whole(topics: Settings) -> None:
    client = KafkaClient(topics)
    gone = backdrop("a", "gone")
    sent = [(link.key, link) for link in LINKS] + [
        ("broken", b"no link"),
        (gone.key, gone),
        (gone.key, None),
        (LINKS[0].key, backdrop("a", "toko-uji:b", 14, seen_at=later(5))),
    ]
    try:
        client.send_all("seller-links", sent)
    finally:
        client.close()
    told = run("sellers", "show", "a", "--json", settings=topics)
    assert told.exit_code == 0, told.output
    assert told.stderr.count("no SellerLink at") == 1
    row = json.loads(told.stdout)
    assert {each["account"] for each in row["accounts"]} == {
        "pasar-uji:a", "toko-uji:b", "lapak-uji:b", "pasar-uji:c",
    }  # fmt: skip
    (edge,) = (edge for edge in row["links"] if edge["accounts"] == ["pasar-uji:a", "toko-uji:b"])
    found = {reason["link"]["reason"]: reason["strength_here"] for reason in edge["reasons"]}
    assert found == {"same backdrop": 14, "same photos": 3}
    assert "no links" in run("sellers", "show", "gone", settings=topics).stderr


@pytest.mark.kafka
def test_an_empty_topic_has_no_groups(topics: Settings) -> None:
    told = run("sellers", "list", settings=topics)
    assert (told.exit_code, told.stdout) == (0, "")
    assert "0 of 0 groups" in told.stderr


def test_a_broker_that_is_away_has_its_own_exit_code() -> None:
    told = run("sellers", "list")
    assert told.exit_code == 3
    assert "127.0.0.1:1" in told.stderr
