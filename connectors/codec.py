"""Bytes to records and back, with errors that name the field and nothing lost or guessed."""

from dataclasses import dataclass
from typing import Generic, TypeVar

import msgspec
from msgspec import Struct

R = TypeVar("R", bound=Struct)
LONGEST_ERROR = 300
"""Characters of a message: msgspec says a wrong enum's value whole, a megabyte of it went into a header and a log."""


def bounded(message: str) -> str:
    """The message's beginning and its end, which names the field."""
    if len(message) <= LONGEST_ERROR:
        return message
    return f"{message[: LONGEST_ERROR // 2]}...{message[-LONGEST_ERROR // 2 :]}"


class RecordError(ValueError):
    """The bytes are not such a record. `kind` is short and countable, the message names the field and is bounded."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(bounded(message))
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Decoded(Generic[R]):
    """A record and the names of the top-level fields that its type does not know."""

    record: R
    unknown_fields: tuple[str, ...]


class Codec(Generic[R]):
    """Strict JSON for one record type: no coercion of types, unknown fields left out but reported.

    `ours`: only our own agents write it, so that unknown fields are not looked for, which would read it twice.
    """

    def __init__(self, record_type: type[R], *, ours: bool = False) -> None:
        self.record_type = record_type
        self._ours = ours
        self._decoder = msgspec.json.Decoder(record_type, strict=True)
        self._shell = msgspec.json.Decoder(dict[str, msgspec.Raw])
        self._known = frozenset(field.encode_name for field in msgspec.structs.fields(record_type)) | {"kind"}

    def encode(self, record: R) -> bytes:
        """One line of compact JSON."""
        return msgspec.json.encode(record)

    def decode(self, raw: bytes) -> Decoded[R]:
        """The record in `raw`.

        Raises:
            RecordError: `malformed-json` where the bytes are no JSON, `invalid-record` where a field is
                missing or of the wrong type.
        """
        name = self.record_type.__name__
        try:
            record = self._decoder.decode(raw)
            unknown = () if self._ours else tuple(self._shell.decode(raw).keys() - self._known)
        except msgspec.ValidationError as error:
            raise RecordError("invalid-record", f"{name}: {error}") from None
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise RecordError("malformed-json", f"{name}: {error}") from None
        except RecursionError:
            raise RecordError("malformed-json", f"{name}: nested too deeply") from None
        return Decoded(record, unknown)
