"""A new version of the program: built beside the running one, then each worker replaced by it in turn."""

import shutil
import signal
from functools import partial
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import connectors
import fingerprints
import streams
from streams.chaos.crew import Post
from streams.chaos.fault import Fault
from streams.chaos.scene import Scene

VERSION = "9999.1"
PACKAGES = (connectors, fingerprints, streams)
READY_SECONDS = 60.0


def roll_out(scene: Scene) -> str:
    """SIGTERM, then the new version in its place; the next when that one is ready."""
    place = build(scene.folder / "next")
    for post in scene.crew.workers:
        post.environment = {"PYTHONPATH": str(place)}
        old = scene.crew.signal(post, signal.SIGTERM, ends=True)
        if not scene.wait(READY_SECONDS, partial(_replaced, post, old)):
            raise RuntimeError(f"{post.name} is not ready as version {VERSION} after {READY_SECONDS:.0f} s")
    return f"version {VERSION} in all workers"


def _replaced(post: Post, old: int) -> bool:
    """Whether another process than `old` is ready there, and is the new version."""
    return post.is_ready() and post.pid != old and f'version="{VERSION}"' in post.metrics()


def build(place: Path) -> Path:
    """A copy of the packages that calls itself another version."""
    for package in PACKAGES:
        source = Path(str(package.__file__)).parent
        shutil.copytree(source, place / package.__name__, ignore=shutil.ignore_patterns("__pycache__"))
    about = place / f"relistwatch-{VERSION}.dist-info"
    about.mkdir()
    try:
        entry_points = distribution("relistwatch").read_text("entry_points.txt") or ""
    except PackageNotFoundError:
        entry_points = ""
    (about / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: relistwatch\nVersion: {VERSION}\n", "utf-8"
    )
    (about / "entry_points.txt").write_text(entry_points, "utf-8")
    return place


FAULTS = (Fault("rollout", "each worker replaced in turn by another version", roll_out),)
