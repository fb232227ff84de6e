"""The Grafana dashboard: its expressions parse, name metrics that there are, and its panels lie beside each other."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_process import (
    DASHBOARD,
    DEPLOY,
    Prometheus,
    known_names,
    names_in,
    needs_prometheus,
    recorded,
    shipped_configuration,
)

BOARD: dict[str, Any] = json.loads(DASHBOARD.read_text())
PANELS = [panel for panel in BOARD["panels"] if panel["type"] != "row"]
EXPRESSIONS = [target["expr"] for panel in PANELS for target in panel["targets"]]
EXPRESSIONS += [annotation["expr"] for annotation in BOARD["annotations"]["list"]]


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """One that watches nothing."""
    folder = tmp_path_factory.mktemp("prometheus")
    with Prometheus(shipped_configuration(folder / "config", {}), folder) as running:
        yield running


@needs_prometheus
def test_every_expression_is_one(prometheus: Prometheus) -> None:
    for expression in EXPRESSIONS:
        prometheus.query(expression.replace("$marketplace", ".*").replace("$__rate_interval", "1m"))
    with pytest.raises(AssertionError, match="parse error"):
        prometheus.query("sum by (topic (relistwatch_lag)")


def test_every_name_is_a_metric() -> None:
    for expression in EXPRESSIONS:
        named = names_in(expression)
        assert named, expression
        assert named <= known_names(), expression
    assert names_in('sum by (a) (wrong_name{b="c"}) / up') == {"wrong_name", "up"}


def test_every_recorded_series_is_shown_or_made_of_what_is() -> None:
    shown = set().union(*map(names_in, EXPRESSIONS))
    only_steps = {"job_le:relistwatch_event_to_alert_seconds_bucket:rate5m"}
    assert set(recorded()) - shown == only_steps


def test_the_data_source_is_chosen_on_the_page() -> None:
    assert {variable["name"] for variable in BOARD["templating"]["list"]} == {"datasource", "marketplace"}
    sources = re.findall(r'"uid": "(\$[^"]*)"', DASHBOARD.read_text())
    assert set(sources) == {"${datasource}"}
    assert all(panel["datasource"]["uid"] == "${datasource}" for panel in PANELS)


def test_panels_have_names_of_their_own_and_do_not_overlap() -> None:
    places = set()
    for panel in BOARD["panels"]:
        at = panel["gridPos"]
        cells = {(at["x"] + x, at["y"] + y) for x in range(at["w"]) for y in range(at["h"])}
        assert at["x"] + at["w"] <= 24
        assert not cells & places, panel["title"]
        places |= cells
    titles = [panel["title"] for panel in PANELS]
    numbers = [panel["id"] for panel in BOARD["panels"]]
    assert len(set(numbers)) == len(numbers)
    assert all(titles)


def test_provisioning_takes_the_interval_of_the_scrapes() -> None:
    configuration = (DEPLOY / "prometheus" / "prometheus.yml").read_text()
    (interval,) = re.findall(r"scrape_interval: (\w+)", configuration)
    source = (DEPLOY / "grafana" / "provisioning" / "datasources" / "prometheus.yml").read_text()
    assert f"timeInterval: {interval}" in source
    assert Path(DEPLOY / "grafana" / "provisioning" / "dashboards" / "relistwatch.yml").exists()
