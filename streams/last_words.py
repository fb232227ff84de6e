"""A program's last words where nothing caught an error: the traceback as Python writes it, without a secret."""

import sys
import threading
import traceback
from types import TracebackType

from connectors.secret import redact


def watch_last_words() -> None:
    """From here on for every thread of the process."""
    sys.excepthook = _say
    threading.excepthook = _say_of_thread


def _say(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None, where: str = ""
) -> None:
    told = "".join(traceback.format_exception(kind, error, trace))
    sys.stderr.write(redact(f"{where}{told}"))
    sys.stderr.flush()


def _say_of_thread(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is not None and not isinstance(args.exc_value, SystemExit):
        name = args.thread.name if args.thread is not None else "a thread"
        _say(args.exc_type, args.exc_value, args.exc_traceback, f"Exception in {name}:\n")
