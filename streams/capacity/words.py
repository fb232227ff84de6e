"""The answer as a table for people, and as plain values for a script. Pure."""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from streams.capacity.costs import Costs
from streams.capacity.fits import Span
from streams.capacity.limits import Break
from streams.capacity.load import Load
from streams.capacity.plan import Plan

FIRST = 3


def table(plan: Plan, costs: Costs) -> str:
    """All of it, a line each."""
    lines = [
        f"{plan.load.listings_per_day:,.0f} listings a day with {plan.load.photos:g} photos,"
        f" {plan.load.takedowns:,.0f} takedowns with {plan.load.takedown_photos:g};"
        f" machines of {plan.machine.cores} cores and {plan.machine.ram_gb:g} GB,"
        f" used to {plan.machine.utilisation:.0%}",
        f"measured {costs.measured.taken} on {costs.measured.machine}",
        "",
        f"{'':44}{'':>14}   {'from':>10} {'to':>10}",
    ]
    group = ""
    for need in plan.needs:
        if need.group != group:
            group = need.group
            lines.append(group)
        low, mid, high = (number(x) for x in (need.value.low, need.value.mid, need.value.high))
        edges = f"   {low:>10} {high:>10}" if low != high else ""
        lines.append(f"  {need.name:<42}{mid:>9} {need.unit:<5}{edges}".rstrip())
    lines += ["", "settings", *(f"  {line}" for line in settings_lines(plan))]
    lines += ["", "breaks first, with the settings' defaults and one of everything"]
    lines += [f"  {line}" for line in break_lines(plan.bare[:FIRST], plan.load)]
    lines += ["", "breaks first, with what is above"]
    lines += [f"  {line}" for line in break_lines(plan.next[:FIRST], plan.load)]
    if plan.warnings:
        lines += ["", "mind"]
        lines += [f"  {one}" for one in plan.warnings]
    return "\n".join(lines)


def settings_lines(plan: Plan) -> Iterator[str]:
    """What to set, as `relistwatch --config` reads it."""
    yield f"topics.partitions = {plan.chosen.partitions}"
    yield f"topics.replication = {plan.load.replication}"
    yield f"topics.min_insync = {max(1, plan.load.replication - 1)}"
    yield f"photo_store.max_bytes = {plan.chosen.photo_store_bytes:.0f}"


def break_lines(found: Sequence[Break], load: Load) -> Iterator[str]:
    """Each with the number at which it breaks."""
    for number_, one in enumerate(found, start=1):
        grown = load.grown(one.times)
        past = ", which this load is past" if one.times < 1 else ""
        yield (f"{number_}. at {number(grown.listings_per_day)} listings a day with {number(grown.takedowns)} takedowns"
               f"{past}: {one.limit.what}")  # fmt: skip
        yield f"   then: {one.limit.then}"


def as_values(plan: Plan, costs: Costs) -> dict[str, Any]:
    """For JSON: each figure with its edges and unit, in the table's order."""
    return {
        "load": msgspec.to_builtins(plan.load),
        "machine": msgspec.to_builtins(plan.machine),
        "chosen": msgspec.to_builtins(plan.chosen),
        "needs": [
            {"group": need.group, "name": need.name, "unit": need.unit, **_edges(need.value)}
            for need in plan.needs
        ],
        "breaks_first": [_break(one, plan.load) for one in plan.bare],
        "breaks_next": [_break(one, plan.load) for one in plan.next],
        "warnings": list(plan.warnings),
        "measured": {"machine": costs.measured.machine, "taken": costs.measured.taken},
    }


def _edges(value: Span) -> dict[str, float]:
    return {"value": value.mid, "low": value.low, "high": value.high}


def _break(one: Break, load: Load) -> dict[str, Any]:
    grown = load.grown(one.times)
    return {
        "limit": one.limit.name, "what": one.limit.what, "then": one.limit.then, "times": one.times,
        "listings_per_day": grown.listings_per_day, "takedowns": grown.takedowns,
    }  # fmt: skip


def number(value: float) -> str:
    """Three digits that say something; whole numbers of things as they are."""
    if float(value).is_integer() and abs(value) < 1e6:
        return f"{value:,.0f}"
    if abs(value) < 1:
        return f"{value:.2g}"
    digits = max(0, 3 - len(str(int(abs(value)))))
    return f"{float(f'{value:.3g}'):,.{digits}f}"
