"""What one check of `relistwatch doctor` says."""

from typing import Literal

import msgspec


class Finding(msgspec.Struct, frozen=True):
    """One check's outcome; `advice` says what to do where it is not ok.

    `warn`: the work goes on, but a figure may lie or an end is near. `fail`: relistwatch cannot work so.
    """

    check: str
    state: Literal["ok", "warn", "fail"]
    detail: str
    advice: str = ""
