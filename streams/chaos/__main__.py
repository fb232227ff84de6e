"""Chaos: faults on a real three-node Kafka while listings flow, and what was lost.

Figures on stdout, progress on stderr. Exit code 0: nothing lost; 1: something was, or the run proves nothing;
2: wrong option; 3: it cannot be run here.
"""

import argparse
import contextlib
import logging
import signal
import sys
import tempfile
import time
from pathlib import Path

import msgspec

from streams.chaos.campaign import ALL, run
from streams.chaos.fault import Fault, UnknownFaultError, chosen
from streams.chaos.network import available as network_here
from streams.chaos.record import Record
from streams.chaos.scene import Sizes
from streams.chaos.small_disk import available as disk_here
from streams.chaos.table import table
from streams.chaos.verdict import judge
from streams.logs import configure_logs

FULL = Sizes(workers=3, rate=250.0, market=5.0, seed=1)
SHORT = Sizes(workers=2, rate=60.0, market=5.0, seed=1)
SETTLE_SECONDS, SHORT_SETTLE_SECONDS = 4.0, 1.0


def main(arguments: list[str] | None = None) -> int:
    """Run, or judge a record that was kept; the exit code."""
    asked = _parser().parse_args(arguments)
    if asked.list:
        for fault in ALL:
            needs = f" ({', '.join(sorted(fault.needs))}: root)" if fault.needs else ""
            _out(f"{fault.name:24}{fault.what}{needs}{' [short]' if fault.short else ''}")
        return 0
    try:
        faults = chosen(ALL, asked.fault, short=asked.short)
    except UnknownFaultError as error:
        _err(str(error))
        return 2
    if asked.judge:
        try:
            record = msgspec.json.decode(Path(asked.judge).read_bytes(), type=Record)
        except (OSError, msgspec.MsgspecError) as error:
            _err(f"{asked.judge}: {error}")
            return 2
    else:
        if why := _missing(faults):
            _err(why)
            return 3
        signal.signal(signal.SIGTERM, _ended)
        record = _run(asked, faults)
    verdict = judge(record)
    if asked.json:
        Path(asked.json).write_bytes(msgspec.json.format(msgspec.json.encode(verdict)))
    _out(table(verdict))
    return 1 if verdict.problems else 0


def _ended(number: int, _: object) -> None:
    """As Ctrl-C: what was made, namespaces and disks among it, is taken away on the way out."""
    raise SystemExit(128 + number)


def _run(asked: argparse.Namespace, faults: list[Fault]) -> Record:
    usual = SHORT if asked.short else FULL
    sizes = Sizes(usual.workers, asked.rate or usual.rate, usual.market, asked.seed)
    settle = SHORT_SETTLE_SECONDS if asked.short else SETTLE_SECONDS
    began = time.monotonic()

    def say(what: str) -> None:
        _err(f"[{time.monotonic() - began:6.1f} s] {what}")

    configure_logs(as_json=False, level=logging.WARNING)
    # Its clients say at length what they do about brokers that are gone; that is what this is for.
    logging.getLogger("kafka").setLevel(logging.CRITICAL)
    with contextlib.ExitStack() as stack:
        if asked.keep:
            folder = tempfile.mkdtemp(prefix="relistwatch-chaos-")
            say(f"logs and data stay in {folder}")
        else:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="relistwatch-chaos-"))
        record = run(Path(folder), faults, sizes, settle, say)
    if asked.record:
        Path(asked.record).write_bytes(msgspec.json.encode(record))
    return record


def _missing(faults: list[Fault]) -> str | None:
    """Why these faults cannot be done here."""
    for need, available in (("network", network_here), ("disk", disk_here)):
        if any(need in fault.needs for fault in faults) and (why := available()):
            names = ", ".join(fault.name for fault in faults if need in fault.needs)
            return f"{why}: {names} cannot be done; name others with --fault"
    return None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m streams.chaos", description=__doc__)
    parser.add_argument("--list", action="store_true", help="the faults there are")
    parser.add_argument(
        "--fault", action="append", default=[], metavar="NAME", help="only this one; repeatable"
    )
    parser.add_argument("--short", action="store_true", help="a few faults in about a minute")
    parser.add_argument("--seed", type=int, default=1, help="the same seed: the same listings")
    parser.add_argument(
        "--rate", type=float, help="listings a second; as many as the machine can do with ease"
    )
    parser.add_argument("--json", metavar="FILE", help="the figures as JSON")
    parser.add_argument("--record", metavar="FILE", help="keep all that was planted and seen")
    parser.add_argument("--judge", metavar="FILE", help="instead of a run, judge a record that was kept")
    parser.add_argument("--keep", action="store_true", help="keep the folder with logs and data")
    return parser


def _out(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def _err(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    raise SystemExit(main())
