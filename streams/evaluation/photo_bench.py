"""`python -m streams.evaluation.photo_bench --data DIR`: recall beside speed, ours beside other matchers, in one run.

DIR holds photos.csv (columns image and sender_id) and the photos in photos/. The report goes to stdout as
markdown, progress to stderr. Exit code 0 when it was measured, whatever came out; 2 when the data or an option
is wrong.
"""

import argparse
import platform
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import msgspec

from connectors.sample.seeds import dice
from fingerprints.photo_match import PhotoIndex
from streams.evaluation.__main__ import ProgressLines
from streams.evaluation.photo_bench_bank import PhotoMaker
from streams.evaluation.photo_bench_figures import BenchFigures, exponent, recall_of, speed_of, tier_shares
from streams.evaluation.photo_bench_growth import GrowingBank, settle
from streams.evaluation.photo_bench_methods import PDQ, Method, Ours, load_peers
from streams.evaluation.photo_bench_peer_growth import peer_growth
from streams.evaluation.photo_bench_recall import cases_of, judged
from streams.evaluation.photo_bench_report import BenchRun, render_bench, versions
from streams.evaluation.photo_bench_speed import StageClock, rates, sized, stage_figures
from streams.evaluation.photo_set import DataError, Photo, half_of, read_photos, split_photos
from streams.evaluation.report import machine

EXIT_USAGE = 2


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is measured; each has an option of its name."""

    bank: int
    photos: int
    edited: int
    rounds: int
    probes: int
    real: int
    side: tuple[int, ...]
    growth: tuple[int, ...]


FULL = Sizes(
    bank=40_000,
    photos=300,
    edited=40,
    rounds=3,
    probes=200,
    real=200_000,
    side=(0, 800, 1024),
    growth=(40_000, 200_000, 1_000_000),
)
QUICK = Sizes(
    bank=1000, photos=20, edited=2, rounds=1, probes=20, real=1000, side=(0,), growth=(500, 1000, 2000)
)


def main(arguments: Sequence[str]) -> int:
    """Measure, and print the report; the exit code."""
    options = _parser().parse_args(arguments)
    try:
        run, figures = bench(options.data, _sizes(options), arguments)
        if options.json is not None:
            whole = msgspec.json.encode({"run": run, "figures": figures})
            options.json.write_bytes(msgspec.json.format(whole, indent=2) + b"\n")
    except (DataError, OSError) as error:
        sys.stderr.write(f"photo_bench: {error}\n")
        return EXIT_USAGE
    sys.stdout.write(render_bench(run, figures))
    return 0


def bench(data: Path, sizes: Sizes, arguments: Sequence[str] = ()) -> tuple[BenchRun, BenchFigures]:
    """Everything from the photos to the figures.

    Raises:
        DataError: the photos cannot be measured on.
        OSError: the index's files cannot be written.
    """
    # One thread a process, for every method: the processes are forked, and are as many as there are cores.
    cv2.setNumThreads(1)
    progress = ProgressLines()
    photos = read_photos(data)
    held_out = split_photos(photos, "held-out")
    sources = [photo.path for photo in photos if half_of(photo.sender) == "tuned"]
    clock = StageClock()
    index = PhotoIndex(stage=clock.stage)
    ours = Ours(index)
    probes = [found for photo in _some(held_out.negatives, sizes.probes, "probes")
              if (found := ours.fingerprint(photo.path.read_bytes())) is not None]  # fmt: skip
    if not probes:
        raise DataError("none of the other photos of the senders in the bank has features")
    bank = GrowingBank(index, PhotoMaker(sources), max(sizes.real, sizes.bank), probes, progress)
    growth = []
    for size in sorted(size for size in sizes.growth if size <= sizes.bank):
        bank.grow(size)
        growth.append(bank.measured())
    bank.grow(sizes.bank)
    for photo in held_out.bank:
        if (found := ours.fingerprint(photo.path.read_bytes())) is not None:
            index.add(photo.takedown_id, (found,))
    # Before the processes are forked, that not each of them does it again.
    settle(index)

    peers, missing = load_peers(sizes.bank)
    methods: list[Method] = [ours, *peers]
    cases = cases_of(held_out, sizes.edited)
    verdicts = judged(held_out, cases, ours, peers, progress)
    timed = [photo.path.read_bytes() for photo in _some(held_out.negatives, sizes.photos, "speed")]
    rounds: dict[int, dict[str, list[float]]] = {}
    stages = {}
    for side in sizes.side:
        at_side = [sized(raw, side) for raw in timed]
        rounds[side] = rates(methods, at_side, sizes.rounds, f"speed at {side or 'its own'} px", progress)
        stages[side] = stage_figures(index, clock, at_side)
    for size in sorted(size for size in sizes.growth if size > sizes.bank):
        if size <= len(index):
            sys.stderr.write(f"growth: no row for {size}, the right answers went past it\n")
            continue
        bank.grow(size)
        growth.append(bank.measured())
    peers_grown, missing_grown = peer_growth(sizes.growth, sizes.probes, progress)
    by_side = {side: speed_of(found, PDQ) for side, found in rounds.items()}
    figures = BenchFigures(
        recall={method.name: recall_of(verdicts, method.name) for method in methods},
        elsewhere=sum(verdict.elsewhere for verdict in verdicts if verdict.edit is None),
        speed={
            method.name: {side: found[method.name] for side, found in by_side.items()} for method in methods
        },
        stages=stages,
        tiers=tier_shares(verdicts),
        growth=tuple(growth),
        exponent=exponent([row.photos for row in growth], [row.look_up.median for row in growth]),
        peer_growth=tuple(peers_grown),
        missing=missing | missing_grown,
    )
    run = BenchRun(
        command=arguments,
        machine=machine(),
        python=platform.python_version(),
        packages=versions(),
        rules={method.name: method.rule for method in methods},
        bank=sizes.bank,
        right_answers=len(held_out.bank),
        senders=len({photo.sender for photo in held_out.bank}),
        negatives=len(held_out.negatives),
        edited=min(sizes.edited, len(held_out.bank)),
        timed=len(timed),
        rounds=sizes.rounds,
    )
    index.close()
    return run, figures


def _some(photos: Sequence[Photo], many: int, what: str) -> list[Photo]:
    return dice("bench", what).sample(photos, min(many, len(photos)))


def _sizes(options: argparse.Namespace) -> Sizes:
    chosen = QUICK if options.quick else FULL
    given = {name: getattr(options, name) for name in Sizes.__slots__}
    return Sizes(**{name: getattr(chosen, name) if value is None else value for name, value in given.items()})


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m streams.evaluation.photo_bench",
        description="Recall, false alerts and photos a second of photo matchers, and growth of ours.",
    )
    parser.add_argument("--data", type=Path, required=True, help="folder with photos.csv and photos/")
    for name, what in (
        ("bank", "photos that are searched through, beside the right answers"),
        ("photos", "photos whose matching is timed"),
        ("edited", "photos for each edit"),
        ("rounds", "times that each method is timed"),
        ("probes", "photos that are looked up, added and withdrawn at each size"),
        ("real", "photos up to which the growing bank is made of real ones; further ones are drawn"),
    ):
        default = getattr(FULL, name)
        parser.add_argument(f"--{name}", type=_positive, help=f"{what} (default: {default})")
    parser.add_argument("--side", type=_sides, help="longer sides in pixels to time, 0 for as it is")
    parser.add_argument("--growth", type=_numbers, help="sizes of the bank to measure at")
    parser.add_argument("--quick", action="store_true", help="small sizes where none is given, to try it out")
    parser.add_argument("--json", type=Path, help="write all figures here too")
    return parser


def _positive(text: str) -> int:
    return _at_least(1, text)


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(_at_least(1, part) for part in text.split(","))


def _sides(text: str) -> tuple[int, ...]:
    return tuple(_at_least(0, part) for part in text.split(","))


def _at_least(least: int, text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number") from None
    if number < least:
        raise argparse.ArgumentTypeError(f"{number} is not {least} or more")
    return number


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
