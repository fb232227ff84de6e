"""What an analyst says of an alert."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from connectors.events import Alert
from connectors.field_types import Key, Timestamp

Judgement = Literal["relist", "not a relist", "same backdrop", "unsure"]


class Verdict(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An analyst's verdict on an alert. Topic `verdicts`, key `alert_id`: a later one replaces it, a null value
    takes it back.

    The alert comes with it: verdicts are kept for ever, alerts for 90 days.
    """

    alert_id: Key
    verdict: Judgement
    by: Annotated[str, Meta(min_length=1, max_length=256)]
    reason: Annotated[str, Meta(max_length=2000)] | None = None
    decided_at: Timestamp
    alert: Alert

    def __post_init__(self) -> None:
        if self.alert.alert_id != self.alert_id:
            raise ValueError(
                f"alert_id is {self.alert_id!r}, but the alert inside is {self.alert.alert_id!r}"
            )
