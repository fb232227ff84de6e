"""A worker that is the first process of its container ends when it hangs, though the kernel spares such a process."""

import shutil
import subprocess
import sys

import pytest

from streams.lost_watch import EXIT_LOST

UNSHARE = ("unshare", "--user", "--map-root-user", "--pid", "--fork", "--kill-child")
WILD = """
import asyncio, os, re, signal, time
import msgspec
from streams.lost_watch import LostWatch, Watched
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


@pytest.mark.skipif(not can_be_first(), reason="namespaces are not allowed here")
@pytest.mark.parametrize(("hangs", "code"), [(WITH_LOCK, 27), (WITHOUT_LOCK, EXIT_LOST)])
def test_a_first_process_that_hangs_ends(hangs: str, code: int) -> None:
    script = WILD.format(hangs=hangs)
    done = subprocess.run(
        [*UNSHARE, sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == code, done.stderr
    assert "most recent call first" in done.stderr, "where it hung is said"
