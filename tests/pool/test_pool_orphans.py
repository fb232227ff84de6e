"""When the worker is killed, its photo processes end with it, whatever they were doing."""

import asyncio
import os
import signal
import subprocess
import sys
import time

import pytest
from running_process import is_running

PARENT = """
import asyncio, sys
from streams.photos.pool import PhotoPool

async def main():
    async with PhotoPool(2, 600.0, max_pixels=1_000_000, child="photo_child_hostile") as pool:
        tasks = [asyncio.create_task(pool.fingerprint(bytes(sys.argv[1], "ascii"))) for _ in range(2)]
        await asyncio.sleep(0.3)
        print(*pool.pids, flush=True)
        await asyncio.gather(*tasks)
        await asyncio.sleep(600)

asyncio.run(main())
"""


@pytest.mark.parametrize("doing", ["slow", "hang", "busy"])
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_no_child_outlives_its_parent(doing: str, how: signal.Signals) -> None:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, doing], stdout=subprocess.PIPE, text=True, env=environment
    ) as parent:
        assert parent.stdout is not None
        pids = [int(pid) for pid in parent.stdout.readline().split()]
        assert len(pids) == 2
        assert all(is_running(pid) for pid in pids)
        parent.send_signal(how)
        parent.wait(30)
    deadline = time.monotonic() + 20
    while any(is_running(pid) for pid in pids):
        assert time.monotonic() < deadline, f"children outlive their parent: {pids}"
        time.sleep(0.01)


async def test_a_child_whose_parent_is_already_gone_ends_at_once() -> None:
    """The parent may be killed before the child could tie itself to it."""
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "streams.photos.child",
        "1",
        "1000",
        stdin=asyncio.subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    async with asyncio.timeout(60):
        assert await child.wait() == 1
