"""Commands that show what others wrote: a terminal is shown plain signs, whatever stands on the topics."""

import os
import re
import unicodedata
from datetime import UTC, datetime
from unittest import mock

import msgspec
import pytest
from alert_records import dead_letter, flood, seller_link, verdict
from heartbeat_records import heartbeat
from hostile_console import hostile_alert
from hostile_texts import MARK, RUNS
from kafka_client import KafkaClient
from listing_records import listing, takedown
from seller_graphs import contact
from takedown_records import request, takedown_change, takedown_status
from typer import rich_utils
from typer.testing import CliRunner, Result

from connectors.takedown_requests import ListPlace
from streams.cli import build_app
from streams.settings import Settings
from streams.words.safe_text import HIDDEN

pytestmark = pytest.mark.kafka

MARKUP = f"[/red][link=https://evil.example]{RUNS}[bold"
"""Of the library that draws on the terminal, too."""


def run(settings: Settings, *arguments: str) -> Result:
    variables = {
        "RELISTWATCH_KAFKA__BOOTSTRAP_SERVERS": settings.kafka.bootstrap_servers,
        "RELISTWATCH_TOPICS__PREFIX": settings.topics.prefix, "COLUMNS": "200",
        # As at a terminal: with colours, links and all.
        "FORCE_COLOR": "1", "TERM": "xterm-256color",
    }  # fmt: skip
    # Typer looks at FORCE_COLOR when it first draws in this process, and keeps what it saw: for the tests after this, too.
    with mock.patch.object(rich_utils, "FORCE_TERMINAL", True):
        return CliRunner(env=os.environ | variables).invoke(build_app(), list(arguments), color=True)


def unstyled(text: str) -> str:
    """Without colours and the turning sign of our own: neither moves what others wrote, and no record has these."""
    return re.sub(r"\x1b\[[0-9;]*m|\x1b\[\?25[lh]|\r?\x1b\[(?:2K|1A)", "", text)


def test_no_command_lets_a_record_steer_the_terminal(topics: Settings) -> None:
    client = KafkaClient(topics)
    one = hostile_alert(1)
    key = listing(1).key
    evil = MARKUP.replace("\x1b[2J\x07", "")[:250]
    taken = msgspec.structs.replace(
        takedown(1, title=MARKUP, description=MARKUP, url=MARKUP), reason=MARKUP, authority=MARKUP
    )
    asked = request(1, reason=MARKUP, authority=MARKUP, by=MARKUP, link=f"https://x.example/{MARKUP}", list=ListPlace(name=MARKUP, sha256="0" * 64, row=1))  # fmt: skip
    word = verdict(1, "relist", alert_id=one.alert_id, alert=one, by=MARKUP, reason=MARKUP)
    alerts = [
        one,
        msgspec.structs.replace(
            one, alert_id="other", listing=msgspec.structs.replace(one.listing, listing_id="l1", title=MARKUP)
        ),
        flood(3),
    ]
    client.send_all("alerts", [(each.alert_id, each) for each in alerts])
    client.send_all("alerts", [("torn", b'{"\x1b[2J": \xff')])
    client.send_all(
        "listings", [(key, listing(1, title=MARKUP, seller_id=evil, url=MARKUP)), (key, b'{"\x1b[2J\xc2\x9b')]
    )
    client.send_all("takedowns", [("t1", taken)])
    client.send_all("takedown-requests", [(asked.link, asked)])
    client.send_all(
        "takedown-status", [(asked.request_id, takedown_status(asked, detail=MARKUP, takedown_id="t1"))]
    )
    client.send_all("takedown-audit", [("c1", takedown_change(takedown_id="t1", by=MARKUP, reason=MARKUP))])
    client.send_all("verdicts", [(word.alert_id, word)])
    link = contact("a", "b", value=MARKUP)
    client.send_all(
        "seller-links",
        [
            (link.key, link),
            ("x", seller_link(1, takedown_id=evil, value=MARKUP, contact="handle", reason="same contact")),
        ],
    )
    letters = [
        dead_letter(
            key=MARKUP.encode(),
            value=MARKUP.encode(),
            error=MARKUP,
            detail=MARKUP,
            stage=MARKUP,
            topic=MARKUP,
            headers=((MARKUP, MARKUP.encode()),),
        ),
        dead_letter(key=key.encode(), detail=MARKUP),
    ]
    client.send_all("dead-letters", [("k", each) for each in letters])
    beats = [
        heartbeat(
            instance=MARKUP,
            host=MARKUP,
            detail=MARKUP,
            state=state,
            at=datetime.now(UTC),
            started_at=datetime.now(UTC),
            partitions={MARKUP: (0,)},
        )
        for state in ("failing",)
    ]
    client.send_all("heartbeats", [("h", each) for each in beats])
    place = next(f"{each.partition}:{each.offset}" for each in client.existing("dead-letters"))
    client.close()
    commands = [
        ("alerts", "tail", "--from-beginning", "--limit", "3"), ("seller-links", "tail", "--from-beginning", "--limit", "2"),
        ("trace", key), ("trace", MARKUP), ("doctor",), ("dead-letters", "list"), ("dead-letters", "show", place), ("dead-letters", "show", MARKUP),
        ("takedowns", "status", "t1"), ("takedowns", "status", MARKUP), ("takedowns", "report"), ("takedowns", "report", "--lang", "id"),
        ("sellers", "list"), ("sellers", "show", "a"), ("sellers", "show", MARKUP), ("verdicts", "allowed"),
        ("alerts", "release", MARKUP), ("verdicts", "withdraw", MARKUP), ("connect", MARKUP), ("evidence", "verify", MARKUP),
        ("connectors", "state"), ("connectors", "test", MARKUP), ("takedowns", "import", MARKUP), ("scan", "--takedowns", MARKUP, "--listings", MARKUP, "--alerts", MARKUP),
    ]  # fmt: skip
    wrong, showed = [], 0
    for arguments in commands:
        told = run(topics, *arguments)
        name = " ".join(arguments)[:60]
        if told.exception is not None and not isinstance(told.exception, SystemExit):
            wrong.append(f"{name!r}: {told.exception!r:.300}")
        text = unstyled(told.output)
        showed += MARK in text
        hidden = {character for character in text if unicodedata.category(character) in HIDDEN} - {"\n"}
        if hidden:
            at = min(text.index(character) for character in hidden)
            wrong.append(f"{name!r}: {sorted(hidden)} in {text[max(0, at - 60) : at + 30]!r}")
    assert wrong == []
    assert showed >= 12, "hardly a command shows what was sent: nothing is proved"
