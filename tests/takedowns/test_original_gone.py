"""The whole way: a listing is seen and vanishes with its photos, then its takedown is asked for, then it comes back."""

import json
from pathlib import Path

import msgspec
import pytest
from kafka_client import KafkaClient
from listing_records import START, drawn_photo, inline, listing
from photo_host import photo_host
from resolver_process import ResolverProcess
from takedown_records import after, changes, request, send_requests, statuses
from typer.testing import CliRunner
from worker_steps import alerts_of, wait_fingerprinted

from connectors.events import EventType, Image
from streams.cli import build_app
from streams.records import TakedownFingerprint
from streams.resolving.resolution import takedown_id_of
from streams.settings import Settings, as_environment
from streams.worker.worker_process import WorkerProcess

pytestmark = [pytest.mark.kafka, pytest.mark.slow]
T1 = takedown_id_of("pasar-uji", "l1")


def test_a_relist_is_caught_though_the_original_and_its_photos_are_gone(
    worker: WorkerProcess, worker_settings: Settings, client: KafkaClient, tmp_path: Path
) -> None:
    with photo_host({f"/{n}.jpg": ("image/jpeg", drawn_photo(n)) for n in (1, 2)}) as host:
        images = tuple(Image(url=f"{host}/{n}.jpg") for n in (1, 2))
        client.send_all("listings", [("pasar-uji:l1", listing(1, images=images))])
        wait_fingerprinted(client, "pasar-uji:l1")
    gone = listing(1, type=EventType.REMOVED, event_id="e1x", title="", observed_at=after(minutes=-5))
    client.send_all("listings", [("pasar-uji:l1", gone)])
    send_requests(client, request(1))
    with ResolverProcess(worker_settings, tmp_path / "resolver.log") as resolver:
        made = client.read_until("takedown-fingerprints", bool)
        assert resolver.stop() == 0
    held = msgspec.json.decode(made[0].value, type=TakedownFingerprint)
    assert [photo.image for photo in held.prints.photos] == [0, 1]
    assert held.prints.failures == ()
    assert "photo_failures_total{" not in worker.metrics()

    back = listing(
        7, title="Barang bagus murah", images=inline(drawn_photo(2)), seller_id="other", observed_at=after(minutes=1)
    )  # fmt: skip
    client.send_all("listings", [("pasar-uji:l7", back)])
    (alert,) = alerts_of(client.read_until("alerts", bool))
    assert (alert.kind, alert.takedown.takedown_id, alert.listing.listing_id) == ("relist", T1, "l7")
    assert statuses(client)["r1"].photos_kept == 2
    assert [(each.what, each.at) for each in changes(client)] == [("listing removed", gone.observed_at)]

    report = CliRunner().invoke(
        build_app(), ["takedowns", "report", "--format", "json"], env=as_environment(worker_settings)
    )
    assert report.exit_code == 0, report.output
    total = json.loads(report.stdout)["total"]
    assert (total["received"], total["resolved"], total["down_removed"], total["relisted"]) == (1, 1, 1, 1)
    assert total["catch_median"] == pytest.approx((alert.matched_at - back.observed_at).total_seconds())


def test_another_seller_of_the_same_goods_is_no_relist_by_prints_of_another_version(
    worker: WorkerProcess, client: KafkaClient
) -> None:
    """Carried fingerprints that this worker's algorithms cannot compare count for nothing; the takedown still does."""
    from noise_prints import noise_print

    from connectors.events import Takedown, TakenDownListing
    from streams.engine.carried_prints import PRINTS_HEADER
    from streams.records import ImageFingerprint, PrintAlgorithms, Prints

    stale = Prints(
        algorithms=PrintAlgorithms(image="of-another-time", text="x"), photos=(ImageFingerprint(0, noise_print(1)),)
    )  # fmt: skip
    known = TakenDownListing(
        marketplace="pasar-uji", listing_id="l1", title=listing(1).title, images=inline(drawn_photo(1))
    )
    record = Takedown(takedown_id="t1", listing=known, taken_down_at=START)
    client.send("takedowns", "t1", record, [(PRINTS_HEADER, msgspec.json.encode(stale))])
    torn = msgspec.structs.replace(record, takedown_id="t2")
    client.send("takedowns", "t2", torn, [(PRINTS_HEADER, b"{torn")])
    client.flush()
    made = client.read_until("takedown-fingerprints", lambda got: len(got) == 2)
    for message in made:
        held = msgspec.json.decode(message.value, type=TakedownFingerprint)
        assert [photo.image for photo in held.prints.photos] == [0]
        assert held.prints.photos[0].print != noise_print(1)
