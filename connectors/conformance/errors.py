"""What a check can say other than nothing."""


class ConformanceError(AssertionError):
    """The connector does not do what every connector must; the message says what it did instead."""


class NotApplicableError(Exception):
    """The check does not concern this connector, or its recording has nothing to check it by; the message says why."""
