"""Style and scripts, out of the package itself: nothing comes from the internet."""

import hashlib
from importlib.resources import files

from aiohttp import web

from streams.console.routes import Route

TYPES = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
YEAR = 365 * 24 * 3600

_FILES = {
    entry.name: entry.read_bytes()
    for entry in (files("streams.console") / "static").iterdir()
    if entry.name.rpartition(".")[2] in TYPES
}
_VERSIONS = {name: hashlib.sha256(content).hexdigest()[:12] for name, content in _FILES.items()}


def address_of(name: str) -> str:
    """Where a page finds the file; another content has another address, so browsers keep it for good."""
    return f"/static/{name}?v={_VERSIONS[name]}"


async def answer(request: web.Request) -> web.Response:
    """The file."""
    name = request.match_info["name"]
    content = _FILES.get(name)
    if content is None:
        raise web.HTTPNotFound
    return web.Response(
        body=content,
        content_type=TYPES[name.rpartition(".")[2]],
        charset="utf-8",
        headers={"Cache-Control": f"public, max-age={YEAR}, immutable"},
    )


ROUTES = (Route("GET", "/static/{name}", answer, needs=None),)
