"""The connectors that come with relistwatch do what every connector must: the marketplaces against their simulators."""

import importlib
import json
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from installed_entry_points import ROOT, environment

from connectors.conformance import form, run_checks
from connectors.conformance.subject import Subject
from connectors.option_docs import option_docs
from connectors.recording import Recording

RUN = [sys.executable, "-c", "from streams.cli import main; main()"]
POINTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"]
NOT_OF_EVERY_ONE = {"repeated_cursor_ends"}
"""A recording small enough to replay some hundred times has no second page of a hundred."""


def kind_of(group: str, name: str) -> Any:
    module, _, attribute = POINTS[group][name].partition(":")
    return getattr(importlib.import_module(module), attribute)


@pytest.mark.parametrize("name", sorted(POINTS["relistwatch.sources"]))
def test_each_source_says_what_it_is(name: str) -> None:
    kind = kind_of("relistwatch.sources", name)
    subject = Subject(kind, Recording(connector=name, at="2026-11-25T03:00:00Z"), installed_as=name)  # type: ignore[arg-type]
    form.named_and_versioned(subject)
    form.options_documented(subject)


@pytest.mark.parametrize("name", sorted(POINTS["relistwatch.sinks"]))
def test_each_option_of_a_sink_is_documented(name: str) -> None:
    for option in option_docs(kind_of("relistwatch.sinks", name).options_type):
        assert option.about, option.name


@pytest.fixture
def surroundings(tmp_path: Path) -> dict[str, str]:
    return environment(tmp_path) | {"RELISTWATCH_WORKER__DATA_DIR": str(tmp_path / "data")}


@pytest.mark.parametrize(("name", "api"), [("shopee", "shopee"), ("lazada", "lazada"), ("tiktok", "tiktok"), ("tokopedia", "tiktok")])  # fmt: skip
def test_a_marketplace_passes_every_check(
    name: str, api: str, surroundings: dict[str, str], tmp_path: Path
) -> None:
    simulate = [*RUN, "simulate", api, "--listings", "24", "--pace-seconds", "60", "--shops", "4", "--json"]
    simulate += ["--write-options", str(tmp_path / "options")]
    market = subprocess.Popen(simulate, env=surroundings, stdout=subprocess.PIPE, text=True)
    try:
        assert market.stdout is not None
        options = json.loads(market.stdout.readline())["shops"][0]["options"]
        path = tmp_path / "recorded.jsonl"
        # A token that has expired: its renewal is in the recording.
        (file,) = (tmp_path / "options").iterdir()
        given = ["--option", "access_token=one-that-has-expired", "--option", "window_minutes=20"]
        record = [*RUN, "connectors", "record", name, "--options-file", str(file), *given, "--to", str(path)]
        subprocess.run(record, env=surroundings, check=True, timeout=100, stdout=subprocess.DEVNULL)
    finally:
        market.kill()
        market.wait()
        if market.stdout is not None:
            market.stdout.close()
    raw = path.read_text()
    for secret in ("access_token", "refresh_token", "partner_key", "app_secret"):
        assert options.get(secret, "never") not in raw
    subject = Subject(kind_of("relistwatch.sources", name), Recording.read(path), installed_as=name)
    results = {each.check: each for each in run_checks(subject)}
    assert not [(each.check, each.detail) for each in results.values() if each.outcome == "failed"]
    assert {each.check for each in results.values() if each.outcome != "passed"} <= NOT_OF_EVERY_ONE
