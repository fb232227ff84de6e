"""Is everything that relistwatch needs there and right? One check a function, each with what to do."""

import os
import platform
import shutil
import time
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

import msgspec
from kafka import KafkaConsumer, TopicPartition

from streams.settings import Settings
from streams.topic_admin import BrokerUnavailableError, admin_client, check_topics
from streams.topics import LISTINGS, topic_name

PINNED = {"faust-streaming": "0.15.3", "aiokafka": "0.14.0"}
"""What FAUST's behaviour was measured with; another version may lose events."""
FREE_BYTES = 1024**3
PLAUSIBLE = (1_767_225_600, 4_102_444_800)
"""2026 to 2100, in seconds since 1970: a machine without a clock starts in 1970."""
SKEW_SECONDS = 5.0
SECRETS = frozenset({"sasl_password"})


class Finding(msgspec.Struct, frozen=True):
    """One check's outcome; `advice` says what to do where it is not ok."""

    check: str
    state: Literal["ok", "warn", "fail"]
    detail: str
    advice: str = ""


def examine(settings: Settings) -> Iterator[Finding]:
    """All checks, in order; those that need the broker are left out where it does not answer."""
    yield from _versions()
    yield _clock()
    yield _disk(settings)
    broker = _broker(settings)
    yield broker
    if broker.state == "ok":
        yield _topics(settings)
        yield _skew(settings)


def redacted(settings: Settings) -> dict[str, dict[str, object]]:
    """The settings in force, with each secret that is set shown as ***."""
    tables: dict[str, dict[str, object]] = msgspec.to_builtins(settings)
    for table in tables.values():
        for name in SECRETS & table.keys():
            table[name] = "***" if table[name] is not None else None
    return tables


def _versions() -> Iterator[Finding]:
    yield Finding("python", "ok", platform.python_version())
    for package, pinned in PINNED.items():
        try:
            found = version(package)
        except PackageNotFoundError:
            yield Finding(package, "fail", "not installed", f"pip install {package}=={pinned}")
            continue
        right = found == pinned
        yield Finding(
            package, "ok" if right else "fail", found, "" if right else f"pip install {package}=={pinned}"
        )


def _clock(now: Callable[[], float] = time.time) -> Finding:
    seconds = now()
    shown = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
    if PLAUSIBLE[0] < seconds < PLAUSIBLE[1]:
        return Finding("clock", "ok", shown)
    return Finding("clock", "fail", shown, "set this machine's clock (NTP)")


def _disk(settings: Settings) -> Finding:
    path = Path(settings.worker.data_dir).expanduser()
    existing = next(folder for folder in (path, *path.parents) if folder.exists())
    free = shutil.disk_usage(existing).free
    detail = f"{free / 1024**3:.1f} GiB free at {existing}"
    if not os.access(existing, os.W_OK):
        return Finding(
            "disk", "fail", f"{existing} is not writable", "set worker.data_dir to a folder of this user's"
        )
    if free < FREE_BYTES:
        return Finding("disk", "warn", detail, "free some space, or set worker.data_dir to a larger disk")
    return Finding("disk", "ok", detail)


def _broker(settings: Settings) -> Finding:
    try:
        admin = admin_client(settings)
    except BrokerUnavailableError as error:
        return Finding("broker", "fail", str(error), "start it, or set kafka.bootstrap_servers")
    try:
        brokers = admin.describe_cluster()["brokers"]
        return Finding("broker", "ok", f"{len(brokers)} at {settings.kafka.bootstrap_servers}")
    finally:
        admin.close()


def _topics(settings: Settings) -> Finding:
    differences = check_topics(settings)
    if not differences:
        return Finding("topics", "ok", "as the settings say")
    shown = "; ".join(map(str, differences[:5])) + (
        f"; {len(differences) - 5} more" if len(differences) > 5 else ""
    )
    return Finding("topics", "fail", shown, "relistwatch topics create, and mend what topics check names")


def _skew(settings: Settings) -> Finding:
    """Compares this clock with the newest listing's timestamp: a producer ahead of us makes latencies lie."""
    from streams.kafka_options import client_options  # noqa: PLC0415

    consumer = KafkaConsumer(**client_options(settings.kafka), group_id=None, enable_auto_commit=False)
    try:
        name = topic_name(LISTINGS, settings.topics)
        partitions = [TopicPartition(name, number) for number in consumer.partitions_for_topic(name) or ()]
        consumer.assign(partitions)
        ends = consumer.end_offsets(partitions)
        filled = [partition for partition in partitions if ends[partition] > 0]
        for partition in partitions:
            consumer.seek(partition, max(0, ends[partition] - 1))
        newest = 0
        if filled:
            batches = consumer.poll(timeout_ms=3000)
            newest = max((record.timestamp for batch in batches.values() for record in batch), default=0)
    finally:
        consumer.close()
    ahead = newest / 1000 - time.time()
    if ahead > SKEW_SECONDS:
        return Finding("clock skew", "warn", f"the newest listing is {ahead:.0f} s in the future",
                       "set the clocks of this machine and of the connectors' (NTP)")  # fmt: skip
    return Finding("clock skew", "ok", "no listing is in the future" if newest else "no listing yet")
