"""Records into Kafka with kafka-python, each waited for: what is not acknowledged is never taken for sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Literal, Self

from kafka import KafkaProducer
from kafka import errors as kafka_errors

from connectors.kafka_refusal import refusal
from connectors.kafka_sign_in import sign_in_trouble
from connectors.sdk import AbortError, RetryError

Compression = Literal["none", "gzip", "lz4", "snappy", "zstd"]
Headers = Sequence[tuple[str, bytes]]

PENDING_BYTES = 32 * 1024 * 1024
"""Sent but not acknowledged at most; kafka-python 3.0.12 itself buffers without a limit."""
PENDING_RECORDS = 10_000
DELIVERY_MS = 30_000
"""Within one delivery the client repeats by itself and in order; past this the record counts as failed."""
REQUEST_MS = 10_000
TOPIC_WAIT_MS = 5_000
REACH_MS = 10_000

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


@dataclass(frozen=True, slots=True)
class _Sending:
    topic: str
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes]]
    record: Any
    partition: int | None = None
    timestamp_ms: int | None = None


def _why(error: Exception) -> str:
    """kafka-python gives some errors no words but their number."""
    if isinstance(error, kafka_errors.MessageSizeTooLargeError) and "None" in str(error):
        return "larger than the topic's max.message.bytes"
    return str(error)


class KafkaDelivery:
    """An idempotent producer with acks=all that knows what is still under way.

    `client` is what kafka-python needs to reach and sign in to the broker (`bootstrap_servers` and such).
    `delivery_ms`: how long a record is tried, where somebody waits for it.
    """

    def __init__(
        self,
        client: Mapping[str, Any],
        *,
        compression: Compression = "none",
        max_request_bytes: int,
        delivery_ms: int = DELIVERY_MS,
    ) -> None:
        self._delivery_ms = delivery_ms
        self._options = {
            "bootstrap_timeout_ms": min(REACH_MS, delivery_ms),
            **client,
            "acks": "all",
            "enable_idempotence": True,
            "compression_type": None if compression == "none" else compression,
            "max_request_size": max_request_bytes,
            "allow_auto_create_topics": False,
            "batch_size": 256 * 1024,
            "linger_ms": 5,
            "delivery_timeout_ms": delivery_ms,
            "request_timeout_ms": min(REQUEST_MS, delivery_ms // 2),
            "max_block_ms": TOPIC_WAIT_MS,
        }
        self._producer: Any = None
        self._under_way: list[tuple[_Sending, Any]] = []
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
        if (trouble := sign_in_trouble(self._options)) is not None:
            raise AbortError(trouble)
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
            raise self._failure(error, topic) from error

    def send(
        self,
        topic: str,
        *,
        key: bytes | None,
        value: bytes | None,
        headers: Headers = (),
        record: Any = None,
        partition: int | None = None,
        timestamp_ms: int | None = None,
    ) -> None:
        """Put one record under way; `record` names it among the refused. Waits where too much is under way.

        `partition`, `timestamp_ms`: instead of those that its key and the clock give.

        Raises:
            RetryError: nothing since the last flush may be taken for delivered.
            AbortError: the broker refuses us.
        """
        self._start(_Sending(topic, key, value, list(headers), record, partition, timestamp_ms))
        self._bytes += len(key or b"") + len(value or b"")
        if self._bytes > PENDING_BYTES or len(self._under_way) > PENDING_RECORDS:
            self._await_acknowledgement()

    def _start(self, sending: "_Sending") -> None:
        self.connect()
        try:
            future = self._producer.send(
                sending.topic,
                key=sending.key,
                value=sending.value,
                headers=sending.headers,
                partition=sending.partition,
                timestamp_ms=sending.timestamp_ms,
            )
        except (*REFUSED_FOR_GOOD, ValueError) as error:
            # ValueError: neither key nor value, which Kafka could store but this client refuses.
            self._refused.append(Refused(sending.record, _why(error)))
            return
        except kafka_errors.KafkaError as error:
            raise self._failure(error, sending.topic) from error
        self._under_way.append((sending, future))

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
            self._producer.flush(timeout=2 * self._delivery_ms / 1000)
        except kafka_errors.KafkaError as error:
            raise self._failure(error) from error
        under_way, self._under_way, self._bytes = self._under_way, [], 0
        suspects: list[tuple[_Sending, Exception]] = []
        for sending, future in under_way:
            try:
                future.get(timeout=0)
            except REFUSED_FOR_GOOD as error:
                suspects.append((sending, error))
            except kafka_errors.KafkaError as error:
                raise self._failure(error, sending.topic) from error
        if suspects:
            self._try_alone(suspects)

    def _try_alone(self, suspects: "Sequence[tuple[_Sending, Exception]]") -> None:
        """Find which records the broker refuses: a refusal is fatal to kafka-python's idempotent producer,
        which then fails whatever else it holds, and all it is given later, with the same error.
        """
        self._disconnect()
        if len(suspects) == 1:
            sending, error = suspects[0]
            self._refused.append(Refused(sending.record, _why(error)))
            return
        for sending, _ in suspects:
            self._start(sending)
            self._await_acknowledgement()

    def _failure(self, error: Exception, topic: str | None = None) -> AbortError | RetryError:
        """What the error means. The producer is given up: its records must not overtake repeated ones."""
        self.close()
        if (refused := refusal(error, "Write", topic=topic)) is not None:
            return AbortError(refused)
        if isinstance(error, ABORTS):
            return AbortError(f"kafka: {type(error).__name__}: {error}")
        return RetryError(f"kafka: {type(error).__name__}: {error}")

    def close(self) -> None:
        """Give up what is under way and disconnect."""
        self._under_way, self._bytes, self._refused = [], 0, []
        self._disconnect()

    def _disconnect(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            try:
                producer.close(timeout=0)
            except kafka_errors.KafkaTimeoutError:
                # Unacknowledged records are given up on purpose; whoever sent them knows that they failed. kafka-python
                # 3.0.12 gives up closing instead, and its thread goes on sending them for as long as it lives.
                producer._sender.force_close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
