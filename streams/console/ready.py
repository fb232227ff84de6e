"""Whether the console lives and is ready, as workers say it: for Kubernetes, the demo and tests."""

from aiohttp import web

from streams.console.context import console_of
from streams.console.feeder import Feeder, FeedState
from streams.console.parts import Parts
from streams.console.routes import Route


async def live(_: web.Request) -> web.Response:
    """It answers, so it lives; what is wrong with Kafka or the database, a new start does not mend."""
    return web.Response(text="ok\n")


async def ready(request: web.Request) -> web.Response:
    """Once the topics have been read to their end: before, pages would show less than there is."""
    console = console_of(request)
    state, parts = console.services.get(FeedState), console.services.get(Parts)
    if isinstance(parts, Parts) and (failure := parts.failures.get(Feeder.name)) is not None:
        return web.Response(text=f"the feed does not run: {failure.why}\n", status=503)
    if state is None:
        return web.Response(text="the feed has not started\n", status=503)
    if not state.is_ready:
        return web.Response(text="reading the topics\n", status=503)
    return web.Response(text="ok\n")


ROUTES = (
    Route("GET", "/livez", live, needs=None),
    Route("GET", "/readyz", ready, needs=None),
)
