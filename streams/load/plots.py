"""A recorded load as plots: what a template needs to draw them as SVG, and no more. Pure."""

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from streams.load.axis import Axis, Tick, linear, logarithmic, plain, within
from streams.load.histogram import Histogram
from streams.load.recording import Interval, Recording

HEIGHT = 260
LEFT, TOP, BOTTOM = 62, 14, 222
NARROW, WIDE = 560, 1130
"""Widths: half of a page and all of it."""
MARGIN = 14
"""On the right."""
HEADROOM = 1.25
"""Above a threshold, for its label."""
MOST_STRETCHES = 60
"""Points of a line: what is due in neighbouring intervals is counted together where there are more."""
LEAST_MS = 0.1
PERCENTS = (0.0, 50.0, 75.0, 90.0, 95.0, 99.0, 99.5, 99.9, 99.95, 99.99, 99.999)
"""Marks of the distribution's axis, which is by one over what is left above."""

Points = Sequence[tuple[float, float | None]]
Series = Mapping[str, tuple[str, Points]]
"""By style, what is shown and its points."""


@dataclass(frozen=True, slots=True)
class Line:
    """`style`: its class in the style sheet, by which it has its colour."""

    name: str
    style: str
    path: str


@dataclass(frozen=True, slots=True)
class Hit:
    """A part of the plot that says its values when it is pointed at."""

    x: float
    width: float
    words: str


@dataclass(frozen=True, slots=True)
class Plot:
    """One drawing of `width` by `HEIGHT` pixels. `limit`: the height of a threshold, with what it is."""

    title: str
    about: str
    x: Axis
    y: Axis
    x_label: str
    y_label: str
    lines: tuple[Line, ...]
    areas: tuple[Line, ...] = ()
    hits: tuple[Hit, ...] = ()
    limit: Tick | None = None
    warmup: float | None = None
    """Where what is judged begins, in pixels."""
    width: int = NARROW


@dataclass(frozen=True, slots=True)
class Stretch:
    """Neighbouring intervals taken together, from `begin` to `end` seconds."""

    begin: float
    end: float
    intervals: tuple[Interval, ...]

    @property
    def middle(self) -> float:
        """Where it stands on the time axis."""
        return (self.begin + self.end) / 2

    def total(self, name: str) -> Histogram:
        """One of the histograms."""
        found = Histogram()
        for interval in self.intervals:
            found.add(Histogram(getattr(interval, name)))
        return found

    def rate(self, name: str) -> float:
        """One of the counts, a second."""
        return float(sum(getattr(interval, name) for interval in self.intervals)) / (self.end - self.begin)


def stretches(run: Recording) -> list[Stretch]:
    """At most `MOST_STRETCHES` of the time that listings were sent in."""
    ran = max(run.ran, run.width)
    used = [one for n, one in enumerate(run.intervals) if n * run.width < ran]
    each = -(-len(used) // MOST_STRETCHES)
    return [
        Stretch(at * run.width, min((at + each) * run.width, ran), tuple(used[at : at + each]))
        for at in range(0, len(used), each)
    ]


def plots(run: Recording, limit_ms: float | None) -> list[Plot]:
    """All of them, in the order of the page. `limit_ms`: the threshold of the 95th percentile."""
    there = stretches(run)
    found = [_over_time(run, there, limit_ms), _distribution(run, limit_ms), _rates(run, there)]
    if run.lags:
        found.append(_waiting(run))
    return [*found, _lateness(run, there)]


def _over_time(run: Recording, there: list[Stretch], limit_ms: float | None) -> Plot:
    totals = [(stretch, stretch.total("alerted_after")) for stretch in there]
    series = _spread(totals, 95.0)
    values = _values(points for _, points in series.values())
    x, y = _time_axis(run.ran, WIDE), _ms_axis(values, limit_ms)
    words = (
        ""
        if not total.count
        else f"{_span(stretch)}: p50 {_ms(total, 50)}, p95 {_ms(total, 95)}, most {_ms(total, 100)} of {total.count:,}"
        for stretch, total in totals
    )
    return Plot(
        title="From due to alert, over time",
        about="Latency of planted relists by the time at which they were due; the scale is logarithmic",
        x=x,
        y=y,
        x_label="seconds since the load began",
        y_label="ms",
        lines=_lines(series, x, y),
        hits=_hits(x, there, words),
        limit=_limit(y, limit_ms),
        warmup=x.at(run.warmup) if run.warmup else None,
        width=WIDE,
    )


def _distribution(run: Recording, limit_ms: float | None) -> Plot:
    counted = {
        "high": ("from due to alert read", run.judged("alerted_after")),
        "middle": ("on Kafka: listing to alert", run.judged("on_kafka")),
    }
    most = max((each.count for _, each in counted.values()), default=0)
    marks = [percent for percent in PERCENTS if 100 / (100 - percent) <= max(10, most)]
    axis = Axis(1.0, max(10.0, float(most)), LEFT, NARROW - MARGIN, logarithmic=True)
    ticks = tuple(Tick(axis.at(100 / (100 - percent)), f"{percent:g}%") for percent in marks)
    x = Axis(axis.low, axis.high, LEFT, NARROW - MARGIN, _apart(ticks), True)
    curves = {style: list(_curve(each)) for style, (_, each) in counted.items()}
    values = _values(curves.values())
    y = _ms_axis(values, limit_ms)
    return Plot(
        title="Distribution",
        about="How many percent of the relists took at most so long, without the warm-up; both scales are logarithmic",
        x=x,
        y=y,
        x_label="percent of the relists",
        y_label="ms",
        lines=_lines(
            {style: (f"{name} ({each.count:,})", curves[style]) for style, (name, each) in counted.items()},
            x,
            y,
        ),
        limit=_limit(y, limit_ms),
    )


def _rates(run: Recording, there: list[Stretch]) -> Plot:
    series = {
        name: [(each.middle, each.rate(name)) for each in there] for name in ("due", "sent", "acknowledged")
    }
    x = _time_axis(run.ran)
    y = linear(max((rate for points in series.values() for _, rate in points), default=1.0), BOTTOM, TOP)
    words = (
        f"{_span(each)}: {each.rate('due'):,.1f} due, {each.rate('sent'):,.1f} sent,"
        f" {each.rate('acknowledged'):,.1f} acknowledged a second"
        for each in there
    )
    return Plot(
        title="Rate",
        about="Listings a second by the time at which they were due: drawn beforehand, sent, and acknowledged by Kafka",
        x=x,
        y=y,
        x_label="seconds since the load began",
        y_label="listings a second",
        lines=(
            Line("due", "under", path(series["due"], x, y)),
            Line("sent", "high", path(series["sent"], x, y)),
            Line("acknowledged", "middle", path(series["acknowledged"], x, y)),
        ),
        hits=_hits(x, there, words),
    )


def _waiting(run: Recording) -> Plot:
    series = {
        "high": ("listings", [(lag.at, float(lag.listings)) for lag in run.lags]),
        "middle": ("fingerprints", [(lag.at, float(lag.fingerprints)) for lag in run.lags]),
    }
    x = _time_axis(max(lag.at for lag in run.lags))
    y = linear(max(value for _, points in series.values() for _, value in points), BOTTOM, TOP)
    return Plot(
        title="Waiting for the workers",
        about="Messages on Kafka that the workers' group has not committed yet; after the load it should fall to none",
        x=x,
        y=y,
        x_label="seconds since the load began",
        y_label="messages",
        lines=_lines(series, x, y),
        areas=tuple(Line(name, style, area(points, x, y)) for style, (name, points) in series.items()),
    )


def _lateness(run: Recording, there: list[Stretch]) -> Plot:
    totals = [(stretch, stretch.total("late")) for stretch in there]
    series = _spread(totals, 99.0)
    values = _values(points for _, points in series.values())
    x, y = _time_axis(run.ran), _ms_axis(values)
    words = (
        f"{_span(stretch)}: p50 {_ms(total, 50)}, p99 {_ms(total, 99)}, most {_ms(total, 100)}"
        for stretch, total in totals
    )
    return Plot(
        title="Lateness of the generator",
        about="How long after its time each listing left; it is in the latencies too, which count from when it was due",
        x=x,
        y=y,
        x_label="seconds since the load began",
        y_label="ms",
        lines=_lines(series, x, y),
        hits=_hits(x, there, words),
    )


def _spread(totals: Sequence[tuple[Stretch, Histogram]], high: float) -> Series:
    """The most, a high percentile and the middle, in milliseconds."""
    wanted = {"most": ("most", 100.0), "high": (f"p{high:g}", high), "middle": ("p50", 50.0)}
    return {
        style: (name, [(each.middle, _in_ms(total.percentile(percent))) for each, total in totals])
        for style, (name, percent) in wanted.items()
    }


def _values(curves: Iterable[Points]) -> list[float]:
    return [value for points in curves for _, value in points if value is not None]


def _lines(series: Series, x: Axis, y: Axis) -> tuple[Line, ...]:
    return tuple(Line(name, style, path(points, x, y)) for style, (name, points) in series.items())


def _limit(y: Axis, limit_ms: float | None) -> Tick | None:
    return Tick(y.at(limit_ms), f"p95 at most {plain(limit_ms)} ms") if limit_ms else None


def _in_ms(seconds: float | None) -> float | None:
    return None if seconds is None else max(LEAST_MS, seconds * 1000)


def _ms(total: Histogram, percent: float) -> str:
    found = total.percentile(percent)
    return "none" if found is None else f"{plain(found * 1000)} ms"


def _curve(counted: Histogram) -> Iterator[tuple[float, float | None]]:
    """One over the share above, and the milliseconds that the rest takes at most."""
    below = 0
    for top, times in counted.bars():
        # Where the bucket begins: a step, so that a gap between two buckets is not drawn as a slope.
        yield counted.count / (counted.count - below), _in_ms(top)
        below += times
        yield counted.count / max(0.5, counted.count - below), _in_ms(top)


def _apart(ticks: tuple[Tick, ...], least: float = 36.0) -> tuple[Tick, ...]:
    """Without those whose labels would touch the one before."""
    kept: list[Tick] = []
    for tick in ticks:
        if not kept or tick.place - kept[-1].place >= least:
            kept.append(tick)
    return tuple(kept)


def _time_axis(seconds: float, width: int = NARROW) -> Axis:
    return within(max(seconds, 1.0), LEFT, width - MARGIN)


def _ms_axis(values: Sequence[float], limit_ms: float | None = None) -> Axis:
    shown = [*values, *([limit_ms, limit_ms * HEADROOM] if limit_ms else [])]
    return logarithmic(min(shown, default=1.0), max(shown, default=100.0), BOTTOM, TOP)


def _span(stretch: Stretch) -> str:
    return f"{plain(stretch.begin)} to {plain(round(stretch.end, 1))} s"


def _hits(x: Axis, there: Sequence[Stretch], words: Iterator[str]) -> tuple[Hit, ...]:
    return tuple(
        Hit(x.at(each.begin), max(1.0, round(x.at(each.end) - x.at(each.begin), 1)), said)
        for each, said in zip(there, words, strict=True)
        if said
    )


def path(points: Points, x: Axis, y: Axis) -> str:
    """An SVG path through the points; a point without a value is a gap, and a lone one a dot."""
    return " ".join(
        "M" + "L".join(_place(*point, x, y) for point in part) + ("h0.1" if len(part) == 1 else "")
        for part in _parts(points)
    )


def area(points: Points, x: Axis, y: Axis) -> str:
    """The path down to the axis, closed."""
    shapes = []
    for part in _parts(points):
        first, last = x.at(part[0][0]), x.at(part[-1][0])
        top = "L".join(_place(*point, x, y) for point in part)
        shapes.append(f"M{first:g},{BOTTOM}L{top}L{last:g},{BOTTOM}Z")
    return " ".join(shapes)


def _parts(points: Points) -> Iterator[list[tuple[float, float]]]:
    key: Callable[[tuple[float, float | None]], bool] = lambda point: point[1] is not None  # noqa: E731
    for there, group in itertools.groupby(points, key):
        if there:
            yield [(at, value) for at, value in group if value is not None]


def _place(at: float, value: float, x: Axis, y: Axis) -> str:
    return f"{x.at(at):g},{y.at(value):g}"
