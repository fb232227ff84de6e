"""Takedown lists in a real browser: a file is looked at and sent once; pages follow by themselves, whatever the width."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from console_client import Served, console_in, served
from console_rows import put_requests, request_row
from kafka_client import KafkaClient
from open_pages import assert_reachable, signed_in, without_chromium
from workbooks import link, workbook

from streams.console.list_uploads import uploads_of
from streams.console.reports import reports_of
from streams.settings import Settings

pytestmark = [pytest.mark.kafka, without_chromium]


@pytest.fixture
def site(topics: Settings, tmp_path: Path) -> Iterator[Served]:
    with console_in(tmp_path, topics) as console, served(console) as site:
        yield site
        uploads_of(console).end()
        reports_of(console).end()


def test_a_file_is_looked_at_and_sent_once(
    site: Served, topics: Settings, chromium: Any, tmp_path: Path
) -> None:
    rows = [["Nama", "Tautan", "Alasan"], *([f"Barang {n}", link(n), "tanpa izin"] for n in range(1, 31))]
    rows += [["Barang 1 lagi", link(1), ""], ["Lain", "https://toko.example/1", ""]]
    file = workbook(tmp_path / "daftar.xlsx", rows)
    client = KafkaClient(topics)
    with signed_in(chromium, site, "analyst") as page:
        page.goto("/takedowns")
        assert_reachable(page)
        page.click("text=Import a list")
        assert_reachable(page)
        page.click("button:has-text('Look at the list')")
        page.wait_for_selector(".toast.red")
        page.fill("[name=authority]", "Kementerian A")
        page.set_input_files("[name=file]", str(file))
        assert "daftar.xlsx" in page.locator(".chosen").inner_text()
        page.click("button:has-text('Look at the list')")
        page.wait_for_selector("button:has-text('Send 30 requests')")
        assert_reachable(page)
        assert "another site" in page.locator("main").inner_text()
        with page.expect_download() as taken:
            page.click("text=All 2 as CSV")
        assert taken.value.suggested_filename == "rejects.csv"
        page.dblclick("button:has-text('Send 30 requests')")
        page.wait_for_selector("text=30 requests sent")
        assert_reachable(page)
        assert len(client.existing("takedown-requests")) == 30
        page.click("text=Follow this list")
        page.wait_for_selector(".live.on")
        assert page.locator(".empty").count() == 1
        # The feed would write it and say so.
        put_requests(site.console.database, request_row(1, list_sha256=page.url.rpartition("=")[2]))
        site.console.live.changed("requests")
        page.wait_for_selector("text=shopee-id:1.1")
        page.click("text=shopee-id:1.1")
        page.wait_for_selector("text=row 1 of daftar.xlsx")
        assert_reachable(page)
    client.close()


def test_it_reads_on_a_phone_in_the_dark_in_indonesian(site: Served, chromium: Any) -> None:
    put_requests(
        site.console.database, request_row(1), request_row(2, state="unresolved", unresolved_because="gone")
    )
    with signed_in(chromium, site, "analyst", width=390, theme="dark", language="id") as page:
        for path in (
            "/takedowns", "/takedowns/requests", "/takedowns/of?what=r000002", "/takedowns/import", "/takedowns/add",
            "/takedowns/report",
        ):  # fmt: skip
            page.goto(path)
            assert page.locator("h1").inner_text()
            assert_reachable(page)
        page.goto("/takedowns/import")
        page.fill("[name=text]", f"{link(1)}\nhttps://toko.example/1")
        page.click("button[type=submit]")
        page.wait_for_selector("button:has-text('Kirim 1 permintaan')")
        assert_reachable(page)
