"""Two photos compared on their own: the slow truth that a search among many is held against."""

from fingerprints.photo_match import PhotoIndex, PhotoMatch
from fingerprints.photo_print import PhotoPrint


def match_pair(query: PhotoPrint, held: PhotoPrint) -> PhotoMatch | None:
    """What the index finds when it holds the one and is asked for the other."""
    index = PhotoIndex()
    try:
        index.add("held", (held,))
        return next(iter(index.search(query, 1).matches), None)
    finally:
        index.close()
