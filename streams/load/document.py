"""A recorded run with its report as a JSON file, and back. Pure."""

import msgspec
from msgspec import Struct

from streams.load.recording import FORMAT, Recording
from streams.load.report import Report


class DocumentError(ValueError):
    """The bytes are no recorded run that this program reads; the message says why."""


class _Written(Struct):
    recording: Recording
    report: Report


class _Format(Struct):
    format: int


class _Any(Struct):
    recording: _Format


class _Read(Struct):
    recording: Recording


def document(recording: Recording, report: Report) -> bytes:
    """One JSON object, readable line by line."""
    return msgspec.json.format(msgspec.json.encode(_Written(recording, report)), indent=1) + b"\n"


def read_document(raw: bytes) -> Recording:
    """The run; its report is made anew.

    Raises:
        DocumentError: it is none, or of another program's format.
    """
    try:
        found = msgspec.json.decode(raw, type=_Any).recording.format
        if found != FORMAT:
            raise DocumentError(f"its format is {found}, this program reads {FORMAT}")
        return msgspec.json.decode(raw, type=_Read).recording
    except msgspec.MsgspecError as error:
        raise DocumentError(f"no recorded run: {error}") from error
