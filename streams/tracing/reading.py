"""One listing's trace read from the topics: of those that its key decides one partition, of the rest what is needed."""

from collections.abc import Callable, Iterable
from contextlib import closing
from datetime import datetime, timedelta
from functools import partial

from connectors.codec import Codec, RecordError
from connectors.events import Alert
from streams.kafka_clients.record_reader import Progress, Record, RecordReader, connected, no_progress
from streams.settings import Settings
from streams.topics import (
    ALERTS,
    DEAD_LETTERS,
    FINGERPRINTS,
    HELD_ALERTS,
    LISTINGS,
    SELLER_LINKS,
    TAKEDOWN_AUDIT,
    TAKEDOWN_REQUESTS,
    TAKEDOWN_STATUS,
    TAKEDOWNS,
    VERDICTS,
    TopicSpec,
)
from streams.tracing.listing_trace import ListingTrace, Trace

CLOCKS = timedelta(minutes=10)
"""Records are stamped by their producers' clocks, which may differ by so much."""


def read_trace(
    settings: Settings,
    marketplace: str,
    listing_id: str,
    *,
    since: datetime | None = None,
    everywhere: bool = False,
    progress: Progress = no_progress,
) -> Trace:
    """All that the topics hold of the listing now.

    `since`: of topics that are kept for a time only what came then or later. `everywhere`: all partitions and all
    alerts are read, also where the key or the listing's first event says that nothing is there.

    Raises:
        ReadError: a topic cannot be read.
    """
    trace = ListingTrace(marketplace, listing_id, settings.topics.prefix)
    own = None if everywhere else [trace.key.encode()]

    def read(
        topic: TopicSpec,
        take: Callable[[Record], None],
        keys: Iterable[bytes] | None = None,
        first: datetime | None = None,
    ) -> None:
        starts = [each for each in (since, first) if each is not None]
        with RecordReader(settings, topic, consumer) as reader:
            # What is only compacted is read whole: its newest record of a key may be as old as it likes.
            for record in reader.existing(
                progress, keys=keys, since=max(starts, default=None) if "delete" in topic.cleanup else None
            ):
                take(record)

    with closing(connected(settings)) as consumer:
        read(LISTINGS, trace.take_event, own)
        read(DEAD_LETTERS, trace.take_dead_letter, own)
        read(FINGERPRINTS, trace.take_fingerprint, own, None if everywhere else _before(trace.first_event))
        read(TAKEDOWN_REQUESTS, trace.take_request)
        read(TAKEDOWN_STATUS, trace.take_status)
        read(TAKEDOWNS, trace.take_takedown)
        read(TAKEDOWN_AUDIT, trace.take_change)
        began = None if everywhere else _before(trace.began)
        read(ALERTS, trace.take_alert, first=began)
        read(HELD_ALERTS, partial(trace.take_alert, held=True), first=began)
        read(VERDICTS, trace.take_verdict)
        read(SELLER_LINKS, trace.take_seller_link)
    return trace.result()


def listing_of_alert(
    settings: Settings, alert_id: str, progress: Progress = no_progress
) -> tuple[str, str] | None:
    """Marketplace and id of the listing that an alert is on; None where there is no such alert.

    Raises:
        ReadError: a topic cannot be read.
    """
    key, codec = alert_id.encode(), Codec(Alert, ours=True)
    for topic in (ALERTS, HELD_ALERTS):
        with RecordReader(settings, topic) as reader:
            for record in reader.existing(progress, keys=[key]):
                if record.key != key or record.value is None:
                    continue
                try:
                    listing = codec.decode(record.value).record.listing
                except RecordError:
                    continue
                return listing.marketplace, listing.listing_id
    return None


def _before(at: datetime | None) -> datetime | None:
    return None if at is None else at - CLOCKS
