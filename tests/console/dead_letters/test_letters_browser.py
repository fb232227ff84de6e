"""Dead letters in a real browser: new ones appear by themselves, one is looked at and sent back, whatever the width."""

from typing import Any

import msgspec
import pytest
from alert_records import dead_letter
from console_client import Served
from console_rows import letter_row, put_letters
from kafka_client import KafkaClient
from open_pages import assert_reachable, signed_in, without_chromium

pytestmark = [pytest.mark.kafka, without_chromium]


def fails(site: Served, client: KafkaClient, number: int) -> str:
    """One more letter, on the topic and in the database, and pages are told."""
    letter = msgspec.structs.replace(
        dead_letter(), topic=client.name("listings"), key=b"k%d" % number, value=b'{"judul": "Jaket \\q"}'
    )
    stands = client.send("dead-letters", letter.key, letter).get(timeout=30)
    row = letter_row(
        stands.offset,
        partition=stands.partition,
        topic=letter.topic,
        key=f"k{number}",
        failed_ms=letter_row(0)["failed_ms"],
    )
    put_letters(site.console.database, row)
    site.console.live.changed("dead-letters")
    return f"{stands.partition}:{stands.offset}"


def test_a_letter_appears_is_looked_at_and_goes_back(
    site: Served, client: KafkaClient, chromium: Any
) -> None:
    with signed_in(chromium, site, "operator") as page:
        page.goto("/dead-letters")
        page.wait_for_selector(".live.on")
        assert page.locator(".empty").count() == 1
        assert_reachable(page)
        place = fails(site, client, 1)
        page.wait_for_selector("text=malformed-json")
        assert_reachable(page)
        page.click("#kinds tbody th a")
        page.get_by_role("link", name=place, exact=True).click()
        assert '{"judul": "Jaket \\q"}' in page.locator("pre").first.inner_text()
        page.click("summary:has-text('As hex')")
        assert "7b 22 6a 75" in page.locator("pre.hex").inner_text()
        assert_reachable(page)
        page.click("text=Replay this letter")
        assert_reachable(page)
        page.click("button:has-text('Send 1 back')")
        page.wait_for_url("**/dead-letters/replays/*")
        page.wait_for_selector(".badge.green")
        assert_reachable(page)
        assert len(client.existing("listings")) == 1
        page.goto(f"/dead-letters/{place}")
        page.wait_for_selector("text=No letter of it has come back since")
        # It fails again: the open page says so.
        later = letter_row(
            77,
            partition=9,
            topic=client.name("listings"),
            key="k1",
            attempt=2,
            failed_ms=letter_row(0)["failed_ms"] + 60_000,
        )
        page.wait_for_selector(".live.on")
        put_letters(site.console.database, later)
        site.console.live.changed("dead-letters")
        page.wait_for_selector("text=Came back: attempt 2")


def test_it_reads_on_a_phone_in_the_dark_in_indonesian(
    site: Served, client: KafkaClient, chromium: Any
) -> None:
    place = fails(site, client, 1)
    with signed_in(chromium, site, "operator", width=390, theme="dark", language="id") as page:
        for path in (
            "/dead-letters",
            "/dead-letters/letters",
            f"/dead-letters/{place}",
            f"/dead-letters/replay?place={place}",
        ):
            page.goto(path)
            assert page.locator("h1").inner_text()
            assert_reachable(page)
