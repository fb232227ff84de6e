"""Lines come whole and bounded from files, pipes and growing files."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.line_reader import CHUNK_BYTES, Line, LineReader, TooLong, Truncated
from connectors.sdk import IDLE


@contextmanager
def reading(path: Path, *, max_bytes: int = 1 << 20, follow: bool = False) -> Iterator[LineReader]:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        yield LineReader(descriptor, max_bytes=max_bytes, follow=follow)
    finally:
        os.close(descriptor)


@given(
    lines=st.lists(st.binary(max_size=40).map(lambda raw: raw.replace(b"\n", b"-")), max_size=8),
    ended=st.booleans(),
)
def test_all_lines_come_and_only_long_ones_are_replaced(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes], ended: bool
) -> None:
    path = tmp_path_factory.mktemp("lines") / "l"
    path.write_bytes(b"\n".join(lines) + (b"\n" if ended and lines else b""))
    expected = [
        Line(number, line.removesuffix(b"\r")) if len(line) <= 30 else TooLong(number)
        for number, line in enumerate(lines, 1)
        if ended or number < len(lines) or line
    ]
    with reading(path, max_bytes=30) as reader:
        assert list(reader.lines(threading.Event())) == expected


def test_a_line_longer_than_a_chunk_is_put_together(tmp_path: Path) -> None:
    path = tmp_path / "l"
    long = b"y" * (3 * CHUNK_BYTES + 7)
    path.write_bytes(b"a\n" + long + b"\nz\n")
    with reading(path, max_bytes=len(long)) as reader:
        assert list(reader.lines(threading.Event())) == [Line(1, b"a"), Line(2, long), Line(3, b"z")]
    with reading(path, max_bytes=len(long) - 1) as reader:
        assert list(reader.lines(threading.Event())) == [Line(1, b"a"), TooLong(2), Line(3, b"z")]


def test_following_leaves_a_partial_line_until_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "l"
    path.write_bytes(b"one\ntw")
    stop = threading.Event()
    with reading(path, follow=True) as reader, path.open("ab", buffering=0) as writer:
        lines = reader.lines(stop)
        assert [next(lines), next(lines)] == [Line(1, b"one"), IDLE]
        writer.write(b"o\nthr")
        assert [next(lines), next(lines)] == [Line(2, b"two"), IDLE]
        stop.set()
        assert list(lines) == []


def test_following_notices_that_the_file_was_emptied(tmp_path: Path) -> None:
    path = tmp_path / "l"
    path.write_bytes(b"first and long\n")
    with reading(path, follow=True) as reader:
        lines = reader.lines(threading.Event())
        assert [next(lines), next(lines)] == [Line(1, b"first and long"), IDLE]
        path.write_bytes(b"new\n")
        assert [next(lines), next(lines)] == [Truncated(), Line(1, b"new")]


def test_a_silent_pipe_is_idle_and_then_goes_on(tmp_path: Path) -> None:
    read, write = os.pipe()
    try:
        reader = LineReader(read, max_bytes=100, follow=False)
        lines = reader.lines(threading.Event())
        os.write(write, b"a\nb")
        assert [next(lines), next(lines)] == [Line(1, b"a"), IDLE]
        os.write(write, b"c")
        os.close(write)
        assert list(lines) == [Line(2, b"bc")]
    finally:
        os.close(read)


def test_stopped_in_the_middle_it_goes_on_with_the_next_line(tmp_path: Path) -> None:
    path = tmp_path / "l"
    path.write_bytes(b"1\n2\n3\n")
    stop = threading.Event()
    with reading(path) as reader:
        lines = reader.lines(stop)
        assert next(lines) == Line(1, b"1")
        stop.set()
        assert list(lines) == []
        assert list(reader.lines(threading.Event())) == [Line(2, b"2"), Line(3, b"3")]
