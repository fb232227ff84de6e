"""What every connector must do, as checks that need no network and no clock.

In a connector's tests, one line: `TestMine = conformance_tests("mine")`. On the command line:
`relistwatch connectors test mine`. Each check drives the connector through the real runner against a recording
(`connectors.recording`), undisturbed or with one thing gone wrong, and raises `ConformanceError` where something is
lost, guessed, repeated under another id, told that is secret, or never ends.
"""

from connectors.conformance.errors import ConformanceError, NotApplicableError
from connectors.conformance.kit import CHECKS, Result, conformance_tests, run_checks
from connectors.conformance.subject import Subject, subject_of

__all__ = [
    "CHECKS",
    "ConformanceError",
    "NotApplicableError",
    "Result",
    "Subject",
    "conformance_tests",
    "run_checks",
    "subject_of",
]
