"""The connector under test: its class, its options and its recording, found where a package keeps them."""

import inspect
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from connectors.recording import Recording, RecordingError
from connectors.registry import source_type
from connectors.sdk import Secret, Source, make

if TYPE_CHECKING:
    from connectors.conformance.trial import Outcome

_NO_RECORDING_AT = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Subject:
    """What the checks are about. Every trial makes a new source of it."""

    kind: type[Source[Any]]
    recording: Recording
    options: Mapping[str, Any] = field(default_factory=dict)
    """Instead of, and beside, the recording's."""
    installed_as: str | None = None
    """The entry point's name; None: the class was given."""

    def make(self) -> Source[Any]:
        """A new source. Raises OptionsError."""
        return make(self.kind, self.all_options)

    @property
    def all_options(self) -> dict[str, Any]:
        """The recording's options, the given ones, and a fake for each secret that is required and not among them."""
        needed = {
            each.encode_name: Secret(f"fake-{each.encode_name}-of-a-replay")
            for each in msgspec.structs.fields(self.kind.options_type)
            if each.required and each.type is Secret
        }
        return needed | self.recording.options | dict(self.options)

    @cached_property
    def secrets(self) -> list[str]:
        """The values that must not be seen anywhere."""
        options = self.make().options
        values = [getattr(options, name) for name in options.__struct_fields__]
        return [each.reveal() for each in values if isinstance(each, Secret) and len(each.reveal()) >= 6]

    @cached_property
    def baseline(self) -> "Outcome":
        """The recorded run, undisturbed.

        Raises:
            NotApplicableError: it does not end well; the check `recording_replays` says how.
        """
        from connectors.conformance.errors import NotApplicableError  # noqa: PLC0415
        from connectors.conformance.trial import run  # noqa: PLC0415

        outcome = run(self)
        if outcome.error is not None or not outcome.events:
            raise NotApplicableError("the recorded run itself fails: see recording_replays")
        return outcome


def subject_of(
    connector: str | type[Source[Any]],
    *,
    options: Mapping[str, Any] | None = None,
    recorded: Path | str | None = None,
) -> Subject:
    """The subject of a source's name or class; without `recorded`, with the recording beside its module, if any.

    Raises:
        UnknownConnectorError: there is no such source.
        RecordingError: the recording cannot be read, or is another connector's.
    """
    kind = source_type(connector) if isinstance(connector, str) else connector
    path = Path(recorded) if recorded is not None else shipped_recording(kind)
    nothing = Recording(connector=kind.name, at=_NO_RECORDING_AT)
    recording = nothing if path is None else Recording.read(path)
    if recording.connector != kind.name:
        raise RecordingError(f"the recording {path} is of {recording.connector!r}, not of {kind.name!r}")
    return Subject(kind, recording, options or {}, connector if isinstance(connector, str) else None)


def shipped_recording(kind: type[Source[Any]]) -> Path | None:
    """`NAME.recorded.jsonl` beside the source's module, so that an installed package can be tested as it is."""
    try:
        path = Path(inspect.getfile(kind)).with_name(f"{kind.name}.recorded.jsonl")
    except (OSError, TypeError):
        return None
    return path if path.is_file() else None
