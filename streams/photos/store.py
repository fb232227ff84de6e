"""Photos as they were captured, each under the SHA-256 of its bytes: in a folder, or in an S3-compatible bucket.

PhotoStore (put, get, entries, delete)
├── photo_folder.FolderStore   the default
└── photo_bucket.BucketStore   `s3://bucket/prefix`

A photo of a taken-down listing soon disappears from the web; what was fingerprinted is kept here, byte for byte.
"""

import hashlib
import re
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from streams.settings import Settings

_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)
S3 = "s3://"


class StoreError(Exception):
    """The store cannot be read or written now: full, unreachable, no permission. The message says which."""


class StoreFullError(StoreError):
    """It holds as much as it may."""


@dataclass(frozen=True, slots=True)
class StoredPhoto:
    """A photo that is there. `kept_at`: when it was last put, aware; it may have been put before."""

    sha256: str
    size: int
    kept_at: datetime


class PhotoStore(ABC):
    """Photos by the SHA-256 of their bytes, in lower-case hex. Safe to use from several threads and processes."""

    place: str
    """Where it is, for a person; without secrets."""

    @abstractmethod
    def put(self, raw: bytes) -> str:
        """Keep the photo; gives its digest. Putting it again makes it young again, and mends a damaged one.

        Raises:
            StoreError: it could not be kept.
        """

    @abstractmethod
    def get(self, sha256: str) -> bytes | None:
        """The photo, or None where it is not there or its bytes are no longer those of the digest.

        Raises:
            StoreError: the store cannot be read.
            ValueError: `sha256` is no digest.
        """

    @abstractmethod
    def entries(self) -> Iterator[StoredPhoto]:
        """All photos, in no order; those put meanwhile may be among them.

        Raises:
            StoreError: the store cannot be read.
        """

    @abstractmethod
    def delete(self, sha256: str, *, kept_before: datetime) -> bool:
        """Remove the photo, unless it was put again since; gives whether it was removed.

        Raises:
            StoreError: it could not be removed.
            ValueError: `sha256` is no digest.
        """


def digest_of(raw: bytes) -> str:
    """SHA-256 (FIPS 180-4) in lower-case hex: the photo's name."""
    return hashlib.sha256(raw).hexdigest()


def checked_digest(sha256: str) -> str:
    """The digest; it becomes part of a path, so nothing else may pass.

    Raises:
        ValueError: it is none.
    """
    if not _DIGEST.fullmatch(sha256):
        raise ValueError(f"not a SHA-256 in lower-case hex: {sha256[:80]!r}")
    return sha256


def open_store(settings: Settings) -> PhotoStore | None:
    """The store that the settings name, or None where they want none. Nothing is connected or created yet.

    Raises:
        StoreError: the settings name what cannot be used, such as a bucket without the library for it.
    """
    chosen = settings.photo_store
    if not chosen.enabled:
        return None
    if chosen.url is not None:
        from streams.photos.bucket import BucketStore  # noqa: PLC0415  its library is optional

        return BucketStore(chosen, max_photo=settings.photos.max_bytes)
    from streams.photos.folder import FolderStore  # noqa: PLC0415  it imports this module

    folder = Path(chosen.folder or Path(settings.worker.data_dir) / "photos").expanduser()
    return FolderStore(folder, max_bytes=chosen.max_bytes, max_photo=settings.photos.max_bytes)
