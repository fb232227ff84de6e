"""Each check of the kit fails for the connector that breaks it, and for no other; the good one passes all."""

import itertools
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import conforming_source
import msgspec
import pytest
from conforming_source import Pasar, PasarOptions, PasarRecord

from connectors.conformance import CHECKS, Result, run_checks, subject_of
from connectors.events import ListingEvent
from connectors.http_client import Answer, judge_status
from connectors.sdk import IDLE, AbortError, Checkpoint, Context, Item, RetryError, Stop
from connectors.windows import Window


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("recorded") / "pasar-uji.recorded.jsonl"
    conforming_source.record(path)
    return path


def failed(kind: type[Pasar], recorded: Path, **options: Any) -> list[Result]:
    results = list(run_checks(subject_of(kind, recorded=recorded, options=options)))
    assert [each.check for each in results] == list(CHECKS)
    return [each for each in results if each.outcome == "failed"]


def test_the_good_one_passes_every_check_and_none_is_left_out(recorded: Path) -> None:
    outcomes = {each.check: each for each in run_checks(subject_of(Pasar, recorded=recorded))}
    assert {name: (each.outcome, each.detail) for name, each in outcomes.items()} == dict.fromkeys(
        CHECKS, ("passed", "")
    )
    assert all(each.about.endswith(".") for each in outcomes.values())


class Misnamed(Pasar):
    version = "version 1 of November"


class LooseOptions(PasarOptions, frozen=False, kw_only=True):
    pass


class Changeable(Pasar):
    options_type = LooseOptions


class SilentOptions(PasarOptions, frozen=True, kw_only=True):
    shop: str = "toko"


class Undocumented(Pasar):
    options_type = SilentOptions


class Lenient(PasarOptions, frozen=True, kw_only=True, forbid_unknown_fields=False):
    """Takes every field."""


class TakesAnything(Pasar):
    options_type = Lenient


class AsksMore(Pasar):
    def window(self, window: Window) -> Iterator[Item]:
        yield from super().window(window)
        assert self.http is not None
        self.http.get("/v1/statistics")


class Quiet(Pasar):
    def window(self, window: Window) -> Iterator[Item]:
        for _ in super().window(window):
            yield from ()


class WrongPrice(Pasar):
    def event(self, record: PasarRecord) -> ListingEvent:
        return msgspec.structs.replace(super().event(record), marketplace="Pasar:Uji")


class Impostor(Pasar):
    def event(self, record: PasarRecord) -> ListingEvent:
        from connectors.events import Source

        return msgspec.structs.replace(super().event(record), source=Source(connector="shopee", version="1"))


class Restless(Pasar):
    serial = itertools.count()

    def event(self, record: PasarRecord) -> ListingEvent:
        return msgspec.structs.replace(
            super().event(record), description=f"seen as number {next(self.serial)}"
        )


class IdOfTheDay(Pasar):
    def event(self, record: PasarRecord) -> ListingEvent:
        event = super().event(record)
        today = self.context.clock.now().date()
        return msgspec.structs.replace(event, event_id=f"{event.event_id}.{today}")


class TokenInCheckpoint(Pasar):
    def events(self, stop: Stop) -> Iterator[Item]:
        for item in super().events(stop):
            yield Checkpoint(item.state | {"token": self._token}) if isinstance(item, Checkpoint) else item


class LargeCheckpoint(Pasar):
    def events(self, stop: Stop) -> Iterator[Item]:
        for item in super().events(stop):
            yield Checkpoint(item.state | {"seen": "x" * 300_000}) if isinstance(item, Checkpoint) else item


class TimeInCheckpoint(Pasar):
    def events(self, stop: Stop) -> Iterator[Item]:
        for item in super().events(stop):
            yield Checkpoint(item.state | {"at": self._done}) if isinstance(item, Checkpoint) else item


class HastyCheckpoint(Pasar):
    def events(self, stop: Stop) -> Iterator[Item]:
        assert self.options.until is not None
        yield Checkpoint({"until": self.options.until.isoformat()})
        yield from super().events(stop)


class SwallowsTorn(Pasar):
    def page(self, window: Window, cursor: str) -> dict[str, Any]:
        try:
            return super().page(window, cursor)
        except RetryError as error:
            if "no JSON" in str(error):
                return {"listings": [], "next_cursor": ""}
            raise


class DiesOf500(Pasar):
    def judge(self, answer: Answer) -> None:
        if answer.status == 500:
            raise AbortError("answered 500")
        judge_status(answer)


class DropsTheRest(Pasar):
    """Goes on with the next window after an error: what was left of this one is lost."""

    def window(self, window: Window) -> Iterator[Item]:
        try:
            yield from super().window(window)
        except RetryError as error:
            if "cannot be reached" not in str(error):
                raise


class NewIdAfterRetry(Pasar):
    tries = 0

    def events(self, stop: Stop) -> Iterator[Item]:
        self.tries += 1
        self._seen.clear()
        yield from super().events(stop)

    def event(self, record: PasarRecord) -> ListingEvent:
        event = super().event(record)
        return event if self.tries < 2 else msgspec.structs.replace(event, event_id=f"{event.event_id}.again")


class Pushy(Pasar):
    def judge(self, answer: Answer) -> None:
        if answer.status == 429:
            raise RetryError("answered 429")
        judge_status(answer)


class Impatient(Pasar):
    def judge(self, answer: Answer) -> None:
        try:
            judge_status(answer)
        except RetryError as error:
            error.after = 0.0
            raise


class NeverRenews(Pasar):
    def judge(self, answer: Answer) -> None:
        if answer.status == 401:
            raise RetryError("answered 401")
        judge_status(answer)


class RenewsForEver(Pasar):
    def page(self, window: Window, cursor: str) -> dict[str, Any]:
        while True:
            try:
                return super().page(window, cursor)
            except RetryError as error:
                if "401" not in str(error):
                    raise
                self.renew()


class SkipsUnreadable(Pasar):
    def window(self, window: Window) -> Iterator[Item]:
        for item in super().window(window):
            if isinstance(item, ListingEvent):
                yield item


class DiesOfUnreadable(Pasar):
    def item(self, record: object) -> Item:
        return self.event(msgspec.convert(record, PasarRecord))


class Guesses(Pasar):
    def item(self, record: object) -> Item:
        try:
            return self.event(msgspec.convert(record, PasarRecord))
        except msgspec.ValidationError:
            return self.event(PasarRecord("unknown", "no title", conforming_source.START))


class EmptyIsAnError(Pasar):
    def page(self, window: Window, cursor: str) -> dict[str, Any]:
        page = super().page(window, cursor)
        if not page["listings"]:
            raise RetryError("nothing there")
        return page


class FollowsEveryCursor(Pasar):
    def window(self, window: Window) -> Iterator[Item]:
        cursor, more = "", True
        while more:
            page = self.page(window, cursor)
            yield from map(self.item, page["listings"])
            cursor = str(page["next_cursor"])
            more = bool(cursor)


class NeverStops(Pasar):
    def events(self, stop: Stop) -> Iterator[Item]:
        yield from super().events(stop)
        while True:
            yield IDLE


class WaitsOn(Pasar):
    def page(self, window: Window, cursor: str) -> dict[str, Any]:
        page = super().page(window, cursor)
        for _ in range(10):
            self.context.clock.wait(threading.Event(), 1.0)
        return page


class LeavesOpen(Pasar):
    def close(self) -> None:
        pass


class NeedsOpen(Pasar):
    def close(self) -> None:
        assert self.http is not None
        super().close()


class LeavesThread(Pasar):
    left = threading.Event()

    def open(self, context: Context) -> None:
        super().open(context)
        threading.Thread(target=self.left.wait, daemon=True, name="left-behind").start()


class TellsKey(Pasar):
    def judge(self, answer: Answer) -> None:
        if answer.status == 403:
            raise AbortError(f"the key {self.options.partner_key.reveal()} is refused")
        judge_status(answer)


class TellsAnswer(Pasar):
    def judge(self, answer: Answer) -> None:
        if answer.status == 400:
            raise AbortError(f"answered 400: {answer.body.decode()}")
        judge_status(answer)


class PlainOptions(PasarOptions, frozen=True, kw_only=True):
    api_token: str = ""
    """A token in the open."""


class KeyInTheOpen(Pasar):
    options_type = PlainOptions


@pytest.mark.parametrize(
    ("broken", "check", "words"),
    [
        (Misnamed, "named_and_versioned", "version ="),
        (Changeable, "named_and_versioned", "frozen=True"),
        (Undocumented, "options_documented", "option shop"),
        (TakesAnything, "unknown_option_refused", "Lenient takes unknown fields"),
        (AsksMore, "recording_replays", "not in the recording: GET /v1/statistics"),
        (Quiet, "recording_replays", "yields nothing"),
        (WrongPrice, "events_valid", r"refused by the schema: .*marketplace"),
        (Impostor, "events_valid", "made by"),
        (Restless, "deterministic", "seen as number"),
        (IdOfTheDay, "overlap_repeats_ids", "other event ids"),
        (TokenInCheckpoint, "checkpoint_is_small_json", "holds a token"),
        (LargeCheckpoint, "checkpoint_is_small_json", "262144 allowed"),
        (TimeInCheckpoint, "checkpoint_is_small_json", "JSON changes"),
        (HastyCheckpoint, "resumes_from_checkpoint", "8 events are lost"),
        (SwallowsTorn, "survives_failed_requests", "half of the answer: . events are lost"),
        (DiesOf500, "survives_failed_requests", "status 500 ends the run"),
        (DropsTheRest, "survives_failed_requests", "a refused connection: . events are lost"),
        (NewIdAfterRetry, "survives_failed_requests", "another id: .*again"),
        (Pushy, "honours_throttling", "not taken for a ThrottledError"),
        (Impatient, "honours_throttling", "instead of 30 s"),
        (NeverRenews, "renews_expired_token", "renewed 0 times"),
        (RenewsForEver, "renews_expired_token", "does not end the run"),
        (SkipsUnreadable, "unreadable_record_is_kept", "vanishes"),
        (DiesOfUnreadable, "unreadable_record_is_kept", "ends the run: ValidationError"),
        (Guesses, "unreadable_record_is_kept", "guessed to be pasar-uji.unknown"),
        (EmptyIsAnError, "empty_page_ends", "nothing there"),
        (FollowsEveryCursor, "repeated_cursor_ends", "without end"),
        (NeverStops, "stops_promptly", "goes on for more than 100 items"),
        (WaitsOn, "stops_promptly", "more times"),
        (LeavesOpen, "silent_after_close", "yields events after close"),
        (NeedsOpen, "silent_after_close", "close\\(\\) without open"),
        (LeavesThread, "silent_after_close", "'left-behind' outlives"),
        (TellsKey, "secrets_hidden", "answer 403 to request"),
        (TellsAnswer, "secrets_hidden", "answer 400 to request"),
        (KeyInTheOpen, "secrets_hidden", "option api_token is plain text"),
    ],
)  # fmt: skip
def test_exactly_the_check_that_is_broken_fails(
    broken: type[Pasar], check: str, words: str, recorded: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.conformance.ending.THREAD_SECONDS", 0.1)
    LeavesThread.left.clear()
    try:
        found = failed(broken, recorded)
    finally:
        LeavesThread.left.set()
    assert [each.check for each in found] == [check], found
    assert re.search(words, found[0].detail), found[0].detail
