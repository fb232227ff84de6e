"""Guessing passwords: slowed by name and by address, across restarts, without keeping anybody out for good."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest
from console_client import Served, served
from console_people import OTHER_PASSWORD, PASSWORD, Browser, add_person, log_of
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from streams.console.context import Console
from streams.console.passwords import MOST_WAITING, BusyError, Passwords, passwords_of
from streams.console.tables import ATTEMPTS
from streams.console.throttle import BY_ADDRESS, BY_NAME, pause_after

WRONG = "wrong password"


def from_address(site: Served, address: str) -> Browser:
    return Browser(site, **{"X-Forwarded-For": address})


def let_pauses_pass(console: Console, milliseconds: int = 16 * 60_000) -> None:
    """As if so much time had gone by."""
    with console.database.write() as connection:
        connection.execute(update(ATTEMPTS).values(until_ms=ATTEMPTS.c.until_ms - milliseconds))


def guess_until_refused(site: Served, name: str, address: str = "198.51.100.7") -> int:
    browser = from_address(site, address)
    for made in range(50):
        answer = browser.sign_in(name, WRONG)
        if answer.status_code == 429:
            return made
        assert answer.status_code == 401
    raise AssertionError("never refused")


@given(st.integers(0, 10_000))
def test_pauses_grow_and_have_an_end(failures: int) -> None:
    for limit in (BY_NAME, BY_ADDRESS):
        assert pause_after(failures, limit) <= pause_after(failures + 1, limit) <= limit.longest
        assert (pause_after(failures, limit) == 0) == (failures < limit.free)


@pytest.mark.parametrize("name", ["analyst-7", "nobody-1"])
def test_a_name_is_guessed_at_a_few_times_and_then_seldom(site: Served, name: str) -> None:
    add_person(site.console, "analyst-7")
    assert guess_until_refused(site, name) == BY_NAME.free
    refused = from_address(site, "203.0.113.9").sign_in(name, WRONG)
    assert refused.status_code == 429
    assert 0 < int(refused.headers["retry-after"]) <= 2
    assert f"Try again in {refused.headers['retry-after']} seconds." in refused.text
    waits = []
    for _ in range(12):
        let_pauses_pass(site.console)
        assert from_address(site, "203.0.113.9").sign_in(name, WRONG).status_code == 401
        waits.append(int(from_address(site, "203.0.113.9").sign_in(name, WRONG).headers["retry-after"]))
    assert waits == sorted(waits)
    assert 850 < waits[-1] <= 900


def test_the_right_password_is_not_looked_at_in_a_pause_and_is_afterwards(site: Served) -> None:
    add_person(site.console, "analyst-7")
    guess_until_refused(site, "analyst-7")
    assert from_address(site, "203.0.113.9").sign_in("analyst-7").status_code == 429
    let_pauses_pass(site.console)
    assert from_address(site, "203.0.113.9").sign_in("analyst-7").status_code == 303
    assert guess_until_refused(site, "analyst-7", "192.0.2.44") == BY_NAME.free


def test_many_guesses_at_once_are_many(site: Served) -> None:
    add_person(site.console, "analyst-7")

    def guess(_: int) -> int:
        return Browser(site).sign_in("analyst-7", WRONG).status_code

    with ThreadPoolExecutor(12) as pool:
        statuses = list(pool.map(guess, range(12)))
    assert statuses.count(401) == BY_NAME.free
    assert set(statuses) == {401, 429}


def test_one_address_cannot_search_through_names(site: Served) -> None:
    browser = from_address(site, "198.51.100.7")
    statuses = [
        browser.sign_in(f"person-{number}", WRONG).status_code for number in range(BY_ADDRESS.free + 1)
    ]
    assert statuses == [401] * BY_ADDRESS.free + [429]
    assert from_address(site, "198.51.100.8").sign_in("person-1", WRONG).status_code == 401


def test_an_ipv6_network_is_one_address(site: Served) -> None:
    for number in range(BY_ADDRESS.free):
        assert (
            from_address(site, f"2001:db8:1:2::{number:x}").sign_in(f"n-{number}", WRONG).status_code == 401
        )
    assert from_address(site, "2001:db8:1:2:ffff::1").sign_in("n-99", WRONG).status_code == 429
    assert from_address(site, "2001:db8:1:3::1").sign_in("n-99", WRONG).status_code == 401


def test_an_account_of_ones_own_does_not_cover_a_search(site: Served) -> None:
    add_person(site.console, "viewer-7")
    browser = from_address(site, "198.51.100.7")
    made = 0
    while browser.sign_in(f"person-{made}", WRONG).status_code == 401:
        made += 1
        if made % 4 == 0:
            assert from_address(site, "198.51.100.7").sign_in("viewer-7").status_code in (303, 429)
    assert made == BY_ADDRESS.free


def test_a_restart_forgives_nothing(tmp_path: object, site: Served) -> None:
    guess_until_refused(site, "analyst-7")
    again = Console(
        site.console.settings, type(site.console.database)(f"sqlite:///{tmp_path}/console.sqlite")
    )
    with served(again) as restarted:
        assert from_address(restarted, "203.0.113.9").sign_in("analyst-7", WRONG).status_code == 429
    again.close()


def test_a_clock_that_was_wrong_locks_nobody_out(site: Served) -> None:
    add_person(site.console, "analyst-7")
    guess_until_refused(site, "analyst-7")
    let_pauses_pass(site.console, -365 * 24 * 3_600_000)
    assert from_address(site, "203.0.113.9").sign_in("analyst-7").status_code == 303


def test_who_is_signed_in_stays_so_while_others_guess(site: Served) -> None:
    add_person(site.console, "analyst-7")
    analyst = from_address(site, "192.0.2.1")
    analyst.sign_in("analyst-7")
    guess_until_refused(site, "analyst-7", "192.0.2.1")
    assert analyst.get("/account").status_code == 200


def test_others_guesses_do_not_keep_one_out_where_one_has_signed_in_lately(site: Served) -> None:
    add_person(site.console, "analyst-7")
    assert from_address(site, "192.0.2.1").sign_in("analyst-7").status_code == 303
    guess_until_refused(site, "analyst-7", "198.51.100.7")
    assert from_address(site, "192.0.2.2").sign_in("analyst-7").status_code == 429
    assert from_address(site, "192.0.2.1").sign_in("analyst-7").status_code == 303
    assert guess_until_refused(site, "analyst-7", "192.0.2.1") == BY_NAME.free


def test_old_failures_are_forgotten_and_removed(site: Served) -> None:
    guess_until_refused(site, "nobody-1")
    let_pauses_pass(site.console, 48 * 3_600_000)
    assert guess_until_refused(site, "nobody-2") == BY_NAME.free
    with site.console.database.read() as connection:
        assert len(connection.execute(select(ATTEMPTS)).all()) == 2


def test_the_present_password_cannot_be_guessed_from_an_open_browser(site: Served) -> None:
    add_person(site.console, "analyst-7")
    browser = Browser(site)
    browser.sign_in("analyst-7")
    fields = {"present": WRONG, "new": OTHER_PASSWORD, "again": OTHER_PASSWORD}
    statuses = [browser.post("/account/password", fields).status_code for _ in range(BY_NAME.free + 1)]
    assert statuses == [400] * BY_NAME.free + [429]
    assert browser.post("/account/password", fields | {"present": PASSWORD}).status_code == 429
    assert browser.get("/account").status_code == 200
    assert Browser(site).sign_in("analyst-7").status_code == 303


def test_failures_are_in_the_log_with_names_that_exist_alone(site: Served) -> None:
    add_person(site.console, "analyst-7")
    from_address(site, "198.51.100.7").sign_in("analyst-7", WRONG)
    from_address(site, "198.51.100.7").sign_in("my secret passphrase", WRONG)
    typed, known = log_of(site.console, action="sign-in failed")
    assert (typed.person, typed.subject, typed.detail) == ("", "", "unknown name")
    assert (known.person, known.subject, known.address) == ("", "analyst-7", "198.51.100.7")


async def test_two_are_hashed_at_once_and_few_wait() -> None:
    passwords = Passwords()
    inside, go = asyncio.Event(), asyncio.Event()

    async def take() -> None:
        async with passwords.turn():
            inside.set()
            await go.wait()

    takers = [asyncio.create_task(take()) for _ in range(2 + MOST_WAITING)]
    await inside.wait()
    await asyncio.sleep(0)  # the tasks stand in the order they were made
    assert passwords.waiting == MOST_WAITING
    with pytest.raises(BusyError):
        async with passwords.turn():
            pytest.fail("a third")
    go.set()
    await asyncio.gather(*takers)
    assert passwords.waiting == 0


def test_a_flood_of_sign_ins_is_told_to_come_again(site: Served) -> None:
    add_person(site.console, "analyst-7")
    passwords_of(site.console).waiting = MOST_WAITING
    answer = Browser(site).sign_in("analyst-7")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert "Too many people sign in right now" in answer.text
    with site.console.database.read() as connection:
        assert connection.execute(select(ATTEMPTS)).all() == []


def test_it_is_the_same_on_both_databases(console_on_both: Console) -> None:
    with served(console_on_both) as site:
        add_person(console_on_both, "analyst-7")

        def guess(_: int) -> int:
            return Browser(site).sign_in("analyst-7", WRONG).status_code

        with ThreadPoolExecutor(8) as pool:
            statuses = list(pool.map(guess, range(8)))
        assert statuses.count(401) == BY_NAME.free
        let_pauses_pass(console_on_both)
        browser = Browser(site)
        assert browser.sign_in("analyst-7").status_code == 303
        assert browser.get("/account").status_code == 200
        assert log_of(console_on_both)[0].action == "sign-in"
