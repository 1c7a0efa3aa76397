"""A real mail server on this machine says yes, no, later, or nothing at all."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP

from adapters.messaging.smtp import SmtpChannel
from plugin_core.errors import MessageError, MessageNotSent, MessageOutcomeUnknown, MessageRefused
from tests.adapters.messaging.mails import MAIL


class Postbox:
    """Keeps what arrives; ``answers`` overrides what it says at a stage, "hang up" closes the line."""

    def __init__(self) -> None:
        self.mails: list[bytes] = []
        self.connections = 0
        self.answers: dict[str, str] = {}

    def _say(self, server: SMTP, stage: str, default: str) -> str:
        answer = self.answers.get(stage, default)
        if answer == "hang up":
            server.transport.close()
        return answer

    async def handle_EHLO(self, server: SMTP, session: Any, envelope: Any, hostname: str, responses: list[str]) -> list[str]:  # noqa: N802
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_MAIL(self, server: SMTP, session: Any, envelope: Any, address: str, options: list[str]) -> str:  # noqa: N802
        envelope.mail_from = address
        return self._say(server, "MAIL", "250 OK")

    async def handle_RCPT(self, server: SMTP, session: Any, envelope: Any, address: str, options: list[str]) -> str:  # noqa: N802
        answer = self._say(server, "RCPT", "250 OK")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:  # noqa: N802
        answer = self._say(server, "DATA", "250 OK")
        if answer.startswith("250") or answer == "hang up":
            self.mails.append(envelope.content)
        return answer


@pytest.fixture
def postbox() -> Postbox:
    return Postbox()


@pytest.fixture
def port(postbox: Postbox) -> Iterator[int]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        number = int(free.getsockname()[1])
    controller = Controller(postbox, hostname="127.0.0.1", port=number, enable_SMTPUTF8=True)
    controller.start()
    yield number
    controller.stop()


@pytest.fixture
def channel(port: int) -> Iterator[SmtpChannel]:
    channel = SmtpChannel("127.0.0.1", port, security="offered", timeout=5)
    yield channel
    channel.close()


def test_several_mails_go_over_one_connection(channel: SmtpChannel, postbox: Postbox) -> None:
    for number in range(3):
        channel.send(MAIL._replace(message_id=f"m{number}@x", text=".\n.dots stay\n"))
    assert (len(postbox.mails), postbox.connections) == (3, 1)
    assert b"\r\n.\r\n.dots stay" in postbox.mails[0] or b"=2E" in postbox.mails[0]
    assert channel.was_sent("m0@x") is None


def test_a_connection_the_server_gave_up_is_replaced(channel: SmtpChannel, postbox: Postbox) -> None:
    channel.send(MAIL)
    assert channel._smtp is not None
    assert channel._smtp.sock is not None
    channel._smtp.sock.shutdown(socket.SHUT_RDWR)
    channel.send(MAIL._replace(message_id="m2@x"))
    assert (len(postbox.mails), postbox.connections) == (2, 2)


@pytest.mark.parametrize(
    ("stage", "answer", "error", "recipient"),
    [
        ("MAIL", "550 5.7.1 sender unknown", MessageNotSent, False),
        ("MAIL", "hang up", MessageNotSent, False),
        ("RCPT", "450 4.2.0 ben@people.example is greylisted", MessageNotSent, False),
        ("RCPT", "550 5.1.1 ben@people.example does not exist", MessageRefused, True),
        ("RCPT", "550 no such user", MessageRefused, True),
        ("RCPT", "554 5.7.1 relay access denied", MessageRefused, False),
        ("RCPT", "hang up", MessageNotSent, False),
        ("DATA", "451 4.3.0 try later", MessageNotSent, False),
        ("DATA", "554 5.6.0 looks like spam", MessageRefused, False),
        ("DATA", "hang up", MessageOutcomeUnknown, False),
    ],
)
def test_each_answer_says_whether_the_mail_may_be_tried_again(
    channel: SmtpChannel, postbox: Postbox, stage: str, answer: str, error: type[MessageError], recipient: bool
) -> None:
    postbox.answers[stage] = answer
    with pytest.raises(error) as caught:
        channel.send(MAIL)
    assert type(caught.value) is error
    assert getattr(caught.value, "recipient", False) is recipient
    assert "ben@people.example" not in str(caught.value)
    postbox.answers.clear()
    postbox.mails.clear()
    channel.send(MAIL)
    assert len(postbox.mails) == 1


def test_a_server_that_is_not_there_means_not_sent() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        channel = SmtpChannel("127.0.0.1", taken.getsockname()[1], security="offered", timeout=2)
        with pytest.raises(MessageNotSent, match="can't be reached"):
            channel.send(MAIL)


def test_a_server_that_must_encrypt_and_cannot_gets_no_mail(port: int, postbox: Postbox) -> None:
    channel = SmtpChannel("127.0.0.1", port, security="starttls", timeout=5)
    with pytest.raises(MessageNotSent, match="encrypt"):
        channel.send(MAIL)
    assert postbox.mails == []
