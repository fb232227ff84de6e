"""A takedown list imported: uploaded or pasted, looked at, and sent exactly as it was looked at."""

from collections.abc import Callable
from typing import get_args

from aiohttp import web

from connectors.takedown_requests import RequestSource
from streams.console.answers import asks_for_json
from streams.console.asked import is_part_asked
from streams.console.asker import client_of, person_of
from streams.console.audit import record
from streams.console.context import Console, console_of
from streams.console.list_forms import FormError, receive, wishes_of
from streams.console.list_reasons import reason_in
from streams.console.list_uploads import FullError, Upload, uploads_of
from streams.console.rendering import language_for, page
from streams.console.routes import Route
from streams.console.side_jobs import REJECTS, AskedKind
from streams.console.words import word


async def form(request: web.Request) -> web.Response:
    """What to import, and in whose name."""
    return _form(request)


async def upload(request: web.Request) -> web.StreamResponse:
    """Keep the list and begin to read it; nothing is sent."""
    console, person = console_of(request), person_of(request)
    uploads = uploads_of(console)
    fields: dict[str, str] = {}
    try:
        token, path = await console.blocking(uploads.begin, person.name)
    except FullError:
        raise web.HTTPServiceUnavailable(text="lists") from None
    kept = False
    try:
        received = await receive(console, request, path)
        fields = received.fields
        wishes = wishes_of(received.name, fields)
        if not received.size:
            raise FormError("import.nothing")
        uploads.put(token, person.name, wishes, received.size)
        kept = True
    except FormError as error:
        said = word(language_for(request), error.key, **error.values)
        status = 413 if error.key == "import.too_large" else 400
        if asks_for_json(request):
            return web.json_response({"error": said}, status=status)
        return _form(request, fields, said, status)
    finally:
        if not kept:
            await console.blocking(uploads.drop, token)
    return _to(request, f"/takedowns/import/{token}")


async def shown(request: web.Request) -> web.Response:
    """How far it is: what would be sent, or what was."""
    template = "list_upload_part.html" if is_part_asked(request) else "list_upload.html"
    return page(request, template, {"upload": _own(request), "place": request.path, "reason_in": reason_in})


async def send(request: web.Request) -> web.StreamResponse:
    """Send what was shown. A second time is the first one's answer."""
    found, console = _own(request), console_of(request)
    fields = await request.post()
    done = await console.blocking(
        uploads_of(console).send, found, str(fields.get("shown", "")), _noted(console, request)
    )
    if not done and asks_for_json(request):
        said = word(language_for(request), "import.not_sent")
        return web.json_response({"error": said}, status=409)
    return _to(request, f"/takedowns/import/{found.token}")


async def again(request: web.Request) -> web.StreamResponse:
    """Read it anew: what was requested meanwhile is then known."""
    found, console = _own(request), console_of(request)
    await console.blocking(uploads_of(console).read_again, found)
    return _to(request, f"/takedowns/import/{found.token}")


async def remove(request: web.Request) -> web.StreamResponse:
    """Forget it."""
    found, console = _own(request), console_of(request)
    await console.blocking(uploads_of(console).remove, found)
    return _to(request, "/takedowns/import")


async def rejects(request: web.Request) -> web.StreamResponse:
    """What became no request of its own, each with its row and reason, as CSV that no spreadsheet runs."""
    path = _own(request).folder / REJECTS
    try:
        raw = await console_of(request).blocking(path.read_bytes)
    except OSError:
        raise web.HTTPNotFound from None
    return web.Response(
        body=raw,
        content_type="text/csv",
        charset="utf-8",
        headers={"Content-Disposition": 'attachment; filename="rejects.csv"', "Cache-Control": "no-store"},
    )


def _own(request: web.Request) -> Upload:
    found = uploads_of(console_of(request)).of(person_of(request).name, request.match_info["token"])
    if found is None:
        raise web.HTTPNotFound
    return found


def _noted(console: Console, request: web.Request) -> Callable[[Upload], None]:
    """Writes into the audit log what came of it."""
    person, address = person_of(request), client_of(request)

    def over(upload: Upload) -> None:
        preview, sent = upload.preview, upload.sent
        if preview is None or sent is None:
            return
        told = f"{preview.name}: {sent.count} sent, {sent.refused_count} refused by Kafka"
        wishes = upload.wishes
        told += f"; authority {wishes.authority or 'of the rows'}, source {wishes.source}"
        with console.database.write() as connection:
            record(connection, person, address, "list imported", preview.sha256, told)

    return over


def _to(request: web.Request, address: str) -> web.StreamResponse:
    if asks_for_json(request):
        return web.json_response({"address": address})
    raise web.HTTPSeeOther(address)


def _form(
    request: web.Request, fields: dict[str, str] | None = None, said: str = "", status: int = 200
) -> web.Response:
    values = {
        "fields": fields or {"short_links": "1"},
        "said": said,
        "sources": get_args(RequestSource),
        "kinds": get_args(AskedKind),
        "most_mb": console_of(request).settings.takedown_lists.max_file_mb,
    }
    return page(request, "list_import.html", values, status=status)


ROUTES = (
    Route("GET", "/takedowns/import", form, needs="lists"),
    Route("POST", "/takedowns/import", upload, needs="lists"),
    Route("GET", "/takedowns/import/{token}", shown, needs="lists"),
    Route("POST", "/takedowns/import/{token}/send", send, needs="lists"),
    Route("POST", "/takedowns/import/{token}/again", again, needs="lists"),
    Route("POST", "/takedowns/import/{token}/remove", remove, needs="lists"),
    Route("GET", "/takedowns/import/{token}/rejects.csv", rejects, needs="lists"),
)
