"""Where the commands on sellers read their links: the topic, or a file as `relistwatch scan` writes it."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from streams.cli.broker import broker_errors
from streams.cli.context import EXIT_USAGE, fail, settings_of
from streams.cli.tail import safe

if TYPE_CHECKING:
    from connectors.codec import Codec
    from connectors.seller_links import SellerLink
    from streams.sellers.edges import NewestLinks

LINK_BYTES = 64 * 1024
"""Of one link; a real one has some hundreds. What is longer is none."""
TOLD = 5
"""Broken links that are said one by one, before only their number is."""


def read_links(context: typer.Context, file: Path | None) -> "NewestLinks":
    """The newest links of the topic, or of the file (`-`: stdin). What is no link is said on stderr. Ends the
    command where they cannot be read."""
    from connectors.codec import Codec  # noqa: PLC0415
    from connectors.seller_links import SellerLink  # noqa: PLC0415
    from streams.sellers.edges import NewestLinks  # noqa: PLC0415

    newest, broken = NewestLinks(), _Broken()
    if file is None:
        _from_topic(context, newest, Codec(SellerLink), broken)
    else:
        _from_file(file, newest, Codec(SellerLink), broken)
    if broken.count > TOLD:
        typer.echo(f"relistwatch: {broken.count} in all are no SellerLink", err=True)
    if newest.unfit:
        typer.echo(f"relistwatch: {newest.unfit} links of an account with itself left out", err=True)
    if newest.left_out:
        typer.echo(
            f"relistwatch: more than {newest.most} links; {newest.left_out} left out, groups may be parted",
            err=True,
        )
    return newest


class _Broken:
    """Says what is no link, the first few times."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, place: str, why: str) -> None:
        self.count += 1
        if self.count <= TOLD:
            typer.echo(f"relistwatch: no SellerLink at {place}: {safe(why, 300)}", err=True)


def _from_topic(
    context: typer.Context, newest: "NewestLinks", codec: "Codec[SellerLink]", broken: _Broken
) -> None:
    from streams.kafka_clients.record_reader import RecordReader  # noqa: PLC0415
    from streams.topics import SELLER_LINKS  # noqa: PLC0415

    settings = settings_of(context)
    with broker_errors(), RecordReader(settings, SELLER_LINKS) as reader:
        for record in reader.existing():
            if record.value is None:
                newest.forget((record.key or b"").decode("utf-8", "replace"))
            else:
                _put(newest, codec, record.value, f"{record.partition}:{record.offset}", broken)


def _from_file(path: Path, newest: "NewestLinks", codec: "Codec[SellerLink]", broken: _Broken) -> None:
    import os  # noqa: PLC0415
    import threading  # noqa: PLC0415

    from connectors.line_reader import Line, LineReader, TooLong  # noqa: PLC0415

    descriptor = -1
    try:
        descriptor = os.dup(0) if str(path) == "-" else os.open(path, os.O_RDONLY)
        reader = LineReader(descriptor, max_bytes=LINK_BYTES, follow=False)
        for line in reader.lines(threading.Event()):
            if isinstance(line, TooLong):
                broken(f"line {line.number}", f"longer than {LINK_BYTES} bytes")
            elif isinstance(line, Line) and line.raw.strip():
                _put(newest, codec, line.raw, f"line {line.number}", broken)
    except OSError as error:
        fail(f"--from {safe(str(path))}: cannot read: {error.strerror}", EXIT_USAGE)
    finally:
        if descriptor >= 0:
            os.close(descriptor)


def _put(newest: "NewestLinks", codec: "Codec[SellerLink]", raw: bytes, place: str, broken: _Broken) -> None:
    from connectors.codec import RecordError  # noqa: PLC0415

    if len(raw) > LINK_BYTES:
        broken(place, f"longer than {LINK_BYTES} bytes")
        return
    try:
        newest.put(codec.decode(raw).record)
    except RecordError as error:
        broken(place, str(error))
