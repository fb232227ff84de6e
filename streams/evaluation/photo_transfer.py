"""`python -m streams.evaluation.photo_transfer`: what share of a photo's fingerprint is the way to the photo process.

The same photo is sent through the pipe of a photo process, and of one that does nothing with it, by turns; processor
time of both ends and by the clock. Exit code 0 whatever comes out.
"""

import asyncio
import io
import os
import statistics
import sys
import time

from PIL import Image

from connectors.sample.seeds import field
from streams.benchmarks.stream import own_seconds
from streams.evaluation.photo_bench_methods import MAX_PIXELS
from streams.evaluation.report import machine
from streams.photos.process import PhotoProcess

BYTES = 87_000
"""A photo as marketplaces serve it (docs/benchmarks.md, "Photos kept, and evidence")."""
ROUNDS, PHOTOS = 9, 400
CHILDREN = {"fingerprint": "streams.photos.child", "nothing": "streams.evaluation.no_work_child"}


async def measure() -> dict[str, list[tuple[float, float]]]:
    """Milliseconds of processor and by the clock a photo, of each round."""
    raw = photo_of(BYTES)
    children = {name: await PhotoProcess.start(module, MAX_PIXELS) for name, module in CHILDREN.items()}
    took: dict[str, list[tuple[float, float]]] = {name: [] for name in children}
    try:
        for _ in range(ROUNDS):
            for name, child in children.items():
                spent, started = time.process_time() + own_seconds(child.pid), time.monotonic()
                for _ in range(PHOTOS):
                    await child.ask(raw)
                clock = time.monotonic() - started
                spent = time.process_time() + own_seconds(child.pid) - spent
                took[name].append((spent / PHOTOS * 1000, clock / PHOTOS * 1000))
    finally:
        for child in children.values():
            await child.close()
    return took


def photo_of(size: int) -> bytes:
    """A drawn JPEG of 600 by 800 pixels and so many bytes, zeroes after its end."""
    noise = field("photo transfer").integers(0, 255, (100, 75, 3), "uint8")
    out = io.BytesIO()
    Image.fromarray(noise).resize((600, 800), Image.Resampling.BICUBIC).save(out, "JPEG", quality=85)
    return out.getvalue().ljust(size, b"\0")


def main() -> int:
    """Measure and print; the exit code."""
    took = asyncio.run(measure())
    middle = {name: [statistics.median(column) for column in zip(*rounds, strict=True)]
              for name, rounds in took.items()}  # fmt: skip
    share = [part / whole for part, whole in zip(middle["nothing"], middle["fingerprint"], strict=True)]
    sys.stdout.write("| a photo of 87 kB | processor, ms | clock, ms |\n|---|---|---|\n")
    for name, (spent, clock) in middle.items():
        sys.stdout.write(f"| there, {name}, and back | {spent:.2f} | {clock:.2f} |\n")
    sys.stdout.write(
        f"| share of the way | {share[0]:.1%} | {share[1]:.1%} |\n\n{machine()}, load {os.getloadavg()[0]:.1f}\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
