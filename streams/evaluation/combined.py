"""`python -m streams.evaluation.combined --data DIR`: whole listings, photo, title and all, through the scan.

DIR holds photos.csv with photos/ and titles.csv. Twice: as it is, and with an analyst's verdicts on the first
alerts for catalogue photos. `--fit` prints instead what a policy fitted to this half would change. Exit codes as
of `python -m streams.evaluation`.
"""

import argparse
import platform
import sys
import tempfile
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import msgspec

from connectors.events import Alert, EventType, Image, ListingEvent, Takedown, TakenDownListing
from connectors.sample.seeds import seed_of
from connectors.verdicts import Verdict
from fingerprints.policy import BUILT_IN, PARTS
from fingerprints.policy_fit import Judged as JudgedWeights
from fingerprints.policy_fit import fit, quality
from streams.evaluation.__main__ import EXIT_FAILED, EXIT_USAGE, ProgressLines
from streams.evaluation.combined_cases import CombinedCase, TakenDown, World, build
from streams.evaluation.combined_figures import (
    BASE_RATE,
    CombinedFigures,
    cleared,
    figures_of,
    judge,
)
from streams.evaluation.edit_work import EditJob, run_jobs
from streams.evaluation.photo_set import HALVES, DataError, read_photos, split_photos
from streams.evaluation.report import HALF_NAMES, interval, machine, package_versions, rate
from streams.evaluation.scan_run import OBSERVED_AT, ScanError, ScanResult, run_scan, write_lines
from streams.evaluation.title_set import read_titles, split_titles

EACH = 150
"""Listings of each kind."""
VERDICTS_EACH = 3
"""On the alerts of each catalogue photo, as `match.allow_accounts` asks for."""
MARKETPLACES = ("pasar-satu", "pasar-dua")


def main(arguments: Sequence[str]) -> int:
    """Measure, and print the report; the exit code."""
    options = _parser().parse_args(arguments)
    try:
        with tempfile.TemporaryDirectory(prefix="relistwatch-combined-") as name:
            return _measured(options, options.keep or Path(name))
    except (DataError, OSError) as error:
        sys.stderr.write(f"evaluation: {error}\n")
        return EXIT_USAGE
    except ScanError as error:
        sys.stderr.write(f"evaluation: {error}\n")
        return EXIT_FAILED


def _measured(options: argparse.Namespace, folder: Path) -> int:
    photos = split_photos(read_photos(options.data), options.half)
    world = build(photos, split_titles(read_titles(options.data), options.half), options.each)
    write_world(world, [photo.path for photo in photos.others], folder)
    before = run_scan(folder, len(world.takedowns), len(world.cases))
    judged = judge(world.cases, before)
    if options.fit:
        sys.stdout.write("\n".join(_fitted(world.cases, before)) + "\n")
        return 0
    write_lines(folder / "verdicts.jsonl", _verdicts(world.cases, folder / "alerts.jsonl"))
    after = run_scan(
        folder, len(world.takedowns), len(world.cases), "--verdicts", str(folder / "verdicts.jsonl")
    )
    figures = figures_of(judged), figures_of(judge(world.cases, after))
    if options.json is not None:
        options.json.write_bytes(msgspec.json.encode(figures) + b"\n")
    sys.stdout.write("\n".join(_report(world, figures, options)) + "\n")
    return 0


def write_world(world: World, others: Sequence[Path], folder: Path) -> None:
    """FOLDER/takedowns.jsonl, listings.jsonl and all photos that they name. Raises DataError, OSError."""
    jobs, listings = [], []
    for number, case in enumerate(world.cases):
        names = [f"photos/listing-{number:06}-{place}.jpg" for place in range(len(case.photos))]
        for (photo, edit), name in zip(case.photos, names, strict=True):
            jobs.append(EditJob(photo.path, folder / name, edit, seed_of(case.listing_id, photo.image)))
        listings.append(_listing(case, number, names))
    takedowns = []
    for number, one in enumerate(world.takedowns):
        name = f"photos/takedown-{number:06}.jpg"
        jobs.append(EditJob(one.photo.path, folder / name, None, 0))
        takedowns.append(_takedown(one, name))
    run_jobs(jobs, others, ProgressLines())
    write_lines(folder / "takedowns.jsonl", takedowns)
    write_lines(folder / "listings.jsonl", listings)


def _takedown(one: TakenDown, photo: str) -> Takedown:
    rest = one.particulars
    listing = TakenDownListing(
        marketplace=MARKETPLACES[0], listing_id=f"down/{one.photo.image}", seller_id=one.seller, title=one.title,
        price=rest.price, category=rest.category, condition=rest.condition, description=rest.description,
        images=(Image(path=photo),),
    )  # fmt: skip
    return Takedown(takedown_id=one.takedown_id, listing=listing)


def _listing(case: CombinedCase, number: int, photos: Sequence[str]) -> ListingEvent:
    rest = case.particulars
    # The same account is on the takedowns' marketplace, any other on one of the two.
    marketplace = MARKETPLACES[0 if case.kind == "same seller" else number % 2]
    return ListingEvent(
        event_id=f"event-{number}", type=EventType.CREATED, marketplace=marketplace, listing_id=case.listing_id,
        seller_id=case.seller, title=case.title, observed_at=OBSERVED_AT, price=rest.price,
        category=rest.category, condition=rest.condition, description=rest.description,
        images=tuple(Image(path=photo) for photo in photos),
    )  # fmt: skip


def _verdicts(cases: Sequence[CombinedCase], alerts: Path) -> list[Verdict]:
    by_listing = {
        alert.listing.listing_id: alert
        for alert in msgspec.json.Decoder(Alert).decode_lines(alerts.read_bytes())
    }
    chosen = cleared({case.listing_id: case for case in cases}, list(by_listing), VERDICTS_EACH)
    return [
        Verdict(
            alert_id=alert.alert_id, verdict="not a relist", by="evaluation", reason="a catalogue photo",
            decided_at=OBSERVED_AT + timedelta(days=1), alert=alert,
        )
        for alert in (by_listing[listing_id] for listing_id in chosen)
    ]  # fmt: skip


def _fitted(cases: Sequence[CombinedCase], result: ScanResult) -> Iterator[str]:
    """The best takedown of each listing as a judgement, honest ones weighed up to the base rate."""
    counted = [case for case in cases if case.catalogue_of is None]
    relists = sum(case.takedown_id is not None for case in counted)
    weight = relists / max(len(counted) - relists, 1) * (1 - BASE_RATE) / BASE_RATE
    judged = []
    for case in counted:
        scores = result.scores.get(case.listing_id, ())
        # The right takedown where it was found: that it was not the first is no fault of the weights.
        line = next((one for one in scores if one.takedown_id == case.takedown_id), next(iter(scores), None))
        if line is not None:
            true = line.takedown_id == case.takedown_id
            judged.append(JudgedWeights(line.weights, true, 1.0 if case.takedown_id else weight))
    policy = fit(judged, BUILT_IN, f"{BUILT_IN.version}-fitted")
    before, after = quality(judged, BUILT_IN), quality(judged, policy)
    yield f"{len(judged)} judgements; loss {before.loss:.5f} -> {after.loss:.5f},"
    yield f"Brier {before.brier:.6f} -> {after.brier:.6f}; prior {BUILT_IN.prior} -> {policy.prior}"
    for part in PARTS:
        yield f"{part}: {BUILT_IN.scale(part)} -> {policy.scale(part)}"


def _report(
    world: World, figures: tuple[CombinedFigures, CombinedFigures], options: argparse.Namespace
) -> Iterator[str]:
    before, after = figures
    yield f"# Whole listings: photo, title and all ({HALF_NAMES[options.half]})"
    yield ""
    yield f"{len(world.takedowns)} takedowns, {len(world.cases)} listings. Threshold as the settings have it."
    yield ""
    yield "| listings | right | 95% | of | alerted | right after verdicts |"
    yield "|---|---|---|---|---|---|"
    for row, later in zip(before.rows, after.rows, strict=True):
        yield (
            f"| {row.kind}: {row.what} | {rate(row.right)} | {interval(row.right, 2)} | {row.right.of} "
            f"| {row.alerted} | {rate(later.right)} |"
        )
    yield ""
    yield "| without catalogue photos | before | after verdicts |"
    yield "|---|---|---|"
    yield f"| recall | {rate(before.recall)} | {rate(after.recall)} |"
    yield f"| precision | {rate(before.precision)} | {rate(after.precision)} |"
    yield f"| precision at 1 relist in {1 / BASE_RATE:.0f} | {before.precision_at_base} | {after.precision_at_base} |"
    yield f"| Brier score at that rate (always saying it: {before.brier_of_base}) | {before.brier} | {after.brier} |"
    yield ""
    yield f"Calibration at 1 relist in {1 / BASE_RATE:.0f} listings:"
    yield ""
    yield "| probability from | listings | mean said | share true |"
    yield "|---|---|---|---|"
    for one in before.curve:
        yield f"| {one.low} | {one.listings} | {one.said} | {one.true} |"
    packages = ", ".join(f"{name} {number}" for name, number in package_versions().items())
    yield ""
    yield f"{machine()}; Python {platform.python_version()}; {packages}; {options.each} listings a kind"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m streams.evaluation.combined",
        description="Precision, recall and calibration on whole listings, through `relistwatch scan`.",
    )
    parser.add_argument(
        "--data", type=Path, required=True, help="folder with photos, photos.csv and titles.csv"
    )
    parser.add_argument("--half", choices=HALVES, default="held-out")
    parser.add_argument("--each", type=int, default=EACH, help=f"listings of each kind (default: {EACH})")
    parser.add_argument("--fit", action="store_true", help="what a policy fitted to this half would change")
    parser.add_argument("--json", type=Path, help="write all figures here too")
    parser.add_argument("--keep", type=Path, help="keep the photos, records, alerts and scores here")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
