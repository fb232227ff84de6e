"""Logs on stderr: one line each, structured, without secrets, and never a flood.

A title, a key or an answer from outside may hold line ends, by which it would forge a line of its own (CWE-117), or
signs that a terminal obeys. In text such signs are shown as escapes, and the lines of a traceback stand behind a bar,
so that every line that begins at the edge is one of ours. JSON escapes them by itself.
"""

import logging
import sys
import time
from collections import defaultdict
from collections.abc import MutableMapping
from io import StringIO
from typing import Any, TextIO

import structlog

from connectors.secret import redact
from streams.words.safe_text import safe_text

BURST = 10
"""Lines with one template in one window; more are counted and told when the window ends."""
WINDOW_SECONDS = 10.0


class FloodFilter(logging.Filter):
    """Lets a burst of each message through and counts the rest.

    Without it a worker writes 1 to 3 MB of connection errors in each minute without a broker.
    """

    def __init__(self) -> None:
        super().__init__()
        self._window = 0.0
        self._seen: dict[tuple[str, str], int] = defaultdict(int)

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether to write this record."""
        now = time.monotonic()
        if now - self._window > WINDOW_SECONDS:
            self._window = now
            self._seen.clear()
        template = record.msg.get("event", "") if isinstance(record.msg, dict) else record.msg
        key = (record.name, str(template)[:80])
        self._seen[key] += 1
        return self._seen[key] <= BURST


class _Redacting(structlog.stdlib.ProcessorFormatter):
    """The last net: what is formatted holds no secret that the process knows."""

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


def key_text(key: bytes | None) -> str:
    """A record's key as the field `key` of a log line, by which one listing is followed through all parts."""
    return (key or b"").decode("utf-8", "replace")


def configure_logs(*, as_json: bool, level: int = logging.INFO) -> None:
    """Send structlog's and the libraries' logs to stderr in one form."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info if as_json else _keep,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    renderer: Any = structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer(
        colors=sys.stderr.isatty(),
        # The default shows the values of local variables: in a sign-in that fails, somebody's password.
        exception_formatter=_barred_traceback,
    )  # fmt: skip
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        _Redacting(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _without_secrets if as_json else _on_one_line,
                renderer,
            ],
        )
    )
    handler.addFilter(FloodFilter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    # httpx tells each request's address, in which marketplaces want the access token and the signature.
    for chatty in ("faust", "mode", "aiokafka", "kafka", "asyncio", "httpx", "httpcore"):
        logging.getLogger(chatty).setLevel(max(level, logging.WARNING))
    # It warns with the whole group, bytes and all, that it does not know Faust's user data, which nobody asks for.
    logging.getLogger("kafka.admin._groups").setLevel(logging.ERROR)
    # On a busy machine it warns of each step of its own that took over 0.1 s, which is for those who write it.
    logging.getLogger("kafka.net.selector").setLevel(logging.ERROR)
    # A question for metadata that the end of a client overtakes is no error, and it says so to nobody who could act.
    logging.getLogger("kafka.cluster").addFilter(_is_not_an_end)


def _is_not_an_end(record: logging.LogRecord) -> bool:
    return not record.getMessage().endswith("Cancelled")


def _keep(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return event


def _without_secrets(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Before JSON escapes them: a secret with a quote in it is written otherwise afterwards."""
    for name, value in event.items():
        if isinstance(value, str):
            event[name] = redact(value)
    return event


def _on_one_line(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Whatever was logged, in signs that stay where they are printed."""
    for name, value in event.items():
        if isinstance(value, str):
            plain = redact(value)
            event[name] = plain if plain.isprintable() else safe_text(plain)
    return event


def _barred_traceback(out: TextIO, info: Any) -> None:
    told = StringIO()
    structlog.dev.plain_traceback(told, info)
    # Not splitlines(), for which more signs end a line than for a terminal: those are shown as escapes too.
    lines = redact(told.getvalue()).strip("\n").split("\n")
    out.write("".join(f"\n  | {safe_text(line)}" for line in lines))
