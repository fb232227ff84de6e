"""Photos' fingerprints of noise: as many as wanted, at once, and each unlike every other."""

import numpy as np

from fingerprints.photo_print import POINT, PhotoPrint
from streams.engine.pipeline import fingerprint_takedown
from streams.records import ImageFingerprint, TakedownFingerprint


def noise_print(seed: int, points: int = 60, thumbnail: int = 200) -> PhotoPrint:
    """Points and hashes of noise; the thumbnail is no picture, but is told from others."""
    noise = np.random.default_rng(seed)
    return PhotoPrint(
        noise.bytes(32),
        noise.bytes(32),
        480,
        640,
        noise.bytes(points * POINT.itemsize),
        noise.bytes(thumbnail),
    )


def takedown_print(number: int, photos: int = 1, version: int = 0) -> TakedownFingerprint:
    """A fingerprinted takedown with photos of noise, of image numbers 1, 3, 5 and so on, and a description."""
    from listing_records import takedown, told

    made = fingerprint_takedown(takedown(number, description=told(number)), ())
    prints = tuple(
        ImageFingerprint(2 * n + 1, noise_print(1000 * number + 100 * version + n)) for n in range(photos)
    )
    import msgspec

    changed = msgspec.structs.replace(made.prints, photos=prints)
    return msgspec.structs.replace(made, prints=changed)
