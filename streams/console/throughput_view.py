"""The throughput page's figures as its templates show them, and what open pages are told each second."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import msgspec

from streams.console.context import Console
from streams.console.instances import Instance, Standing, of_kind
from streams.console.rendering import ENVIRONMENT
from streams.console.watch_core import Snapshot
from streams.console.words import LANGUAGES, Language, word
from streams.health.topic_offsets import Offsets

STAGES = ("connect", "fingerprint", "match")
MOST_ROWS = 100
"""Parts in one table: those that need a look stand first."""
MOST_PLACES = 12
COLOURS: Mapping[Standing, str] = {
    "starting": "blue", "ready": "green", "stopping": "", "failing": "red", "lost": "amber", "failed": "red",
    "stopped": "",
}  # fmt: skip
_ORDER: tuple[Standing, ...] = ("failing", "failed", "lost", "starting", "stopping", "ready", "stopped")


def kind_of(language: Language) -> str:
    """The kind of news under which pages in this language are told; the words are in it."""
    return f"throughput-{language}"


def publish(console: Console, snapshot: Snapshot) -> None:
    """Tell open pages, with one line for all that are in one language."""
    if not console.live.viewers:
        return
    for language in LANGUAGES:
        line = {
            "at": snapshot.at_ms,
            "series": {name: round(value, 3) for name, value in snapshot.series.items()},
            "above": drawn(language, "throughput_above.html", snapshot),
            "below": drawn(language, "throughput_below.html", snapshot),
        }
        console.live.publish(kind_of(language), msgspec.json.encode(line).decode())


def drawn(language: Language, template: str, snapshot: Snapshot) -> str:
    """A part of the page, for whoever looks."""
    return ENVIRONMENT.get_template(template).render(
        t=partial(word, language), language=language, **values_of(language, snapshot)
    )


def values_of(language: Language, snapshot: Snapshot) -> dict[str, Any]:
    """What the templates show of it."""
    t = partial(word, language)
    return {
        "now": snapshot,
        "tiles": Tiles(snapshot),
        "flows": flows(snapshot.series),
        "workers": rows(of_kind(snapshot.parts, "worker")),
        "connectors": rows(of_kind(snapshot.parts, "connector")),
        "helpers": rows(of_kind(snapshot.parts, "lookback") + of_kind(snapshot.parts, "resolver")),
        "colours": COLOURS,
        "lag_of": partial(lag_of, snapshot.offsets),
        "waiting": waiting(snapshot.offsets),
        "spans": spans,
        "figure": figure,
        "bytes_of": bytes_of,
        "took": partial(took, t),
        "lasting": partial(lasting, t),
        "most_rows": MOST_ROWS,
    }


class Tiles:
    """The figures at the top; None is not known."""

    def __init__(self, snapshot: Snapshot) -> None:
        workers = of_kind(snapshot.parts, "worker")
        self.listings = snapshot.series.get("topic:listings")
        # Counted on Kafka as it happens; the database has them a little later.
        rate = snapshot.series.get("topic:alerts")
        self.alerts = None if rate is None else rate * 60
        self.lag = snapshot.offsets.lag if snapshot.offsets is not None and snapshot.knows_kafka else None
        self.behind = _seconds_behind(self.lag, snapshot.done_per_second)
        self.ready = sum(one.standing == "ready" for one in workers)
        self.running = sum(one.is_alive for one in workers)
        self.gone = sum(one.standing in ("lost", "failed") for one in workers)
        levels = {finding.condition: finding.level for finding in snapshot.findings}
        self.levels = {
            "took": levels["alerts-are-late"],
            "lag": levels["lag-grows"],
            "workers": levels["no-worker-runs"],
            "letters": levels["dead-letters-appear"],
        }


def _seconds_behind(lag: int | None, done: float | None) -> float | None:
    return lag / done if lag and done else None


@dataclass(frozen=True, slots=True)
class FlowRow:
    """One marketplace now: listings a second into and out of each stage, in the order of STAGES."""

    marketplace: str | None
    rates: tuple[tuple[float | None, float | None], ...]


def flows(series: Mapping[str, float]) -> list[FlowRow]:
    """A row for each marketplace, and one for all of them together first where there are several."""
    found: dict[str, dict[tuple[str, str], float]] = {}
    for name, rate in series.items():
        direction, _, rest = name.partition(":")
        if direction in ("in", "out"):
            stage, _, marketplace = rest.partition(":")
            found.setdefault(marketplace, {})[direction, stage] = rate
    total: dict[tuple[str, str], float] = {}
    for rates in found.values():
        for place, rate in rates.items():
            total[place] = total.get(place, 0.0) + rate
    both: list[tuple[str | None, dict[tuple[str, str], float]]] = sorted(found.items())
    if len(found) > 1:
        both.insert(0, (None, total))
    return [
        FlowRow(name, tuple((rates.get(("in", stage)), rates.get(("out", stage))) for stage in STAGES))
        for name, rates in both
    ]


def rows(parts: Iterable[Instance]) -> list[Instance]:
    """Those that need a look first."""
    return sorted(parts, key=lambda one: (_ORDER.index(one.standing), one.beat.instance))


def lag_of(offsets: Offsets | None, one: Instance) -> int | None:
    """Messages that wait in the partitions that this part has, or had."""
    if offsets is None:
        return None
    held = [(topic, number) for topic, numbers in one.beat.partitions.items() for number in numbers]
    known = [offsets.lags[place].lag for place in held if place in offsets.lags]
    return sum(known) if known else None


def waiting(offsets: Offsets | None) -> list[tuple[str, int, list[tuple[int, int]], int]]:
    """By topic: its name, its lag, the partitions with most of it, and how many more there are."""
    if offsets is None:
        return []
    by_topic: dict[str, list[tuple[int, int]]] = {topic: [] for topic in offsets.lag_by_topic()}
    for (topic, number), one in offsets.lags.items():
        if one.lag:
            by_topic[topic].append((number, one.lag))
    return [
        (topic, sum(lag for _, lag in found), sorted(found, key=lambda each: (-each[1], each[0]))[:MOST_PLACES],
         max(0, len(found) - MOST_PLACES))
        for topic, found in by_topic.items()
    ]  # fmt: skip


def spans(numbers: Iterable[int]) -> str:
    """Partitions in short: `0–3, 7`."""
    runs: list[list[int]] = []
    for number in sorted(set(numbers)):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}–{run[-1]}" for run in runs)


def figure(value: float | None) -> str:
    """A rate as people read it: digits only as far as they say something."""
    if value is None:
        return "–"
    return f"{value:,.0f}" if value >= 10 else f"{value:.1f}" if value >= 0.05 else "0"


def bytes_of(number: int) -> str:
    """An amount of memory."""
    value = float(number)
    for unit in ("B", "KiB", "MiB"):
        if value < 1024:
            return f"{value:,.0f} {unit}"
        value /= 1024
    return f"{value:,.1f} GiB"


def took(t: Any, milliseconds: float) -> str:
    """A time that an alert took."""
    if milliseconds < 1000:
        return str(t("flow.milliseconds", n=f"{milliseconds:.0f}"))
    return str(lasting(t, milliseconds / 1000))


def lasting(t: Any, seconds: float) -> str:
    """A length of time in the largest unit that fits."""
    if seconds < 120:
        return str(t("flow.seconds", n=f"{seconds:.1f}" if 0 < seconds < 10 else f"{seconds:.0f}"))
    if seconds < 7200:
        return str(t("flow.minutes", n=f"{seconds / 60:.0f}"))
    return str(t("flow.hours", n=f"{seconds / 3600:,.0f}"))
