"""A process of its own that does one job beside the console: `python -m streams.console.side_child PARENT`.

A list comes from outside and may be made to use up time and memory; and an honest one of 65,000 links, or a report
over as many takedowns, is some seconds of Python, in which the console's pages would wait. So they happen here, with
a limit to memory; the parent limits the time. The job comes as JSON on stdin, progress and the answer go as lines of
JSON to stdout; nothing is in the environment.
"""

import gc
import os
import resource
import sys
from collections.abc import Callable

import msgspec
from kafka.errors import KafkaError

from connectors.sdk import ConnectorError
from connectors.takedown_lists.items import ListError
from streams.console.list_reading import read, send
from streams.console.side_jobs import Answer, Failed, Job, Line, ReadJob, Refused, SendJob
from streams.die_with_parent import die_with_parent
from streams.kafka_clients.record_reader import ReadError

NICE = 5
MEMORY_BYTES = 4 * 1024**3
"""Address space. A list of a million rows takes a quarter of it; past it the process ends, and only it."""

Tell = Callable[[Line], None]


def main() -> None:
    """Do the job that stdin has."""
    die_with_parent(int(sys.argv[1]))
    os.nice(NICE)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    # The records have no cycles: looking for some among them was a fifth of the time.
    gc.set_threshold(200_000)
    job = msgspec.json.decode(sys.stdin.buffer.read(), type=Job)
    encoder = msgspec.json.Encoder()

    def tell(line: Line) -> None:
        sys.stdout.buffer.write(encoder.encode(line) + b"\n")
        sys.stdout.buffer.flush()

    tell(answer_to(job, tell))


def answer_to(job: Job, tell: Tell) -> Answer:
    """The job done, or why not."""
    try:
        if isinstance(job, ReadJob):
            return read(job, tell)
        if isinstance(job, SendJob):
            return send(job, tell)
        # It brings the database's libraries, which lists do without.
        from streams.console.report_rows import reported  # noqa: PLC0415

        return reported(job)
    except ListError as error:
        return Refused(why=str(error))
    except MemoryError:
        return Refused(why="it takes more memory than there is for it")
    except (ReadError, ConnectorError, KafkaError, OSError) as error:
        return Failed(why=str(error).partition("\n")[0])


if __name__ == "__main__":
    main()
