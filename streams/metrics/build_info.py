"""What every exporter says of its process: the program's version, its memory, processor time, files and start."""

from prometheus_client import CollectorRegistry, Gauge, ProcessCollector

from streams.program_version import program_version

NAME = "relistwatch_build_info"


def add_build_info(registry: CollectorRegistry) -> None:
    """Add the version, as a label of a metric that is always 1, and the usual `process_` metrics."""
    info = Gauge(NAME, "Always 1; the version that runs is its label.", ["version"], registry=registry)
    info.labels(program_version()).set(1)
    ProcessCollector(registry=registry)
