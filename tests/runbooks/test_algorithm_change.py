"""docs/runbooks/algorithm-change.md, carried out while listings flow: another version of the photos' fingerprints."""

import shutil
import subprocess
import threading
from pathlib import Path
from typing import Any

import msgspec
import pytest
from kafka_client import KafkaClient
from listing_records import listing, takedown
from photo_bytes import garment_photo
from runbook import Runbook, command
from runbook_flow import Flow

import connectors
import fingerprints
import streams
from connectors.sample.edits import edit_photo
from fingerprints.photo_print import ALGORITHM
from streams.settings import Settings, as_environment
from streams.worker.worker_process import free_port

pytestmark = pytest.mark.kafka

NEXT = ALGORITHM[:-1] + str(int(ALGORITHM[-1]) + 1)
CHANGES = {"fingerprints/photo_print.py": (ALGORITHM, NEXT), "fingerprints/photo_descriptor.py": ("REACH = 10.0", "REACH = 11.0")}  # fmt: skip


@pytest.fixture
def next_version(tmp_path: Path) -> Path:
    """A folder with the `relistwatch` of a version that describes photos' points otherwise."""
    place = tmp_path / "next"
    for package in (connectors, fingerprints, streams):
        source = Path(str(package.__file__)).parent
        shutil.copytree(source, place / package.__name__, ignore=shutil.ignore_patterns("__pycache__"))
    for file, (before, after) in CHANGES.items():
        text = (place / file).read_text()
        assert text.count(before) == 1, f"{file} has changed: say here what another version would change"
        (place / file).write_text(text.replace(before, after))
    return command(tmp_path / "next-bin", place)


def test_nothing_is_lost_and_photos_that_are_gone_from_the_web_are_found_on(
    running: Settings, client: KafkaClient, flow: Flow, start: Any, next_version: Path
) -> None:
    tmp_path = next_version.parent
    worker, lookback = start("worker"), start("lookback")
    worker.wait_ready()
    lookback.wait_ready()
    flow.publish_takedowns()
    client.read_until("takedown-fingerprints", lambda got: len(got) >= 6)
    early = listing(1, title="early", images=(flow.image("/early.jpg", garment_photo(50, 50)),))
    flow.send(early)
    flow.start()
    client.read_until("alerts", lambda got: len(got) >= 3)
    # From here on the photos of the taken-down listings and of the early one are gone from the web.
    flow.take_away("/taken", "/early")

    _refused(next_version, running, tmp_path)
    variables = {
        "NEW": str(next_version),
        "NEW_PORT": str(free_port()),
        "NEW_LOOKBACK_PORT": str(free_port()),
        "OLD_WORKERS": str(worker.process.pid),
        "OLD_LOOKBACK": str(lookback.process.pid),
    }
    # Ended processes stay until their parent, this test, has asked for them.
    for one in (worker, lookback):
        _reaped(one.process)
    with Runbook("algorithm-change.md", running, tmp_path / "runbook", variables) as runbook:
        runbook.steps(6)
        old = client.existing("fingerprints")
        found = [message for message in client.existing("takedown-fingerprints-2") if message.value]
        runbook.step()
        assert runbook.is_over
        # Taken down now; its relist came before all this, and was fingerprinted by a version that is gone.
        again = edit_photo(garment_photo(50, 50), "border")
        late = takedown(99, images=(flow.image("/late.jpg", again),))
        client.send("takedowns", late.takedown_id, late)
        client.flush()
        flow.relists[early.key] = late.takedown_id
        client.read_until(
            "alerts",
            lambda got: early.key in flow.about(got),
        )
        flow.end()
        new = client.read_until(
            "fingerprints-2", lambda got: flow.sent.keys() <= {m.key.decode() for m in got}
        )
        alerts = client.read_until("alerts", lambda got: flow.relists.keys() <= flow.about(got), quiet=1)
    judged = flow.judged([*old, *new], alerts, client.existing("dead-letters"))
    judged.check()
    assert not flow.sent.keys() - {message.key.decode() for message in new}
    for message in (*new, *found):
        prints = msgspec.json.decode(message.value)["prints"]
        assert prints["algorithms"]["image"] == NEXT
        assert not prints["failures"], message.key
    assert len(found) >= 6
    assert judged.duplicates > 0, "both generations alert while they work side by side"


def _refused(version: Path, settings: Settings, folder: Path) -> None:
    """The worker of another version does not start on what it cannot compare, and says so."""
    done = subprocess.run(
        [str(version / "relistwatch"), "worker", "--port", "0"],
        env={"PATH": "/usr/bin:/bin"} | as_environment(settings),
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    said = done.stdout + done.stderr
    assert done.returncode == 1, said
    assert "6 of 6 takedowns" in said
    assert f"(image {ALGORITHM}, here {NEXT})" in said


def _reaped(process: "subprocess.Popen[bytes]") -> None:
    threading.Thread(target=process.wait, daemon=True).start()
