"""Signing in and the people's pages in a real browser: by keyboard alone, in Indonesian, for those who use aids."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from console_client import Served
from console_people import OTHER_PASSWORD, PASSWORD, add_person, log_of
from open_pages import assert_reachable, without_chromium

pytestmark = without_chromium


@contextmanager
def opened(chromium: Any, site: Served, path: str, width: int = 1280, **how: Any) -> Iterator[Any]:
    """A page of a browser of its own, which complains of nothing."""
    context = chromium.new_context(
        base_url=site.base, viewport={"width": width, "height": 800}, **({"locale": "en"} | how)
    )
    page, complaints = context.new_page(), []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(path)
    try:
        yield page
        # What a refused form answers, the browser notes as a failed load.
        assert [each for each in complaints if "status of 4" not in each] == []
    finally:
        context.close()


def type_keys(page: Any, *keys: str) -> None:
    for key in keys:
        if len(key) > 1 and key in ("Tab", "Enter", "Space", "Escape"):
            page.keyboard.press(key)
        else:
            page.keyboard.type(key)


def sign_in(page: Any, name: str, password: str = PASSWORD) -> None:
    page.fill("[name=name]", name)
    page.fill("[name=password]", password)
    page.press("[name=password]", "Enter")


def test_one_signs_in_by_keyboard_in_indonesian(site: Served, chromium: Any) -> None:
    add_person(site.console, "analyst-7", "analyst")
    with opened(chromium, site, "/account", locale="id-ID") as page:
        assert page.url == f"{site.base}/sign-in?next=/account"
        assert page.locator("html").get_attribute("lang") == "id"
        assert page.locator("h1").inner_text() == "Masuk"
        assert_reachable(page)
        # The field for the name has the focus; a wrong password says so, and the focus is where one goes on.
        type_keys(page, "analyst-7", "Tab", "a wrong password", "Enter")
        page.wait_for_selector("[role=alert]")
        assert page.locator("[role=alert]").inner_text() == "Nama atau kata sandi salah."
        assert page.locator("[name=name]").input_value() == "analyst-7"
        assert page.evaluate("document.activeElement.name") == "password"
        assert_reachable(page)
        type_keys(page, PASSWORD, "Tab")
        assert page.evaluate("document.activeElement.textContent") == "Masuk"
        type_keys(page, "Enter")
        page.wait_for_url("**/account")
        assert page.locator("h1").inner_text() == "Akun Anda"
        assert_reachable(page)
    assert [entry.action for entry in log_of(site.console)][:2] == ["sign-in", "sign-in failed"]


def test_another_language_keeps_where_one_wanted_to_go(site: Served, chromium: Any) -> None:
    add_person(site.console, "viewer-7")
    with opened(chromium, site, "/account?a=1&b=2", color_scheme="dark") as page:
        assert_reachable(page)
        page.click(".menu summary")
        page.select_option("[name=language]", "id")
        page.click(".sheet button")
        page.wait_for_selector("html[lang=id]")
        sign_in(page, "viewer-7")
        page.wait_for_url("**/account?a=1&b=2")


@pytest.mark.parametrize(("width", "colours"), [(1280, "light"), (390, "dark")])
def test_an_admin_adds_somebody_and_gives_a_role(
    site: Served, chromium: Any, width: int, colours: str
) -> None:
    add_person(site.console, "admin-7", "admin")
    add_person(site.console, "viewer-with-a-name-as-long-as-some-directories-give-them@example.org")
    with opened(chromium, site, "/people", width, color_scheme=colours) as page:
        sign_in(page, "admin-7")
        page.wait_for_url("**/people")
        assert_reachable(page)
        form = page.locator("form[action='/people/add']")
        form.locator("[name=name]").fill("Analyst-9")
        form.locator("[name=role]").select_option("analyst")
        form.locator("[name=password]").fill(OTHER_PASSWORD)
        form.locator("button").click()
        page.wait_for_selector("[role=status].notice")
        row = page.locator(".people li", has_text="analyst-9")
        row.locator("summary").click()
        assert_reachable(page)
        row.locator("[name=role]").select_option("operator")
        row.get_by_role("button", name="Give this role").click()
        page.wait_for_selector("text=The role is changed")
        # What cannot be undone by mistake is asked about.
        row.locator("summary").click()
        page.once("dialog", lambda dialog: dialog.dismiss())
        row.get_by_role("button", name="Disable").click()
        assert row.get_by_text("disabled", exact=True).count() == 0
        page.once("dialog", lambda dialog: dialog.accept())
        row.get_by_role("button", name="Disable").click()
        row.get_by_text("disabled", exact=True).wait_for()
        page.goto("/audit")
        assert page.locator("tbody tr").first.locator("td").all_inner_texts()[2:5] == ["admin-7", "person disabled", "analyst-9"]  # fmt: skip
        assert_reachable(page)


def test_a_signed_out_page_asks_to_sign_in_by_itself(site: Served, chromium: Any) -> None:
    add_person(site.console, "admin-7", "admin")
    with opened(chromium, site, "/audit") as page:
        sign_in(page, "admin-7")
        page.wait_for_url("**/audit")
        page.context.clear_cookies()
        page.click("text=Show")
        page.wait_for_url("**/sign-in?next=/audit**")
        sign_in(page, "admin-7")
        page.wait_for_url("**/audit?person=**")
