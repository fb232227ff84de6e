"""The figures of a run as a person reads them."""

from collections.abc import Iterator

from streams.chaos.verdict import Verdict


def table(verdict: Verdict) -> str:
    """Two Markdown tables, the faults and the sums, and what is wrong."""
    return "\n".join(_lines(verdict))


def _lines(verdict: Verdict) -> Iterator[str]:
    yield "| fault | lasted | listings meanwhile | longest pause | until no alert was late | |"
    yield "|---|---|---|---|---|---|"
    for fault in verdict.faults:
        recovery = "never" if fault.recovery is None else f"{fault.recovery:.1f} s"
        yield (
            f"| {fault.name} | {fault.seconds:.1f} s | {fault.listings:,} | {fault.longest_pause:.1f} s "
            f"| {recovery} | {fault.note} |"
        )
    yield ""
    yield "| figure | |"
    yield "|---|---|"
    rows: list[tuple[str, object]] = [
        ("listings in", f"{verdict.listings_in:,} ({verdict.listings_from_market:,} from the simulated marketplace)"),
        ("lost before the workers", verdict.listings_missing),
        ("fingerprints", f"{verdict.fingerprints:,} ({verdict.fingerprints_twice:,} of them again)"),
        ("fingerprints missing", verdict.fingerprints_missing),
        ("alerts expected", f"{verdict.alerts_expected:,}"),
        ("alerts missing", verdict.alerts_missing),
        ("duplicates with the same id", f"{verdict.alerts_duplicate:,}"),
        ("alerts with another id for one listing version", verdict.alerts_with_another_id),
        ("alerts that nothing explains", verdict.alerts_unexpected),
        ("held alerts, alerts by looking back", f"{verdict.alerts_held}, {verdict.alerts_by_lookback}"),
        ("dead letters", _counted(verdict.dead_letters)),
        ("dead letters missing", verdict.dead_letters_missing),
        ("dead letters that nothing explains", verdict.dead_letters_unexplained),
        ("photos without a fingerprint", _counted(verdict.photo_failures)),
        ("started again by the supervisor", "; ".join(verdict.restarts) or "nothing"),
        ("longest pause", f"{verdict.longest_pause:.1f} s"),
    ]  # fmt: skip
    for name, value in rows:
        yield f"| {name} | {value} |"
    yield ""
    yield from (f"WRONG: {problem}" for problem in verdict.problems)
    if not verdict.problems:
        yield "Nothing is lost."


def _counted(kinds: dict[str, int]) -> str:
    return ", ".join(f"{count:,} {kind}" for kind, count in kinds.items()) or "none"
