"""The first process of a container ends when it hangs or is told to, though the kernel spares such a process."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from streams.first_process import TERMINATED
from streams.settings import Kafka, Settings, as_environment
from streams.worker.lost_watch import EXIT_LOST

UNSHARE = ("unshare", "--user", "--map-root-user", "--pid", "--fork", "--kill-child")
WILD = """
import asyncio, os, re, signal, time
import msgspec
from streams.worker.lost_watch import LostWatch, Watched
from streams.settings import Settings, Worker

assert os.getpid() == 1
loop = asyncio.new_event_loop()
watched = Watched(client_id="c", group="g", joins=lambda: False, progress=dict, waits=lambda: False)
with LostWatch(Settings(worker=Worker(lost_seconds=0.6)), loop, watched):
    while not signal.getitimer(signal.ITIMER_PROF)[0]:
        time.sleep(0.01)  # polls: a thread that is not yet running could not set it
    {hangs}
"""
WITH_LOCK = 're.match(r"(a|a)*$", "a" * 60 + "b")'
WITHOUT_LOCK = "time.sleep(600)"


def can_be_first() -> bool:
    """Whether this machine lets its users make namespaces, as containers are made of."""
    if shutil.which("unshare") is None:
        return False
    return subprocess.run([*UNSHARE, "true"], capture_output=True, check=False).returncode == 0


pytestmark = pytest.mark.skipif(not can_be_first(), reason="namespaces are not allowed here")


@pytest.mark.parametrize(("hangs", "code"), [(WITH_LOCK, 27), (WITHOUT_LOCK, EXIT_LOST)])
def test_a_first_process_that_hangs_ends(hangs: str, code: int) -> None:
    script = WILD.format(hangs=hangs)
    done = subprocess.run(
        [*UNSHARE, sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == code, done.stderr
    assert "most recent call first" in done.stderr, "where it hung is said"


def test_a_first_process_that_waits_for_its_broker_ends_when_it_is_told_to() -> None:
    with socket.socket() as silent:  # takes connections and says nothing
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        silent.settimeout(60)
        settings = Settings(kafka=Kafka(bootstrap_servers=f"127.0.0.1:{silent.getsockname()[1]}"))
        command = [*UNSHARE, sys.executable, "-P", "-m", "streams", "topics", "create"]
        with subprocess.Popen(
            command, env=os.environ | as_environment(settings), stderr=subprocess.PIPE
        ) as outside:
            try:
                silent.accept()[0].close()
                first = Path(f"/proc/{outside.pid}/task/{outside.pid}/children").read_text().split()[0]
                os.kill(int(first), signal.SIGTERM)
                deadline = time.monotonic() + 20
                while outside.poll() is None and time.monotonic() < deadline:
                    time.sleep(0.05)
                assert outside.returncode == TERMINATED
            finally:
                outside.kill()
