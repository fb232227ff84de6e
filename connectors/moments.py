"""Points in time as files and APIs write them, to aware UTC datetimes."""

import re
from datetime import UTC, datetime, timedelta, timezone

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_OFFSET = re.compile(r"([+-])([01]\d|2[0-3]):([0-5]\d)", re.ASCII)
_NUMBER = re.compile(r"-?\d{1,19}(\.\d{1,9})?", re.ASCII)
LARGEST = 10**19
UNITS = {"epoch_s": 1, "epoch_ms": 1_000, "epoch_us": 1_000_000}


class MomentError(ValueError):
    """The value is no point in time of that format; the message shows it."""


def utc_offset(text: str) -> timezone:
    """The zone at a fixed distance from UTC, such as `+07:00`.

    Raises:
        MomentError: another text.
    """
    if text in {"Z", "UTC"}:
        return UTC
    if not (found := _OFFSET.fullmatch(text)):
        raise MomentError(f"{text!r} is no offset from UTC, such as +07:00")
    distance = timedelta(hours=int(found[2]), minutes=int(found[3]))
    return timezone(-distance if found[1] == "-" else distance)


def read_moment(value: object, form: str = "iso", zone: timezone | None = None) -> datetime:
    """The time in `value`. `form`: `iso` (ISO 8601), `epoch_s`, `epoch_ms`, `epoch_us`, or a strptime pattern;
    `zone` is for texts that give none.

    Raises:
        MomentError: the value has another form, or no zone where none is given.
    """
    if isinstance(value, int) and abs(value) > LARGEST:
        raise MomentError("a number of too many digits is no time")
    shown = repr(value)[:80]
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise MomentError(f"{shown} is no time")
    try:
        if form in UNITS:
            return _since_epoch(value, UNITS[form], shown)
        if not isinstance(value, str):
            raise MomentError(f"{shown} is no text, which a time as {form} is")
        text = value.strip()
        moment = datetime.fromisoformat(text) if form == "iso" else datetime.strptime(text, form)  # noqa: DTZ007
    except MomentError:
        raise
    except (ValueError, OverflowError):
        raise MomentError(f"{shown} is no time as {form}") from None
    if moment.tzinfo is None:
        if zone is None:
            raise MomentError(f"{shown} has no zone, and none is given")
        moment = moment.replace(tzinfo=zone)
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise MomentError(f"{shown} is out of range") from None


def _since_epoch(value: str | float, units: int, shown: str) -> datetime:
    text = value.strip() if isinstance(value, str) else repr(value)
    if not _NUMBER.fullmatch(text):
        raise MomentError(f"{shown} is no number of seconds, milliseconds or microseconds")
    whole, _, part = text.partition(".")
    # In whole microseconds: a float of seconds would move the time by some of them.
    scale = 1_000_000 // units
    micros = (
        int(whole) * scale
        + (-1 if text.startswith("-") else 1) * int((part or "0").ljust(9, "0")) * scale // 10**9
    )
    return EPOCH + timedelta(microseconds=micros)


def write_moment(moment: datetime, form: str = "iso") -> str:
    """The time as `form` says, in UTC; whole seconds as `2026-11-24T03:00:00Z` for `iso`.

    Parts of a second that the form has no room for are cut off.
    """
    moment = moment.astimezone(UTC)
    if form in UNITS:
        micros = (moment - EPOCH) // timedelta(microseconds=1)
        return str(micros // (1_000_000 // UNITS[form]))
    if form == "iso":
        precision = "microseconds" if moment.microsecond else "seconds"
        return moment.replace(tzinfo=None).isoformat(timespec=precision) + "Z"
    return moment.strftime(form)
