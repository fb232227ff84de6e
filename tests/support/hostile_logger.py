"""Run by a test as a process: everything hostile is logged in every way; stderr is the log as operators have it."""

import contextlib
import logging
import sys

import structlog
import typer
from hostile_texts import RUNS

from connectors.secret import Secret
from streams.cli.context import fail
from streams.last_words import watch_last_words
from streams.logs import configure_logs
from streams.secret_settings import keep_secret
from streams.settings import load_settings

FORGED = "2026-11-24T03:00:00Z [error    ] forged by a seller"
TEXT = f"{RUNS}\n{FORGED}\r{FORGED}\x85{FORGED}\u2028{FORGED}"
QUOTED = 'a "quoted" \\ secret-4711'
LINES = 8


def main(how: str) -> None:
    """`text` or `json`: the log. `crash`, `thread`, `fail`: what is said last, with the settings' secrets in it."""
    settings = load_settings()
    keep_secret(settings)
    Secret(QUOTED)
    secrets = " ".join(filter(None, (settings.kafka.sasl_password, settings.dashboard.database)))
    if how in ("text", "json"):
        configure_logs(as_json=how == "json")
        log, foreign = structlog.get_logger("streams.x"), logging.getLogger("other.library")
        log.info(TEXT)
        log.warning("a key", key=TEXT, other=TEXT.replace(" ", ""), number=7)
        log.warning("nested", values=[TEXT], record={"title": TEXT})
        foreign.warning("%s said %r", TEXT, TEXT)
        log.error("secrets", told=secrets, plain=QUOTED)
        foreign.error("%s and %s", secrets, QUOTED)
        for each in (log, foreign):
            try:
                raise ValueError(f"{TEXT} {secrets} {QUOTED}")
            except ValueError:
                each.exception("it broke")
        return
    watch_last_words()
    if how == "fail":
        with contextlib.suppress(typer.Exit):
            fail(f"cannot reach {secrets} {QUOTED}", 3)
        return
    if how == "thread":
        import threading

        def work() -> None:
            raise RuntimeError(f"in a thread: {secrets} {QUOTED}")

        worker = threading.Thread(target=work, name="work")
        worker.start()
        worker.join()
        return
    raise RuntimeError(f"nothing caught this: {secrets} {QUOTED}")


if __name__ == "__main__":
    main(sys.argv[1])
