"""The checks, in their order, and two ways to run them: all into a list of results, or each as a test of pytest."""

import inspect
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from msgspec import Struct

from connectors.conformance import ending, form, records, recovery, secrecy, yields
from connectors.conformance.errors import ConformanceError, NotApplicableError
from connectors.conformance.subject import Subject, subject_of
from connectors.sdk import ConnectorError, Source

Check = Callable[[Subject], None]
CHECKS: dict[str, Check] = {
    check.__name__: check
    for check in (
        form.named_and_versioned,
        form.options_documented,
        form.unknown_option_refused,
        yields.recording_replays,
        yields.events_valid,
        yields.deterministic,
        yields.overlap_repeats_ids,
        yields.checkpoint_is_small_json,
        recovery.resumes_from_checkpoint,
        recovery.survives_failed_requests,
        recovery.honours_throttling,
        recovery.renews_expired_token,
        records.unreadable_record_is_kept,
        ending.empty_page_ends,
        ending.repeated_cursor_ends,
        ending.stops_promptly,
        ending.silent_after_close,
        secrecy.secrets_hidden,
    )
}
"""Every check by name. One raises `ConformanceError` where the connector fails it."""


class Result(Struct, frozen=True):
    """What a check found. `detail`: what is wrong, or why it does not apply; empty where it passed."""

    check: str
    about: str
    outcome: Literal["passed", "failed", "not applicable"]
    detail: str = ""


def about(check: Check) -> str:
    """What a check demands, in one line."""
    return (inspect.getdoc(check) or "").split("\n\n")[0]


def run_checks(subject: Subject) -> Iterator[Result]:
    """The result of each check, as it is found."""
    for name, check in CHECKS.items():
        try:
            check(subject)
        except NotApplicableError as error:
            yield Result(name, about(check), "not applicable", str(error))
        except (ConformanceError, ConnectorError) as error:
            yield Result(name, about(check), "failed", str(error))
        except Exception as error:  # noqa: BLE001  the connector's own, where no check expects one
            yield Result(name, about(check), "failed", f"{type(error).__name__}: {error}")
        else:
            yield Result(name, about(check), "passed")


def conformance_tests(
    connector: str | type[Source[Any]],
    *,
    options: Mapping[str, Any] | None = None,
    recorded: Path | str | None = None,
) -> type:
    """A class with a test for each check, for pytest: `TestMine = conformance_tests("mine")`.

    `connector`: the name it is installed under, or its class. `options` go beside and before the recording's.
    `recorded`: the recording; without it, `NAME.recorded.jsonl` beside the source's module.
    """
    found: list[Subject] = []

    def subject() -> Subject:
        if not found:
            found.append(subject_of(connector, options=options, recorded=recorded))
        return found[0]

    tests = {f"test_{name}": _test(check, subject) for name, check in CHECKS.items()}
    return type(
        "ConformanceTests", (), {"__doc__": f"What every connector must do, for {connector}.", **tests}
    )


def _test(check: Check, subject: Callable[[], Subject]) -> Callable[[object], None]:
    def test(_: object) -> None:
        import pytest  # noqa: PLC0415  only where tests run

        try:
            check(subject())
        except NotApplicableError as error:
            pytest.skip(str(error))

    test.__doc__ = check.__doc__
    test.__name__ = f"test_{check.__name__}"
    return test
