"""The rules from the settings' files. A policy is JSON, written by `relistwatch policy fit` or by hand."""

from pathlib import Path

import msgspec

from fingerprints.policy import BUILT_IN, Policy
from fingerprints.title_words import use_word_lists
from streams.engine.allow_list import AllowList
from streams.engine.rules import Rules
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
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise SettingsError(f"{path} is no policy: {error}") from None


def policy_bytes(policy: Policy) -> bytes:
    """The file of a policy: every scale written out, so that it can be changed by hand."""
    return msgspec.json.format(msgspec.json.encode(msgspec.to_builtins(policy)), indent=2) + b"\n"


def rules_of(settings: Match) -> Rules:
    """The rules that the settings ask for; the lists of words that they name are in use from now on.

    Raises:
        SettingsError: a file that they name cannot be read.
    """
    if settings.common_words or settings.same_words:
        _use_words(settings)
    return Rules(
        threshold=settings.threshold,
        candidates=settings.candidates,
        policy=load_policy(Path(settings.policy)) if settings.policy else BUILT_IN,
        shadow=load_policy(Path(settings.shadow_policy)) if settings.shadow_policy else None,
        allowed=AllowList(settings.allow_accounts),
    )


def _use_words(settings: Match) -> None:
    common, same = ((Path(name),) if name else () for name in (settings.common_words, settings.same_words))
    try:
        use_word_lists(common=common, same=same)
    except OSError as error:
        raise SettingsError(f"cannot read the words in {error.filename}: {error.strerror}") from None
    except ValueError as error:
        raise SettingsError(str(error)) from None
