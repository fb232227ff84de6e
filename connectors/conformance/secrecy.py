"""The check that no secret of the options gets out: not in a repr, an error, an event or a recording."""

import base64
import tempfile
import urllib.parse
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from connectors.conformance.errors import ConformanceError, NotApplicableError
from connectors.conformance.subject import Subject
from connectors.conformance.surroundings import Ask, Meddle
from connectors.conformance.trial import run, sample, surroundings
from connectors.exchanges import Asked, Reply
from connectors.recording import RecordingTransport
from connectors.scrubbing import is_token
from connectors.sdk import IDLE, ConnectorError, Source

MOST_POSITIONS = 10


def secrets_hidden(subject: Subject) -> None:
    """No secret is in a repr, an error, an event or a recording, also where the marketplace says it back."""
    for field in msgspec.structs.fields(subject.kind.options_type):
        if is_token(field.encode_name) and field.type in {str, str | None}:
            raise ConformanceError(
                f"option {field.encode_name} is plain text, which any log may show: make it a Secret"
            )
    source = subject.make()
    if not subject.secrets:
        raise NotApplicableError("it has no option that is a secret")
    _search(subject, f"{source!r} {source.options!r}", "a repr")
    base = subject.baseline
    _search(subject, base.texts(), "an event or a message")
    for position in sample(len(base.turns), MOST_POSITIONS):
        for status in (500, 400, 403, 200):
            outcome = run(subject, _refusing(position, status, subject.secrets), runs=1)
            _search(
                subject, outcome.texts(), f"what it says about an answer {status} to request {position + 1}"
            )
    _search(subject, _recorded(subject, source), "a recording")


def _refusing(position: int, status: int, secrets: list[str]) -> Meddle:
    """From a position on, the marketplace refuses and says why, with all that it was told."""
    said = msgspec.json.encode(
        {"error": "error_auth", "code": "1", "message": f"wrong key {' '.join(secrets)}"}
    )

    def meddle(number: int, _: Asked, ask: Ask) -> Reply:
        return ask() if number < position else Reply(status, json=msgspec.Raw(said))

    return meddle


def _recorded(subject: Subject, source: Source[Any]) -> str:
    """The text of a recording of the run, in which every answer says the secrets back."""
    with tempfile.TemporaryDirectory() as folder, surroundings(subject) as (context, desk, _, stop):
        path = Path(folder) / "recording"
        about = msgspec.structs.replace(subject.recording, options={})
        recording = RecordingTransport(desk, path, about)
        try:
            source.open(replace(context, transport=recording))
            for item in source.events(stop):
                if item is IDLE:
                    break
        except ConnectorError:
            pass
        finally:
            source.close()
            recording.close()
        return path.read_text(encoding="utf-8", errors="replace")


def _search(subject: Subject, text: str, where: str) -> None:
    texts = (text, urllib.parse.unquote(text))
    for secret in subject.secrets:
        spelled = (
            secret,
            urllib.parse.quote(secret, safe=""),
            base64.b64encode(secret.encode()).decode().rstrip("="),
        )
        if any(spelling in each for spelling in spelled for each in texts):
            raise ConformanceError(
                f"{where} holds the secret of an option: use Secret and connectors.secret.redact"
            )
