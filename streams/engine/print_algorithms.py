"""Which versions of the fingerprints this program makes and can compare."""

import msgspec.structs

from fingerprints.description_print import DESCRIPTION
from fingerprints.photo_print import ALGORITHM as PHOTO_ALGORITHM
from fingerprints.title_print import TITLE
from streams.records import PrintAlgorithms, Prints

ALGORITHMS = PrintAlgorithms(image=PHOTO_ALGORITHM, text=TITLE.algorithm, description=DESCRIPTION.algorithm)
RUNBOOK = "docs/runbooks/algorithm-change.md"


def unlike(algorithms: PrintAlgorithms) -> str | None:
    """Which versions are not this program's, in words; None where all are."""
    pairs = [
        (name, getattr(algorithms, name), getattr(ALGORITHMS, name)) for name in algorithms.__struct_fields__
    ]
    told = [f"{name} {theirs or 'none'}, here {ours}" for name, theirs, ours in pairs if theirs != ours]
    return "; ".join(told) or None


def comparable(prints: Prints) -> Prints:
    """Without the fingerprints of another version: nothing here can be compared with them. Its `algorithms` stay."""
    theirs = prints.algorithms
    if theirs == ALGORITHMS:
        return prints
    return msgspec.structs.replace(
        prints,
        title=prints.title if theirs.text == ALGORITHMS.text else None,
        description=prints.description if theirs.description == ALGORITHMS.description else None,
        photos=prints.photos if theirs.image == ALGORITHMS.image else (),
    )


class OtherVersionError(RuntimeError):
    """The topics hold fingerprints that this program cannot compare. Nothing is done; the runbook says how the version
    is changed."""
