"""Keeps a shop's access token good: refreshed early, by one process at a time, and never used before it is saved.

A refresh token is good for one use. Before it is used, the intent is written to the disk; the answer is on the
disk before anybody uses it. What a crash in between costs, and what is done about it: docs/decisions/015.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Event

from msgspec.structs import replace

from connectors.clock import Clock
from connectors.errors import AbortError, OptionsError, RetryError
from connectors.secret import Secret, redact
from connectors.stop import Stop
from connectors.token_store import Kept, Tokens, TokenStore, was_taken, with_code, with_options

__all__ = ["RefreshRefusedError", "TokenKeeper", "TokenStore", "Tokens", "given_tokens"]

EARLY = timedelta(hours=1)
RETRY_SECONDS = 60.0
"""Between attempts to refresh while the access token still serves."""
SAY_AGAIN = timedelta(hours=1)
WARN_BEFORE = timedelta(days=7)
"""How long before the refresh token ends a person is told."""
YOUNG = timedelta(seconds=10)
"""A token refused at this age has not expired: another refresh would burn tokens and mend nothing."""


class RefreshRefusedError(AbortError):
    """The marketplace takes this refresh token no more: used, expired or withdrawn. Raised by `refresh`."""


def given_tokens(access: Secret | None, refresh: Secret | None) -> Tokens | None:
    """The tokens that options give; None without an access token."""
    return Tokens(access=access, refresh=refresh or Secret("")) if access else None


class TokenKeeper:
    """The tokens of one shop, for one thread.

    `refresh` asks the marketplace for the next tokens, once; `tell` is given what a person should know;
    `remedy` says what that person must do when only a new authorisation helps.
    """

    def __init__(
        self,
        store: TokenStore,
        refresh: Callable[[Secret], Tokens],
        clock: Clock,
        *,
        early: timedelta = EARLY,
        shop: str = "the shop",
        remedy: str = "authorise it again and put the new tokens into the options",
        tell: Callable[[str], None] = lambda _: None,
        stop: Stop | None = None,
        young: timedelta = YOUNG,
    ) -> None:
        self._store, self._refresh, self._clock = store, refresh, clock
        self._early, self._young = early, young
        self._shop, self._remedy, self._tell = shop, remedy, tell
        self._stop = stop or Event()
        self._kept: Kept | None = None
        self._stamp: tuple[int, int] | None = None
        self._unsaved: Kept | None = None
        self._handed: Secret | None = None
        self._next_try: datetime | None = None
        self._said: dict[str, datetime] = {}

    def begin(
        self,
        given: Tokens | None,
        *,
        code: Secret | None = None,
        exchange: Callable[[Secret], Tokens] | None = None,
    ) -> None:
        """Go on with the saved tokens, or with those of the options where they are new.

        A `code` that was not exchanged before comes first: `exchange` gets the tokens for it.

        Raises:
            OptionsError: there are neither.
            AbortError: the saved ones cannot be read.
            RetryError: they cannot be saved now.
        """
        with self._store.locked(self._stop):
            before = self._store.read()
            kept = with_options(before, given)
            if code and exchange and (kept is None or not was_taken(kept, code)):
                kept = with_code(kept, code, exchange(code))
            if kept is None:
                raise OptionsError(f"there are no tokens of {self._shop}: {self._remedy}")
            if kept != before:
                self._store.write(kept)

    def current(self) -> Secret:
        """The access token to use now, refreshed first where it ends soon.

        While the marketplace's token server is away, the one at hand serves until it ends.

        Raises:
            RetryError: it has ended and cannot be refreshed now.
            AbortError: it has ended and its refresh token is refused; the message says what to do.
        """
        kept = self._at_hand()
        if self._is_due(kept) and not self._is_too_soon():
            try:
                kept = self._refreshed(kept)
            except RetryError as error:
                if self._has_ended(kept.tokens):
                    raise
                self._next_try = self._clock.now() + timedelta(seconds=max(RETRY_SECONDS, error.after))
                self._say("late", f"{self._shop}: no new tokens yet, the old one serves on: {error}")
        if kept.refused is not None:
            if self._has_ended(kept.tokens):
                raise self._ended(kept)
            self._say_refused(kept)
        self._warn_of_the_end(kept)
        self._handed = kept.tokens.access
        return kept.tokens.access

    def renew(self, seen: Secret | None = None) -> None:
        """The marketplace refused the access token `seen` (the one `current` gave last): get another.

        Where another process or an earlier call has one already, that one is next, and none is asked for.

        Raises:
            RetryError: not now.
            AbortError: its refresh token is refused; the message says what to do.
        """
        seen = seen or self._handed
        kept = self._at_hand()
        if seen is not None and kept.tokens.access != seen:
            return
        now, obtained = self._clock.now(), kept.tokens.obtained_at
        if obtained is not None and obtained <= now < obtained + self._young:
            raise RetryError(
                f"{self._shop}: an access token of {(now - obtained).total_seconds():.0f} s is refused already",
                after=self._young.total_seconds(),
            )
        if kept.refused is None:
            kept = self._refreshed(kept)
        if kept.refused is not None and kept.tokens.access == seen:
            raise self._ended(kept)

    def _refreshed(self, old: Kept) -> Kept:
        """The tokens after `old`: another process's, or new ones, saved."""
        with self._store.locked(self._stop):
            kept = self._read()
            if kept.tokens != old.tokens or kept.refused is not None:
                return kept
            if not kept.tokens.refresh:
                return replace(kept, refused="there is no refresh token")
            was_pending = kept.asked_at is not None
            if not was_pending:
                kept = replace(kept, asked_at=self._clock.now())
                self._store.write(kept)
            try:
                new = Kept(tokens=self._refresh(kept.tokens.refresh), taken=kept.taken)
            except RefreshRefusedError as error:
                new = replace(kept, refused=_why(error, was_pending), asked_at=None)
            return self._saved(new)

    def _saved(self, kept: Kept) -> Kept:
        """Saved; where the disk refuses, held here and tried again at every turn: nobody else has them."""
        try:
            self._store.write(kept)
            self._kept, self._stamp, self._unsaved = kept, self._store.stamp(), None
        except RetryError as error:
            self._unsaved = kept
            self._say(
                "unsaved", f"{self._shop}: NEW TOKENS ARE ONLY IN MEMORY, make room on the disk: {error}"
            )
        self._next_try = None
        return kept

    def _at_hand(self) -> Kept:
        if self._unsaved is not None:
            with self._store.locked(self._stop):
                return self._saved(self._unsaved)
        if self._kept is None or self._store.stamp() != self._stamp:
            return self._read()
        return self._kept

    def _read(self) -> Kept:
        self._stamp = self._store.stamp()
        kept = self._store.read()
        if kept is None:
            raise AbortError(f"the tokens of {self._shop} are gone from {self._store.path}: {self._remedy}")
        self._kept = kept
        return kept

    def _is_due(self, kept: Kept) -> bool:
        if kept.refused is not None:
            return False
        if kept.asked_at is not None:
            return True
        until = kept.tokens.access_until
        if until is None:
            return False
        early = self._early
        if kept.tokens.obtained_at is not None:
            # Of a token that lives for minutes, an hour early would be always.
            early = min(early, (until - kept.tokens.obtained_at) / 2)
        return self._clock.now() >= until - early

    def _is_too_soon(self) -> bool:
        return self._next_try is not None and self._clock.now() < self._next_try

    def _has_ended(self, tokens: Tokens) -> bool:
        return tokens.access_until is not None and self._clock.now() >= tokens.access_until

    def _ended(self, kept: Kept) -> AbortError:
        return AbortError(f"{self._shop}: {kept.refused}; and its access token has ended: {self._remedy}")

    def _say_refused(self, kept: Kept) -> None:
        until = kept.tokens.access_until
        end = "as long as it is taken" if until is None else f"until {until.isoformat()} at the latest"
        self._say(
            "refused", f"{self._shop}: {kept.refused}. The old access token is used {end}: {self._remedy}"
        )

    def _warn_of_the_end(self, kept: Kept) -> None:
        until = kept.tokens.refresh_until
        if until is not None and kept.refused is None and self._clock.now() >= until - WARN_BEFORE:
            self._say("ends", f"{self._shop}: its refresh token ends {until.isoformat()}: {self._remedy}")

    def _say(self, kind: str, text: str) -> None:
        """Tell a person, at most once an hour of each kind."""
        now, last = self._clock.now(), self._said.get(kind)
        if last is None or not last <= now < last + SAY_AGAIN:
            self._said[kind] = now
            self._tell(redact(text))


def _why(error: RefreshRefusedError, was_pending: bool) -> str:
    why = redact(f"the marketplace refuses its refresh token ({error})")
    if was_pending:
        return (
            f"{why}; it had been used before, and that answer was never saved: the process ended in between"
        )
    return f"{why}; perhaps an answer was lost on its way, or a process with a folder of its own uses it too"
