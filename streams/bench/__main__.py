"""`python -m streams.bench --data DIR`: every goal of speed, memory and growth beside its peer, in one run.

The table goes to stdout, or with `--write FILE` into that page; progress to stderr; what was measured to `--out`,
after each part. Exit code 0 when all was measured, whatever came out; 1 when a part failed, which the table names;
2 when the data, a file or an option is wrong.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from streams.bench.page import PageError, render, replaced
from streams.bench.parts import JOBS, LIMIT_MINUTES, LIMIT_TIMES, NAMES, Job, command
from streams.bench.result import (
    NOTHING,
    Part,
    ResultError,
    Size,
    continued,
    new_result,
    read_result,
    with_part,
    write_result,
)
from streams.bench.work import Failed, run_part
from streams.evaluation.photo_set import DataError, read_photos
from streams.evaluation.title_set import read_titles
from streams.kafka_local.jar_lock import KAFKA_VERSION

EXIT_FAILED, EXIT_USAGE = 1, 2
FOLDER = Path("build")


def main(arguments: Sequence[str]) -> int:
    """Run the parts and write the table; the exit code."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.table == (options.data is not None):
        parser.error("name the data with --data, or take what is measured with --table")
    size: Size = "quick" if options.quick else "full"
    out = options.out or FOLDER / f"bench-{size}.json"
    jobs = [] if options.table else [job for job in JOBS if not options.only or job.name in options.only]
    try:
        if options.write is not None:
            replaced(options.write.read_text(encoding="utf-8"), "")
        result = read_result(out) if options.table else new_result(KAFKA_VERSION, _data_words(options.data))
        if options.only:
            result = continued(out, result)
        for number, job in enumerate(jobs, start=1):
            left = sum(one.minutes[size] for one in jobs[number - 1 :])
            _say(f"part {number}/{len(jobs)}, {job.name}: {job.what}; some {_minutes(job.minutes[size])},"
                 f" {_minutes(left)} with all that follows")  # fmt: skip
            result = with_part(result, job.name, _measured(job, size, options.data, out))
            write_result(out, result)
        section = render(result)
        if options.write is not None:
            page = options.write.read_text(encoding="utf-8")
            options.write.write_text(replaced(page, section), encoding="utf-8")
            _say(f"written: {options.write}, between its marks; all figures: {out}")
        else:
            sys.stdout.write(section)
    except (DataError, ResultError, PageError, OSError) as error:
        sys.stderr.write(f"bench: {error}\n")
        return EXIT_USAGE
    failed = [job.name for job in jobs if result.parts[job.name].failed]
    if failed:
        _say(f"not measured: {', '.join(failed)}; again with --only {' '.join(failed)}")
    return EXIT_FAILED if failed else 0


def _measured(job: Job, size: Size, data: Path, out: Path) -> Part:
    began, taken = time.monotonic(), datetime.now(UTC).date().isoformat()
    figures, failed = NOTHING, ""
    report = out.with_name(f"{out.stem}-{job.name}.md")
    report.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="relistwatch-bench-") as folder:
        file = Path(folder) / "figures.json"
        words = command(job.words(size), sys.executable, data, file)
        try:
            run_part(words, report, (job.minutes[size] * LIMIT_TIMES + LIMIT_MINUTES) * 60)
            figures = msgspec.json.decode(file.read_bytes(), type=msgspec.Raw)
        except (Failed, OSError, msgspec.MsgspecError) as error:
            failed = str(error).replace(str(data), "DATA").replace(str(file), "FILE")
            _say(f"{job.name} FAILED, the others go on: {failed}")
    minutes = round((time.monotonic() - began) / 60, 2)
    return Part(
        size=size, taken=taken, minutes=minutes, command=job.shown(size), figures=figures, failed=failed
    )


def _data_words(data: Path) -> str:
    photos, titles = read_photos(data), len(read_titles(data))
    senders = len({one.sender for one in photos})
    return f"{len(photos):,} real photos of {senders:,} senders and {titles:,} real titles"


def _minutes(minutes: float) -> str:
    return f"{minutes:.0f} min" if minutes >= 2 else f"{minutes * 60:.0f} s"


def _say(text: str) -> None:
    sys.stderr.write(f"{time.strftime('%H:%M:%S')}  {text}\n")
    sys.stderr.flush()


def _parser() -> argparse.ArgumentParser:
    total = sum(job.minutes["full"] for job in JOBS)
    parser = argparse.ArgumentParser(
        prog="python -m streams.bench",
        description=f"Every goal beside its peer in one run: some {total:.0f} minutes on two quiet cores.",
    )
    parser.add_argument("--data", type=Path, help="folder with photos.csv, photos/ and titles.csv")
    parser.add_argument("--quick", action="store_true", help="small sizes, to try it out in a few minutes")
    parser.add_argument("--only", nargs="+", choices=NAMES, metavar="PART",
                        help=f"these parts into a file that has the others: {', '.join(NAMES)}")  # fmt: skip
    parser.add_argument(
        "--table", action="store_true", help="measure nothing: the table of what the file has"
    )
    parser.add_argument("--out", type=Path, help="all figures as JSON (default build/bench-SIZE.json)")
    parser.add_argument(
        "--write", type=Path, metavar="FILE", help="put the table into this page, between its marks"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
