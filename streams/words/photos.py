"""What two photos have in common, in words for a person: the same in the report and on the terminal."""

from msgspec import UNSET

from connectors.evidence import PhotoEvidence
from streams.words.safe_text import safe_text

EDITS_SHOWN = 8
WORD_SHOWN = 40


def photo_words(part: PhotoEvidence) -> str:
    """The relation, the edits, the agreeing points, the bits that differ."""
    words = [safe_text(word, WORD_SHOWN) for word in (part.relation, *part.edits[:EDITS_SHOWN])]
    if len(part.edits) > EDITS_SHOWN:
        words.append(f"and {len(part.edits) - EDITS_SHOWN} more edits")
    if part.inliers is not UNSET:
        words.append(points_agree(part.inliers))
    if part.distance is not UNSET:
        words.append(f"{part.distance} of 256 bits differ")
    return ", ".join(words)


def points_agree(count: int) -> str:
    """How many points of two photos agree on how the one lies on the other."""
    return "1 point agrees" if count == 1 else f"{count} points agree"
