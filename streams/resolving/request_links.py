"""Requests whose short link nobody could follow yet: asked again, at most a few seconds in a row."""

import time

from msgspec.structs import replace

from connectors.links import LinkTarget, ShortLink, recognise
from connectors.short_links import ShortLinks, Unresolved
from connectors.stop import Stop
from connectors.takedown_requests import TakedownRequest
from connectors.takedown_status import TakedownStatus


def short_link_of(request: TakedownRequest) -> ShortLink | None:
    """The short link that is all that is known of the request's listing."""
    if request.marketplace is not None:
        return None
    found = recognise(request.url or request.link)
    return found if isinstance(found, ShortLink) else None


def with_target(status: TakedownStatus, target: LinkTarget) -> TakedownStatus:
    """The status with the listing that its request's link leads to; the link itself stays as it was received."""
    request = replace(
        status.request,
        marketplace=target.marketplace,
        listing_id=target.listing_id,
        slug=target.slug,
        url=target.url,
        unresolved=None,
    )
    return replace(status, request=request)


class RequestLinks:
    """Follows short links. Close it. `ask` False: asks nobody."""

    def __init__(self, stop: Stop, *, ask: bool) -> None:
        self._links = ShortLinks(stop, kept=1) if ask else None

    def followed(self, status: TakedownStatus, deadline: float) -> TakedownStatus:
        """The status with its listing, or with why the link could not be followed. `deadline`: monotonic seconds."""
        link = short_link_of(status.request)
        if link is None or self._links is None or time.monotonic() >= deadline:
            return status
        answer = self._links.resolve(link)
        if isinstance(answer, Unresolved):
            return replace(status, request=replace(status.request, unresolved=answer.why[:1000]))
        return with_target(status, answer)

    def close(self) -> None:
        """Close the connections."""
        if self._links is not None:
            self._links.close()
