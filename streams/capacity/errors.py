"""How well the laws predict what they were not fitted to: a table for docs/capacity.md and `--errors`. Pure."""

from streams.capacity.costs import CURVES, LINES, SINGLE, Costs
from streams.capacity.load import DAY, Chosen, Load
from streams.capacity.model import work_needs
from streams.capacity.words import number

CHECK = "check_worker_work"


def error_table(costs: Costs) -> str:
    """Each series: what it grows with, how far it was measured, its law, and the worst error of a left out point."""
    rows = [("figure", "grows with", "measured", "law", "worst error left out")]
    for name, what in CURVES.items():
        curve = costs.curves[name]
        k = curve.exponent
        reach = f"{number(curve.points[0].x)} to {number(curve.high)}"
        law = f"size^{k.mid:.2f} ({k.low:.2f} to {k.high:.2f}); beyond, size^{curve.tail:.2f}"
        rows.append((name, what, reach, law, f"{curve.error:.0%}"))
    for name, what in LINES.items():
        line = costs.lines[name]
        law = f"{_figure(line.law.base)} + {_figure(line.law.slope)} each"
        rows.append((name, what, f"to {number(line.high)}", law, f"{line.error:.0%}"))
    for name in SINGLE:
        span = costs.single[name]
        rows.append(
            (
                name,
                "-",
                "-",
                _figure(span.mid),
                f"{max(span.high / span.mid - 1, 1 - span.low / span.mid):.0%}",
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    lines = [
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[4]])
        for row in rows
    ]
    return "\n".join([*lines, *checked_flow(costs)])


def checked_flow(costs: Costs) -> list[str]:
    """One flow with another bank, which nothing was fitted to: what was predicted of it, and what it was."""
    measured = costs.measured
    points = measured.series.get(CHECK, ())
    if not points or not measured.check_bank:
        return []
    load = Load(
        listings_per_day=DAY,
        peak=1.0,
        photos=1.0,
        inline=1.0,
        takedowns=float(measured.check_bank),
        takedown_photos=measured.check_photos / measured.check_bank,
    )
    predicted = [work_needs(load, Chosen(), costs.at(edge)).main * 1000 for edge in ("low", "mid", "high")]
    there = points[0].y * 1000
    return [
        "",
        f"not fitted to: one photo a listing, {measured.check_bank:,} takedowns with {measured.check_photos:,} photos:"
        f" {there:.2f} ms of the main process a listing, predicted {predicted[1]:.2f}"
        f" ({predicted[0]:.2f} to {predicted[2]:.2f}), {predicted[1] / there - 1:+.0%}",
    ]


def _figure(value: float) -> str:
    return f"{value:.3g}"
