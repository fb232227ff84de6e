"""Language and colours, kept in the browser; and the news that its pages ask for."""

from aiohttp import web

from streams.console.context import console_of
from streams.console.guard import person_of
from streams.console.rendering import LANGUAGE_COOKIE, THEME_COOKIE
from streams.console.routes import Route
from streams.console.same_site import local_path

YEAR = 365 * 24 * 3600
CHOICES = {"language": (LANGUAGE_COOKIE, ("en", "id")), "theme": (THEME_COOKIE, ("auto", "light", "dark"))}


async def choose(request: web.Request) -> web.StreamResponse:
    """Keep the choice and go back to the page it was made on."""
    form = await request.post()
    response = web.HTTPSeeOther(local_path(str(form.get("next", "/"))))
    for field, (cookie, allowed) in CHOICES.items():
        if (chosen := form.get(field)) in allowed:
            response.set_cookie(
                cookie, str(chosen), max_age=YEAR, samesite="Lax", httponly=True,
                secure=console_of(request).settings.dashboard.https,
            )  # fmt: skip
    raise response


async def news(request: web.Request) -> web.StreamResponse:
    """What has changed, as it changes: `/live?kinds=alerts,throughput`."""
    kinds = frozenset(request.query.get("kinds", "").split(",")[:20])
    return await console_of(request).live.stream(request, person_of(request).name, kinds)


async def home(_: web.Request) -> web.StreamResponse:
    """Analysts' work comes first."""
    raise web.HTTPSeeOther("/alerts")


ROUTES = (
    Route("GET", "/", home),
    Route("GET", "/live", news),
    Route("POST", "/preferences", choose, needs=None),
)
