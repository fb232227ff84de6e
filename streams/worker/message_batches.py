"""Messages off a Faust stream in batches, straight from the queue of its channel.

`Stream.take_events` puts each message through an async generator, a processor, a buffer and two events, and looks at
the clock every `within` seconds whether anything came: a fifth of what two hops of a text listing cost, and half of
`within` of waiting at each (docs/decisions/024). Here a batch begins with a message, waits `within` for others once,
and takes what is there then.

What a stream does for each message is done here for each, or once for a batch: messages from before a rebalance are
left out, messages are tracked until they are acknowledged, and Faust's watch for streams that stand still hears of
each partition.
"""

import asyncio
from collections.abc import AsyncGenerator
from time import monotonic
from typing import Any


async def batches(stream: Any, most: int, within: float) -> AsyncGenerator[list[Any], None]:
    """Messages (`faust.types.Message`) of a stream that nothing else reads, at most `most` at once.

    `within`: seconds from a batch's first message for others to come, where fewer than `most` are there already.
    Messages are acknowledged to Faust's consumer when the next batch is asked for; a batch that is not asked beyond
    stays as it is. Ends where the stream is cancelled: what was taken and not given stays unacknowledged, for whoever
    gets it next.
    """
    channel = aiter(stream.channel)
    queue, app = channel.queue, stream.app
    consumer = app.consumer
    while not stream.should_stop:
        try:
            events = [await queue.get()]
            if queue.qsize() < most - 1:
                await asyncio.sleep(within)
            while len(events) < most and not queue.empty():
                events.append(queue.get_nowait())
        except StopAsyncIteration:
            # How Faust ends an agent.
            return
        events = [event for event in events if _is_current(app, event.message)]
        for event in events:
            if not event.message.tracked:
                event.message.tracked = True
                consumer.track_message(event.message)
        if not events:
            continue
        inbound = dict.fromkeys((event.message.tp for event in events), monotonic())
        app.monitor.stream_inbound_time.update(inbound)
        yield [event.message for event in events]
        for event in events:
            event.ack()


def _is_current(app: Any, message: Any) -> bool:
    """As Faust's streams: what was fetched before a rebalance is another's, or will be fetched again."""
    return bool(app.flow_control.is_active() and message.generation_id == app.consumer_generation_id)
