"""The addresses of photos: who may, which photo, and how a browser keeps it."""

from collections.abc import Iterator

import pytest
from alert_records import alert
from case_scene import console_settings, put_alert, put_takedown
from console_client import Served, console_in, served
from listing_records import takedown
from photo_bytes import drawn, encoded
from photo_host import photo_host

from streams.console.case_photos import web_address
from streams.console.photo_proxy import PhotoProxy
from streams.photos.store import digest_of, open_store
from streams.settings import Photos

PHOTO = encoded(drawn(1))
ODD = "alert/../1?x#y %"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Alert 1 of a takedown whose photo 0 is on a web server that may be asked, 1 nowhere, 2 on one that is gone."""
    folder = tmp_path_factory.mktemp("console")
    settings = console_settings(folder, photos=Photos(allow_private_addresses=True))
    with (
        photo_host({"/photo.jpg": ("text/html", PHOTO)}) as base,
        console_in(folder, settings) as console,
        served(console) as site,
    ):
        store = open_store(settings)
        assert store is not None
        store.put(PHOTO)
        console.services[PhotoProxy] = PhotoProxy(settings)
        photos = [(0, None, f"{base}/photo.jpg"), (1, None, None), (2, None, f"{base}/gone.jpg")]
        put_takedown(console, takedown(1), photos, takedown_id="t1")
        put_alert(console, alert(1))
        put_alert(console, alert(2), alert_id=ODD)
        yield site


KEPT = f"/photos/{digest_of(PHOTO)}"


def test_nobody_sees_a_photo_without_signing_in(site: Served) -> None:
    stranger = site.visitor(None).client
    for address in (KEPT, web_address("alert-1", "takedown", 0)):
        assert stranger.get(address).status_code == 401
        assert stranger.get(address, headers={"Accept": "text/html"}).status_code == 303


def test_a_kept_photo_is_a_jpeg_for_this_browser_alone(site: Served) -> None:
    viewer = site.visitor("viewer")
    photo = viewer.get(f"{KEPT}?w=200")
    assert photo.status_code == 200
    assert photo.headers["content-type"] == "image/jpeg"
    assert photo.headers["cache-control"].startswith("private, max-age=")
    assert photo.headers["x-content-type-options"] == "nosniff"
    assert photo.content != PHOTO
    again = viewer.get(f"{KEPT}?w=200", **{"If-None-Match": photo.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert viewer.get(f"{KEPT}?w=800", **{"If-None-Match": photo.headers["etag"]}).status_code == 200


def test_what_is_no_digest_names_no_photo(site: Served) -> None:
    viewer = site.visitor()
    for name in ("..%2f..%2fetc%2fpasswd", "%2e%2e", "A" * 64, "0" * 63, "photo.jpg"):
        assert viewer.get(f"/photos/{name}").status_code == 404
    assert viewer.get("/photos/%00").status_code == 400
    assert viewer.get(f"{KEPT}?w=nine").status_code == 400
    assert viewer.get(f"{KEPT}?w={'9' * 5000}").status_code == 400


def test_a_photo_that_is_not_kept_says_so_in_the_readers_language(site: Served) -> None:
    missing = f"/photos/{digest_of(b'never kept')}"
    for language, words in (("en", "Not in the photo store"), ("id", "Tidak ada di penyimpanan foto")):
        told = site.visitor().client.get(missing, headers={"Accept-Language": language})
        assert told.status_code == 404
        assert told.json()["kind"] == "not-kept"
        assert told.json()["error"].startswith(words)
        assert told.headers["cache-control"] == "no-store"


def test_a_photo_on_the_web_is_named_by_its_record_and_never_by_its_address(site: Served) -> None:
    viewer = site.visitor()
    photo = viewer.get(web_address("alert-1", "takedown", 0))
    assert (photo.status_code, photo.headers["content-type"]) == (200, "image/jpeg")
    assert viewer.get(web_address(ODD, "takedown", 0)).content == photo.content
    again = viewer.get(web_address("alert-1", "takedown", 0), **{"If-None-Match": photo.headers["etag"]})
    assert again.status_code == 304
    kinds = [
        viewer.get(address).json()["kind"]
        for address in (
            web_address("alert-1", "takedown", 1),
            web_address("alert-1", "takedown", 2),
            web_address("alert-1", "takedown", 9),
            web_address("alert-1", "listing", 0),
            web_address("no-such-alert", "takedown", 0),
        )
    ]
    assert kinds == ["not-kept", "http-status", "not-kept", "not-kept", "not-kept"]
    for nowhere in (
        "/photos/alert/alert-1/other/0",
        "/photos/alert/alert-1/takedown/-1",
        "/photos/http:%2f%2fx.example%2f",
    ):
        assert viewer.get(nowhere).status_code == 404
