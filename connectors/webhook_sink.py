"""Alerts and other records posted to somebody else's address: signed, repeated, and kept where refused.

At least once: after a crash, or when an answer was lost, the same record comes again under the same
`webhook-id`, and the receiver drops it by that.
"""

import base64
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import httpx
import msgspec
from msgspec import Meta, Struct

from connectors.append_file import AppendFile
from connectors.backoff import Backoff
from connectors.clock import Clock, SystemClock
from connectors.http_client import Answer
from connectors.items import record_bytes
from connectors.sdk import (
    AbortError,
    Event,
    OptionsError,
    RetryError,
    Secret,
    Sink,
    SkipError,
    ThrottledError,
)
from connectors.secret import redact
from connectors.webhook_payload import encoded, group_id, groups, is_json
from connectors.webhook_post import WebhookPost, target
from connectors.webhook_signature import headers, keys

LONGEST_WAIT = 5.0
"""Seconds waited for here; a longer pause is the runner's, which can be stopped meanwhile."""
SHOWN_CHARACTERS = 200


class WebhookSinkOptions(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Options of the sink `webhook`."""

    url: str
    """Where to post; https, but for this machine itself."""
    secret: Secret
    """`whsec_` and base64; with several, apart by spaces or lines, all of them sign."""
    dead_letter_file: str
    """Where a record that the receiver refuses is kept, one a line."""
    batch: Annotated[int, Meta(ge=1, le=1000)] = 1
    """Records a request; 1: the body is the record, else an array of them."""
    timeout: Annotated[float, Meta(gt=0, le=120)] = 15.0
    """Seconds for an attempt as a whole."""
    attempts: Annotated[int, Meta(ge=1, le=20)] = 4
    """In quick succession; then the runner repeats, less and less often."""
    allow_http: bool = False
    """Plain http to another machine: anybody on the way can read along."""


class WebhookSink(Sink[WebhookSinkOptions]):
    """Signed webhooks, posted in order, each once the one before is answered.

    2xx is taken. 408, 425, 429, 5xx and no answer are repeated. A redirect and 410 (gone) end the run: nothing
    is lost, and somebody must look. Any other 4xx is refused for good: the dead-letter file has the record.
    """

    name = "webhook"
    options_type = WebhookSinkOptions

    def __init__(
        self,
        options: WebhookSinkOptions,
        *,
        transport: httpx.BaseTransport | None = None,
        clock: Clock | None = None,
        backoff: Backoff | None = None,
    ) -> None:
        super().__init__(options)
        self._url = target(options.url, allow_http=options.allow_http, name=self.name)
        try:
            self._keys = keys(options.secret)
        except ValueError as error:
            raise OptionsError(f"webhook: option secret: {error}") from None
        self._clock = clock or SystemClock()
        self._backoff = backoff or Backoff(first=0.5, most=LONGEST_WAIT)
        self._post = WebhookPost(self._url, options.timeout, self._clock, transport)
        self._letters = AppendFile(options.dead_letter_file, self.name)
        self._never = threading.Event()
        self._written: list[Event] = []
        self._settled: dict[str, bool] = {}
        """Requests answered since the last whole flush, and whether they were taken: not sent again."""

    def open(self) -> None:
        """Open the dead-letter file, made (0600) if there is none. The receiver is not asked anything.

        Raises:
            AbortError: it cannot be written.
        """
        path = Path(self.options.dead_letter_file)
        try:
            path.touch(mode=0o600)
            self._letters.open()
        except (OSError, AbortError):
            raise AbortError(f"webhook: option dead_letter_file: cannot write {path}") from None
        if self._letters.ends_torn():
            self._letters.append(b"\n")

    def write(self, batch: Sequence[Event]) -> None:
        """Keep until the flush."""
        self._written += batch

    def flush(self) -> None:
        """Post all that was written.

        Raises:
            RetryError: the receiver is away or overloaded; what it has taken is not posted again.
            SkipError: it refuses some for good; they are in the dead-letter file, on the disk.
            AbortError: the address redirects or is gone.
        """
        written, self._written = self._written, []
        refused: list[Event] = []
        for group in groups(written, self.options.batch):
            refused += self._deliver(group)
        if refused:
            self._letters.flush()
        self._settled.clear()
        if refused:
            raise SkipError(
                f"webhook: {self._url.host} refused; see {self.options.dead_letter_file}", refused
            )

    def close(self) -> None:
        """Close the connection and the file."""
        self._post.close()
        self._letters.close()

    def _deliver(self, group: Sequence[Event]) -> list[Event]:
        """Post these in one request; those of them that are refused for good."""
        webhook_id = group_id(group)
        if (taken := self._settled.get(webhook_id)) is not None:
            return [] if taken else list(group)
        if not is_json(group[0]):
            return self._refuse(group[0], webhook_id, None, "it is no JSON")
        answer = self._answer(webhook_id, encoded(group, self.options.batch))
        if 200 <= answer.status < 300:
            self._settled[webhook_id] = True
            return []
        if len(group) > 1:
            # One bad record must not take the others of its request with it.
            return [refused for event in group for refused in self._deliver([event])]
        return self._refuse(group[0], webhook_id, answer.status, shown(answer))

    def _answer(self, webhook_id: str, body: bytes) -> Answer:
        """The first answer that settles it."""
        attempt = 0
        while True:
            attempt += 1
            try:
                signed = headers(self._keys, webhook_id, self._clock.now(), body)
                answer = self._post.send(signed, body)
                judge(answer)
            except RetryError as error:
                where = f"webhook: {self._url.host}: {error}"
                pause = self._backoff.pause(attempt, error.after)
                if attempt >= self.options.attempts or pause > LONGEST_WAIT:
                    raise type(error)(where, after=error.after) from None
                self._clock.wait(self._never, pause)
            except AbortError as error:
                raise AbortError(f"webhook: {self._url.host}: {error}") from None
            else:
                return answer

    def _refuse(self, event: Event, webhook_id: str, status: int | None, reason: str) -> list[Event]:
        record = record_bytes(event)
        kept: dict[str, Any] = {"record": msgspec.Raw(record)}
        if not is_json(event):
            kept = {"record": None, "bytes": base64.b64encode(record).decode()}
        line = {
            "refused_at": self._clock.now(),
            "url": str(self._url.copy_with(query=None)),
            "status": status,
            "reason": reason,
            "webhook_id": webhook_id,
        }
        self._letters.append(msgspec.json.encode(line | kept) + b"\n")
        self._settled[webhook_id] = False
        return [event]


def judge(answer: Answer) -> None:
    """What an answer means; returns where it is taken or refused for good.

    Raises:
        ThrottledError: 429.
        RetryError: 408, 425 and 5xx.
        AbortError: a redirect, or 410: the receiver wants no more of these.
    """
    status, after = answer.status, answer.retry_after()
    if status == 429:
        raise ThrottledError("answered 429: too many requests", after=after)
    if status in {408, 425} or status >= 500 or status < 200:
        raise RetryError(f"answered {status}", after=after)
    if 300 <= status < 400:
        raise AbortError(f"answered {status}: a redirect, which is not followed; check the address")
    if status == 410:
        raise AbortError("answered 410: the receiver is gone for good")


def shown(answer: Answer) -> str:
    """An answer for a person, on one line."""
    text = redact(answer.body.decode("utf-8", "replace"))
    line = " ".join("".join(each if each.isprintable() else " " for each in text).split())
    return f"answered {answer.status}: {line[:SHOWN_CHARACTERS]}".rstrip(": ")
