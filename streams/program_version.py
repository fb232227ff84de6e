"""The version of this program: written in pyproject.toml alone, read here alone, from what is installed."""

from importlib.metadata import PackageNotFoundError, version

DISTRIBUTION = "relistwatch"
UNKNOWN = "unknown"
"""Of a checkout that is run without being installed."""


def program_version() -> str:
    """The version that is installed; `UNKNOWN` where none is."""
    try:
        return version(DISTRIBUTION)
    except PackageNotFoundError:
        return UNKNOWN
