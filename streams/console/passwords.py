"""Passwords as they are kept: Argon2id (RFC 9106), two looked at in one moment, so that a flood leaves cores free."""

import asyncio
import unicodedata
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from streams.console.context import Console

FEWEST_CHARACTERS = 12
MOST_BYTES = 1024
AT_ONCE = 2
MOST_WAITING = 16
"""Two seconds' work of two cores; more are told to come again."""
MEMORY_KIB = 64 * 1024
PASSES = 3
LANES = 1
"""RFC 9106's second choice (section 4) but for one lane instead of four: a password takes one core, 0.14 s measured."""

HASHER = PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=LANES)
NOBODYS = f"$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}${'A' * 22}${'A' * 43}"
"""No password's: what is looked at for a name that nobody has, so that it takes as long."""

Result = TypeVar("Result")


class PasswordError(ValueError):
    """A password that is not taken; `word` says why on pages."""

    def __init__(self, word: str) -> None:
        self.word = word
        super().__init__(word)


class BusyError(Exception):
    """Too many passwords are waiting to be looked at."""


def check_rules(name: str, password: str) -> None:
    """Long, and not the name. No rules on kinds of characters: they make passwords worse (NIST SP 800-63B, 3.1.1.2).

    Raises:
        PasswordError: it is not taken.
    """
    password = _same(password)
    if len(password) < FEWEST_CHARACTERS:
        raise PasswordError("password.short")
    if len(password.encode("utf-8", "replace")) > MOST_BYTES:
        raise PasswordError("password.long")
    if not password.casefold().replace(name.casefold(), "").strip():
        raise PasswordError("password.name")


def hashed(password: str) -> str:
    """The password as it is kept."""
    return HASHER.hash(_same(password).encode("utf-8", "replace"))


def is_right(kept: str | None, password: str) -> bool:
    """Whether it is the password. `kept` None: nobody's, which takes the same time."""
    given = _same(password).encode("utf-8", "replace") if len(password) <= MOST_BYTES else b""
    try:
        right = HASHER.verify(kept or NOBODYS, given)
    except (Argon2Error, InvalidHashError):
        return False
    return right and kept is not None and 0 < len(given) <= MOST_BYTES


def is_outdated(kept: str) -> bool:
    """Whether it was kept with other costs than today's."""
    return HASHER.check_needs_rehash(kept)


def _same(password: str) -> str:
    """One form of what several keyboards write in several (Unicode NFKC)."""
    return unicodedata.normalize("NFKC", password)


class Passwords:
    """The two threads that do it. Used on the loop that answers requests."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(AT_ONCE, "passwords")
        self._turns = asyncio.Semaphore(AT_ONCE)
        self.waiting = 0
        """How many wait for a turn."""

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for one of the threads.

        Raises:
            BusyError: too many wait already.
        """
        if self.waiting >= MOST_WAITING:
            raise BusyError
        self.waiting += 1
        try:
            await self._turns.acquire()
        finally:
            self.waiting -= 1
        try:
            yield
        finally:
            self._turns.release()

    async def work(self, work: Callable[..., Result], *args: object) -> Result:
        """The result of hashing, inside `turn`."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, work, *args)


def passwords_of(console: Console) -> Passwords:
    """The console's."""
    if Passwords not in console.services:
        console.services[Passwords] = Passwords()
    return console.service(Passwords)
