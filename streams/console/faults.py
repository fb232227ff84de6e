"""Whatever goes wrong in a request becomes a page that says what to do, in the reader's language."""

from urllib.parse import quote

import structlog
from aiohttp import web
from sqlalchemy.exc import SQLAlchemyError

from connectors.sdk import ConnectorError
from streams.console.context import console_of
from streams.console.refusals import RefusedError
from streams.console.rendering import language_for, page
from streams.console.routes import Handler
from streams.console.words import ALL, word
from streams.kafka_clients.record_reader import ReadError

log = structlog.get_logger(__name__)

SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}

HSTS = "max-age=31536000"
"""Where people come by https alone, for a year after each answer (RFC 6797); not for other names of the domain."""


@web.middleware
async def faults(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer with the handler's page, or with one about its failure."""
    try:
        return await handler(request)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        if error.status == 401 and _can_sign_in(request):
            raise web.HTTPSeeOther(
                f"/sign-in?next={quote(request.rel_url.raw_path_qs, safe='/?=')}"
            ) from None
        key = error.word if isinstance(error, RefusedError) else f"error.{error.status}"
        said = "" if error.text in (None, f"{error.status}: {error.reason}") else str(error.text)
        return _told(request, error.status, key, said)
    except (SQLAlchemyError, ReadError, ConnectorError) as error:
        log.warning("not reachable", path=request.path, error=str(error).partition("\n")[0])
        return _told(request, 503, "error.503", type(error).__name__)
    except Exception:
        log.exception("a page failed", path=request.path)
        return _told(request, 500, "error.500", "")


def _can_sign_in(request: web.Request) -> bool:
    """Whether a page was asked for, to which one comes back after signing in; not a part that a script fills in."""
    is_page = request.method == "GET" and "text/html" in request.headers.get("Accept", "")
    by_password = console_of(request).settings.dashboard.sign_in == "password"
    return is_page and by_password and "X-Fragment" not in request.headers


def _told(request: web.Request, status: int, key: str, why: str) -> web.Response:
    if key not in ALL:
        key, why = "error.400", why or str(status)
    text = word(language_for(request), key, why=why)
    if "text/html" in request.headers.get("Accept", ""):
        return page(request, "error.html", {"message": text}, status=status)
    return web.json_response({"error": text}, status=status, headers={"Cache-Control": "no-store"})


async def add_security_headers(request: web.Request, response: web.StreamResponse) -> None:
    """On every answer: only our own scripts, no frames, no guessing of types, and kept by nobody unless the page
    says otherwise."""
    for name, value in SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers["Server"] = (
        "relistwatch"  # not which versions of what, by which known faults are looked up
    )
    if console_of(request).settings.dashboard.https:
        response.headers.setdefault("Strict-Transport-Security", HSTS)
