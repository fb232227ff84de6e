"""One process that decodes and hashes photos, one at a time, for `streams.photos.pool`.

It holds nothing worth stealing and may die at any byte: no settings, no sockets, an environment without
secrets, a limit on memory. It loads fingerprints and little else. Frames on both pipes: 4 bytes of length
(network order), then the body; a request's body is the photo's bytes, a reply's is a `Reply` in msgpack.
"""

import io
import os
import resource
import signal
import struct
import sys
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import msgspec
from msgspec import Struct
from PIL import Image

from fingerprints.photo_decode import PhotoError
from fingerprints.photo_print import PhotoPrint, print_of_bytes
from streams.die_with_parent import die_with_parent

LENGTH = struct.Struct("!I")
BYTES_A_PIXEL = 16
"""Address space for one photo at its worst: RGBA, a copy in another mode, the decoder's own buffers."""
SPARE_BYTES = 256 * 1024 * 1024
WARM_UP_SIDE = 600
"""Pixels: a little more than the working picture has, as real photos do."""


class Reply(Struct, frozen=True, omit_defaults=True):
    """What became of the photo: a print, nothing (no features), or why not; or a picture, where one was asked for
    (`streams.photos.picture_child`)."""

    print: PhotoPrint | None = None
    picture: bytes = b""
    error_kind: str | None = None
    error: str = ""


def serve(work: Callable[[bytes], Reply], *, address_space: int) -> None:
    """Answer until the pipe is closed. `address_space` is in bytes on top of what is mapped at the start.

    The first frame sent is an empty reply: ready.
    """
    requests, replies = _take_pipes()
    _warm_up()
    _limit_memory(address_space)
    _send(replies, Reply())
    while (raw := _receive(requests)) is not None:
        _send(replies, _answer(work, raw))


def _warm_up() -> None:
    """One drawn photo, so that what is loaded and reserved on first use (Pillow's JPEG decoder, OpenCV's
    filters, the pyramid's buffers) does not count against the first photo's time and memory."""
    jpeg = io.BytesIO()
    Image.radial_gradient("L").resize((WARM_UP_SIDE, WARM_UP_SIDE)).save(jpeg, "JPEG")
    print_of_bytes(jpeg.getvalue(), max_pixels=WARM_UP_SIDE**2)


def tie_to_parent(parent: int) -> None:
    """End with the parent, and with nothing else: the parent decides when its work is done."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    die_with_parent(parent)


def _answer(work: Callable[[bytes], Reply], raw: bytes) -> Reply:
    try:
        return work(raw)
    except PhotoError as error:
        return Reply(error_kind=error.kind, error=str(error))
    except MemoryError:
        return Reply(error_kind="out-of-memory", error="the process's memory limit is reached")


def _take_pipes() -> tuple[BinaryIO, BinaryIO]:
    """The two pipes; whatever a library prints goes to stderr instead of into the replies."""
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return sys.stdin.buffer, replies


def _limit_memory(address_space: int) -> None:
    """So that a bomb ends this process, not the machine; and so that a crash leaves no core file."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        mapped = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (mapped + address_space,) * 2)


def _receive(requests: BinaryIO) -> bytes | None:
    header = requests.read(LENGTH.size)
    if len(header) < LENGTH.size:
        return None
    (length,) = LENGTH.unpack(header)
    body = requests.read(length)
    return body if len(body) == length else None


def _send(replies: BinaryIO, reply: Reply) -> None:
    body = msgspec.msgpack.encode(reply)
    replies.write(LENGTH.pack(len(body)) + body)
    replies.flush()


def main(fingerprint: Callable[..., PhotoPrint | None] = print_of_bytes) -> None:
    """Arguments: the parent's process id, and the most pixels a photo may have."""
    run(lambda raw, max_pixels: Reply(fingerprint(raw, max_pixels=max_pixels)))


def run(work: Callable[[bytes, int], Reply]) -> None:
    """Serve as the program that this process was started as. `work` takes a request and the most pixels."""
    parent, max_pixels = int(sys.argv[1]), int(sys.argv[2])
    tie_to_parent(parent)
    serve(lambda raw: work(raw, max_pixels), address_space=max_pixels * BYTES_A_PIXEL + SPARE_BYTES)


if __name__ == "__main__":
    main()
