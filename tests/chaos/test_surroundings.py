"""The network, the disk and the host of photos do what the faults take them for."""

import contextlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from fingerprints.photo_decode import PhotoError, decode_photo
from streams.chaos import network, small_disk
from streams.chaos.cluster_view import java_hash
from streams.chaos.crew import last_words
from streams.chaos.network import Network, remove_leftovers
from streams.chaos.photo_host import PhotoHost
from streams.chaos.relay import Relay
from streams.chaos.small_disk import SmallDisk
from streams.kafka_local.layout import settle_layout
from streams.photos.fetch import PhotoFetcher
from streams.settings import Photos

needs_network = pytest.mark.skipif(network.available() is not None, reason=str(network.available()))


def spaces() -> str:
    return subprocess.run(["ip", "netns", "list"], capture_output=True, text=True, check=True).stdout


def reaches(network_: Network, source: str, target: str) -> bool:
    command = ["ping", "-c", "1", "-W", "1", network_.address(target)]
    if shutil.which("ping") is None:
        probe = "import socket, sys; s = socket.socket(); s.settimeout(1); sys.exit(s.connect_ex((sys.argv[1], 9)) not in (0, 111))"
        command = [sys.executable, "-c", probe, network_.address(target)]
    return (
        subprocess.run([*network_.prefix(source), *command], capture_output=True, check=False).returncode == 0
    )


@pytest.fixture
def lines() -> Iterator[Network]:
    with contextlib.ExitStack() as stack:
        try:
            opened = stack.enter_context(Network(["a", "b"]))
        except network.NetworkError as error:
            pytest.skip(f"no namespaces here: {error}")
        yield opened
    assert f"rwc{os.getpid()}" not in spaces()


def test_a_line_that_is_cut_passes_nothing_and_a_mended_one_all(lines: Network) -> None:
    assert reaches(lines, "a", "b")
    lines.cut("b")
    assert not reaches(lines, "a", "b")
    lines.mend("b")
    deadline = time.monotonic() + 10
    while not reaches(lines, "a", "b"):
        assert time.monotonic() < deadline
    lines.slow("b", 1000)
    lines.mend("b")
    assert f"rwc{os.getpid()}-a" in spaces()


def test_a_relay_makes_one_namespace_late_and_leaves_nothing_behind(lines: Network) -> None:
    """An echo server in b; a asks it, first at once, then late, then at once again."""
    serve = (
        "import socket, sys; s = socket.create_server((sys.argv[1], 7777)); print('ready', flush=True)\n"
        "while True:\n    c, _ = s.accept(); c.sendall(c.recv(99)); c.close()"
    )
    ask = (
        "import socket, sys, time; began = time.monotonic(); s = socket.create_connection((sys.argv[1], 7777), 10)\n"
        "s.sendall(b'hello'); assert s.recv(99) == b'hello'; print(time.monotonic() - began)"
    )
    address = lines.address("b")

    def took() -> float:
        command = [*lines.prefix("a"), sys.executable, "-c", ask, address]
        return float(subprocess.run(command, capture_output=True, text=True, check=True, timeout=30).stdout)

    server = subprocess.Popen(
        [*lines.prefix("b"), sys.executable, "-c", serve, address], stdout=subprocess.PIPE, text=True
    )
    try:
        assert server.stdout is not None
        assert server.stdout.readline() == "ready\n"
        took()
        with Relay(lines.space("a"), [(address, 7777)], 0.3) as relay:
            assert took() >= 0.6, "a third of a second each way"
            assert relay.connections == 1
        assert relay.connections == 1
        took()
        assert relay.connections == 1, "past it again"
    finally:
        server.kill()
        server.wait()
        assert server.stdout is not None
        server.stdout.close()


@needs_network
def test_what_a_killed_run_left_behind_is_removed() -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    made = subprocess.run(["ip", "netns", "add", f"rwc{ended.pid}-b0"], check=False, capture_output=True)
    if made.returncode:
        pytest.skip(f"this kernel makes no namespaces: {made.stderr!r}")
    remove_leftovers()
    assert f"rwc{ended.pid}-" not in spaces()


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with contextlib.ExitStack() as stack:
        if why := small_disk.available():
            pytest.skip(why)
        try:
            mounted = stack.enter_context(SmallDisk(tmp_path / "disk", 8))
        except small_disk.DiskError as error:
            pytest.skip(f"nothing can be mounted here: {error}")
        yield mounted
    assert list((tmp_path / "disk").iterdir()) == [], "it is gone"


def test_a_disk_that_is_full_takes_nothing_until_there_is_room(disk: SmallDisk) -> None:
    (disk.folder / "before").write_bytes(bytes(1_000_000))
    assert disk.fill() >= 1_000_000
    with pytest.raises(OSError, match="No space left"):
        (disk.folder / "after").write_bytes(bytes(100_000))
    disk.empty()
    (disk.folder / "after").write_bytes(bytes(100_000))


async def test_only_the_good_address_gives_a_photo() -> None:
    photo = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 8
    settings = Photos(allow_private_addresses=True, fetch_timeout=0.5)
    with PhotoHost("127.0.0.1", photo) as host:
        async with PhotoFetcher(settings) as fetcher:
            assert await fetcher.fetch(host.good) == photo
            for trap in host.traps:
                try:
                    fetched = await fetcher.fetch(trap)
                except PhotoError:
                    continue
                # What comes through begins like a picture; the decoder says that it is none.
                with pytest.raises(PhotoError):
                    decode_photo(fetched, max_pixels=settings.max_pixels)
        assert set(host.asked) >= {"/good", "/hang", "/circle-b", "/wide"}


def test_javas_hash_of_a_text() -> None:
    # By the formula of java.lang.String.hashCode, s[0]*31^(n-1) + ... + s[n-1], in 32 bits.
    assert java_hash("") == 0
    assert java_hash("ab") == 97 * 31 + 98
    assert java_hash("relistwatch-group-of-workers") == java_hash("relistwatch-group-of-workers")
    assert -(2**31) <= java_hash("a long text that goes over 32 bits") < 2**31


def test_nodes_may_have_addresses_of_their_own(tmp_path: Path) -> None:
    layout = settle_layout(tmp_path, 3, 0, ("10.0.0.1", "10.0.0.2", "10.0.0.3"))
    assert [server.partition(":")[0] for server in layout.bootstrap_servers.split(",")] == list(layout.hosts)
    properties = layout.properties(1, tmp_path)
    assert (
        f"listeners=PLAINTEXT://10.0.0.2:{layout.ports[1]},CONTROLLER://10.0.0.2:{layout.controllers[1]}"
        in properties
    )
    assert f"1@10.0.0.1:{layout.controllers[0]}" in properties
    assert "127.0.0.1" not in properties
    assert settle_layout(tmp_path, 3, 0) == layout


def test_the_last_error_of_a_log_says_why_a_worker_ended(tmp_path: Path) -> None:
    log = tmp_path / "w.log"
    assert last_words(log) == "no word"
    log.write_text(
        '{"level": "info", "event": "starting"}\n'
        '{"level": "critical", "event": "batch not delivered", "error": "Traceback\\n  here\\nCancelledError"}\n'
        '{"level": "info", "event": "bye"}\n'
    )
    assert last_words(log) == "batch not delivered: CancelledError"
