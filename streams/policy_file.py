"""Policies as files: JSON that `relistwatch policy fit` writes and a person can read, check and change."""

from pathlib import Path

import msgspec

from fingerprints.policy import BUILT_IN, Policy
from streams.allow_list import AllowList
from streams.rules import Rules
from streams.settings import Match, SettingsError

MOST_BYTES = 65_536


def load_policy(path: Path) -> Policy:
    """The policy in a file.

    Raises:
        SettingsError: it cannot be read, is no JSON, or has an unknown field or a value out of its range.
    """
    try:
        with path.open("rb") as file:
            return msgspec.json.decode(file.read(MOST_BYTES), type=Policy)
    except OSError as error:
        raise SettingsError(f"cannot read the policy {path}: {error.strerror}") from None
    except msgspec.MsgspecError as error:
        raise SettingsError(f"{path} is no policy: {error}") from None


def policy_bytes(policy: Policy) -> bytes:
    """The file of a policy: every scale written out, so that it can be changed by hand."""
    return msgspec.json.format(msgspec.json.encode(msgspec.to_builtins(policy)), indent=2) + b"\n"


def rules_of(settings: Match) -> Rules:
    """The rules that the settings ask for.

    Raises:
        SettingsError: a policy that they name cannot be read.
    """
    return Rules(
        threshold=settings.threshold,
        candidates=settings.candidates,
        policy=load_policy(Path(settings.policy)) if settings.policy else BUILT_IN,
        shadow=load_policy(Path(settings.shadow_policy)) if settings.shadow_policy else None,
        allowed=AllowList(settings.allow_accounts),
    )
