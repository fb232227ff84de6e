"""Inputs that are kept: those that once broke something, and those that a search found to reach furthest."""

import hashlib
from pathlib import Path

CORPUS = Path(__file__).parents[2] / "fuzz" / "corpus"
LARGEST = 4096
"""Bytes of an input that is kept, so that the repository stays small."""


def kept(target: str) -> list[bytes]:
    """The target's inputs, in the order of their names."""
    return [path.read_bytes() for path in sorted((CORPUS / target).glob("*")) if path.is_file()]


def keep(target: str, raw: bytes, kind: str) -> Path:
    """Keep an input; `kind` comes first in its name."""
    path = CORPUS / target / f"{kind}-{hashlib.sha256(raw).hexdigest()[:12]}"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(raw)
    return path
