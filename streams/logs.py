"""Logs on stderr: one line each, structured, and never a flood."""

import logging
import sys
import time
from collections import defaultdict
from collections.abc import MutableMapping
from typing import Any

import structlog

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
        exception_formatter=structlog.dev.plain_traceback,
    )  # fmt: skip
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    handler.addFilter(FloodFilter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for chatty in ("faust", "mode", "aiokafka", "kafka", "asyncio"):
        logging.getLogger(chatty).setLevel(max(level, logging.WARNING))
    # It warns with the whole group, bytes and all, that it does not know Faust's user data, which nobody asks for.
    logging.getLogger("kafka.admin._groups").setLevel(logging.ERROR)


def _keep(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return event
