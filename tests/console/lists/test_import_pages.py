"""A list imported through the pages: looked at first, sent exactly so and once, on a real Kafka."""

import csv
import io
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from console_client import Served, Visitor, console_in, served, text_of
from console_rows import NASTY
from kafka_client import KafkaClient
from sqlalchemy import select
from workbooks import link, workbook

from connectors.takedown_requests import TakedownRequest
from streams.console.list_uploads import MOST_EACH, uploads_of
from streams.console.tables import AUDIT
from streams.settings import Settings
from streams.takedowns.requests import known_requests

pytestmark = pytest.mark.kafka
VISIBLE = NASTY.replace("\x1b", "")
"""No workbook holds an escape sign."""
HEADER = ["No", "Nama Produk", "Link", "Alasan"]


@pytest.fixture
def site(topics: Settings, tmp_path: Path) -> Iterator[Served]:
    with console_in(tmp_path, topics) as console, served(console) as site:
        yield site
        uploads_of(console).end()


def upload(visitor: Visitor, raw: bytes, name: str = "daftar.xlsx", **fields: str) -> str:
    """The address of the preview."""
    answer = sent(visitor, {"file": (name, raw)}, **fields)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["address"])


def sent(visitor: Visitor, files: dict[str, Any], **fields: str) -> httpx.Response:
    return visitor.client.post(
        "/takedowns/import",
        data=fields,
        files=files,
        headers={"Accept": "application/json", "X-CSRF-Token": visitor.csrf},
    )


def settled(visitor: Visitor, address: str) -> str:
    """The page's part once it changes no more by itself."""
    deadline = time.monotonic() + 60
    while True:
        answer = visitor.get(address, **{"X-Fragment": "1"})
        assert answer.status_code == 200
        if "data-busy" not in answer.text:
            return answer.text
        assert time.monotonic() < deadline, text_of(answer.text)
        time.sleep(0.05)


def shown_of(text: str) -> str:
    return text.partition('name="shown" value="')[2][:64]


def the_list(tmp_path: Path, *rows: list[Any]) -> bytes:
    return workbook(tmp_path / "list.xlsx", [HEADER, *rows]).read_bytes()


def requests_on(client: KafkaClient) -> list[TakedownRequest]:
    return [
        msgspec.json.decode(each.value, type=TakedownRequest) for each in client.existing("takedown-requests")
    ]


def test_a_list_is_looked_at_and_then_sent_exactly_so_and_once(
    site: Served, client: KafkaClient, tmp_path: Path
) -> None:
    raw = the_list(
        tmp_path,
        [1, "Jaket varsity", link(11), "tanpa izin"],
        [2, "Jaket lagi", "https://shopee.co.id/product/1/11", "tanpa izin"],
        [3, "Tas", link(12), None],
        [4, "Sepatu", "https://toko.example/=cmd", None],
    )
    analyst = site.visitor("analyst")
    address = upload(analyst, raw, authority="Kementerian A", reason="barang palsu")
    text = settled(analyst, address)
    assert "Send 2 requests" in text
    assert "shopee-id:1.11" in text
    assert "another link to the same listing as in Daftar, C2" in text
    assert "another site" in text
    assert client.existing("takedown-requests") == []

    rejects = analyst.get(f"{address}/rejects.csv")
    rows = list(csv.reader(io.StringIO(rejects.content.decode("utf-8-sig"))))
    assert [row[0] for row in rows] == ["kind", "duplicate", "reject"]
    assert rejects.headers["content-disposition"] == 'attachment; filename="rejects.csv"'

    at_once = threading.Barrier(3)
    answers: list[httpx.Response] = []

    def press() -> None:
        at_once.wait(10)
        answers.append(analyst.post(f"{address}/send", shown=shown_of(text)))

    pressing = [threading.Thread(target=press) for _ in range(3)]
    for each in pressing:
        each.start()
    for each in pressing:
        each.join(30)
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert "2 requests sent" in settled(analyst, address)
    analyst.post(f"{address}/send", shown=shown_of(text))
    assert "2 requests sent" in settled(analyst, address)

    found = {each.listing_id: each for each in requests_on(client)}
    assert len(requests_on(client)) == 2
    assert found["1.11"].authority == "Kementerian A"
    assert found["1.11"].reason == "tanpa izin"
    assert found["1.12"].reason == "barang palsu"
    assert (found["1.11"].by, found["1.11"].source) == ("analyst-7", "ministry")
    place = found["1.12"].list
    assert place is not None
    assert (place.name, place.row, place.cell) == ("daftar.xlsx", 4, "C4")
    with site.console.database.read() as connection:
        (noted,) = connection.execute(select(AUDIT).where(AUDIT.c.action == "list imported")).all()
    assert (noted.person, noted.subject) == ("analyst-7", place.sha256)
    assert "2 sent" in noted.detail

    again = settled(analyst, upload(analyst, raw, authority="Kementerian A"))
    assert "All of it was requested before" in again
    assert "Send" not in again.replace(">Send<", "")


def test_what_the_page_sends_is_what_the_command_would(
    site: Served, client: KafkaClient, topics: Settings, tmp_path: Path
) -> None:
    from datetime import UTC, datetime

    from connectors.takedown_lists.reading import open_list
    from connectors.takedown_requests import Received
    from streams.takedowns.importing import KnownRequests, TakedownImport, Waiting

    raw = the_list(tmp_path, *([n, f"Barang {n}", link(n), "alasan"] for n in range(40)))
    analyst = site.visitor("analyst")
    address = upload(analyst, raw, name="list.xlsx", authority="Kementerian A")
    text = settled(analyst, address)
    analyst.post(f"{address}/send", shown=shown_of(text))
    settled(analyst, address)
    got = requests_on(client)
    with open_list(str(tmp_path / "list.xlsx"), topics.takedown_lists) as opened, Waiting() as waiting:
        known = Received(
            list_name=opened.name, list_sha256=opened.sha256, at=datetime.now(UTC), by="analyst-7", source="ministry",
            authority="Kementerian A",
        )  # fmt: skip
        wanted = TakedownImport(known, KnownRequests(), waiting)
        for item in opened.items():
            wanted.take(item)
        made = [msgspec.json.decode(value, type=TakedownRequest) for _, value in waiting.messages()]

    def bare(each: TakedownRequest) -> TakedownRequest:
        return msgspec.structs.replace(each, received_at=known.at)

    assert sorted(map(bare, got), key=lambda each: each.request_id) == sorted(
        map(bare, made), key=lambda each: each.request_id
    )


def test_pasted_text_is_a_list_also_without_a_script(site: Served, client: KafkaClient) -> None:
    analyst = site.visitor("analyst")
    answer = analyst.post(
        "/takedowns/import",
        accept="text/html",
        text=f"Mohon turunkan\n{link(5)}\n{link(6)}",
        authority="Kementerian B",
    )
    assert answer.status_code == 303
    address = answer.headers["location"]
    text = settled(analyst, address)
    assert "Send 2 requests" in text
    done = analyst.post(f"{address}/send", accept="text/html", shown=shown_of(text))
    assert (done.status_code, done.headers["location"]) == (303, address)
    settled(analyst, address)
    assert {each.list.name for each in requests_on(client) if each.list} == {"pasted text"}


def test_what_others_requested_meanwhile_is_not_sent_again(
    site: Served, client: KafkaClient, topics: Settings
) -> None:
    first, second = site.visitor("analyst", "analyst-1"), site.visitor("analyst", "analyst-2")
    addresses = [
        upload(each, f"{link(1)}\n{link(2)}\n".encode(), name="satu.txt", authority="Kementerian A")
        for each in (first, second)
    ]
    texts = [settled(first, addresses[0]), settled(second, addresses[1])]
    assert first.post(f"{addresses[0]}/send", shown=shown_of(texts[0])).status_code == 200
    assert "2 requests sent" in settled(first, addresses[0])
    second.post(f"{addresses[1]}/send", shown=shown_of(texts[1]))
    told = settled(second, addresses[1])
    assert "2 of these were requested by somebody else meanwhile" in told
    second.post(f"{addresses[1]}/again")
    assert "All of it was requested before" in settled(second, addresses[1])
    assert len(known_requests(topics)) == 2
    assert len(requests_on(client)) == 2


def test_only_what_was_seen_is_sent(site: Served, client: KafkaClient) -> None:
    analyst = site.visitor("analyst")
    address = upload(analyst, link(1).encode(), name="satu.txt")
    settled(analyst, address)
    for wrong in ("", "0" * 64):
        answer = analyst.post(f"{address}/send", shown=wrong)
        assert answer.status_code == 409
        assert "Nothing was sent" in answer.json()["error"]
    assert client.existing("takedown-requests") == []


def test_an_upload_is_its_persons_alone_and_goes(site: Served) -> None:
    owner = site.visitor("analyst", "analyst-1")
    address = upload(owner, link(1).encode(), name="satu.txt")
    settled(owner, address)
    for other in (site.visitor("analyst", "analyst-2"), site.visitor("admin")):
        for path in (address, f"{address}/rejects.csv"):
            assert other.get(path).status_code == 404
        for action in ("send", "again", "remove"):
            assert other.post(f"{address}/{action}", shown="0" * 64).status_code == 404
    uploads = uploads_of(site.console)
    folder = next(iter(uploads._uploads.values())).folder
    assert folder.exists()
    assert folder.stat().st_mode & 0o077 == 0
    assert owner.post(f"{address}/remove").status_code == 200
    assert owner.get(address).status_code == 404
    assert not folder.exists()


def test_uploads_are_few_and_the_oldest_goes_first(site: Served) -> None:
    analyst = site.visitor("analyst")
    # What cannot be read is settled at once.
    addresses = []
    for number in range(MOST_EACH + 1):
        addresses.append(upload(analyst, b"%%PDF-1.%d" % number, name="satu"))
        settled(analyst, addresses[-1])
    assert analyst.get(addresses[0]).status_code == 404
    assert all(analyst.get(each).status_code == 200 for each in addresses[1:])


def test_hostile_rows_are_shown_and_never_run(site: Served, tmp_path: Path) -> None:
    raw = the_list(
        tmp_path,
        [1, VISIBLE, link(1), VISIBLE],
        [2, "x", f"https://evil.example/{VISIBLE}", None],
    )
    analyst = site.visitor("analyst")
    address = upload(analyst, raw, name=f"../../{VISIBLE}.xlsx", authority=NASTY, reason=NASTY)
    text = settled(analyst, address)
    for page in (text, analyst.get(address).text, analyst.get(address, **{"Accept-Language": "id"}).text):
        assert "<script>alert" not in page
        assert "\u202e" not in page
        assert "\x1b" not in page
        assert 'href="https://evil' not in page


def test_no_cell_of_the_rejects_is_a_formula(site: Served) -> None:
    rows = [f"nama,tautan\n,{link(1)}\n"]
    rows += [f"\"{sign}cmd|' /C calc'!A0\",tidak ada\n" for sign in ("=", "+", "-", "@", "\t=", " =", "＝")]
    analyst = site.visitor("analyst")
    address = upload(analyst, "".join(rows).encode(), name="daftar.csv")
    settled(analyst, address)
    table = list(csv.reader(io.StringIO(analyst.get(f"{address}/rejects.csv").content.decode("utf-8-sig"))))
    cells = [cell for row in table for cell in row]
    assert sum("cmd" in cell for cell in cells) == 7
    assert not any(cell.lstrip().startswith(("=", "+", "-", "@", "＝")) for cell in cells)
