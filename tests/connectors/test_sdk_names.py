"""The public names of the SDK, exact: what a connector's author may import, and nothing by accident."""

import inspect

from connectors import sdk

NAMES = {
    "IDLE", "AbortError", "Checkpoint", "ConnectorError", "Context", "Event", "ExpiredTokenError", "FetchesListings", "Idle", "Item",
    "Notice", "OptionsError", "RawRecord", "RetryError", "Secret", "Sink", "SkipError", "Skipped", "Source", "Stop",
    "ThrottledError", "UnknownConnectorError", "WindowFullError", "Withdrawal", "make",
}  # fmt: skip


def test_the_names_are_exactly_these() -> None:
    assert set(sdk.__all__) == NAMES
    assert list(sdk.__all__) == sorted(
        sdk.__all__, key=lambda name: (not name.isupper(), name[0].islower(), name)
    )
    assert all(hasattr(sdk, name) for name in NAMES)


def test_every_name_says_what_it_is() -> None:
    for name in NAMES - {"IDLE", "Event", "Item"}:
        assert inspect.getdoc(getattr(sdk, name)), name


def test_an_error_is_of_one_kind_that_the_runner_knows() -> None:
    errors = {name: getattr(sdk, name) for name in NAMES if name.endswith("Error")}
    kinds = (sdk.AbortError, sdk.RetryError, sdk.SkipError, sdk.WindowFullError)
    for name, error in errors.items():
        assert issubclass(error, sdk.ConnectorError)
        assert sum(issubclass(error, kind) for kind in kinds) == (name != "ConnectorError"), name
