"""Serves a plan's photos on 127.0.0.1, each drawn when it is first asked for."""

from collections.abc import Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from types import TracebackType
from typing import Self

from connectors.sample.photo_recipe import PhotoRecipe, PhotoShelf

PATH = "/photos/"


class PhotoServer:
    """An HTTP server of photos by name, in threads of its own. `with PhotoServer() as server: ...`

    The port is taken when the server is made, so that a plan can name `photo_base` before it serves.
    Raises OSError where the port is taken already; port 0 takes a free one.
    """

    def __init__(
        self, photos: Mapping[str, PhotoRecipe] | None = None, port: int = 0, room: int = 512
    ) -> None:
        self._photos = dict(photos or {})
        self._shelf = PhotoShelf(room)
        self._drawing = Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", port), self._handler(), bind_and_activate=True)
        self._server.daemon_threads = True
        self._thread: Thread | None = None

    @property
    def port(self) -> int:
        """The port that was taken."""
        return int(self._server.server_address[1])

    @property
    def photo_base(self) -> str:
        """The address to give to `make_plan`, without a slash at its end."""
        return f"http://127.0.0.1:{self.port}{PATH.rstrip('/')}"

    def add(self, photos: Mapping[str, PhotoRecipe]) -> None:
        """Serve these too, by their names."""
        self._photos.update(photos)

    def put(self, recipe: PhotoRecipe, drawn: bytes) -> None:
        """Serve this photo, drawn ahead, without drawing it again."""
        self._shelf.put(recipe, drawn)

    def start(self) -> None:
        """Answer requests from now on; returns at once."""
        if self._thread is None:
            self._thread = Thread(
                target=self._server.serve_forever, name="sample-photos", args=(0.05,), daemon=True
            )
            self._thread.start()

    def stop(self) -> None:
        """End, and give the port back. Stopping twice is no error."""
        if self._thread is not None:
            self._server.shutdown()
            self._thread.join()
            self._thread = None
        self._server.server_close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _photo(self, path: str) -> bytes | None:
        recipe = self._photos.get(path.removeprefix(PATH)) if path.startswith(PATH) else None
        if recipe is None:
            return None
        # One drawing at a time: drawing holds the interpreter, and two requests for one photo draw it once.
        with self._drawing:
            return self._shelf.photo(recipe)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        photos = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 30

            def do_GET(self) -> None:
                photo = photos._photo(self.path)
                status = HTTPStatus.NOT_FOUND if photo is None else HTTPStatus.OK
                body = b"no such photo\n" if photo is None else photo
                self.send_response(status)
                self.send_header("Content-Type", "text/plain" if photo is None else "image/jpeg")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if self.command == "GET":
                    self.wfile.write(body)

            do_HEAD = do_GET  # noqa: N815 - the name that http.server looks for

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
                """Requests are not worth a line each."""

        return Handler
