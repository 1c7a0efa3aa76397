"""Mail over SMTP: one connection, kept open; and for each way it can fail, whether the mail may be sent again.

Up to the DATA command nothing has been handed over. From the first byte of the content on, only the server's answer tells.
"""

from __future__ import annotations

import re
import smtplib
import ssl
import time
from collections.abc import Sequence
from contextlib import suppress
from threading import Lock

from adapters.messaging.mime import build, check_address
from plugin_core.errors import MessageError, MessageNotSent, MessageOutcomeUnknown, MessageRefused
from plugin_core.messaging import Mail

TIMEOUT_S = 30.0

# "550 5.1.1 no such user" is about the address; 5.7.x is about us (relaying, reputation).
_ENHANCED = re.compile(rb"5\.(\d{1,3})\.\d{1,3}")
_ADDRESS_CODES = {550, 551, 553}

_CONTENT_START = 354
_THIS_MACHINE = {"localhost", "127.0.0.1", "::1"}


class SmtpChannel:
    """``security``: "tls" from the first byte; "starttls", refused where the server can't; "offered", STARTTLS where it can.

    A password is never sent unencrypted, except to this machine itself.
    """

    name = "smtp"

    def __init__(
        self, host: str, port: int, *, security: str, user: str = "", password: str = "", timeout: float = TIMEOUT_S
    ) -> None:
        self._host, self._port, self._security, self._timeout = host, port, security, timeout
        self._user, self._password = user, password
        self._smtp: smtplib.SMTP | None = None
        self._lock = Lock()

    def send(self, mail: Mail) -> None:
        sender, recipient = check_address(mail.sender), check_address(mail.to)
        content = build(mail, sent_at=time.time())
        with self._lock:
            smtp = self._ready()
            options = ["SMTPUTF8"] if not (sender + recipient).isascii() else []
            if options and not smtp.has_extn("smtputf8"):
                raise MessageRefused("The mail server can't write to an address with such characters.")
            try:
                self._envelope(smtp, sender, recipient, options)
            except (OSError, smtplib.SMTPException) as problem:
                self._drop()
                raise _not_sent("The connection to the mail server broke before the mail was sent") from problem
            self._content(smtp, content)

    def was_sent(self, message_id: str) -> bool | None:  # noqa: ARG002 - the port's; SMTP can't be asked
        return None

    def forget(self, message_ids: Sequence[str]) -> None:
        """Nothing is kept here; what the mail server has is out of our hands."""

    def close(self) -> None:
        with self._lock:
            self._drop()

    def _ready(self) -> smtplib.SMTP:
        """The open connection, or a new one: servers hang up on idle clients, which NOOP shows without handing anything over."""
        if self._smtp is not None:
            try:
                if self._smtp.noop()[0] == 250:
                    return self._smtp
            except (OSError, smtplib.SMTPException):
                pass
            self._drop()
        try:
            self._smtp = self._connect()
        except smtplib.SMTPAuthenticationError as problem:
            raise MessageNotSent(
                "The mail server doesn't accept the user or password.", mend="Check COMEBACK_SMTP_URL."
            ) from problem
        except smtplib.SMTPNotSupportedError as problem:
            raise MessageNotSent(
                "The mail server can't encrypt the connection or takes no password.",
                mend="Check COMEBACK_SMTP_URL: try smtps://, or leave the user out.",
            ) from problem
        except (OSError, smtplib.SMTPException) as problem:
            raise _not_sent(f"The mail server {self._host}:{self._port} can't be reached") from problem
        return self._smtp

    def _connect(self) -> smtplib.SMTP:
        context = ssl.create_default_context()
        if self._security == "tls":
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(self._host, self._port, timeout=self._timeout, context=context)
        else:
            smtp = smtplib.SMTP(self._host, self._port, timeout=self._timeout)
        try:
            smtp.ehlo_or_helo_if_needed()
            encrypted = self._security == "tls"
            if self._security == "starttls" or (self._security == "offered" and smtp.has_extn("starttls")):
                smtp.starttls(context=context)
                smtp.ehlo_or_helo_if_needed()
                encrypted = True
            if self._user and not encrypted and self._host not in _THIS_MACHINE:
                raise smtplib.SMTPNotSupportedError("no encryption for the password")
            if self._user:
                smtp.login(self._user, self._password)
        except BaseException:
            smtp.close()
            raise
        return smtp

    def _envelope(self, smtp: smtplib.SMTP, sender: str, recipient: str, options: list[str]) -> None:
        code, answer = smtp.mail(sender, options)
        if code != 250:
            # A refused sender is the merchant's setting to mend, not this mail's end.
            self._reset(smtp)
            raise MessageNotSent(f"The mail server refuses the sender: {_said(code, answer)}.", mend="Check sender_email.")
        code, answer = smtp.rcpt(recipient)
        if code not in {250, 251}:
            self._reset(smtp)
            raise _verdict(code, answer, "the recipient", about_address=True)
        code, answer = smtp.docmd("DATA")
        if code != _CONTENT_START:
            self._reset(smtp)
            raise _verdict(code, answer, "the mail")

    def _content(self, smtp: smtplib.SMTP, content: bytes) -> None:
        try:
            smtp.send(re.sub(rb"(?m)^\.", b"..", content) + b".\r\n")
            code, answer = smtp.getreply()
        except (OSError, smtplib.SMTPException) as problem:
            self._drop()
            raise MessageOutcomeUnknown("The connection broke while the mail was being handed over.") from problem
        if code != 250:
            self._reset(smtp)
            raise _verdict(code, answer, "the mail")

    def _reset(self, smtp: smtplib.SMTP) -> None:
        try:
            smtp.rset()
        except (OSError, smtplib.SMTPException):
            self._drop()

    def _drop(self) -> None:
        if self._smtp is not None:
            with suppress(OSError, smtplib.SMTPException):
                self._smtp.quit()
            self._smtp = None


def _not_sent(what: str) -> MessageNotSent:
    return MessageNotSent(f"{what}.", mend="Check that it runs and that COMEBACK_SMTP_URL is right.")


def _verdict(code: int, answer: bytes, what: str, *, about_address: bool = False) -> MessageError:
    """4xx: for now; 5xx: for good."""
    text = f"The mail server refuses {what}: {_said(code, answer)}."
    if code < 500:
        return MessageNotSent(text)
    enhanced = _ENHANCED.search(answer)
    address = enhanced.group(1) == b"1" if enhanced else code in _ADDRESS_CODES
    return MessageRefused(text, recipient=about_address and address)


def _said(code: int, answer: bytes) -> str:
    """The codes alone: servers repeat the address in their words."""
    enhanced = re.search(rb"\d\.\d{1,3}\.\d{1,3}", answer)
    return f"{code} {enhanced.group().decode()}" if enhanced else str(code)
