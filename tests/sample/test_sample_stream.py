"""The endless stream."""

import io
from itertools import islice

from PIL import Image

from connectors.codec import Codec
from connectors.events import ListingEvent
from connectors.sample.stream import stream_listings


def test_the_stream_is_endless_unique_and_repeats_by_seed():
    first = list(islice(stream_listings(5), 3000))
    assert first == list(islice(stream_listings(5), 3000))
    assert first != list(islice(stream_listings(6), 3000))
    assert len({event.key for event in first}) == len({event.event_id for event in first}) == 3000
    assert not any(event.images for event in first)
    codec = Codec(ListingEvent)
    assert all(codec.decode(codec.encode(event)).record == event for event in first[:200])


def test_streamed_photos_are_valid_and_no_two_have_the_same_bytes():
    events = list(islice(stream_listings(5, photos=1, pool=3), 12))
    photos = [event.images[0].data for event in events]
    assert len(set(photos)) == 12
    drawn = [Image.open(io.BytesIO(photo)).convert("RGB").tobytes() for photo in photos]
    assert len(set(drawn)) == 3
    assert drawn[0] == drawn[3] != drawn[1]
