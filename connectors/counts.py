"""The counters that every connector has, named once."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Counts:
    """What came of a run so far. `read` is `written` + `failed` once everything is flushed."""

    read: int = 0
    """Events the source yielded."""
    written: int = 0
    """Events the sink has acknowledged."""
    skipped: int = 0
    """Things the source could not pass on."""
    failed: int = 0
    """Events that the sink refused for good."""
    notices: int = 0
    retries: int = 0
    """Pauses of the runner after an error that may pass."""
    requests: int = 0
    """Requests sent over HTTP, repeated ones included."""
    throttled: int = 0
    """Requests that the other side refused as too many."""
    checkpoints: int = 0
    """Checkpoints saved."""
    last_success: float = field(default=0.0, compare=False)
    """When the sink last acknowledged something, in Unix time; 0 never."""
