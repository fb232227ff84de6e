"""A host of photos, one good and many that hang, lie, turn in circles or burst. In a thread of its own."""

import asyncio
import struct
import threading
import zlib
from collections import Counter
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self

Writer = asyncio.StreamWriter
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nConnection: close\r\n"


class PhotoHost:
    """`good` is the address of a photo; `traps` those of what is none."""

    def __init__(self, address: str, photo: bytes) -> None:
        self._address, self._photo = address, photo
        self._loop = asyncio.new_event_loop()
        self._port = 0
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="photo-host", daemon=True)
        self.asked: Counter[str] = Counter()
        """Requests by path."""
        self._pages: dict[str, Callable[[Writer], Awaitable[None]]] = {
            "/good": self._good,
            "/hang": self._hang,
            "/drip": self._drip,
            "/short": self._short,
            "/long": self._long,
            "/circle-a": lambda writer: self._redirect(writer, "/circle-b"),
            "/circle-b": lambda writer: self._redirect(writer, "/circle-a"),
            "/wide": self._wide,
            "/unfolds": self._unfolds,
            "/endless": self._endless,
            "/page": self._page,
            "/missing": self._missing,
        }

    @property
    def good(self) -> str:
        """The address of an honest photo."""
        return f"http://{self._address}:{self._port}/good"

    @property
    def traps(self) -> tuple[str, ...]:
        """Addresses of everything else; `/hang` among them."""
        return tuple(
            f"http://{self._address}:{self._port}{path}"
            for path in self._pages
            if path not in {"/good", "/circle-b"}
        )

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait(10)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)

        async def serve() -> None:
            server = await asyncio.start_server(self._answer, self._address, 0)
            self._port = server.sockets[0].getsockname()[1]
            self._ready.set()

        self._loop.run_until_complete(serve())
        self._loop.run_forever()
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self._loop.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: Writer) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            path = head.split(" ")[1].split("?")[0]
            self.asked[path] += 1
            await self._pages.get(path, self._missing)(writer)
            await writer.drain()
        except (OSError, EOFError, asyncio.LimitOverrunError, IndexError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    async def _good(self, writer: Writer) -> None:
        writer.write(HEAD + f"Content-Length: {len(self._photo)}\r\n\r\n".encode() + self._photo)

    async def _hang(self, writer: Writer) -> None:  # noqa: ARG002  it says nothing
        await asyncio.sleep(60)

    async def _drip(self, writer: Writer) -> None:
        writer.write(HEAD + b"Content-Length: 100000\r\n\r\n" + self._photo[:10])
        for _ in range(600):
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.1)

    async def _short(self, writer: Writer) -> None:
        """Less than it said."""
        writer.write(HEAD + f"Content-Length: {2 * len(self._photo)}\r\n\r\n".encode() + self._photo)

    async def _long(self, writer: Writer) -> None:
        """Says a hundred bytes, sends all."""
        writer.write(HEAD + b"Content-Length: 100\r\n\r\n" + self._photo)

    async def _redirect(self, writer: Writer, path: str) -> None:
        head = f"HTTP/1.1 302 Found\r\nLocation: {path}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        writer.write(head.encode())

    async def _wide(self, writer: Writer) -> None:
        """A PNG of some hundred bytes that unfolds to 3.6 gigapixels."""
        body = _png(60_000, 60_000)
        writer.write(HEAD + f"Content-Length: {len(body)}\r\n\r\n".encode() + body)

    async def _unfolds(self, writer: Writer) -> None:
        """Compressed on the way, though nobody asked for it."""
        body = zlib.compress(bytes(50_000_000), 9)
        writer.write(
            HEAD + f"Content-Encoding: deflate\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
        )

    async def _endless(self, writer: Writer) -> None:
        writer.write(HEAD + b"Transfer-Encoding: chunked\r\n\r\n3\r\n\xff\xd8\xff\r\n")
        for _ in range(2000):
            writer.write(b"10000\r\n" + bytes(65536) + b"\r\n")
            await writer.drain()

    async def _page(self, writer: Writer) -> None:
        body = b"<!doctype html><title>not a picture</title>"
        writer.write(HEAD + f"Content-Length: {len(body)}\r\n\r\n".encode() + body)

    async def _missing(self, writer: Writer) -> None:
        writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")


def _png(width: int, height: int) -> bytes:
    """A PNG (W3C, section 5) that claims a size and holds a few rows of it."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    rows = zlib.compress(bytes((width // 8 + 1) * 4))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
