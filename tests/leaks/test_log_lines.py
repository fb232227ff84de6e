"""What others write cannot forge a line of a log, nor steer the terminal that shows it; secrets are in none."""

import json
import os
import re
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest
from hostile_logger import FORGED, LINES, QUOTED
from hostile_texts import MARK

from connectors.secret import SHOWN
from streams.words.safe_text import HIDDEN

SECRETS = {
    "RELISTWATCH_KAFKA__SASL_PASSWORD": "kafka-password-4711",
    "RELISTWATCH_DASHBOARD__DATABASE": "postgresql://console:data%40base-4711@127.0.0.1/console?sslpassword=parameter-4711",
}
HELD = ("kafka-password-4711", "data%40base-4711", "data@base-4711", "parameter-4711", QUOTED)


def said(how: str) -> str:
    """The process's stderr."""
    program = Path(__file__).parents[1] / "support" / "hostile_logger.py"
    done = subprocess.run(
        [sys.executable, str(program), how], env=os.environ | SECRETS, capture_output=True, check=False, timeout=60
    )  # fmt: skip
    assert done.stdout == b""
    return done.stderr.decode("utf-8")


def assert_keeps_secrets(text: str) -> None:
    for secret in HELD:
        for spelled in (secret, json.dumps(secret)[1:-1], repr(secret)[1:-1]):
            assert spelled not in text
    assert SHOWN in text


def test_every_line_at_the_edge_is_ours_and_holds_no_hidden_sign() -> None:
    text = said("text")
    assert_keeps_secrets(text)
    hidden = {character for character in text if unicodedata.category(character) in HIDDEN}
    assert hidden == {"\n"}
    lines = text.splitlines()
    ours = [line for line in lines if re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z \[", line)]
    assert len(ours) == LINES
    # What is no line of ours is a traceback's, behind its bar.
    assert all(line.startswith("  | ") for line in lines if line not in ours)
    assert not any(line.startswith(FORGED[:20]) for line in ours)
    assert text.count(MARK) >= LINES


def test_no_command_logs_into_what_it_answers() -> None:
    program = (
        "import structlog, streams.cli as cli;"
        "cli.build_app = lambda: lambda: structlog.get_logger('a').warning('joins again') or print('{}');"
        "cli.main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )  # fmt: skip
    assert done.stdout == "{}\n"
    assert "joins again" in done.stderr


def test_each_line_of_json_is_one_record() -> None:
    text = said("json")
    assert_keeps_secrets(text)
    assert text.isascii()
    records = [json.loads(line) for line in text.splitlines()]
    assert len(records) == LINES
    assert FORGED in records[0]["event"]
    assert [record["level"] for record in records].count("error") == 4


@pytest.mark.parametrize("how", ["crash", "thread", "fail"])
def test_the_last_words_of_a_process_hold_no_secret(how: str) -> None:
    text = said(how)
    assert_keeps_secrets(text)
    assert {"crash": "nothing caught this", "thread": "in a thread", "fail": "cannot reach"}[how] in text
    assert ("Traceback" in text) == (how != "fail")
