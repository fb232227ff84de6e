"""The parts of a run: each a program of its own that writes what it measured to a file."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from streams.bench.result import Size

DATA, FILE = "DATA", "FILE"
"""In a part's words, the folder of the data and the file to write; what is shown of a command has them so too."""
LIMIT_TIMES = 3.0
LIMIT_MINUTES = 15.0
"""A part that takes so many times what is expected, and so many minutes more, is ended."""


@dataclass(frozen=True, slots=True)
class Job:
    """One part. `minutes`: expected on two quiet cores, by size. `full` and `quick`: words of its sizes."""

    name: str
    what: str
    module: str
    minutes: dict[Size, float]
    full: str
    quick: str
    always: str = ""

    def words(self, size: Size) -> list[str]:
        """Its program and options, with DATA and FILE in them."""
        sizes = self.full if size == "full" else self.quick
        return ["-m", self.module, *self.always.split(), *sizes.split(), "--json", FILE]

    def shown(self, size: Size) -> str:
        """The command for a person to repeat it by."""
        return " ".join(["python", *self.words(size)])


JOBS: Sequence[Job] = (
    Job(
        "photos",
        "photos beside other matchers, and growth to a million",
        "streams.evaluation.photo_bench",
        {"full": 17, "quick": 0.7},
        "--bank 40000 --real 40000 --photos 120 --edited 8 --rounds 3 --probes 200 --side 0,800,1024"
        " --growth 10000,40000,100000,1000000",
        "--bank 600 --real 600 --photos 10 --edited 1 --rounds 1 --probes 20 --side 0 --growth 300,600,1200",
        always=f"--data {DATA}",
    ),
    Job(
        "titles",
        "titles beside other matchers, and growth to a million",
        "streams.evaluation.title_bench",
        {"full": 5, "quick": 0.2},
        "--bank 40000 --queries 1000 --each 40 --others 500 --growth 40000,1000000",
        "--bank 300 --queries 50 --each 4 --others 40 --growth 300,1000",
        always=f"--data {DATA}",
    ),
    Job(
        "stream",
        "rates, latency and starts on a real Kafka, and what Faust and aiokafka alone do there",
        "streams.benchmarks.stream",
        {"full": 9, "quick": 1.2},
        "",
        "--quick",
    ),
    Job(
        "added",
        "one takedown more beside a million",
        "streams.bench.added",
        {"full": 6, "quick": 0.5},
        "--takedowns 1000000 --photos 40000 --added 300",
        "--takedowns 2000 --photos 100 --added 10",
        always=f"--data {DATA}",
    ),
    Job(
        "lookback",
        "looking back over 100,000 listings",
        "streams.benchmarks.lookback",
        {"full": 3, "quick": 0.3},
        "--listings 100000 --only text photos --takedowns 1 10 100",
        "--listings 2000 --bank 1000 --pool 20 --only text photos --takedowns 1 10",
    ),
)
NAMES = tuple(job.name for job in JOBS)


def command(words: Sequence[str], python: str, data: Path, file: Path) -> list[str]:
    """To start the part by: the words with the folder and the file in place."""
    given = {DATA: str(data), FILE: str(file)}
    return [python, "-P", *(given.get(word, word) for word in words)]
