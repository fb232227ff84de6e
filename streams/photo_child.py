"""A process that decodes and hashes photos, one at a time, for `PhotoPool`: `python -m streams.photo_child`.

Decoders are written in C and photos come from adversaries: a crash or a bomb ends this process only. Frames
on stdin and stdout are a 4-byte big-endian length and that many bytes.
"""

import ctypes
import resource
import signal
import struct
import sys
from typing import BinaryIO

import msgspec

from fingerprints.photo_decode import PhotoError
from fingerprints.photo_hash import PhotoPrint, fingerprint_photo

LENGTH = struct.Struct(">I")
ADDRESS_SPACE = 2 * 1024**3
"""Room for the libraries and one photo of the most pixels allowed; more is a bomb."""
PR_SET_PDEATHSIG = 1


class Reply(msgspec.Struct):
    """A fingerprint (None for a photo without features), or the error that there was."""

    print: PhotoPrint | None = None
    error: str | None = None
    detail: str = ""


def write_frame(out: BinaryIO, payload: bytes) -> None:
    """One frame, at once."""
    out.write(LENGTH.pack(len(payload)) + payload)
    out.flush()


def read_frame(source: BinaryIO) -> bytes | None:
    """One frame, or None at the end: the parent has gone."""
    header = source.read(LENGTH.size)
    if len(header) < LENGTH.size:
        return None
    return source.read(LENGTH.unpack(header)[0])


def answer(raw: bytes, max_pixels: int) -> Reply:
    """What the parent gets for these bytes."""
    try:
        return Reply(print=fingerprint_photo(raw, max_pixels))
    except PhotoError as error:
        return Reply(error=error.kind, detail=error.detail[:500])
    except MemoryError:
        return Reply(error="too-much-memory", detail=f"{len(raw)} bytes")


def confine() -> None:
    """No end by the terminal's signals, none later than the parent's, and bounded memory."""
    # The parent decides when a child ends: by closing its stdin, or by SIGKILL.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main() -> None:
    """Answer until stdin ends."""
    confine()
    max_pixels = int(sys.argv[1])
    source, out = sys.stdin.buffer, sys.stdout.buffer
    write_frame(out, b"ready")
    while (raw := read_frame(source)) is not None:
        write_frame(out, msgspec.msgpack.encode(answer(raw, max_pixels)))


if __name__ == "__main__":
    main()
