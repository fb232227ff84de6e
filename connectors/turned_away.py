"""What a connection too many gets, in front of the framework: an answer at once, and its end."""

import asyncio

BUSY = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


class TurnedAway(asyncio.Protocol):
    """A connection too many: told so and closed."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Answer without reading."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101  so create_server promises
        transport.write(BUSY)
        transport.close()
