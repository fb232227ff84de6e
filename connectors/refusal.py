"""What an answer of Lazada or TikTok Shop says about itself: its code, its own words, the request's id and its data.

The two have one form; what their codes mean is in the `answers` of each.
"""

import re
from collections.abc import Callable
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from connectors.errors import ExpiredTokenError, RetryError
from connectors.http_client import Answer
from connectors.secret import redact
from connectors.tokens import RefreshRefusedError

Judge = Callable[[Answer], None]
T = TypeVar("T", bound=Struct)
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


def read_answer(answer: Answer, wanted: type[T], whose: str) -> T:
    """The answer as that form.

    Raises:
        RetryError: it has another form than its marketplace documents.
    """
    try:
        return msgspec.json.decode(answer.body, type=wanted)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        # The error's text names a field and its kind, never a value.
        raise RetryError(f"an answer of another form than {whose} documents: {error}") from None


def judging_a_refresh(judge: Judge) -> Judge:
    """As `judge`, for the answer to a refresh: a token that is no longer taken is the refresh token there, so that
    the judge raises RefreshRefusedError."""

    def judge_refresh(answer: Answer) -> None:
        try:
            judge(answer)
        except ExpiredTokenError as error:
            raise RefreshRefusedError(str(error)) from None

    return judge_refresh


def envelope(answer: Answer) -> Envelope | None:
    """The envelope of an answer; None where the body is no JSON object: torn, or a proxy's page."""
    try:
        return msgspec.json.decode(answer.body, type=Envelope)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
