"""A drop folder with files of a known age, and runs of the source on it."""

import os
from pathlib import Path
from typing import Any

import msgspec
from listing_records import START

from connectors.backoff import Backoff
from connectors.clock import SetClock
from connectors.context import Context
from connectors.folder import FolderSource
from connectors.memory import MemorySink
from connectors.runner import Problem, Runner
from connectors.sdk import make

HEADER = "marketplace,listing_id,title\n"


class Dropped:
    """A folder and a source on it, run until nothing is left."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.clock = SetClock(START)
        self.problems: list[Problem] = []

    def file(self, name: str, *records: Any, age: float = 0.0) -> Path:
        path = self.home / name
        path.write_bytes(
            b"".join(
                each
                if isinstance(each, bytes)
                else each.encode()
                if isinstance(each, str)
                else msgspec.json.encode(each) + b"\n"
                for each in records
            )
        )
        moment = START.timestamp() - age
        os.utime(path, (moment, moment))
        return path

    def source(self, **options: Any) -> FolderSource:
        return make(FolderSource, {"path": str(self.home), "once": True, "settle_seconds": 2} | options)

    def run(self, sink: MemorySink | None = None, **options: Any) -> list[Any]:
        sink = sink or MemorySink()
        self.problems.clear()
        Runner(
            self.source(**options),
            sink,
            context=Context("folder", clock=self.clock),
            backoff=Backoff(0.0, 0.0, attempts=3),
            on_problem=self.problems.append,
        ).run()
        return sink.events

    def names(self, folder: str = ".") -> list[str]:
        return sorted(
            path.name for path in (self.home / folder).iterdir() if path.is_file() or path.is_symlink()
        )

    def taken(self) -> list[str]:
        return sorted(path.name for path in (self.home / ".taking").rglob("*") if not path.is_dir())
