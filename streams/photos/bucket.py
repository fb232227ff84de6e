"""Photos in an S3-compatible bucket, through obstore (docs/decisions/017 says why that one)."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from streams.photos.store import S3, PhotoStore, StoredPhoto, StoreError, checked_digest, digest_of
from streams.settings import PhotoStore as Chosen

LIST_AT_ONCE = 1000
"""As many as S3 gives in one answer."""
RETRY_SECONDS = 10
"""All attempts of one request together; the keeper gives a photo half of it."""


class BucketStore(PhotoStore):
    """Photos as objects `prefix/ab/cd/abcd...`. A put always writes: one request, which also makes it young again.

    What the bucket may hold, and that nobody else reads it, is for the bucket's own rules.
    """

    def __init__(self, settings: Chosen, *, max_photo: int) -> None:
        url = settings.url or ""
        bucket, _, prefix = url.removeprefix(S3).partition("/")
        if not url.startswith(S3) or not bucket:
            raise StoreError(f"photo_store.url is {S3}BUCKET/PREFIX, not {url[:80]!r}")
        try:
            import obstore  # noqa: PLC0415  16 MB that a local folder does not need
            from obstore.store import S3Store  # noqa: PLC0415
        except ImportError:
            raise StoreError("photo_store.url needs obstore: pip install 'relistwatch[s3]'") from None
        options: dict[str, Any] = {
            "region": settings.s3_region,
            "access_key_id": settings.s3_access_key_id,
            "secret_access_key": settings.s3_secret_access_key,
            "endpoint": settings.s3_endpoint,
        }
        plain = (settings.s3_endpoint or "").startswith("http://")
        try:
            self._store = S3Store(
                bucket,
                prefix=prefix.strip("/") or None,
                client_options={"allow_http": plain, "timeout": timedelta(seconds=RETRY_SECONDS)},
                retry_config={"max_retries": 3, "retry_timeout": timedelta(seconds=RETRY_SECONDS)},
                **{name: value for name, value in options.items() if value is not None},
            )
        except obstore.exceptions.BaseError as error:
            raise StoreError(f"photo_store.url {url}: {_first_line(error)}") from None
        self.place = url
        self._obstore = obstore
        self._max_photo = max_photo

    def put(self, raw: bytes) -> str:
        """One request."""
        sha256 = digest_of(raw)
        try:
            self._obstore.put(self._store, _key(sha256), raw, use_multipart=False)
        except (self._obstore.exceptions.BaseError, OSError) as error:
            raise StoreError(f"cannot keep a photo in {self.place}: {_first_line(error)}") from None
        return sha256

    def get(self, sha256: str) -> bytes | None:
        """The object, if its bytes are still those it was named for."""
        key = _key(checked_digest(sha256))
        try:
            found = self._obstore.get(self._store, key)
            if found.meta["size"] > self._max_photo:
                return None
            raw = bytes(found.bytes())
        except (FileNotFoundError, self._obstore.exceptions.NotFoundError):
            return None
        except (self._obstore.exceptions.BaseError, OSError) as error:
            raise StoreError(f"cannot read {self.place}: {_first_line(error)}") from None
        return raw if digest_of(raw) == sha256 else None

    def entries(self) -> Iterator[StoredPhoto]:
        """All objects that are named like photos."""
        try:
            for chunk in self._obstore.list(self._store, chunk_size=LIST_AT_ONCE):
                for found in chunk:
                    name = found["path"].rpartition("/")[2]
                    if found["path"] == _key(name):
                        yield StoredPhoto(name, found["size"], found["last_modified"])
        except (self._obstore.exceptions.BaseError, OSError) as error:
            raise StoreError(f"cannot read {self.place}: {_first_line(error)}") from None

    def delete(self, sha256: str, *, kept_before: datetime) -> bool:
        """Two requests: S3 has no condition on an object's age."""
        key = _key(checked_digest(sha256))
        try:
            if self._obstore.head(self._store, key)["last_modified"] >= kept_before:
                return False
            self._obstore.delete(self._store, key)
        except (FileNotFoundError, self._obstore.exceptions.NotFoundError):
            return False
        except (self._obstore.exceptions.BaseError, OSError) as error:
            raise StoreError(f"cannot remove a photo from {self.place}: {_first_line(error)}") from None
        return True


def _key(sha256: str) -> str:
    return f"{sha256[:2]}/{sha256[2:4]}/{sha256}"


def _first_line(error: BaseException) -> str:
    """What the library says, without its debug print of the whole request."""
    return str(error).partition("\n")[0][:300]
