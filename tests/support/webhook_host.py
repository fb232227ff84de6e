"""A receiver of webhooks on loopback that answers by a script, and checks what it is sent."""

import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime

from webhook_requests import WHSEC

from connectors.secret import Secret
from connectors.webhook_signature import SignatureError, keys, verified_id

Scripted = tuple[int, dict[str, str], bytes]


@dataclass
class WebhookHost:
    """`answers` are used up one a request, then it is 200; `refuse` answers by the body first."""

    url: str = ""
    answers: list[Scripted] = field(default_factory=list)
    refuse: dict[bytes, Scripted] = field(default_factory=dict)
    bodies: list[bytes] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    received: list[dict[str, str]] = field(default_factory=list)
    secret: str = WHSEC


@contextmanager
def webhook_host() -> Iterator[WebhookHost]:
    """Serve until the end of the block."""
    host = WebhookHost()

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            host.received.append(headers | {":path": self.path})
            try:
                host.ids.append(verified_id(keys(Secret(host.secret)), headers, body, datetime.now(UTC)))
            except SignatureError:
                host.ids.append("")
            host.bodies.append(body)
            status, more, text = host.refuse.get(body) or (
                host.answers.pop(0) if host.answers else (200, {}, b"")
            )
            with suppress(OSError):
                self.send_response(status)
                for name, value in more.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    host.url = f"http://127.0.0.1:{server.server_address[1]}/hook"
    try:
        yield host
    finally:
        server.shutdown()
        server.server_close()
