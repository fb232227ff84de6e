"""From a listing that a worker sees to a pack that proves it: the page is gone, its photos are not."""

import json
from pathlib import Path

import msgspec
import pytest
from evidence_records import files_of
from kafka_client import KafkaClient
from listing_records import drawn_photo, inline, listing, takedown
from photo_host import photo_host
from typer.testing import CliRunner, Result
from worker_fixtures import client, worker
from worker_steps import alerts_of, publish_takedowns

from connectors.events import Image
from connectors.sample.edits import edit_photo
from streams.cli import build_app
from streams.evidence_packs.manifest import PHOTOS, SUMMARY
from streams.photos.store import digest_of
from streams.settings import Settings, as_environment
from streams.worker.worker_process import WorkerProcess

__all__ = ["client", "worker"]
pytestmark = pytest.mark.kafka


@pytest.fixture
def worker_settings(settings: Settings) -> Settings:
    photos = msgspec.structs.replace(settings.photos, allow_private_addresses=True)
    work = msgspec.structs.replace(settings.worker, photo_processes=1)
    return msgspec.structs.replace(settings, photos=photos, worker=work)


def test_a_relist_is_seen_judged_packed_and_verified(
    worker: WorkerProcess, client: KafkaClient, worker_settings: Settings, tmp_path: Path
) -> None:
    def run(*arguments: str) -> Result:
        result = CliRunner(env=as_environment(worker_settings)).invoke(build_app(), list(arguments))
        assert result.exit_code == 0, result.output
        return result

    taken = drawn_photo(81)
    again = edit_photo(taken, "mirror")
    publish_takedowns(client, takedown(80, images=inline(taken)))
    with photo_host({"/1.jpg": ("image/jpeg", again)}) as base:
        event = listing(82, seller_id="new-shop", images=(Image(url=f"{base}/1.jpg"),))
        client.send_all("listings", [(event.key, event)])
        (alert,) = alerts_of(client.read_until("alerts", bool, quiet=0.5))
    run("verdicts", "add", alert.alert_id, "relist", "--by", "analyst-7")
    out, key = tmp_path / "t80.zip", tmp_path / "maker.pem"
    run("evidence", "key", str(key))
    run("evidence", "pack", "--takedown", "t80", "--by", "analyst-7", "--sign", str(key), "--out", str(out))
    run("evidence", "verify", str(out), "--key", f"{key}.pub")
    files = files_of(out.read_bytes())
    assert files[f"photos/{digest_of(again)}.jpg"] == again
    assert files[f"photos/{digest_of(taken)}.jpg"] == taken
    uses = {row["sha256"]: row["uses"] for row in map(json.loads, files[PHOTOS].splitlines())}
    assert uses[digest_of(again)] == [{"what": "listing", "of": event.key, "image": 0}]
    assert uses[digest_of(taken)] == [{"what": "takedown", "of": "t80", "image": 0}]
    page = files[SUMMARY].decode()
    assert "relist, says <bdi>analyst-7</bdi>" in page
    assert page.count('<img src="data:image/jpeg') == 3
    assert "mirrored" in page
    run("evidence", "prune")
    run("evidence", "pack", "--takedown", "t80", "--by", "analyst-7", "--out", str(tmp_path / "later.zip"))
    assert f"photos/{digest_of(again)}.jpg" in files_of((tmp_path / "later.zip").read_bytes())
