"""What `relistwatch doctor` says of the running parts: one line for each that sent a heartbeat lately."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from connectors.codec import Codec, RecordError
from streams.doctor.finding import Finding
from streams.doctor.shard_findings import shard_findings
from streams.health.heartbeat import LOST_AFTER, Heartbeat
from streams.kafka_clients.record_reader import ReadError, RecordReader
from streams.settings import Settings
from streams.topics import HEARTBEATS
from streams.words.safe_text import safe_text

LATELY = timedelta(minutes=10)
"""A part that was lost before that is no news."""
DETAIL_SHOWN = 200


def part_findings(settings: Settings) -> Iterator[Finding]:
    """A line for each part that runs, or ended without saying so; one that ended in good order is left out."""
    now = datetime.now(UTC)
    try:
        newest = newest_heartbeats(settings, now - LATELY)
    except ReadError as error:
        yield Finding("parts", "warn", str(error), "see that the broker answers")
        return
    found = [_finding(each, now) for each in newest if each.state != "stopping"]
    yield from found or [Finding("parts", "ok", "none sends heartbeats")]
    yield from shard_findings(newest, now)


def newest_heartbeats(settings: Settings, since: datetime) -> list[Heartbeat]:
    """The newest heartbeat of each instance that sent one since then, by kind and name.

    Raises:
        ReadError: the topic cannot be read.
    """
    codec = Codec(Heartbeat, ours=True)
    newest: dict[str, Heartbeat] = {}
    with RecordReader(settings, HEARTBEATS) as reader:
        for record in reader.existing(since=since):
            try:
                heartbeat = codec.decode(record.value or b"").record
            except RecordError:
                continue
            newest[heartbeat.instance] = heartbeat
    return sorted(newest.values(), key=lambda each: (each.kind, each.instance))


def _finding(heartbeat: Heartbeat, now: datetime) -> Finding:
    name = f"{heartbeat.kind} {safe_text(heartbeat.instance, 120)}"
    silent = max(0.0, (now - heartbeat.at).total_seconds())
    told = (
        f"{heartbeat.state} {silent:.0f} s ago on {safe_text(heartbeat.host, 100)}, process {heartbeat.pid}"
    )
    if heartbeat.detail:
        told += f": {safe_text(heartbeat.detail, DETAIL_SHOWN)}"
    if silent > LOST_AFTER * heartbeat.every_seconds:
        return Finding(name, "warn", f"lost; {told}", "see its log; start it again where it is still needed")
    if heartbeat.state == "failing":
        return Finding(name, "warn", told, "see its log")
    return Finding(name, "ok", told)
