"""The photo server and the endless stream."""

import io
import socket
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import pytest
from PIL import Image

from connectors.codec import Codec
from connectors.events import ListingEvent
from connectors.sample.plan import Plan, make_plan
from connectors.sample.server import PhotoServer
from connectors.sample.stream import stream_listings


def fetch(url: str) -> bytes:
    with urlopen(url, timeout=20) as answer:
        assert answer.headers["Content-Type"] == "image/jpeg"
        return answer.read()


def small_plan(server: PhotoServer) -> Plan:
    plan = make_plan(
        6, listings=0, takedowns=2, relists=2, lookalikes=0, photos_each=1, photo_base=server.photo_base
    )
    server.add(plan.photos)
    return plan


def test_every_url_of_a_plan_is_served_as_drawn():
    with PhotoServer() as server:
        plan = small_plan(server)
        for event in plan.events:
            for image in event.images:
                assert fetch(image.url) == plan.photos[image.url.rsplit("/", 1)[1]].draw()


def test_many_requests_at_once_get_the_same_photo():
    with PhotoServer() as server, ThreadPoolExecutor(8) as pool:
        url = small_plan(server).events[0].images[0].url
        assert len(set(pool.map(fetch, [url] * 16))) == 1


def test_unknown_photos_are_not_found_and_head_has_no_body():
    with PhotoServer() as server:
        url = small_plan(server).events[0].images[0].url
        for path in (
            f"{server.photo_base}/0000.jpg",
            f"http://127.0.0.1:{server.port}/",
            url.replace("photos", "other"),
        ):
            with pytest.raises(HTTPError) as refused:
                urlopen(path, timeout=20)
            assert refused.value.code == 404
            refused.value.close()
        with urlopen(Request(url, method="HEAD"), timeout=20) as answer:
            assert int(answer.headers["Content-Length"]) > 10_000
            assert answer.read() == b""


def test_stopping_gives_the_port_back():
    server = PhotoServer()
    with server:
        url, port = small_plan(server).events[0].images[0].url, server.port
        fetch(url)
    server.stop()
    with pytest.raises(URLError):
        urlopen(url, timeout=5)
    with PhotoServer(port=port) as again:
        assert again.port == port


def test_a_server_that_never_started_stops():
    server = PhotoServer()
    server.stop()
    with socket.socket() as free:
        free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        free.bind(("127.0.0.1", server.port))


def test_the_stream_is_endless_unique_and_repeats_by_seed():
    first = list(islice(stream_listings(5), 3000))
    assert first == list(islice(stream_listings(5), 3000))
    assert first != list(islice(stream_listings(6), 3000))
    assert len({event.key for event in first}) == len({event.event_id for event in first}) == 3000
    assert not any(event.images for event in first)
    codec = Codec(ListingEvent)
    assert all(codec.decode(codec.encode(event)).record == event for event in first[:200])


def test_streamed_photos_are_valid_and_no_two_have_the_same_bytes():
    events = list(islice(stream_listings(5, photos=1, pool=3), 12))
    photos = [event.images[0].data for event in events]
    assert len(set(photos)) == 12
    drawn = [Image.open(io.BytesIO(photo)).convert("RGB").tobytes() for photo in photos]
    assert len(set(drawn)) == 3
    assert drawn[0] == drawn[3] != drawn[1]
