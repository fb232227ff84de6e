"""The kit runs by one line in pytest and by a plain function; what it cannot check it says."""

import json
import subprocess
import sys
from pathlib import Path

import conforming_source
import msgspec
import pytest
from conforming_source import Pasar
from listing_records import listing
from support_path import with_support

from connectors.conformance import CHECKS, conformance_tests, run_checks, subject_of
from connectors.conformance.subject import shipped_recording
from connectors.jsonlines import JsonLinesSource
from connectors.recording import Recording, RecordingError, Reply
from connectors.sdk import OptionsError, UnknownConnectorError

PACKAGE = """
from conforming_source import Pasar as Good

class Pasar(Good):
    pass
"""
TESTS = """
import sys
sys.path.insert(0, {folder!r})
from connectors.conformance import conformance_tests
from pasar import Pasar

TestPasar = conformance_tests(Pasar, options={options!r})
"""


def pytest_of(tmp_path: Path, options: dict[str, object]) -> "subprocess.CompletedProcess[str]":
    (tmp_path / "pasar.py").write_text(PACKAGE)
    conforming_source.record(tmp_path / "pasar-uji.recorded.jsonl")
    (tmp_path / "test_pasar.py").write_text(TESTS.format(folder=str(tmp_path), options=options))
    run = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-rA",
        "-p",
        "no:cacheprovider",
        str(tmp_path / "test_pasar.py"),
    ]
    return subprocess.run(
        run, capture_output=True, text=True, timeout=100, check=False, cwd=tmp_path, env=with_support()
    )


def test_one_line_is_a_test_for_each_check(tmp_path: Path) -> None:
    result = pytest_of(tmp_path, {})
    assert result.returncode == 0, result.stdout
    for name in CHECKS:
        assert f"TestPasar::test_{name}" in result.stdout
    assert f"{len(CHECKS)} passed" in result.stdout


def test_a_wrong_option_is_named_in_pytest_too(tmp_path: Path) -> None:
    result = pytest_of(tmp_path, {"shop": 1})
    assert result.returncode == 1
    assert "has no option 'shop'" in result.stdout


def test_a_source_without_http_is_checked_where_a_check_applies(tmp_path: Path) -> None:
    path = tmp_path / "l.jsonl"
    path.write_bytes(b"".join(msgspec.json.encode(listing(number)) + b"\n" for number in range(5)))
    results = {
        each.check: each for each in run_checks(subject_of(JsonLinesSource, options={"path": str(path)}))
    }
    assert {each.outcome for each in results.values()} == {"passed", "not applicable"}
    passed = {name for name, each in results.items() if each.outcome == "passed"}
    assert passed == {
        "named_and_versioned", "options_documented", "unknown_option_refused", "recording_replays", "events_valid",
        "deterministic", "overlap_repeats_ids", "stops_promptly", "silent_after_close",
    }  # fmt: skip
    assert results["survives_failed_requests"].detail == "it asks nothing over HTTP"


def test_a_marketplace_may_say_no_in_its_own_words(tmp_path: Path) -> None:
    """Fails inside a 200: the recording says how, and the connector that does not understand it fails."""
    path = tmp_path / "r.jsonl"
    conforming_source.record(path)
    lines = path.read_text().splitlines()
    head = json.loads(lines[0]) | {
        "throttled": {"json": {"error": "error_rate_limit"}},
        "expired": {"json": {"error": "invalid_access_token"}},
    }
    path.write_text("\n".join([json.dumps(head), *lines[1:]]))
    assert Recording.read(path).throttled == Reply(json=Recording.read(path).throttled.json)  # type: ignore[union-attr]
    failed = {each.check for each in run_checks(subject_of(Pasar, recorded=path)) if each.outcome == "failed"}
    assert failed == {"honours_throttling", "renews_expired_token"}


def test_the_recording_beside_the_module_is_found_and_another_ones_is_refused(tmp_path: Path) -> None:
    assert shipped_recording(Pasar) is None
    path = tmp_path / "other.jsonl"
    path.write_text('{"connector": "shopee", "at": "2026-11-25T03:00:00Z"}\n')
    with pytest.raises(RecordingError, match="is of 'shopee', not of 'pasar-uji'"):
        subject_of(Pasar, recorded=path)
    with pytest.raises(UnknownConnectorError, match="no source 'pasar-nope'"):
        subject_of("pasar-nope")


def test_without_a_recording_it_says_so() -> None:
    results = {each.check: each for each in run_checks(subject_of(Pasar))}
    assert results["recording_replays"].outcome == "failed"
    assert "relistwatch connectors record" in results["recording_replays"].detail
    assert results["deterministic"].outcome == "not applicable"


def test_a_secret_that_is_not_given_gets_a_fake() -> None:
    assert "partner_key" in subject_of(Pasar).all_options
    with pytest.raises(OptionsError, match="poll_seconds"):
        subject_of(Pasar, options={"poll_seconds": -1}).make()


def test_pytest_skips_what_does_not_apply(tmp_path: Path) -> None:
    path = tmp_path / "l.jsonl"
    path.write_bytes(msgspec.json.encode(listing(1)) + b"\n")
    tests = conformance_tests(JsonLinesSource, options={"path": str(path)})()
    tests.test_deterministic()
    with pytest.raises(pytest.skip.Exception, match="nothing over HTTP"):
        tests.test_survives_failed_requests()
