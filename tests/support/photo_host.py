"""A web server on loopback whose photos are good, slow, lying, huge or broken."""

import http.server
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress


@contextmanager
def photo_host(pages: dict[str, tuple[str, bytes]]) -> Iterator[str]:
    """Serve `pages` (path to content type and body); /hang answers nothing for 20 s. Gives the base URL."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/hang":
                time.sleep(20)
                return
            kind, body = pages.get(self.path, ("text/plain", b""))
            self.send_response(200 if self.path in pages else 404)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            with suppress(BrokenPipeError, ConnectionResetError):
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
