"""Photos for pages: out of the photo store or from the address that a record names, always decoded and drawn anew.

Interface only for now: routes `/photos/{sha256}` and `/photos/alert/{alert_id}/{side}/{image}`.
"""

from streams.console.routes import Route
from streams.settings import Settings


class PhotoProxy:
    """One for a console, set by `serve`; starts its processes with the first photo."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def close(self) -> None:
        """End its processes and connections."""


ROUTES: tuple[Route, ...] = ()
