"""`python -m streams.evaluation --data DIR`: photos edited as sellers edit them, through `relistwatch scan`.

DIR holds photos.csv (columns image and sender_id) and the photos in photos/. The report goes to stdout as
markdown, progress to stderr. Exit code 0 when it was measured, whatever came out; 1 when the scan failed;
2 when the data or an option is wrong.
"""

import argparse
import contextlib
import platform
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from streams.evaluation.cases import plan_cases
from streams.evaluation.edit_table import EXTRA, TABLE
from streams.evaluation.edit_work import make_photos
from streams.evaluation.figures import Figures, figures_of
from streams.evaluation.outcomes import judge
from streams.evaluation.photo_set import HALVES, DataError, Half, read_photos, split_photos
from streams.evaluation.report import Run, command_line, machine, package_versions, render
from streams.evaluation.scan_run import ScanError, run_scan, write_listings, write_takedowns

EXIT_FAILED, EXIT_USAGE = 1, 2
PHOTOS = 100
"""Photos an edit: a recall of 0.95 is then known to within 0.05."""


def main(arguments: Sequence[str]) -> int:
    """Measure, and print the report; the exit code."""
    options = _parser().parse_args(arguments)
    try:
        with _work_folder(options.keep) as folder:
            run, figures = evaluate(options.data, options.half, options.photos, folder, arguments)
        if options.json is not None:
            whole = msgspec.json.encode({"run": run, "figures": figures})
            options.json.write_bytes(msgspec.json.format(whole, indent=2) + b"\n")
    except (DataError, OSError) as error:
        sys.stderr.write(f"evaluation: {error}\n")
        return EXIT_USAGE
    except ScanError as error:
        sys.stderr.write(f"evaluation: {error}\n")
        return EXIT_FAILED
    sys.stdout.write(render(run, figures))
    return 0


def evaluate(
    data: Path, half: Half, photos_each: int, folder: Path, arguments: Sequence[str] = ()
) -> tuple[Run, Figures]:
    """Everything from the photos to the figures; `folder` takes the files and may be thrown away.

    Raises:
        DataError: the photos cannot be measured on.
        ScanError: the scan failed.
        OSError: a file cannot be read or written.
    """
    photos = split_photos(read_photos(data), half)
    cases = plan_cases(photos, TABLE, EXTRA, photos_each)
    progress = ProgressLines()
    write_takedowns(photos.bank, folder)
    make_photos(cases, [photo.path for photo in photos.others], folder, progress)
    write_listings(cases, folder)
    result = run_scan(folder, len(photos.bank), len(cases))
    senders = {photo.takedown_id: photo.sender for photo in photos.bank}
    run = Run(
        command=command_line(arguments),
        machine=machine(),
        python=platform.python_version(),
        packages=package_versions(),
        half=half,
        takedowns=len(photos.bank),
        negatives=len(photos.negatives),
        senders=len(set(senders.values())),
        listings=len(cases),
        photo_failures=result.summary.photo_failures,
    )
    return run, figures_of(judge(cases, result, senders))


class ProgressLines:
    """A line on stderr at every tenth: readable in a terminal and in a log."""

    def __init__(self) -> None:
        self._said: tuple[str, int] = ("", 0)

    def __call__(self, what: str, done: int, total: int) -> None:
        """`done` of `total` are done."""
        now = (what, done * 10 // total)
        if now != self._said:
            self._said = now
            sys.stderr.write(f"{what}: {done} of {total}\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m streams.evaluation",
        description="Recall and false alerts on edited photos, measured through `relistwatch scan`.",
    )
    parser.add_argument("--data", type=Path, required=True, help="folder with photos.csv and photos/")
    parser.add_argument(
        "--half", choices=HALVES, default="held-out", help="senders to measure on (default: held-out)"
    )
    parser.add_argument(
        "--photos", type=_positive, default=PHOTOS, help=f"photos for each edit (default: {PHOTOS})"
    )
    parser.add_argument("--json", type=Path, help="write all figures here too, with the photos missed")
    parser.add_argument("--keep", type=Path, help="keep the edited photos, records, alerts and scores here")
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is not 1 or more")
    return number


@contextlib.contextmanager
def _work_folder(kept: Path | None) -> Iterator[Path]:
    if kept is not None:
        kept.mkdir(parents=True, exist_ok=True)
        yield kept
        return
    with tempfile.TemporaryDirectory(prefix="relistwatch-evaluation-") as folder:
        yield Path(folder)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
