"""How an action's end is told: JSON to a script, and to a form the page it came from, which says it."""

from aiohttp import web

from streams.console.rendering import language_for
from streams.console.words import word


def asks_for_json(request: web.Request) -> bool:
    """Whether a script asks, which shows the answer itself."""
    return "application/json" in request.headers.get("Accept", "")


def done(request: web.Request, path: str, key: str) -> web.Response:
    """It worked. `key`: what is said; a form's page gets it as `?done=`."""
    if asks_for_json(request):
        return web.json_response(
            {"done": word(language_for(request), key)}, headers={"Cache-Control": "no-store"}
        )
    return web.Response(status=303, headers={"Location": f"{path}?done={key}", "Cache-Control": "no-store"})


def refused(request: web.Request, key: str, status: int = 400, **values: object) -> web.Response:
    """It did not, for a script."""
    text = word(language_for(request), key, **values)
    return web.json_response({"error": text}, status=status, headers={"Cache-Control": "no-store"})
