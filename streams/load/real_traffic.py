"""Whether the topics that a load would write to hold anything but loads."""

from connectors.kafka_offsets import of_every
from streams.kafka_clients.record_reader import connected, partitions_of
from streams.load.stock import MARKETPLACE
from streams.resolving.offset_reader import OffsetReader
from streams.resolving.seen_listings import Place
from streams.settings import Settings
from streams.topics import LISTINGS, topic_name
from streams.words.safe_text import safe_bytes


def real_listing(settings: Settings) -> str | None:
    """The key of a listing that no load sent: of each partition of `listings` the newest is looked at. None where there
    is none.

    Raises:
        ReadError: the topic cannot be read.
    """
    name = topic_name(LISTINGS, settings.topics)
    consumer = connected(settings)
    try:
        partitions = partitions_of(settings, consumer, name)
        begins = of_every(consumer.beginning_offsets, partitions)
        ends = of_every(consumer.end_offsets, partitions)
    finally:
        consumer.close()
    newest = [
        (LISTINGS.name, Place(each.partition, ends[each] - 1))
        for each in partitions
        if ends[each] > begins[each]
    ]
    reader = OffsetReader(settings)
    try:
        found = reader.read(newest)
    finally:
        reader.close()
    own = f"{MARKETPLACE}:".encode()
    others = (record.key or b"a listing without a key" for record in found.values())
    return next((safe_bytes(key, 100) for key in others if not key.startswith(own)), None)
