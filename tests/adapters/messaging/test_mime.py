"""Mails every mail program can read, whatever is written in them."""

from __future__ import annotations

import email
import email.policy
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.messaging.mime import build
from plugin_core.errors import MessageRefused
from tests.adapters.messaging.mails import MAIL


def read(content: bytes) -> EmailMessage:
    message = email.message_from_bytes(content, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


@pytest.mark.parametrize(
    ("name", "subject"),
    [
        ("Ben", "Hello"),
        ("Çağla Ünlü", "Size özel %10 indirim"),
        ("Дмитрий", "Скидка 10 % только для вас " * 6),
        ("شیرین", "تخفیف، فقط برای شما"),
        ('O"Neil, \\x', "=?x?="),
    ],
)
def test_names_and_subjects_in_any_script_arrive(name: str, subject: str) -> None:
    message = read(build(MAIL._replace(to_name=name, subject=subject), sent_at=0))
    assert (message["To"].addresses[0].display_name, message["To"].addresses[0].addr_spec) == (name, "ben@people.example")
    assert message["Subject"] == subject.strip()
    assert message.defects == []


def test_both_parts_and_the_one_click_headers_are_there() -> None:
    content = build(MAIL._replace(text="سلام بن\n.\nFrom here\n", html="<p>Grüße " + "x" * 500 + "</p>"), sent_at=0)
    message = read(content)
    assert [part.get_content_type() for part in message.walk()] == ["multipart/alternative", "text/plain", "text/html"]
    plain, html = message.get_body(("plain",)), message.get_body(("html",))
    assert plain is not None
    assert plain.get_content().replace("\r\n", "\n") == "سلام بن\n.\nFrom here\n"
    assert html is not None
    assert html.get_content().strip() == "<p>Grüße " + "x" * 500 + "</p>"
    assert message["List-Unsubscribe"] == "<https://comeback.example/u/t>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert (message["Message-ID"], message["Reply-To"]) == ("<m1@north.example>", "help@north.example")
    assert max(len(line) for line in content.split(b"\r\n")) <= 998
    assert b"\n" not in content.replace(b"\r\n", b"")


def test_without_an_unsubscribe_address_no_such_header_is_promised() -> None:
    message = read(build(MAIL._replace(unsubscribe_url=""), sent_at=0))
    assert message["List-Unsubscribe"] is None
    assert message["List-Unsubscribe-Post"] is None


@given(st.text(), st.text())
def test_nothing_written_in_a_name_or_subject_becomes_a_header(name: str, subject: str) -> None:
    evil = MAIL._replace(
        to_name=name + "\r\nBcc: all@people.example", subject=subject + "\n\nBcc: all@people.example", sender_name="\u2028" + name
    )
    content = build(evil, sent_at=0)
    head, _, _body = content.partition(b"\r\n\r\n")
    names = [line.split(b":")[0] for line in head.split(b"\r\n") if not line.startswith(b" ")]
    assert names == [
        b"From",
        b"To",
        b"Reply-To",
        b"Subject",
        b"Date",
        b"Message-ID",
        b"MIME-Version",
        b"List-Unsubscribe",
        b"List-Unsubscribe-Post",
        b"Content-Type",
    ]


@pytest.mark.parametrize(
    "address",
    ["", "ben", "ben@", "@people.example", "ben@people.example\r\nBcc: x@y.z", "a b@people.example", "a@b.c,d@e.f", "<a@b.c>"],
)
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(MessageRefused) as caught:
        build(MAIL._replace(to=address), sent_at=0)
    assert caught.value.recipient
    assert not address or address not in str(caught.value)


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cc", "Zl", "Zp", "Cs"]), max_size=200))
def test_any_text_arrives_as_it_was_written(text: str) -> None:
    body = read(build(MAIL._replace(text=text), sent_at=0)).get_body(("plain",))
    assert body is not None
    assert body.get_content().replace("\r\n", "\n").removesuffix("\n") == text
