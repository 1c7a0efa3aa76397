"""A mail as bytes, put together by hand: the standard library's EmailMessage takes ten times as long.

Control characters never reach a header: in names and subjects they become spaces, in addresses the mail is refused.
"""

from __future__ import annotations

import binascii
import hashlib
import re
from base64 import b64encode
from email.utils import formatdate

from plugin_core.errors import MessageRefused
from plugin_core.messaging import Mail

_CONTROL = re.compile(r"[\x00-\x20\x7f-\xa0\u2028\u2029]+")
_BAD_ADDRESS = re.compile(r"[\x00-\x20\x7f<>()\[\],;:\\\"]")
_ATOMS = re.compile(r"[A-Za-z0-9 !#$%&'*+/=?^_`{|}~-]*")
_ASCII = bytes(range(128))
_LONGEST_LINE = 990  # RFC 5322 allows 998
_WORD_BYTES = 42  # an encoded word may take 75 characters: 12 of frame, 56 of base 64


def build(mail: Mail, *, sent_at: float) -> bytes:
    """``sent_at`` in seconds since 1970, for the Date header. CRLF line ends. MessageRefused where an address can't be one."""
    boundary = "cb" + hashlib.sha256(mail.message_id.encode()).hexdigest()[:30]
    headers = [
        f"From: {mailbox(mail.sender_name, mail.sender)}",
        f"To: {mailbox(mail.to_name, mail.to)}",
        f"Reply-To: {mailbox('', mail.reply_to or mail.sender)}",
        f"Subject: {text_header(mail.subject)}",
        f"Date: {formatdate(sent_at)}",
        f"Message-ID: <{_one_word(mail.message_id)}>",
        "MIME-Version: 1.0",
        *_unsubscribe(mail),
        f'Content-Type: multipart/alternative; boundary="{boundary}"',
    ]
    return b"\r\n".join(
        [
            "\r\n".join(headers).encode(),
            b"",
            *_part(boundary, "plain", mail.text),
            *_part(boundary, "html", mail.html),
            b"--" + boundary.encode() + b"--",
            b"",
        ]
    )


def mailbox(name: str, address: str) -> str:
    """``name <address>`` for a header; the bare address without a name."""
    checked = check_address(address)
    shown = _CONTROL.sub(" ", name).strip()
    if not shown:
        return checked
    if shown.isascii():
        escaped = shown.replace("\\", "\\\\").replace('"', '\\"')
        return f"{shown if _ATOMS.fullmatch(shown) else f'{chr(34)}{escaped}{chr(34)}'} <{checked}>"
    return f"{_encoded(shown)} <{checked}>"


def check_address(address: str) -> str:
    """The address with its domain in ASCII. MessageRefused (the recipient's fault) where it can't be one."""
    local, at, domain = address.rpartition("@")
    if not (local and at and domain) or _BAD_ADDRESS.search(address):
        raise MessageRefused("The address is not one mail can be sent to.", recipient=True)
    try:
        return f"{local}@{domain if domain.isascii() else domain.encode('idna').decode()}"
    except UnicodeError as problem:
        raise MessageRefused("The address is not one mail can be sent to.", recipient=True) from problem


def text_header(text: str) -> str:
    shown = _CONTROL.sub(" ", text).strip()
    return _folded(shown) if shown.isascii() and "=?" not in shown else _encoded(shown)


def _one_word(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9.@_+-]", "", text)


def _unsubscribe(mail: Mail) -> list[str]:
    ways = [f"<{_CONTROL.sub('', way)}>" for way in (mail.unsubscribe_url, mail.unsubscribe_mailto) if way]
    if not ways:
        return []
    # RFC 8058: the post header says that a POST to the (first, https) address is enough.
    one_click = ["List-Unsubscribe-Post: List-Unsubscribe=One-Click"] if mail.unsubscribe_url else []
    return [f"List-Unsubscribe: {', '.join(ways)}", *one_click]


def _folded(text: str) -> str:
    lines, line = [], ""
    for word in text.split(" "):
        if line and len(line) + len(word) > 66:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}" if line else word
    return "\r\n ".join([*lines, line])


def _encoded(text: str) -> str:
    """RFC 2047 encoded words, never cutting a character."""
    words, piece = [], b""
    for character in text:
        coded = character.encode("utf-8", "replace")
        if len(piece) + len(coded) > _WORD_BYTES:
            words.append(piece)
            piece = b""
        piece += coded
    return "\r\n ".join(f"=?utf-8?B?{b64encode(word).decode()}?=" for word in [*words, piece])


def _part(boundary: str, kind: str, text: str) -> list[bytes]:
    lines = text.splitlines()
    body = "\r\n".join(lines).encode("utf-8", "replace") + b"\r\n"
    encoding, coded = _coded(body, max(map(len, lines), default=0))
    return [
        b"--" + boundary.encode(),
        f'Content-Type: text/{kind}; charset="utf-8"'.encode(),
        b"Content-Transfer-Encoding: " + encoding,
        b"",
        coded,
    ]


def _coded(body: bytes, longest: int) -> tuple[bytes, bytes]:
    """As it is where it may be (50 times faster); quoted-printable keeps Latin text readable, and would triple other scripts."""
    if longest <= _LONGEST_LINE and body.isascii() and b"\0" not in body:
        return b"7bit", body
    if len(body.translate(None, _ASCII)) <= len(body) * 0.2:
        return b"quoted-printable", binascii.b2a_qp(body, istext=True)
    coded = b64encode(body)
    return b"base64", b"\r\n".join(coded[start : start + 76] for start in range(0, len(coded), 76))
