"""What one listing, photo or takedown costs, from the measurements: each figure at its low, middle or high edge."""

import statistics
from collections.abc import Mapping
from typing import Literal

from streams.capacity.fits import Curve, FitError, Line, Span, fit_curve, fit_line
from streams.capacity.series import Measured, MeasuredError

Edge = Literal["low", "mid", "high"]
EDGES: tuple[Edge, ...] = ("low", "mid", "high")

LINES: Mapping[str, str] = {
    "text_memory": "takedowns",
    "photo_memory": "takedowns with one photo each",
    "text_snapshot": "takedowns",
    "photo_snapshot": "takedowns with one photo each",
    "text_load": "takedowns",
    "photo_load": "takedowns with one photo each",
    "text_read": "takedowns",
    "photo_read": "takedowns with one photo each",
    "photo_held_back": "takedowns with one photo each",
    "listing_bytes": "bytes of inline photos",
    "linked_bytes": "linked photos",
    "fingerprint_bytes": "photos",
    "takedown_bytes": "photos",
    "worker_work": "inline photos",
    "linked_work": "linked photos",
    "match_work": "photos",
    "photo_work": "photos",
    "broker_work": "bytes produced",
    "text_stored": "listings",
    "photo_stored": "listings with one photo each",
    "text_stored_memory": "listings",
    "photo_stored_memory": "listings with one photo each",
    "text_store_work": "listings",
    "photo_store_work": "listings with one photo each",
    "text_pass_by_takedowns": "takedowns looked for",
    "photo_pass_by_takedowns": "takedowns looked for",
    "console_alerts": "alerts",
    "console_takedowns": "takedowns",
}
"""Series that grow in proportion, and what with."""
CURVES: Mapping[str, str] = {"title_search": "titles held", "photo_search": "photos held"}
"""Seconds of processor time of a look-up in the index alone."""
SINGLE = ("alert_bytes", "worker_base", "photo_process_base")
"""Figures that grow with nothing: the middle of all points."""


class Costs:
    """All fits.

    Raises:
        MeasuredError: a series is missing or cannot be fitted; the message names it.
    """

    def __init__(self, measured: Measured) -> None:
        self.measured = measured
        self.lines: dict[str, Line] = {}
        self.curves: dict[str, Curve] = {}
        self.single: dict[str, Span] = {}
        for name in (*LINES, *CURVES, *SINGLE):
            points = measured.series.get(name, ())
            try:
                if name in CURVES:
                    self.curves[name] = fit_curve(points)
                elif name in LINES:
                    self.lines[name] = fit_line(points)
                else:
                    values = [point.y for point in points]
                    self.single[name] = Span(min(values), statistics.median(values), max(values))
            except (FitError, ValueError) as error:
                raise MeasuredError(f"the series {name} cannot be used: {error}") from None

        self._prices = {edge: Prices(self, edge) for edge in EDGES}

    def at(self, edge: Edge) -> "Prices":
        """All figures at this edge."""
        return self._prices[edge]


class Prices:
    """The figures at one edge of their errors."""

    def __init__(self, costs: Costs, edge: Edge) -> None:
        self._costs, self._edge = costs, edge
        self._slopes = {name: self._of(line.slope) for name, line in costs.lines.items()}
        self.flow_bank, self.flow_photos = costs.measured.flow_bank, costs.measured.flow_photos

    def each(self, name: str) -> float:
        """What one more costs, by the slope of a line."""
        return self._slopes[name]

    def line(self, name: str, x: float) -> float:
        """The line's figure at `x`."""
        return self._of(self._costs.lines[name].at(x))

    def look_up(self, name: str, held: float) -> float:
        """Seconds of one look-up among so many."""
        return self._of(self._costs.curves[name].at(held))

    def one(self, name: str) -> float:
        """A figure that grows with nothing."""
        return self._of(self._costs.single[name])

    def _of(self, span: Span) -> float:
        return {"low": span.low, "mid": span.mid, "high": span.high}[self._edge]
