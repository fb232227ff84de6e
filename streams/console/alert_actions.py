"""What an analyst does to one alert: keep it, leave it, say what it is, take that back, let through what is held."""

from typing import NoReturn, get_args

from aiohttp import web
from multidict import MultiDictProxy
from sqlalchemy import select

from connectors.sdk import ConnectorError
from connectors.verdicts import Judgement
from streams.console.alerts_page import address, alert_path, wanted_of
from streams.console.answers import asks_for_json
from streams.console.asker import person_of
from streams.console.context import Console, console_of
from streams.console.queue.actor import Actor, actor_of, note
from streams.console.queue.claims import Claim, claim, leave
from streams.console.queue.deciding import Outcome, Taken, decide, take_back
from streams.console.queue.filters import JUDGEMENTS, Filter, is_sound
from streams.console.queue.reservation import Refusal, Seen, seen_of
from streams.console.queue.rows import neighbour, rows_of
from streams.console.queue.search import Place
from streams.console.rendering import language_for, page, plain
from streams.console.routes import Route
from streams.console.tables import ALERTS
from streams.console.words import Language, word
from streams.epoch import now_ms
from streams.kafka_clients.record_reader import ReadError
from streams.verdicts.held_alerts import release

MOST_REASON = 2000
"""As long as a verdict's reason may be."""
Form = MultiDictProxy[str | bytes | bytearray | web.FileField]


async def verdict(request: web.Request) -> web.StreamResponse:
    """Say what an alert is. The answer comes when Kafka has it: 409 where somebody else was first or has it open."""
    console, form, wanted = console_of(request), await request.post(), wanted_of(request)
    alert_id = request.match_info["alert_id"]
    judgement, reason = judgement_of(request, form), reason_of(request, form)
    seen = seen_of(str(form.get("seen", "")))
    if seen.state not in ("open", *get_args(Judgement)):
        _bad(request, "alerts.error.seen")
    outcome = await deciding(request, {alert_id: seen}, judgement, reason)
    if outcome.refused:
        return _conflict(request, outcome.refused[0], wanted)
    if asks_for_json(request):
        return _json({"decision": outcome.decision, "alert_id": alert_id, "state": judgement})
    following = await console.blocking(_following, console, wanted, alert_id, seen, person_of(request).name)
    path = "/alerts" if following is None else alert_path(following)
    raise web.HTTPSeeOther(address(wanted, path, done=outcome.decision))


async def undo(request: web.Request) -> web.StreamResponse:
    """Take a decision of one's own back: the one that is named, or the last."""
    form, wanted = await request.post(), wanted_of(request)
    try:
        taken = await take_back(console_of(request), actor_of(request), str(form.get("decision", "")) or None)
    except ConnectorError as error:
        _away(request, error)
    language = language_for(request)
    if taken is None:
        return _refused(request, 404, word(language, "alerts.undo.nothing"), {}, address(wanted))
    if not taken.states:
        first = taken.refused[0]
        text = undo_words(language, first)
        return _refused(request, 409, text, _about(first), address(wanted, alert_path(first.alert_id)))
    if asks_for_json(request):
        return _json({"said": taken_words(language, taken), "states": dict(taken.states)})
    one = next(iter(taken.states))
    raise web.HTTPSeeOther(address(wanted, alert_path(one) if len(taken.states) == 1 else "/alerts"))


async def keep(request: web.Request) -> web.StreamResponse:
    """Claim an alert, or keep it for longer; with `take_over` also from a colleague."""
    console, actor, form = console_of(request), actor_of(request), await request.post()
    alert_id, take_over = request.match_info["alert_id"], bool(form.get("take_over"))
    held = await console.blocking(_claim, console, actor, alert_id, take_over)
    if held is None:
        raise web.HTTPNotFound
    if not asks_for_json(request):
        raise web.HTTPSeeOther(address(wanted_of(request), alert_path(alert_id)))
    mine = held.person == actor.person
    return _json(
        {"who": plain(held.person, 80), "until_ms": held.until_ms, "mine": mine}, 200 if mine else 409
    )


async def go(request: web.Request) -> web.StreamResponse:
    """Give an alert back."""
    console, person = console_of(request), person_of(request).name
    alert_id = request.match_info["alert_id"]

    def give_back() -> None:
        with console.database.write() as connection:
            leave(connection, alert_id, person)

    await console.blocking(give_back)
    console.live.changed("claims")
    return _json({})


async def let_through(request: web.Request) -> web.StreamResponse:
    """Copy what a flood holds back of this alert's takedown to `alerts`."""
    console, actor, wanted = console_of(request), actor_of(request), wanted_of(request)
    language, alert_id = language_for(request), request.match_info["alert_id"]

    def look() -> str | None:
        with console.database.read() as connection:
            query = select(ALERTS.c.takedown_id).where(ALERTS.c.alert_id == alert_id)
            return connection.scalar(query) if is_sound(alert_id) else None

    takedown_id = await console.blocking(look)
    if takedown_id is None:
        raise web.HTTPNotFound
    try:
        done = await console.blocking(release, console.settings, takedown_id)
    except (ConnectorError, ReadError) as error:
        _away(request, error)

    def write_down() -> None:
        with console.database.write() as connection:
            note(connection, actor, "let through", takedown_id, str(done.released))

    await console.blocking(write_down)
    if asks_for_json(request):
        return _json(
            {"released": done.released, "said": word(language, "alerts.through.done", n=done.released)}
        )
    raise web.HTTPSeeOther(address(wanted, alert_path(alert_id)))


async def deciding(
    request: web.Request, wanted: dict[str, Seen], judgement: Judgement, reason: str | None
) -> Outcome:
    """Decide; where Kafka is away, answer that nothing is decided."""
    try:
        return await decide(console_of(request), actor_of(request), wanted, judgement, reason)
    except ConnectorError as error:
        _away(request, error)


def judgement_of(request: web.Request, form: Form) -> Judgement:
    """The verdict in a form."""
    said = str(form.get("verdict", ""))
    if said not in JUDGEMENTS:
        _bad(request, "alerts.error.verdict")
    return said


def reason_of(request: web.Request, form: Form) -> str | None:
    """The reason in a form, on one line."""
    reason = " ".join(str(form.get("reason", "")).split())
    if len(reason) > MOST_REASON or not is_sound(reason):
        _bad(request, "alerts.error.reason", n=MOST_REASON)
    return reason or None


def refusal_words(language: Language, refusal: Refusal) -> str:
    """Why it was not decided, with who and what."""
    if refusal.why == "changed" and (refusal.who is None or refusal.state == "open"):
        return word(language, "alerts.refused.changed_open")
    state = word(language, f"alerts.state.{refusal.state}") if refusal.state else ""
    return word(language, f"alerts.refused.{refusal.why}", who=plain(refusal.who or "?", 80), state=state)


def undo_words(language: Language, refusal: Refusal) -> str:
    """Why it was not taken back."""
    if refusal.why != "changed":
        return refusal_words(language, refusal)
    if refusal.who is None or refusal.state == "open":
        return word(language, "alerts.undo.changed_open")
    state = word(language, f"alerts.state.{refusal.state}")
    return word(language, "alerts.undo.changed", who=plain(refusal.who, 80), state=state)


def taken_words(language: Language, taken: Taken) -> str:
    """What was taken back, and what was not."""
    states = list(taken.states.values())
    if len(states) == 1 and not taken.refused:
        return word(language, "alerts.undone", state=word(language, f"alerts.state.{states[0]}"))
    said = word(language, "alerts.undone_many", n=len(states))
    if taken.refused:
        said += f"; {word(language, 'alerts.bulk.failed', n=len(taken.refused))} "
        said += undo_words(language, taken.refused[0])
    return said


def _claim(console: Console, actor: Actor, alert_id: str, take_over: bool) -> Claim | None:
    now, minutes = now_ms(), console.settings.dashboard.claim_minutes
    with console.database.write() as connection:
        if "\0" in alert_id or not rows_of(connection, [alert_id], now):
            return None
        held = claim(connection, alert_id, actor.person, now, minutes, take_over=take_over)
        if take_over and held.person == actor.person:
            note(connection, actor, "take over", alert_id)
    console.live.changed("claims")
    return held


def _following(console: Console, wanted: Filter, alert_id: str, seen: Seen, person: str) -> str | None:
    """The alert behind the one that was decided, from where it stood then."""
    with console.database.read() as connection:
        rows = rows_of(connection, [alert_id], now_ms())
    if not rows:
        return None
    part = 0 if seen.state == "open" else 1
    place = Place(part, rows[0].probability, rows[0].matched_ms, alert_id)
    return neighbour(console.database, wanted, place, person)


def _conflict(request: web.Request, refusal: Refusal, wanted: Filter) -> web.StreamResponse:
    text = refusal_words(language_for(request), refusal)
    status = {"gone": 404, "kafka": 503}.get(refusal.why, 409)
    return _refused(request, status, text, _about(refusal), address(wanted, alert_path(refusal.alert_id)))


def _about(refusal: Refusal) -> dict[str, str | int | None]:
    who = None if refusal.who is None else plain(refusal.who, 80)
    return {"why": refusal.why, "who": who, "state": refusal.state, "at_ms": refusal.at_ms}


def _refused(
    request: web.Request, status: int, text: str, about: dict[str, str | int | None], look: str
) -> web.Response:
    """Not done: why, and where to look."""
    if asks_for_json(request):
        return _json({"error": text, "look": look, **about}, status)
    return page(request, "alert_refused.html", {"message": text, "look": look}, status=status)


def _json(values: dict[str, object], status: int = 200) -> web.Response:
    return web.json_response(values, status=status, headers={"Cache-Control": "no-store"})


def _bad(request: web.Request, key: str, **values: object) -> NoReturn:
    raise web.HTTPBadRequest(text=word(language_for(request), key, **values))


def _away(request: web.Request, error: Exception) -> NoReturn:
    """Kafka is away: nothing was done."""
    raise web.HTTPServiceUnavailable(text=word(language_for(request), "alerts.refused.away")) from error


ROUTES = (
    Route("POST", "/alerts/undo", undo, needs="judge"),
    Route("POST", "/alerts/{alert_id}/verdict", verdict, needs="judge"),
    Route("POST", "/alerts/{alert_id}/claim", keep, needs="judge"),
    Route("POST", "/alerts/{alert_id}/leave", go, needs="judge"),
    Route("POST", "/alerts/{alert_id}/let-through", let_through, needs="judge"),
)
