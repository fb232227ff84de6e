"""A marketplace that pushes, and the receiver's side of it, for tests."""

import http.client
import json
import socket
from collections.abc import Mapping, Sequence
from typing import Any

from listing_records import START

from connectors.hints import Hint
from connectors.lazada.signature import sign_push
from connectors.push_receiver import PushRefused, PushRequest, PushUnreadable

APP_KEY = "123456"
SECRET = "3412gyo124goi3124"


def push_body(number: int, **more: Any) -> bytes:
    """The push that listing `number` was edited."""
    return json.dumps({"id": f"push-{number}", "item": f"item-{number}", **more}).encode()


def signed(body: bytes) -> dict[str, str]:
    """Its headers."""
    return {"Authorization": sign_push(APP_KEY, SECRET, body), "Content-Type": "application/json"}


def verify(request: PushRequest) -> Sequence[Hint]:
    """A verifier as a marketplace has it."""
    import hmac

    wanted = sign_push(APP_KEY, SECRET, request.body)
    if not hmac.compare_digest(wanted, request.headers.get("authorization", "")):
        raise PushRefused("wrong signature")
    try:
        said = json.loads(request.body)
        items = said["items"] if "items" in said else [said["item"]]
    except (ValueError, KeyError):
        raise PushUnreadable("no item in it") from None
    return [Hint(f"{said['id']}.{item}", item, "updated", START) for item in items]


def post(
    port: int, body: bytes, headers: Mapping[str, str], *, path: str = "/push/test", method: str = "POST"
) -> http.client.HTTPResponse:
    """The answer, read."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(method, path, body, dict(headers))
        answer = connection.getresponse()
        answer.read()
        return answer
    finally:
        connection.close()


def until_closed(sender: socket.socket, seconds: float = 30.0) -> bytes:
    """What comes until the other side closes."""
    sender.settimeout(seconds)
    received = b""
    try:
        while chunk := sender.recv(65_536):
            received += chunk
    except ConnectionResetError:
        pass
    return received
