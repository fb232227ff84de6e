"""A web server that says exactly what a test tells it to, byte by byte, and counts who came."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

Answer = Callable[[asyncio.StreamWriter, str], Awaitable[None]]

INTERNET = "127.0.0.2"
"""Stands for a public address in these tests; 127.0.0.1 stays inside."""


class HostileHost:
    """`pages` by path; `seen` are the request heads in the order they came."""

    def __init__(self, pages: dict[str, Answer | bytes], port: int) -> None:
        self.pages = pages
        self.port = port
        self.seen: list[str] = []


@asynccontextmanager
async def hostile_host(
    pages: dict[str, Answer | bytes], address: str = INTERNET
) -> AsyncIterator[HostileHost]:
    """Serve while the context lasts. A page is a whole answer as bytes, or a function that writes it."""
    host = HostileHost(pages, 0)
    working: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        working.add(task)
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            host.seen.append(head)
            page = host.pages[head.split(" ")[1]]
            if isinstance(page, bytes):
                writer.write(page)
                await writer.drain()
            else:
                await page(writer, head)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()
            working.discard(task)

    server = await asyncio.start_server(serve, address, 0)
    host.port = server.sockets[0].getsockname()[1]
    try:
        yield host
    finally:
        server.close()
        for task in list(working):
            task.cancel()
        await asyncio.gather(*working, return_exceptions=True)


def answer(body: bytes, *headers: str, status: str = "200 OK", length: int | None = None) -> bytes:
    """A whole answer with its Content-Length, `length` if it shall lie."""
    lines = [
        f"HTTP/1.1 {status}",
        f"Content-Length: {len(body) if length is None else length}",
        *headers,
        "",
        "",
    ]
    return "\r\n".join(lines).encode("latin-1") + body


def redirect(location: str, status: str = "302 Found") -> bytes:
    """A redirect."""
    return answer(b"", f"Location: {location}", status=status)


async def hang(writer: asyncio.StreamWriter, head: str) -> None:
    """Say nothing."""
    await asyncio.sleep(3600)


async def drip(writer: asyncio.StreamWriter, head: str) -> None:
    """A byte now and then, for ever: each alone is in time."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n\xff\xd8\xff")
    while True:
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.02)


async def endless_headers(writer: asyncio.StreamWriter, head: str) -> None:
    """Headers without end."""
    writer.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        writer.write(b"X-More: " + b"y" * 1000 + b"\r\n")
        await writer.drain()


async def endless_chunks(writer: asyncio.StreamWriter, head: str) -> None:
    """A JPEG without length and without end."""
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n\xff\xd8\xff\r\n")
    while True:
        writer.write(b"10000\r\n" + bytes(65536) + b"\r\n")
        await writer.drain()
