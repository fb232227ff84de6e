"""Checks of what a connector does when it is interrupted, refused or throttled."""

from collections.abc import Callable, Sequence

import httpx
import msgspec

from connectors.conformance.errors import ConformanceError, NotApplicableError
from connectors.conformance.subject import Subject
from connectors.conformance.surroundings import Ask, Meddle, RunawayError, Turn
from connectors.conformance.trial import Outcome, identity, run, sample
from connectors.exchanges import Asked, Reply
from connectors.scrubbing import FAKE_ACCESS

MOST_CHECKPOINTS = 25
MOST_POSITIONS = 60
LEAST_POSITIONS = 12
MOST_ASKED = 4_000
"""Requests of a failure at all positions."""
MOST_THROTTLED = 10
MOST_EXPIRED = 6
THROTTLED = Reply(status=429, headers=(("Retry-After", "30"),), json=msgspec.Raw(b"{}"))
EXPIRED = Reply(status=401, json=msgspec.Raw(b"{}"))
GRAIN = 0.01
"""Of a sum of waits in seconds: less is rounding."""
OLD_TOKEN_SECONDS = 20.0
"""How long the token has served when it is refused: one that is refused when it is new is another matter. It passes
within the request, and an answer may take 30 s."""


def resumes_from_checkpoint(subject: Subject) -> None:
    """From every checkpoint, another run brings everything that was not yielded before it, with the same ids."""
    base = subject.baseline
    if not base.checkpoints:
        raise NotApplicableError("it keeps no checkpoint")
    for number in sample(len(base.checkpoints), MOST_CHECKPOINTS):
        state, before = base.checkpoints[number]
        resumed = run(subject, state=msgspec.json.decode(msgspec.json.encode(state, enc_hook=str)))
        if resumed.error is not None:
            raise ConformanceError(f"it cannot go on from its checkpoint {number + 1}: {resumed.failure}")
        _compare(base, {*map(identity, before), *resumed.ids}, f"resumed from its checkpoint {number + 1}")


def survives_failed_requests(subject: Subject) -> None:
    """Whichever request fails, and however, the run goes on: nothing is lost, and nothing comes twice by its id."""
    base = subject.baseline
    if not base.turns:
        raise NotApplicableError("it asks nothing over HTTP")
    # A long recording is sampled more thinly: five failures at each position, and the whole run each time.
    most = max(LEAST_POSITIONS, min(MOST_POSITIONS, MOST_ASKED // len(base.turns)))
    for position in sample(len(base.turns), most):
        for name, fail in _FAILURES.items():
            outcome = run(subject, _once(position, fail))
            where = f"request {position + 1} ({base.turns[position].asked.path}) met by {name}"
            if outcome.error is not None:
                raise ConformanceError(f"{where} ends the run: {outcome.failure}")
            _compare(base, set(outcome.ids), where)


def honours_throttling(subject: Subject) -> None:
    """After "too many requests" nothing is asked before the pause is over; it is counted, and nothing is lost."""
    base = subject.baseline
    if not base.turns:
        raise NotApplicableError("it asks nothing over HTTP")
    reply = subject.recording.throttled or THROTTLED
    pause = reply.response().headers.get("Retry-After", "0")
    for position in sample(len(base.turns), MOST_THROTTLED):
        outcome = run(subject, _once(position, lambda _: reply), attempts=5)
        where = (
            f"request {position + 1} ({base.turns[position].asked.path}), answered with too many requests,"
        )
        if outcome.error is not None:
            raise ConformanceError(f"{where} ends the run: {outcome.failure}")
        if not outcome.counts.throttled:
            raise ConformanceError(
                f"{where} is not taken for a ThrottledError, which slows down and is counted"
            )
        waited = (
            outcome.turns[position + 1].at - outcome.turns[position].at
            if len(outcome.turns) > position + 1
            else 0
        )
        if waited < float(pause) - GRAIN:
            raise ConformanceError(
                f"{where} is followed by another after {waited:.1f} s instead of {pause} s"
            )
        _compare(base, set(outcome.ids), where)


def renews_expired_token(subject: Subject) -> None:
    """A refused access token is renewed, once, and the request repeated; one that stays refused ends in an error."""
    base = subject.baseline
    renewals = [number for number, turn in enumerate(base.turns) if turn.reply and _brings_token(turn.reply)]
    others = [
        number
        for number in range(len(base.turns))
        if number not in renewals
        and number > min(renewals, default=0)
        and not _is_repeated(base.turns, number)
    ]
    if not renewals or not others:
        raise NotApplicableError("no answer of the recording brings an access token")
    reply = subject.recording.expired or EXPIRED
    for chosen in sample(len(others), MOST_EXPIRED):
        position = others[chosen]
        outcome = _expired(subject, {position}, reply)
        where = f"an access token refused at request {position + 1} ({base.turns[position].asked.path})"
        if outcome.error is not None:
            raise ConformanceError(f"{where} ends the run: {outcome.failure}")
        renewed = _renewals(outcome) - len(renewals)
        if renewed != 1:
            raise ConformanceError(f"{where} is renewed {renewed} times instead of once")
        _compare(base, set(outcome.ids), where)
    runs = 3
    always = _expired(subject, None, reply, runs=runs)
    if isinstance(always.error, RunawayError) or always.error is None:
        raise ConformanceError(f"an access token that stays refused does not end the run: {always.failure}")
    if _renewals(always) - len(renewals) > runs:
        raise ConformanceError(f"an access token that stays refused is renewed {_renewals(always)} times")


def _expired(subject: Subject, positions: set[int] | None, reply: Reply, runs: int = 4) -> Outcome:
    """A run in which these requests, or all, are answered with `reply`, but for those that bring a token."""
    clock_of: list[Callable[[float], None]] = []

    def meddle(number: int, _: Asked, ask: Ask) -> Reply:
        if (positions is not None and number not in positions) or _brings_token(ask.look()):
            return ask()
        clock_of[0](OLD_TOKEN_SECONDS)
        return reply

    return run(subject, meddle, attempts=5, runs=runs, move=clock_of)


def _is_repeated(turns: Sequence[Turn], number: int) -> bool:
    """Whether the recording itself has a refusal here: the same is asked twice, with no more than a new token between.

    A token refused when it was just renewed is another matter: no second renewal would help.
    """
    asked = [
        each for each, turn in enumerate(turns) if turn.reply is not None and not _brings_token(turn.reply)
    ]
    place = asked.index(number)
    around = [*asked[max(0, place - 1) : place], *asked[place + 1 : place + 2]]
    return any(turns[each].asked == turns[number].asked for each in around)


def _brings_token(reply: Reply) -> bool:
    return FAKE_ACCESS.encode() in reply.body()


def _renewals(outcome: Outcome) -> int:
    return sum(turn.reply is not None and _brings_token(turn.reply) for turn in outcome.turns)


def _once(position: int, fail: Callable[[Ask], Reply | httpx.Response]) -> Meddle:
    return lambda number, _, ask: fail(ask) if number == position else ask()


def _compare(base: Outcome, ids: set[str], where: str) -> None:
    if more := sorted(ids - set(base.ids)):
        raise ConformanceError(f"{where}: an event comes again under another id: {more[0][:200]}")
    if lost := [each for each in base.ids if each not in ids]:
        raise ConformanceError(f"{where}: {len(lost)} events are lost, the first of them {lost[0][:200]}")


class _Broken(httpx.SyncByteStream):
    """The first half of a body; then the connection is gone."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def __iter__(self):  # type: ignore[no-untyped-def]
        yield self._body[: len(self._body) // 2]
        raise httpx.RemoteProtocolError("peer closed connection without sending complete message body")


def _refused(_: Ask) -> Reply:
    raise httpx.ConnectError("connection refused")


def _lost(ask: Ask) -> httpx.Response:
    reply = ask.look()
    return httpx.Response(reply.status, headers=list(reply.headers), stream=_Broken(reply.body()))


def _torn(ask: Ask) -> Reply:
    """Half of the JSON; what is no JSON stays whole, as its half could be mistaken for all of it by anybody."""
    reply = ask.look()
    half = reply.body()[: len(reply.body()) // 2]
    if not 200 <= reply.status < 300:
        return ask()  # A refusal that cannot be read is judged by its status.
    try:
        msgspec.json.decode(reply.body())
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ask()
    return msgspec.structs.replace(reply, json=msgspec.Raw(), text=None, base64=half)


def _web_page(ask: Ask) -> Reply:
    try:
        msgspec.json.decode(ask.look().body())
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ask()
    page = "<html><title>Sedang dalam perbaikan</title></html>"
    return Reply(text=page, headers=(("Content-Type", "text/html"),))


_FAILURES: dict[str, Callable[[Ask], Reply | httpx.Response]] = {
    "a refused connection": _refused,
    "status 500": lambda _: Reply(status=500, text="internal error"),
    "a connection lost in the middle of the answer": _lost,
    "half of the answer": _torn,
    "a web page instead of the answer": _web_page,
}
