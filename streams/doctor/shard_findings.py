"""Whether every shard of the takedowns has a worker, by the heartbeats. Pure.

Without one, listings wait to be compared with that shard's takedowns, and all alerts wait with them. A set that was
ended in good order, as after a change of the number of shards, is not missed.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime

from streams.doctor.finding import Finding
from streams.health.heartbeat import LOST_AFTER, Heartbeat
from streams.shards import Shard, read_shard, shards_of

SHOWN = 8


def shard_findings(newest: Iterable[Heartbeat], now: datetime) -> Iterator[Finding]:
    """One line for each number of shards that any worker is of. `newest`: of each instance its last heartbeat."""
    heard: dict[int, set[Shard]] = {}
    wanted: set[int] = set()
    fingerprinting = False
    for each in newest:
        lives = (
            now - each.at
        ).total_seconds() <= LOST_AFTER * each.every_seconds and each.state != "stopping"
        if each.kind != "worker":
            continue
        shard = _shard_of(each)
        if shard is None or shard.of == 1:
            fingerprinting |= lives
            continue
        if each.state != "stopping":
            wanted.add(shard.of)
        if lives:
            heard.setdefault(shard.of, set()).add(shard)
    for of in sorted(wanted):
        if heard.get(of):
            yield _finding(of, heard[of])
        else:
            advice = f"start workers with --shard 1/{of} to {of}/{of}, unless other shards have taken over"
            yield Finding("shards", "warn", f"no worker of {of} shards lives any more", advice)
    if any(heard.values()) and not fingerprinting:
        advice = "start relistwatch worker --only fingerprint"
        yield Finding("fingerprints", "fail", "shards run, but no worker that fingerprints listings", advice)


def _finding(of: int, heard: set[Shard]) -> Finding:
    missing = [shard for shard in shards_of(of) if shard not in heard]
    if not missing:
        return Finding("shards", "ok", f"all {of} have a worker")
    shown = ", ".join(map(str, missing[:SHOWN])) + (
        f" and {len(missing) - SHOWN} more" if len(missing) > SHOWN else ""
    )
    detail = f"no worker of {shown}: alerts wait until there is one, and nothing is lost"
    return Finding("shards", "fail", detail, f"relistwatch worker --shard {missing[0]}")


def _shard_of(heartbeat: Heartbeat) -> Shard | None:
    try:
        return read_shard(heartbeat.shard)
    except ValueError:
        return None
