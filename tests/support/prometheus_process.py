"""A real Prometheus on a port and in a folder of its own, and what deploy/prometheus says."""

import json
import os
import re
import shutil
import signal
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest
from waiting import until

from streams.die_with_parent import die_with_parent
from streams.worker.worker_process import free_port

PROMETHEUS = Path("/usr/bin/prometheus")
PROMTOOL = Path("/usr/bin/promtool")
DEPLOY = Path(__file__).parents[2] / "deploy"
RULES = DEPLOY / "prometheus" / "rules" / "relistwatch.rules.yml"
RULE_TESTS = DEPLOY / "prometheus" / "rules" / "relistwatch.test.yml"
DASHBOARD = DEPLOY / "grafana" / "relistwatch.json"
METRICS_PAGE = Path(__file__).parents[2] / "docs" / "metrics.md"

needs_prometheus = pytest.mark.skipif(
    not (PROMETHEUS.exists() and PROMTOOL.exists()), reason="needs Debian's prometheus (.ci/run installs it)"
)
WORDS = {"and", "bool", "by", "count", "deriv", "histogram_quantile", "increase", "max", "min", "offset", "on", "or",
         "rate", "sum", "time", "unless", "vector"}  # fmt: skip
"""Of PromQL, as far as the rules and the dashboard use it. A name that is not among them must be a metric."""


class Prometheus:
    """Runs while the context is open."""

    def __init__(self, config: Path, folder: Path) -> None:
        self.port = free_port()
        self.log = folder / "prometheus.log"
        with self.log.open("wb") as out:
            self.process = subprocess.Popen(
                [str(PROMETHEUS), f"--config.file={config}", f"--storage.tsdb.path={folder / 'tsdb'}",
                 f"--web.listen-address=127.0.0.1:{self.port}", "--log.level=warn"],
                stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                preexec_fn=partial(die_with_parent, os.getpid()),  # noqa: PLW1509  one prctl call
            )  # fmt: skip

    def __enter__(self) -> Self:
        try:
            until(self._is_ready, "Prometheus is ready")
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _is_ready(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/-/ready", timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def api(self, path: str, **parameters: str) -> Any:
        """What /api/v1 answers; what is wrong with a query fails the test."""
        url = f"http://127.0.0.1:{self.port}/api/v1/{path}?{urllib.parse.urlencode(parameters)}"
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                return json.loads(answer.read())["data"]
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{parameters}: {error.read().decode()}") from None

    def query(self, expression: str) -> dict[frozenset[tuple[str, str]], float]:
        """The value of each series that the expression gives now."""
        result = self.api("query", query=expression)["result"]
        return {frozenset(one["metric"].items()): float(one["value"][1]) for one in result}

    def value(self, expression: str) -> float | None:
        """The one value that it gives, or None."""
        values = list(self.query(expression).values())
        assert len(values) <= 1, f"{expression} gives {len(values)} series"
        return values[0] if values else None

    def alert(self, name: str) -> dict[str, Any] | None:
        """The alert of this name that is pending or fires."""
        alerts = [one for one in self.api("alerts")["alerts"] if one["labels"]["alertname"] == name]
        return alerts[0] if alerts else None


def shipped_configuration(folder: Path, targets: dict[str, list[int]]) -> Path:
    """deploy/prometheus with these ports of loopback as targets, looked at each second, and alerts that wait for two
    seconds instead of minutes. Nothing else of it changes."""
    shutil.copytree(DEPLOY / "prometheus", folder)
    config = folder / "prometheus.yml"
    text, intervals = re.subn(r"_interval: 15s", "_interval: 1s", config.read_text())
    assert intervals == 2
    config.write_text(text)
    rules = folder / "rules" / RULES.name
    text, waits = re.subn(r"^(\s+for:) \d+m\b", r"\1 2s", rules.read_text(), flags=re.MULTILINE)
    assert waits == text.count(" for: 2s") > 10
    rules.write_text(text)
    for file in (folder / "targets").iterdir():
        ports = targets.get(file.stem, [])
        file.write_text(json.dumps([{"targets": [f"127.0.0.1:{port}" for port in ports]}]))
    return config


def recorded() -> list[str]:
    """The names of the recorded series."""
    return re.findall(r"^ +- record: (\S+)$", RULES.read_text(), re.MULTILINE)


def alerts() -> dict[str, str]:
    """What the rules say of each alert, by its name."""
    parts = re.split(r"^ +- alert: (\S+)$", RULES.read_text(), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def known_names() -> set[str]:
    """All that an expression may name: what docs/metrics.md has, what is recorded, and Prometheus' own."""
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \|", METRICS_PAGE.read_text(), re.MULTILINE)
    names = {name for name, kind in rows if kind != "histogram"}
    names |= {
        f"{name}_{part}" for name, kind in rows if kind == "histogram" for part in ("bucket", "sum", "count")
    }
    return names | set(recorded()) | {"up", "ALERTS"}


def names_in(expression: str) -> set[str]:
    """The metrics that an expression names."""
    bare = re.sub(r'"[^"]*"|\'[^\']*\'', "", expression)
    bare = re.sub(r"\{[^}]*\}|\[[^\]]*\]|\b(by|on)\s*\([^)]*\)|\boffset \w+", "", bare)
    return set(re.findall(r"(?<![\w:])[a-zA-Z_:][\w:]*", bare)) - WORDS
