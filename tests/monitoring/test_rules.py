"""The rules for Prometheus: right by its own tools, each tried, each saying what to do and where that is written."""

import re
import subprocess
from pathlib import Path

import pytest
from prometheus_process import (
    DEPLOY,
    PROMTOOL,
    RULE_TESTS,
    RULES,
    alerts,
    known_names,
    names_in,
    needs_prometheus,
    recorded,
)

RUNBOOK = Path(__file__).parents[2] / "docs" / "runbook.md"


def anchors_of(page: str) -> set[str]:
    """A heading's anchor as GitHub makes it: in lower case, without punctuation, dashes for spaces."""
    headings = re.findall(r"^#+ (.+)$", page, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def promtool(*arguments: str) -> None:
    done = subprocess.run([str(PROMTOOL), *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@needs_prometheus
def test_the_configuration_is_right() -> None:
    promtool("check", "config", str(DEPLOY / "prometheus" / "prometheus.yml"))


@needs_prometheus
def test_the_rules_are_right() -> None:
    promtool("check", "rules", "--lint=all", "--lint-fatal", str(RULES))


@needs_prometheus
def test_the_rules_do_what_their_own_tests_say() -> None:
    promtool("test", "rules", str(RULE_TESTS))


def test_every_alert_is_seen_to_fire_and_not_to_fire() -> None:
    tests = RULE_TESTS.read_text()
    for name in alerts():
        asked = re.findall(rf"alertname: {name}\b(.*?)exp_alerts:( \[\])?", tests, re.DOTALL)
        assert {empty for _, empty in asked} == {"", " []"}, name


def test_every_recorded_series_is_tried() -> None:
    tests = RULE_TESTS.read_text()
    assert len(set(recorded())) == len(recorded()) > 20
    for name in recorded():
        assert re.search(rf"expr: (round\()?{name}\b", tests), name


def test_recorded_series_are_named_level_metric_operations() -> None:
    for name in recorded():
        assert re.fullmatch(r"[a-z_]+:[a-z_]+:[a-z]+\d*[a-z]?(_\d+m)?", name), name


@pytest.mark.parametrize("name", sorted(alerts()))
def test_an_alert_says_what_is_the_matter_and_what_to_do(name: str) -> None:
    text = alerts()[name]
    assert name.startswith("Relistwatch")
    assert re.search(r"severity: (critical|warning)$", text, re.MULTILINE)
    assert "summary: " in text
    assert "$value" in text.partition("description:")[2] or "query" in text, "a description tells the figure"
    (place,) = re.findall(r"runbook_url: docs/runbook\.md#(\S+)", text)
    assert place in anchors_of(RUNBOOK.read_text())


def test_the_rules_name_only_metrics_that_there_are() -> None:
    text = re.sub(r"^ *#.*$", "", RULES.read_text(), flags=re.MULTILINE)
    expressions = re.findall(r"expr:(.*?)(?=\n +(?:- |for:|labels:|annotations:)|\Z)", text, re.DOTALL)
    assert len(expressions) == len(recorded()) + len(alerts())
    for expression in expressions:
        named = names_in(expression.strip().removeprefix(">"))
        assert named, expression
        assert named <= known_names(), expression
