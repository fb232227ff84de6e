"""Random numbers that are the same on every machine: each drawn from the names of what it is for."""

import random
from hashlib import blake2b

import numpy as np


def seed_of(*parts: object) -> int:
    """A 64-bit seed from names and numbers; unlike Python's `hash`, the same in every process."""
    text = "\x1f".join(map(str, parts))
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")


def dice(*parts: object) -> random.Random:
    """A random source of its own for whatever `parts` name, so that one draw never shifts another's."""
    return random.Random(seed_of(*parts))  # noqa: S311 - reproducible on purpose, guards no secret


def field(*parts: object) -> np.random.Generator:
    """As `dice`, for whole arrays."""
    return np.random.default_rng(seed_of(*parts))
