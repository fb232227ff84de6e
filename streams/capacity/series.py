"""Measured points, and the file that holds them: what the model is fitted to."""

import importlib.resources
from collections.abc import Mapping
from pathlib import Path

import msgspec
from msgspec import Struct

REFERENCE = "reference.json"
"""Beside this file: what `python -m streams.capacity.measure` wrote on the reference machine."""


class Point(Struct, frozen=True, array_like=True):
    """One measurement: at `x` of what the series grows with it was `y`."""

    x: float
    y: float


class MeasuredError(ValueError):
    """The file of measurements cannot be used; the message says why."""


class Measured(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One run of the measuring, on one machine. Seconds are of processor time."""

    machine: str
    taken: str
    version: str
    command: str
    flow_bank: int
    """Takedowns that the workers held while the flow was measured."""
    flow_photos: int
    """Photos of those takedowns together."""
    check_bank: int = 0
    """Takedowns of the flow that is predicted, not fitted to: series check_worker_work."""
    check_photos: int = 0
    series: Mapping[str, tuple[Point, ...]]


def read_measured(path: Path | None = None) -> Measured:
    """The measurements in this file; without one, the shipped ones.

    Raises:
        MeasuredError: no such file, or it is none of ours.
    """
    try:
        raw = (
            path.read_bytes()
            if path is not None
            else importlib.resources.files("streams.capacity").joinpath(REFERENCE).read_bytes()
        )
        return msgspec.json.decode(raw, type=Measured)
    except OSError as error:
        raise MeasuredError(f"cannot read {path}: {error.strerror}") from None
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise MeasuredError(f"{path} holds no measurements: {error}") from None


def write_measured(path: Path, measured: Measured) -> None:
    """All of it, or the file stays as it was.

    Raises:
        OSError: it cannot be written.
    """
    # A series a line: two runs can be compared by eye.
    whole = msgspec.to_builtins(measured)
    series = whole.pop("series")
    head = [f" {_json(name)}: {_json(value)}," for name, value in whole.items()]
    body = [f"  {_json(name)}: {_json(series[name])}" for name in sorted(series)]
    text = "\n".join(["{", *head, ' "series": {', ",\n".join(body), " }", "}", ""])
    partial = path.with_name(f".{path.name}.partial")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
