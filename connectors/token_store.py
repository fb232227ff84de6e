"""A shop's tokens on the disk: one file that only its owner reads, written whole, under a lock between processes.

The marketplaces' refresh tokens are good for one use. Two processes that used the same one would lock each other
out, and an answer that never reached the disk cannot be asked for again: see docs/decisions/015.
"""

import fcntl
import hashlib
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from connectors.errors import AbortError, RetryError
from connectors.field_types import Timestamp
from connectors.secret import Secret
from connectors.stop import Stop

MAX_BYTES = 256 * 1024
"""Of the file. Tokens have less than a kilobyte."""
LOCK_SECONDS = 90.0
"""How long to wait for another process that is refreshing: the token server may answer slowly."""
LOCK_POLL_SECONDS = 0.02
REMEMBERED = 200


class Tokens(Struct, frozen=True, kw_only=True):
    """An access token, and the refresh token that gets the next one. Both hide themselves in texts."""

    access: Secret
    refresh: Secret
    """Empty where there is none."""
    obtained_at: Timestamp | None = None
    """When the marketplace gave them; None for those that a person put into the options."""
    access_until: Timestamp | None = None
    """When the access token ends; None where nobody said."""
    refresh_until: Timestamp | None = None


class Kept(Struct, frozen=True, kw_only=True):
    """What the file holds."""

    tokens: Tokens
    asked_at: Timestamp | None = None
    """The intent: since then this refresh token may have been used, and no answer was saved."""
    refused: str | None = None
    """Why the marketplace takes this refresh token no more."""
    taken: tuple[str, ...] = ()
    """Digests of the refresh tokens and codes that were ever taken from the options: old options bring none back."""


def digest(token: Secret) -> str:
    """What tells one refresh token from another without telling the token."""
    return hashlib.sha256(token.reveal().encode()).hexdigest()[:32]


class TokenStore:
    """The file at `path`. Its folder must exist, and be its owner's alone."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._decoder = msgspec.json.Decoder(Kept, dec_hook=_to_secret)

    def read(self) -> Kept | None:
        """What was written last; None where nothing was.

        Raises:
            AbortError: the file cannot be read, or holds something else.
        """
        try:
            with self.path.open("rb") as file:
                raw = file.read(MAX_BYTES + 1)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise AbortError(f"the tokens in {self.path} cannot be read: {error.strerror}") from None
        try:
            if len(raw) > MAX_BYTES:
                raise ValueError
            return self._decoder.decode(raw)
        except (msgspec.DecodeError, ValueError, RecursionError):
            # The error's own text may hold a piece of a token.
            raise AbortError(
                f"{self.path} holds no tokens that can be read; authorise the shop again, move that file away "
                "and put the new tokens into the options"
            ) from None

    def stamp(self) -> tuple[int, int] | None:
        """Changes with every write, by whatever process; None where there is no file."""
        try:
            status = self.path.stat()
        except OSError:
            return None
        return status.st_ino, status.st_mtime_ns

    def write(self, kept: Kept) -> None:
        """Put this in the old one's place, on the disk before this returns. Only while `locked`.

        Raises:
            RetryError: the disk is full or refuses; what was there is there still.
        """
        raw = msgspec.json.encode(kept, enc_hook=_from_secret)
        new = self.path.with_name(self.path.name + ".new")
        try:
            # Left by a process that was killed: nothing in it counts.
            new.unlink(missing_ok=True)
            handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
            with open(handle, "wb") as file:  # noqa: PTH123  opened above, with its mode
                os.fchmod(handle, 0o600)
                file.write(raw)
                file.flush()
                os.fsync(handle)
            new.replace(self.path)
            folder = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as error:
            with suppress(OSError):
                new.unlink(missing_ok=True)
            raise RetryError(f"the tokens cannot be written to {self.path}: {error.strerror}") from None

    @contextmanager
    def locked(self, stop: Stop, seconds: float = LOCK_SECONDS) -> Iterator[None]:
        """Nobody else, in this process or another, is in here meanwhile. A killed process lets go by itself.

        Raises:
            RetryError: another process holds it for longer than that, or `stop` was set.
        """
        # A file of its own: a lock on the tokens' file would be left behind with the old one at every write.
        name = self.path.with_name(self.path.name + ".lock")
        try:
            handle = os.open(name, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise RetryError(f"the tokens' lock {name} cannot be opened: {error.strerror}") from None
        try:
            deadline = time.monotonic() + seconds
            while not _taken(handle):
                if time.monotonic() > deadline or stop.wait(LOCK_POLL_SECONDS):
                    raise RetryError(f"another process is refreshing the tokens in {self.path}")
            yield
        finally:
            os.close(handle)


def _taken(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def with_options(kept: Kept | None, given: Tokens | None) -> Kept | None:
    """What to go on with: the file's tokens, or those of the options where the file never had them.

    A person who authorises a shop again puts new tokens into the options, and they take the old ones' place.
    Options that merely stayed as they were do not: their refresh token was used long ago.
    """
    if given is None:
        return kept
    mark = digest(given.refresh if given.refresh else given.access)
    if kept is not None and mark in kept.taken:
        return kept
    taken = (*(kept.taken if kept else ()), mark)[-REMEMBERED:]
    if kept is not None and kept.tokens.refresh == given.refresh and given.refresh:
        return msgspec.structs.replace(kept, taken=taken)
    return Kept(tokens=given, taken=taken)


def was_taken(kept: Kept, given: Secret) -> bool:
    """Whether this code or refresh token was taken from the options before."""
    return digest(given) in kept.taken


def with_code(kept: Kept | None, code: Secret, tokens: Tokens) -> Kept:
    """What to go on with once a code was exchanged for tokens."""
    return Kept(tokens=tokens, taken=(*(kept.taken if kept else ()), digest(code))[-REMEMBERED:])


def _to_secret(kind: type, value: Any) -> Any:
    if kind is Secret and isinstance(value, str):
        return Secret(value)
    raise ValueError("no token")


def _from_secret(value: Any) -> Any:
    if isinstance(value, Secret):
        return value.reveal()
    raise NotImplementedError
