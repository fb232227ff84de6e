"""docs/metrics.md names every metric that a worker, a look back or a connector has, and no other."""

import re
from pathlib import Path

from connectors.counts import Counts
from streams.connector_metrics import ConnectorMetrics
from streams.lookback_metrics import LookbackMetrics


def test_the_reference_is_complete_and_true() -> None:
    page = (Path(__file__).parents[2] / "docs" / "metrics.md").read_text()
    documented = set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE))
    families = [collector.describe()[0] for collector in LookbackMetrics().registry._collector_to_names]
    families += ConnectorMetrics(Counts(), "any", "any").collect()
    assert documented == {f.name + ("_total" if f.type == "counter" else "") for f in families}
