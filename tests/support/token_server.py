"""A real token server with single-use refresh tokens, and a process that refreshes through a `TokenKeeper`.

Run as a program it is that process: `token_server.py FOLDER PORT STEP`, where it keeps the shop's tokens in
FOLDER. STEP `hold-before` waits for a line on standard input before it asks, `hold-after` between the answer and
its saving; a number is how often to renew.
"""

import json
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from connectors.clock import SystemClock
from connectors.sdk import RetryError, Secret
from connectors.tokens import RefreshRefusedError, TokenKeeper, Tokens, TokenStore


class TokenServer(ThreadingHTTPServer):
    """Answers `POST /REFRESH` with the next tokens, once for each; `again` answers a repetition alike."""

    daemon_threads = True

    def __init__(self, again: bool = False) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.again = again
        self.uses: list[str] = []
        self.answers: dict[str, dict[str, str]] = {}
        self.guard = threading.Lock()
        self.before_answer: Callable[[str], None] = lambda _: None

    @property
    def port(self) -> int:
        return self.server_address[1]

    def use(self, token: str) -> dict[str, str] | None:
        """The answer to this refresh token; None refuses it."""
        with self.guard:
            self.uses.append(token)
            number = len(self.answers) + 1
            if token in self.answers:
                return self.answers[token] if self.again else None
            if token != (f"refresh-token-{number - 1}" if number > 1 else "refresh-token-first"):
                return None
            self.answers[token] = {"access": f"access-token-{number}", "refresh": f"refresh-token-{number}"}
            return self.answers[token]


class _Handler(BaseHTTPRequestHandler):
    server: TokenServer

    def do_POST(self) -> None:
        token = self.path.removeprefix("/")
        answer = self.server.use(token)
        self.server.before_answer(token)
        body = json.dumps(answer or {"error": "error_shop_refresh_token"}).encode()
        self.send_response(200 if answer else 403)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def serving(again: bool = False) -> Iterator[TokenServer]:
    with TokenServer(again) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        try:
            yield server
        finally:
            server.shutdown()


def refresher(port: int) -> Callable[[Secret], Tokens]:
    """Asks the server on that port."""

    def refresh(token: Secret) -> Tokens:
        request = urllib.request.Request(f"http://127.0.0.1:{port}/{token.reveal()}", method="POST", data=b"")
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                told = json.load(answer)
        except urllib.error.HTTPError as error:
            raise RefreshRefusedError(f"answered {error.code}") from None
        except OSError as error:
            raise RetryError(f"cannot be reached: {type(error).__name__}") from None
        now = datetime.now(UTC)
        return Tokens(
            access=Secret(told["access"]), refresh=Secret(told["refresh"]), obtained_at=now,
            access_until=now + timedelta(hours=4),
        )  # fmt: skip

    return refresh


def keeper(folder: Path, port: int, tell: Callable[[str], None] = print, *, step: str = "") -> TokenKeeper:
    """The keeper of the test's one shop, begun with its first tokens, which end in two hours."""
    ask = refresher(port)

    def refresh(token: Secret) -> Tokens:
        if step == "hold-before":
            print("asking", flush=True)
            sys.stdin.readline()
        answer = ask(token)
        if step == "hold-after":
            print("answered", flush=True)
            sys.stdin.readline()
        return answer

    made = TokenKeeper(
        TokenStore(folder / "tokens.json"), refresh, SystemClock(), shop="shop 7", tell=tell,
        remedy="authorise it again", young=timedelta(0),
    )  # fmt: skip
    given = Tokens(
        access=Secret("access-token-first"), refresh=Secret("refresh-token-first"),
        access_until=datetime.now(UTC) + timedelta(hours=2),
    )  # fmt: skip
    made.begin(given)
    return made


def main(folder: str, port: str, step: str) -> None:
    """Renew the token at hand once, when told to, and print the next."""
    kept = keeper(Path(folder), int(port), step=step)
    seen = kept.current()
    print("ready", flush=True)
    sys.stdin.readline()
    for _ in range(int(step) if step.isdigit() else 1):
        print("renewing", flush=True)
        kept.renew(seen)
        seen = kept.current()
        print("has", seen.reveal(), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
