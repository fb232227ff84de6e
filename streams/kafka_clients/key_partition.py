"""In which partition a record with this key is: where the key decides, one partition has all that is to be read."""

from kafka.partitioner.default import murmur2


def partition_of(key: bytes, partitions: int) -> int:
    """The partition, of so many, that kafka-python, aiokafka and Kafka's own Java producer give this key.

    All of them take murmur2 of the key without its sign (`DefaultPartitioner` of Apache Kafka 0.8.2 and later).
    Other clients may not: librdkafka's default is another digest.
    """
    digest: int = murmur2(key)
    return (digest & 0x7FFFFFFF) % partitions
