"""The file of a run: its parts, each with what it measured or why it did not."""

import platform
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

from streams.evaluation.photo_bench_report import PEER_PACKAGES
from streams.evaluation.report import PACKAGES, machine

Size = Literal["full", "quick"]
STREAM_PACKAGES = (
    "faust-streaming", "aiokafka", "kafka-python", "uvloop", "msgspec", "rapidfuzz", "datasketch", "scikit-learn",
)  # fmt: skip


class ResultError(ValueError):
    """The file cannot be used; the message says why."""


NOTHING = msgspec.Raw(b"null")


class Part(Struct, frozen=True, kw_only=True):
    """One part. `taken`: its date. `figures`: what it wrote; where it failed nothing, and `failed` says why."""

    size: Size
    taken: str
    minutes: float
    command: str
    figures: msgspec.Raw = NOTHING
    failed: str = ""


class Result(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """All parts that were measured on one machine with one set of versions."""

    machine: str
    memory_gib: float
    python: str
    packages: dict[str, str]
    kafka: str
    data: str
    parts: Mapping[str, Part]


def versions() -> dict[str, str]:
    """Of all that the figures depend on, what is installed."""
    found = {}
    for package in dict.fromkeys((*PACKAGES, *STREAM_PACKAGES, *PEER_PACKAGES)):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def new_result(kafka: str, data: str) -> Result:
    """Without a part yet, of this machine as it is now."""
    memory = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()[0].split()[1]
    return Result(
        machine=machine(),
        memory_gib=round(int(memory) / 1024**2, 1),
        python=platform.python_version(),
        packages=versions(),
        kafka=kafka,
        data=data,
        parts={},
    )


def continued(path: Path, now: Result) -> Result:
    """The run of that file, to which parts are added, or `now` where there is none.

    Raises:
        ResultError: it is no such file, or was measured on another machine or with other versions.
    """
    if not path.exists():
        return now
    before = read_result(path)
    for name in ("machine", "python", "packages", "kafka", "data"):
        if getattr(before, name) != getattr(now, name):
            raise ResultError(f"{path} was measured with another {name}: {getattr(before, name)}")
    return before


def read_result(path: Path) -> Result:
    """The run of that file. Raises ResultError."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Result)
    except OSError as error:
        raise ResultError(f"cannot read {path}: {error.strerror}") from None
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ResultError(f"{path} holds no run of the benchmarks: {error}") from None


def with_part(result: Result, name: str, part: Part) -> Result:
    """The run with this part, instead of an earlier one of its name."""
    return msgspec.structs.replace(result, parts={**result.parts, name: part})


def write_result(path: Path, result: Result) -> None:
    """Whole or not at all. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}")
    partial.write_bytes(msgspec.json.format(msgspec.json.encode(result), indent=1) + b"\n")
    partial.replace(path)
