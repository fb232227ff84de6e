"""A small real HTTP server whose answers a test gives, and a transport that leads any host's requests to it."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx


@dataclass(frozen=True)
class Asked:
    """One request as it arrived."""

    method: str
    path: str
    params: dict[str, list[str]]
    headers: dict[str, str]
    body: Any = None

    def param(self, name: str) -> str | None:
        return self.params.get(name, [None])[0]


@dataclass(frozen=True)
class Reply:
    """What to answer; anything but bytes becomes JSON."""

    body: Any
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


class JsonShop:
    """The running server: what it was asked, in order."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.asked: list[Asked] = []


class Elsewhere(httpx.BaseTransport):
    """Sends every request over the network to `url`, whatever host it names; keeps the Host header."""

    def __init__(self, url: str) -> None:
        self._url = httpx.URL(url)
        self._network = httpx.HTTPTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.url = request.url.copy_with(scheme="http", host=self._url.host, port=self._url.port)
        return self._network.handle_request(request)

    def close(self) -> None:
        self._network.close()


@contextmanager
def json_shop(answer: Callable[[Asked], Any]) -> Iterator[JsonShop]:
    """Serve what `answer` gives (a Reply, or the JSON itself) until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _do(self) -> None:
            url = urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            raw = self.rfile.read(length)
            asked = Asked(
                self.command, url.path, parse_qs(url.query, keep_blank_values=True),
                {name.lower(): value for name, value in self.headers.items()}, json.loads(raw) if raw else None,
            )  # fmt: skip
            shop.asked.append(asked)
            reply = answer(asked)
            reply = reply if isinstance(reply, Reply) else Reply(reply)
            body = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
            self.send_response(reply.status)
            for name, value in {"Content-Length": str(len(body)), **reply.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = _do  # noqa: N815

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    shop = JsonShop(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield shop
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
