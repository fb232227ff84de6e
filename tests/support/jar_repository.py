"""A Maven repository on the loopback, serving files of a folder and noting what was asked for."""

import ssl
import threading
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

from streams.kafka_local.jar_lock import LockedJar


class _Handler(SimpleHTTPRequestHandler):
    def __init__(self, *args: Any, of: "JarRepository", **named: Any) -> None:
        self._of = of
        super().__init__(*args, **named)

    def do_GET(self) -> None:
        self._of.asked.append(self.path.rsplit("/", 1)[1])
        if self._of.refusals:
            self._of.refusals -= 1
            self.send_response(HTTPStatus.TOO_MANY_REQUESTS)
            self.send_header("Retry-After", "3600")
            self.end_headers()
        else:
            super().do_GET()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the base class names it so
        """Nothing on the test's output."""


class JarRepository:
    """`asked` holds the file names of all requests, in order; so many of the next, `refusals`, are told to come back in
    an hour."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.asked: list[str] = []
        self.refusals = 0
        self._scheme = "http"
        folder.mkdir()
        handler = partial(_Handler, of=self, directory=str(folder))
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def encrypt(self, keystore: Path) -> None:
        """Answer in TLS from now on, with this key and certificate."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(keystore)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._scheme = "https"

    @property
    def url(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self._server.server_address[1]}"

    def put(self, jar: LockedJar, content: bytes) -> None:
        """Serve `content` as this jar."""
        path = self._folder.joinpath(*jar.group.split("."), jar.artifact, jar.version, jar.file)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop serving; a second time is no error."""
        self._server.shutdown()
        self._server.server_close()
