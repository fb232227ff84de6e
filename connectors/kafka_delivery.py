"""Records into Kafka with kafka-python, each waited for: what is not acknowledged is never taken for sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Literal, Self

from kafka import KafkaProducer
from kafka import errors as kafka_errors

from connectors.sdk import AbortError, RetryError

Compression = Literal["none", "gzip", "lz4", "snappy", "zstd"]
Headers = Sequence[tuple[str, bytes]]

PENDING_BYTES = 32 * 1024 * 1024
"""Sent but not acknowledged at most; kafka-python 3.0.12 itself buffers without a limit."""
PENDING_RECORDS = 10_000
DELIVERY_MS = 30_000
"""Within one delivery the client repeats by itself and in order; past this the record counts as failed."""
REQUEST_MS = 10_000
TOPIC_WAIT_MS = 10_000

REFUSED_FOR_GOOD = (
    kafka_errors.MessageSizeTooLargeError,
    kafka_errors.RecordListTooLargeError,
    kafka_errors.InvalidRecordError,
)
ABORTS = (
    kafka_errors.AuthorizationError,
    kafka_errors.KafkaConfigurationError,
    kafka_errors.InvalidTopicError,
    kafka_errors.SaslAuthenticationFailedError,
    kafka_errors.UnsupportedCodecError,
    kafka_errors.UnsupportedVersionError,
)


@dataclass(frozen=True, slots=True)
class Refused:
    """A record that the broker will never take; `record` is whatever the sender gave as its name."""

    record: Any
    why: str


class KafkaDelivery:
    """An idempotent producer with acks=all that knows what is still under way.

    `client` is what kafka-python needs to reach and sign in to the broker (`bootstrap_servers` and such).
    """

    def __init__(
        self, client: Mapping[str, Any], *, compression: Compression = "none", max_request_bytes: int
    ) -> None:
        self._options = {
            **client,
            "acks": "all",
            "enable_idempotence": True,
            "compression_type": None if compression == "none" else compression,
            "max_request_size": max_request_bytes,
            "allow_auto_create_topics": False,
            "batch_size": 256 * 1024,
            "linger_ms": 5,
            "delivery_timeout_ms": DELIVERY_MS,
            "request_timeout_ms": REQUEST_MS,
            "max_block_ms": TOPIC_WAIT_MS,
            "bootstrap_timeout_ms": TOPIC_WAIT_MS,
        }
        self._producer: Any = None
        self._under_way: list[tuple[Any, Any]] = []
        self._bytes = 0
        self._refused: list[Refused] = []

    def connect(self) -> None:
        """Reach the broker.

        Raises:
            RetryError: it cannot be reached.
            AbortError: it refuses us, or an option is wrong.
        """
        if self._producer is not None:
            return
        try:
            self._producer = KafkaProducer(**self._options)
        except (ValueError, RuntimeError) as error:
            raise AbortError(f"kafka: {error}") from error
        except kafka_errors.KafkaError as error:
            raise self._failure(error) from error

    def require_topic(self, topic: str) -> None:
        """Check that the topic exists; it is never made by sending to it.

        Raises:
            AbortError: it does not.
        """
        self.connect()
        try:
            self._producer.partitions_for(topic)
        except kafka_errors.KafkaTimeoutError:
            raise AbortError(
                f"kafka: topic {topic!r} was not found in {TOPIC_WAIT_MS // 1000} s; "
                "make the topics with: relistwatch topics create"
            ) from None
        except kafka_errors.KafkaError as error:
            raise self._failure(error) from error

    def send(
        self, topic: str, *, key: bytes | None, value: bytes | None, headers: Headers = (), record: Any = None
    ) -> None:
        """Put one record under way; `record` names it among the refused. Waits where too much is under way.

        Raises:
            RetryError: nothing since the last flush may be taken for delivered.
            AbortError: the broker refuses us.
        """
        self.connect()
        try:
            future = self._producer.send(topic, key=key, value=value, headers=list(headers))
        except REFUSED_FOR_GOOD as error:
            self._refused.append(Refused(record, str(error)))
            return
        except ValueError as error:
            # Neither key nor value, which Kafka could store but this client refuses.
            self._refused.append(Refused(record, str(error)))
            return
        except kafka_errors.KafkaError as error:
            raise self._failure(error) from error
        self._under_way.append((record, future))
        self._bytes += len(key or b"") + len(value or b"")
        if self._bytes > PENDING_BYTES or len(self._under_way) > PENDING_RECORDS:
            self._await_acknowledgement()

    def flush(self) -> list[Refused]:
        """Wait until the broker has acknowledged everything; the records that it will never take.

        Raises:
            RetryError: nothing since the last flush may be taken for delivered.
            AbortError: the broker refuses us.
        """
        self._await_acknowledgement()
        refused, self._refused = self._refused, []
        return refused

    def _await_acknowledgement(self) -> None:
        if not self._under_way:
            return
        try:
            # The delivery time limit ends every record by itself; this one guards against a stuck client.
            self._producer.flush(timeout=2 * DELIVERY_MS / 1000)
        except kafka_errors.KafkaError as error:
            raise self._failure(error) from error
        under_way, self._under_way, self._bytes = self._under_way, [], 0
        for record, future in under_way:
            try:
                future.get(timeout=0)
            except REFUSED_FOR_GOOD as error:
                self._refused.append(Refused(record, str(error)))
            except kafka_errors.KafkaError as error:
                raise self._failure(error) from error

    def _failure(self, error: Exception) -> AbortError | RetryError:
        """What the error means. The producer is given up: its records must not overtake repeated ones."""
        self.close()
        if isinstance(error, ABORTS):
            return AbortError(f"kafka: {type(error).__name__}: {error}")
        return RetryError(f"kafka: {type(error).__name__}: {error}")

    def close(self) -> None:
        """Give up what is under way and disconnect."""
        producer, self._producer = self._producer, None
        self._under_way, self._bytes, self._refused = [], 0, []
        if producer is not None:
            try:
                producer.close(timeout=0)
            except kafka_errors.KafkaTimeoutError:
                # Unacknowledged records are given up on purpose; whoever sent them knows that they failed.
                return

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
