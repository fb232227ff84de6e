"""The methods that are compared: each turns a photo's bytes into a fingerprint and looks it up in a bank.

Peers are optional (`make bench` installs them). One that cannot be imported is reported with the reason.
"""

import importlib
import importlib.util
import io
import sys
import types
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from PIL import Image

from connectors.sample.seeds import dice, field
from fingerprints.photo_decode import PhotoError
from fingerprints.photo_match import PhotoIndex, PhotoSearch
from fingerprints.photo_print import PhotoPrint, print_of_bytes
from streams.settings import Photos

OURS = "relistwatch"
PDQ = "threatexchange PDQ"
PDQ_BITS, PDQ_DISTANCE = 256, 31
"""ThreatExchange's PDQ_CONFIDENT_MATCH_THRESHOLD."""
HASH_BITS, HASH_DISTANCE = 64, 10
"""imagededup's default `max_distance_threshold`; imagehash names none, 10 of 64 is what its users choose."""
LIMIT = 10
"""Matches that a search of ours may give, as the pipeline asks for."""

MAX_PIXELS = Photos().max_pixels


class Method(Protocol):
    """One way to match photos. A fingerprint is None where the photo has none."""

    name: str

    @property
    def rule(self) -> str:
        """When two photos match, for a person."""
        ...

    def fingerprint(self, raw: bytes) -> Any | None:
        """Of a photo as it came."""
        ...

    def look_up(self, fingerprint: Any) -> object:
        """Whatever the bank has to say to it: what is timed."""
        ...


class Ours:
    """This project, over an index that is held already."""

    name = OURS
    rule = "found in the whole bank, and the same photo by its pixels"

    def __init__(self, index: PhotoIndex) -> None:
        self._index = index

    def fingerprint(self, raw: bytes) -> PhotoPrint | None:
        try:
            return print_of_bytes(raw, max_pixels=MAX_PIXELS)
        except PhotoError:
            return None

    def look_up(self, fingerprint: PhotoPrint) -> PhotoSearch:
        return self._index.search(fingerprint, LIMIT)


class Peer:
    """A perceptual hash of another project. `bank`: the random hashes that it looks photos up in."""

    name: str
    bits = HASH_BITS
    distance = HASH_DISTANCE

    def __init__(self, bank: int) -> None:
        """Raises ImportError where the project is not installed."""
        hashes = field("bench", "hashes").integers(0, 1 << 64, bank, np.uint64)
        self._bank: npt.NDArray[np.uint64] = hashes

    @property
    def rule(self) -> str:
        return f"{self.distance} of {self.bits} bits to the original, the pair given"

    def fingerprint(self, raw: bytes) -> Any | None:
        """In the form that `look_up` and `packed` take."""
        raise NotImplementedError

    def packed(self, fingerprint: Any) -> bytes:
        """The fingerprint's bits, to count how many differ from another's."""
        return bytes.fromhex(str(fingerprint))

    def look_up(self, fingerprint: Any) -> object:
        """Compared with every hash of the bank, eight bytes at a time."""
        word = np.uint64(int.from_bytes(self.packed(fingerprint), "big"))
        return np.flatnonzero(np.bitwise_count(self._bank ^ word) <= self.distance)


class Pdq(Peer):
    """ThreatExchange's PDQ with its own index, 16 hash tables of 16 bits (faiss' IndexBinaryMultiHash)."""

    name = PDQ
    bits, distance = PDQ_BITS, PDQ_DISTANCE

    def __init__(self, bank: int) -> None:
        self._signal = importlib.import_module("threatexchange.signal_type.pdq.signal").PdqSignal
        # One thread a process, as for every method; and a process of several threads must not be forked.
        importlib.import_module("faiss").omp_set_num_threads(1)
        chance = dice("bench", "PDQ")
        entries = [(f"{chance.getrandbits(PDQ_BITS):064x}", number) for number in range(bank)]
        self._index = self._signal.get_index_cls().build(entries)

    def fingerprint(self, raw: bytes) -> str | None:
        # Empty where PDQ's own quality is below 50.
        return self._signal.hash_from_bytes(raw) or None

    def look_up(self, fingerprint: str) -> object:
        return self._index.query(fingerprint)


class ImageHash(Peer):
    """imagehash.phash at its default size; it has no index, so the whole bank is compared with."""

    name = "imagehash phash"

    def __init__(self, bank: int) -> None:
        self._phash = importlib.import_module("imagehash").phash
        super().__init__(bank)

    def fingerprint(self, raw: bytes) -> Any | None:
        with Image.open(io.BytesIO(raw)) as photo:
            return self._phash(photo)

    def packed(self, fingerprint: Any) -> bytes:
        return np.packbits(fingerprint.hash).tobytes()


class ImageDedup(Peer):
    """A hash of imagededup. Its own search is for whole folders at once: the whole bank is compared with here,
    as for imagehash, which is the faster."""

    def __init__(self, kind: str, bank: int) -> None:
        self.name = f"imagededup {kind}"
        self._hasher = getattr(_imagededup_hashing(), kind)(verbose=False)
        super().__init__(bank)

    def fingerprint(self, raw: bytes) -> str | None:
        with Image.open(io.BytesIO(raw)) as photo:
            encoded: str | None = self._hasher.encode_image(image_array=np.asarray(photo.convert("RGB")))
        return encoded


def _imagededup_hashing() -> Any:
    """imagededup.methods.hashing, which needs no torch, without the package roots on the way, which import it."""
    spec = importlib.util.find_spec("imagededup")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("No module named 'imagededup'")
    if importlib.util.find_spec("torch") is None:
        for name in ("methods", "utils"):
            root = types.ModuleType(f"imagededup.{name}")
            root.__path__ = [str(Path(spec.submodule_search_locations[0]) / name)]
            sys.modules.setdefault(root.__name__, root)
    return importlib.import_module("imagededup.methods.hashing")


PEERS: dict[str, Callable[[int], Peer]] = {
    PDQ: Pdq,
    ImageHash.name: ImageHash,
    "imagededup PHash": lambda bank: ImageDedup("PHash", bank),
    "imagededup DHash": lambda bank: ImageDedup("DHash", bank),
}


def load_peers(bank: int) -> tuple[list[Peer], dict[str, str]]:
    """Those that are installed, each with `bank` random hashes, and why the others are not there, by name."""
    peers: list[Peer] = []
    missing: dict[str, str] = {}
    for name, load in PEERS.items():
        try:
            peers.append(load(bank))
        except ImportError as error:
            missing[name] = str(error)
    return peers, missing


def within(query: bytes, held: Sequence[bytes], distance: int) -> bool:
    """Whether one of the held hashes, all of one length, differs from the query in at most so many bits."""
    if not held:
        return False
    rows = np.frombuffer(b"".join(held), np.uint8).reshape(len(held), -1)
    differing = np.bitwise_count(rows ^ np.frombuffer(query, np.uint8)).sum(axis=1, dtype=np.intp)
    return bool(differing.min() <= distance)
