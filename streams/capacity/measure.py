"""Measures on this machine what the capacity model is fitted to: `python -m streams.capacity.measure --out FILE`.

Some minutes on two idle cores, with a real local Kafka; `--size quick` tries it out. What it writes is taken by
`relistwatch capacity --measured FILE`. Times are of processor time: other work on the machine makes them larger, by
less than it makes everything slower.

    python -m streams.capacity.measure --out measured.json                   all, on drawn photos
    python -m streams.capacity.measure --out measured.json --data DIR        photos of the bank like those of DIR
    python -m streams.capacity.measure --out measured.json --only bank flow  these parts anew, the others stay
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from fingerprints.photo_print import PhotoPrint
from streams.capacity.measure_bank import bank_series, bank_sizes
from streams.capacity.measure_beside import console_series, lookback_series
from streams.capacity.measure_flow import measure_flow
from streams.capacity.measure_index import Say, photo_points, photo_prints, title_points
from streams.capacity.series import Measured, MeasuredError, Point, read_measured, write_measured
from streams.evaluation.photo_set import DataError
from streams.evaluation.report import machine
from streams.kafka_local.broker import BrokerError, LocalKafka
from streams.kafka_local.jars import JarError
from streams.program_version import program_version

EXIT_FAILED, EXIT_USAGE = 1, 2
PATTERNS = 300
"""Photos that those of a small bank are drawn like."""
BROKER_HEAP_MB = 768


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is measured."""

    titles: tuple[int, ...]
    """Small banks cost more: where few titles are held, nearly every one weighs enough to be compared."""
    photos: tuple[int, ...]
    learned: int
    """Photos that those of the index are drawn like."""
    banks: tuple[int, ...]
    photo_banks: tuple[int, ...]
    listings: tuple[int, ...]
    """By photos a listing, from none on."""
    flow_bank: tuple[int, int]
    """Takedowns of the flow, and photos of them."""
    check_bank: tuple[int, int]
    """The same of the flow that is predicted, not fitted to."""
    stored: tuple[int, ...]
    looked_for: tuple[int, ...]
    alerts: tuple[int, ...]


FULL = Sizes(
    titles=(40_000, 100_000, 200_000, 400_000, 1_000_000),
    photos=(10_000, 20_000, 40_000, 100_000, 200_000, 400_000),
    learned=2_000,
    banks=(10_000, 40_000, 100_000),
    photo_banks=(5_000, 20_000, 40_000),
    listings=(10_000, 1_000, 700, 500),
    flow_bank=(40_000, 1_000),
    check_bank=(100_000, 20_000),
    stored=(10_000, 20_000, 50_000),
    looked_for=(1, 30, 100, 300),
    alerts=(1_000, 3_000, 10_000),
)
SMALL = Sizes(
    titles=(40_000, 100_000, 200_000),
    photos=(5_000, 10_000, 20_000, 40_000),
    learned=500,
    banks=(5_000, 10_000, 20_000),
    photo_banks=(2_000, 5_000, 10_000),
    listings=(3_000, 200, 120, 80),
    flow_bank=(40_000, 500),
    check_bank=(60_000, 10_000),
    stored=(2_000, 4_000, 8_000),
    looked_for=(1, 30, 100),
    alerts=(250, 500, 1_000),
)
QUICK = Sizes(
    titles=(200, 500),
    photos=(50, 100),
    learned=30,
    banks=(100, 300),
    photo_banks=(50, 100),
    listings=(100, 10),
    flow_bank=(200, 20),
    check_bank=(300, 40),
    stored=(100, 200),
    looked_for=(1, 10),
    alerts=(20, 40),
)
NAMED = {"full": FULL, "small": SMALL, "quick": QUICK}

Series = dict[str, list[Point]]


def parts(sizes: Sizes, data: Path | None, folder: Path, say: Say) -> dict[str, Callable[[], Series]]:
    """What is measured, by the name of its part."""

    def patterns() -> list[PhotoPrint]:
        return photo_prints(data, min(PATTERNS, max(sizes.photo_banks)), 1, say)[0]

    def index() -> Series:
        return {
            "title_search": title_points(sizes.titles, say),
            "photo_search": photo_points(sizes.photos, sizes.learned, data, say),
        }

    def bank() -> Series:
        text = bank_sizes(sizes.banks, [], folder, photos=False)
        photo = bank_sizes(sizes.photo_banks, patterns(), folder, photos=True)
        return bank_series(text, "text") | bank_series(photo, "photo")

    def flow() -> Series:
        # Java as a broker of one's own has it, not as tests start it: its compilers run at full.
        with LocalKafka(folder / "kafka", heap_mb=BROKER_HEAP_MB, die_with_parent=True, flags=()) as broker:
            return measure_flow(
                broker,
                folder,
                patterns(),
                listings=sizes.listings,
                bank=sizes.flow_bank,
                check_bank=sizes.check_bank,
                say=say,
            )

    def lookback() -> Series:
        kinds = [lookback_series(sizes.stored, sizes.looked_for, sizes.flow_bank[0], photos=photos)
                 for photos in (False, True)]  # fmt: skip
        return kinds[0] | kinds[1]

    return {
        "index": index,
        "bank": bank,
        "flow": flow,
        "lookback": lookback,
        "console": lambda: console_series(sizes.alerts),
    }


def measured_with(
    before: Mapping[str, Sequence[Point]], found: Series, sizes: Sizes, command: Sequence[str]
) -> Measured:
    """What was found now, and before it what was found earlier."""
    series = {name: tuple(points) for name, points in (dict(before) | found).items()}
    return Measured(
        machine=machine(),
        taken=datetime.now(UTC).date().isoformat(),
        version=program_version(),
        command=" ".join(["python -m streams.capacity.measure", *command]),
        flow_bank=sizes.flow_bank[0],
        flow_photos=sizes.flow_bank[1],
        check_bank=sizes.check_bank[0],
        check_photos=sizes.check_bank[1],
        series=series,
    )


def main(arguments: Sequence[str]) -> int:
    """Measure and write the file after each part; the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m streams.capacity.measure",
        description="Measures what `relistwatch capacity` is fitted to.",
    )
    parser.add_argument("--out", type=Path, required=True, help="the file to write")
    parser.add_argument(
        "--data", type=Path, help="folder with photos.csv and photos/; without it photos are drawn"
    )
    parser.add_argument("--size", choices=sorted(NAMED), default="full", help="how much (default full)")
    parser.add_argument("--only", nargs="*", choices=["index", "bank", "flow", "lookback", "console"],
                        help="these parts anew, into a file that has the others")  # fmt: skip
    options = parser.parse_args(arguments)
    sizes = NAMED[options.size]

    def say(text: str) -> None:
        sys.stderr.write(f"{time.strftime('%H:%M:%S')}  {text}\n")

    try:
        before: Mapping[str, Sequence[Point]] = {}
        if options.only and options.out.exists():
            before = read_measured(options.out).series
        shown = [word for word in arguments if word not in {"--out", str(options.out)}]
        shown = ["DIR" if word == str(options.data) else word for word in shown]
        found: Series = {}
        with tempfile.TemporaryDirectory(prefix="relistwatch-capacity-") as name:
            for part, measure in parts(sizes, options.data, Path(name), say).items():
                if options.only and part not in options.only:
                    continue
                say(f"measuring: {part}")
                found |= measure()
                write_measured(options.out, measured_with(before, found, sizes, shown))
    except (MeasuredError, DataError, OSError) as error:
        sys.stderr.write(f"capacity.measure: {error}\n")
        return EXIT_USAGE
    except (BrokerError, JarError, TimeoutError) as error:
        sys.stderr.write(f"capacity.measure: {error}\n")
        return EXIT_FAILED
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
