"""What a marketplace's answer says about itself: its code, its own words and the request's id."""

import re
from typing import Any

import msgspec
from msgspec import Struct

from connectors.http_client import Answer
from connectors.secret import redact

MOST_WORDS = 200
_UNSAFE = re.compile(r"[^\w.:-]")
_LINE_BREAKS = re.compile(r"[\x00-\x20\x7f\u2028\u2029]+")


class Envelope(Struct):
    """What surrounds the data in an answer of Lazada and TikTok Shop; every field may be anything."""

    code: Any = None
    message: Any = None
    type: Any = None
    request_id: Any = None

    @property
    def told(self) -> str:
        """For a message: short, on one line, without secrets, with the id that the marketplace's support asks for."""
        words = _LINE_BREAKS.sub(" ", redact(self.words)).strip()
        if len(words) > MOST_WORDS:
            words = words[: MOST_WORDS - 3] + "..."
        identity = _UNSAFE.sub("", str(self.request_id))[:64] if self.request_id else "unknown"
        return f"code {self.name or 'missing'}{': ' + words if words else ''} (request {identity})"

    @property
    def name(self) -> str:
        """The code as text, safe to show; empty where there is none."""
        return _UNSAFE.sub("", str(self.code))[:64] if isinstance(self.code, str | int) else ""

    @property
    def words(self) -> str:
        """The marketplace's own message; empty where it is no text."""
        return self.message if isinstance(self.message, str) else ""


def envelope(answer: Answer) -> Envelope | None:
    """The envelope of an answer; None where the body is no JSON object: torn, or a proxy's page."""
    try:
        return msgspec.json.decode(answer.body, type=Envelope)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
