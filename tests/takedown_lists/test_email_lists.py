"""Pasted text and e-mail: links with their line, in text, HTML and attached lists."""

import email.message
import email.policy
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from takedown_lists import ids, mentions, read, rejects, remarks
from workbooks import link, workbook

from connectors.takedown_lists.items import ListError, Place
from connectors.takedown_lists.limits import ListLimits


def put(tmp_path: Path, raw: bytes | str, name: str) -> Path:
    path = tmp_path / name
    path.write_bytes(raw.encode() if isinstance(raw, str) else raw)
    return path


def test_pasted_text(tmp_path: Path) -> None:
    text = f"Yth. Tim,\r\n\r\nMohon diturunkan:\r\n1. {link(2)}\r\n2) <{link(3)}> dan https://contoh.example/x\r\nTerima kasih"
    items = read(put(tmp_path, text, "daftar.txt"))
    assert ids(items) == ["1.2", "1.3"]
    assert [item.place for item in mentions(items)] == [Place(4), Place(5)]
    assert rejects(items) == [("row 5", "another site")]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32-le", "cp1252"])
def test_text_in_other_encodings(tmp_path: Path, encoding: str) -> None:
    mark = b"\xff\xfe\x00\x00" if encoding == "utf-32-le" else b""
    items = read(put(tmp_path, mark + f"Tautan é: {link(2)}\n{link(3)}".encode(encoding), "daftar.txt"))
    assert ids(items) == ["1.2", "1.3"]


def test_html_counts_a_link_and_its_text_once(tmp_path: Path) -> None:
    page = (
        f'<!doctype html><p><a href="{link(2)}?a=1&amp;b=2">{link(2)}</a></p>\n<p><a href="{link(3)}">x</a>'
    )
    assert ids(read(put(tmp_path, page, "daftar.html"))) == ["1.2", "1.3"]


def mail(html: str | None = None, text: str = "") -> email.message.EmailMessage:
    message = email.message.EmailMessage(policy=email.policy.SMTP)
    message["From"] = "dinas@contoh.example"
    message["To"] = "takedown@contoh.example"
    message["Subject"] = "Daftar tautan"
    message.set_content(text, cte="quoted-printable")
    if html is not None:
        message.add_alternative(html, subtype="html", cte="base64")
    return message


LONG = "https://shopee.co.id/" + "Jaket-thrift-" * 9 + "i.1.{}?sp_atk=a=b"


@pytest.mark.parametrize("name", ["surat.eml", "surat.txt"])
def test_an_email_with_its_text_and_html(tmp_path: Path, name: str) -> None:
    text = f"Mohon é:\n{LONG.format(2)}\n{LONG.format(3)}\n"
    page = f'<a href="{LONG.format(2)}">a</a>\n<a href="{LONG.format(4)}">{LONG.format(4)}</a>'
    items = read(put(tmp_path, mail(page, text).as_bytes(), name))
    assert ids(items) == ["1.2", "1.3", "1.4"]
    assert [item.place.part for item in mentions(items)] == ["e-mail text", "e-mail text", "e-mail HTML"]


def test_attached_lists_are_read_and_other_attachments_said(tmp_path: Path) -> None:
    message = mail(text=link(1))
    book = workbook(tmp_path / "x.xlsx", [["Link", "Alasan"], [link(2), "Impor"]]).read_bytes()
    message.add_attachment(book, maintype="application", subtype="octet-stream", filename="daftar é.xlsx")
    message.add_attachment(
        f"Link;Alasan\n{link(3)};Impor\n".encode(), maintype="text", subtype="csv", filename="daftar.csv"
    )
    message.add_attachment(b"%PDF-1.7 x", maintype="application", subtype="pdf", filename="surat.pdf")
    message.add_attachment(b"\x89PNG\r\n\x1a\n", maintype="image", subtype="png")
    items = read(put(tmp_path, message.as_bytes(), "surat.eml"))
    assert ids(items) == ["1.1", "1.2", "1.3"]
    assert [item.told.reason for item in mentions(items)] == [None, "Impor", "Impor"]
    assert remarks(items) == [
        "attachment daftar é.xlsx: read as xlsx",
        "attachment daftar.csv: read as csv",
        "attachment surat.pdf: not read",
        "attachment part 5 (image/png): not read",
    ]


def test_a_forwarded_email_is_part_of_it(tmp_path: Path) -> None:
    outer = mail(text=link(1))
    outer.add_attachment(mail(text=link(2)))
    assert ids(read(put(tmp_path, outer.as_bytes(), "surat.eml"))) == ["1.1", "1.2"]


def test_an_attachment_past_a_limit_refuses_the_email(tmp_path: Path) -> None:
    message = mail(text=link(1))
    book = workbook(tmp_path / "x.xlsx", [[link(number)] for number in range(1, 9)]).read_bytes()
    message.add_attachment(book, maintype="application", subtype="octet-stream", filename="daftar.xlsx")
    with pytest.raises(ListError, match=r"attachment daftar.xlsx: more rows than takedown_lists.max_rows"):
        read(put(tmp_path, message.as_bytes(), "surat.eml"), ListLimits(max_rows=5))


def test_an_email_nested_too_deeply_is_read_as_text(tmp_path: Path) -> None:
    deep = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(3000))
    raw = b"From: a\nTo: b\nSubject: c\n" + deep + b"\n" + link(1).encode() + b"\n"
    items = read(put(tmp_path, raw, "surat.eml"))
    assert ids(items) == ["1.1"]
    assert remarks(items) == ["the e-mail is not put together as one; it is read as plain text"]


def test_links_in_headers_count_if_they_are_listings(tmp_path: Path) -> None:
    raw = f"From: a\nTo: b\nLink: {link(1)}\nList-Unsubscribe: <https://contoh.example/>\n\n{link(2)}\n"
    items = read(put(tmp_path, raw, "surat.txt"))
    assert ids(items) == ["1.1", "1.2"]
    assert rejects(items) == []


@pytest.mark.parametrize("charset", ["punycode", "idna", "zlib", "rot13", "unicode_escape", "x-none", '"'])
def test_charsets_that_no_mail_is_written_in(tmp_path: Path, charset: str) -> None:
    raw = f"From: a\nTo: b\nContent-Type: text/plain; charset={charset}\n\n{link(2)}\n" + "a-" * 500_000
    assert ids(read(put(tmp_path, raw, "surat.eml"))) == ["1.2"]


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.data())
def test_a_damaged_email_is_read_or_refused_and_nothing_else(tmp_path: Path, data: st.DataObject) -> None:
    raw = bytearray(mail(f'<a href="{link(2)}">', link(1)).as_bytes())
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(raw) - 1))
        raw[at : at + 1] = data.draw(st.binary(max_size=3))
    read(put(tmp_path, bytes(raw), "surat.eml"))
