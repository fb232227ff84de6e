"""`python -m streams.evaluation.scan_speed --data DIR [--photos 2400]`: what a scan of photos takes in time and memory.

`relistwatch scan` of as many listings as takedowns, each listing's photo being a takedown's, by another seller. The
photos are DIR's (photos.csv and photos/), read again from the first where there are too few, or drawn without --data.
Times are of the whole command, start included; its memory is that of its largest process. Exit code 1 when a listing
had no alert, or the aim was missed: its figures are of no use, or too large.
"""

import argparse
import itertools
import os
import platform
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from connectors.sample.catalogue import look_of
from connectors.sample.draw import draw_photo
from connectors.sample.seeds import dice
from streams.evaluation.cases import Case
from streams.evaluation.edit_work import photo_name
from streams.evaluation.photo_set import DataError, Photo, read_photos
from streams.evaluation.report import machine, package_versions
from streams.evaluation.scan_run import ScanError, run_scan, write_listings, write_takedowns

PHOTOS = 2_400
AIM_SECONDS = 60.0


def main(arguments: Sequence[str]) -> int:
    """Measure and print a table; the exit code."""
    options = _parser().parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="relistwatch-scan-") as temporary:
        folder = Path(temporary)
        try:
            photos = _photos(options.data, options.photos, folder / "drawn")
            write_takedowns(photos, folder)
            for number, photo in enumerate(photos):
                shutil.copyfile(photo.path, folder / photo_name(number))
            write_listings([Case(f"listing-{n}", "table", photo) for n, photo in enumerate(photos)], folder)
            before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
            found = run_scan(folder, len(photos), len(photos))
            seconds = time.monotonic() - started
        except (DataError, ScanError) as error:
            sys.stderr.write(f"scan speed: {error}\n")
            return 2
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime
    alerted = len(found.alerts)
    sys.stdout.write(
        f"| scan of {len(photos):,} photos against {len(photos):,} takedowns | |\n|---|---|\n"
        f"| listings alerted | {alerted:,} of {len(photos):,} |\n"
        f"| seconds by the clock (aim {options.aim:.0f}) | {seconds:.1f} |\n"
        f"| seconds of processor, all processes | {spent:.1f} |\n"
        f"| largest process, MB | {used.ru_maxrss * 1024 / 1e6:,.0f} |\n"
        f"\n{machine()}, load {os.getloadavg()[0]:.1f}; Python {platform.python_version()}; {package_versions()}\n"
    )
    return 0 if alerted == len(photos) and seconds <= options.aim else 1


def _photos(data: Path | None, many: int, folder: Path) -> list[Photo]:
    """So many photos, each with a name of its own. Raises DataError."""
    if data is not None:
        there = itertools.islice(itertools.cycle(read_photos(data)), many)
        return [
            Photo(f"{number}-{photo.image}", photo.sender, photo.path) for number, photo in enumerate(there)
        ]
    folder.mkdir()
    chance = dice("scan speed")
    photos = []
    for number in range(many):
        path = folder / f"{number}.jpg"
        path.write_bytes(draw_photo(look_of(chance), number % 97, number))
        photos.append(Photo(path.name, "drawn", path))
    return photos


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m streams.evaluation.scan_speed",
        description="Time and memory of a scan of photos, each of which is a takedown's.",
    )
    parser.add_argument(
        "--data", type=Path, help="folder with photos.csv and photos/; drawn goods without it"
    )
    parser.add_argument("--photos", type=int, default=PHOTOS, help="listings, and as many takedowns")
    parser.add_argument("--aim", type=float, default=AIM_SECONDS, help="seconds by the clock")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
