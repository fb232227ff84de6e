"""Which versions of the fingerprints this program makes and can compare."""

from fingerprints.description_print import DESCRIPTION
from fingerprints.photo_print import ALGORITHM as PHOTO_ALGORITHM
from fingerprints.title_print import TITLE
from streams.records import PrintAlgorithms

ALGORITHMS = PrintAlgorithms(image=PHOTO_ALGORITHM, text=TITLE.algorithm, description=DESCRIPTION.algorithm)
RUNBOOK = "docs/runbooks/algorithm-change.md"


def unlike(algorithms: PrintAlgorithms) -> str | None:
    """Which versions are not this program's, in words; None where all are."""
    pairs = [
        (name, getattr(algorithms, name), getattr(ALGORITHMS, name)) for name in algorithms.__struct_fields__
    ]
    told = [f"{name} {theirs or 'none'}, here {ours}" for name, theirs, ours in pairs if theirs != ours]
    return "; ".join(told) or None


class OtherVersionError(RuntimeError):
    """The topics hold fingerprints that this program cannot compare. Nothing is done; the runbook says how the version
    is changed."""
