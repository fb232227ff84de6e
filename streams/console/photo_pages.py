"""The addresses under which pages get photos: `/photos/DIGEST`, and `/photos/alert/ALERT/SIDE/NUMBER`.

The first is of the photo store. The second is for photos of which a record knows only an address on the web: the
request names the record, and never the address.
"""

import hashlib

from aiohttp import web
from sqlalchemy import select

from fingerprints.photo_decode import PhotoError
from streams.console.case_photos import DIGEST, takedown_photos
from streams.console.case_records import NUL
from streams.console.context import CONSOLE, Console, console_of
from streams.console.photo_proxy import SIDES, PhotoProxy
from streams.console.rendering import language_for
from streams.console.routes import Route
from streams.console.tables import ALERTS, TAKEDOWNS
from streams.console.words import ALL, word

KEPT_SECONDS = 24 * 3600
"""How long a browser keeps a photo of the store, whose address names its content."""
FROM_WEB_SECONDS = 600
_STATUS = {"not-kept": 404, "http-status": 404, "busy": 503, "store-unreachable": 503, "refused-address": 403}


async def kept(request: web.Request) -> web.Response:
    """A photo of the photo store."""
    sha256 = request.match_info["sha256"]
    if not DIGEST.fullmatch(sha256):
        raise web.HTTPNotFound
    side = _side(request)
    etag = f'"{sha256[:32]}-{side}"'
    if request.headers.get("If-None-Match") == etag:
        return _unchanged(etag, KEPT_SECONDS)
    try:
        picture = await console_of(request).service(PhotoProxy).kept(sha256, side)
    except PhotoError as error:
        return _refused(request, error.kind)
    return _picture(picture, etag, KEPT_SECONDS)


async def recorded(request: web.Request) -> web.Response:
    """A photo that a record of the alert has the address of."""
    console, asked = console_of(request), request.match_info
    found = None
    if asked["side"] == "takedown":  # of a listing's photos no record here has an address
        found = await console.blocking(_address, console, asked["alert_id"], int(asked["image"]))
    if found is None:
        return _refused(request, "not-kept")
    try:
        picture = await console.service(PhotoProxy).fetched(found, _side(request))
    except PhotoError as error:
        return _refused(request, error.kind)
    etag = f'"{hashlib.sha256(picture).hexdigest()[:32]}"'
    if request.headers.get("If-None-Match") == etag:
        return _unchanged(etag, FROM_WEB_SECONDS)
    return _picture(picture, etag, FROM_WEB_SECONDS)


async def end(app: web.Application) -> None:
    """End the proxy of the application's console."""
    proxy = app[CONSOLE].services.get(PhotoProxy)
    if proxy is not None:
        await proxy.close()


def _address(console: Console, alert_id: str, image: int) -> str | None:
    """Of a photo of the alert's takedown."""
    if NUL in alert_id:
        return None
    with console.database.read() as connection:
        text = connection.scalar(
            select(TAKEDOWNS.c.photos)
            .join(ALERTS, ALERTS.c.takedown_id == TAKEDOWNS.c.takedown_id)
            .where(ALERTS.c.alert_id == alert_id)
        )
    return next((photo.url for photo in takedown_photos(text or "") if photo.image == image), None)


def _side(request: web.Request) -> int:
    try:
        return int(request.query.get("w", SIDES[-1]))
    except ValueError:
        raise web.HTTPBadRequest(text="w is a number of pixels") from None


def _picture(picture: bytes, etag: str, seconds: int) -> web.Response:
    return web.Response(body=picture, content_type="image/jpeg", headers=_headers(etag, seconds))


def _unchanged(etag: str, seconds: int) -> web.Response:
    return web.Response(status=304, headers=_headers(etag, seconds))


def _headers(etag: str, seconds: int) -> dict[str, str]:
    # `private`: no cache between us and the browser may give it to somebody who is not signed in.
    return {"Cache-Control": f"private, max-age={seconds}", "ETag": etag, "Vary": "Cookie"}


def _refused(request: web.Request, kind: str) -> web.Response:
    """Why there is no photo, in words that the page shows in its place."""
    key = f"photo.{kind}" if f"photo.{kind}" in ALL else "photo.failed"
    told = {"error": word(language_for(request), key), "kind": kind}
    headers = {"Cache-Control": "no-store"} | ({"Retry-After": "2"} if kind == "busy" else {})
    return web.json_response(told, status=_STATUS.get(kind, 502), headers=headers)


ROUTES = (
    Route("GET", "/photos/{sha256}", kept),
    Route("GET", r"/photos/alert/{alert_id}/{side:takedown|listing}/{image:\d{1,3}}", recorded),
)
