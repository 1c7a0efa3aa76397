"""The channel an address stands for.

smtp://user:password@mail.example.com:587     STARTTLS (the default); ?tls=none for a server on this machine
smtps://user:password@mail.example.com:465    TLS from the first byte
folder:///var/lib/comeback/mails              files to look into, nothing is sent
"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from adapters.messaging.folder import FolderChannel
from adapters.messaging.smtp import SmtpChannel
from plugin_core.errors import SettingsProblem
from plugin_core.messaging import Channel

_MEND = "Use smtp://user:password@host:587, smtps://user:password@host:465 or folder:///path/to/mails."


def channel_from_url(url: str) -> Channel:
    """SettingsProblem, without the address (it holds a password), where it can't be understood."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as problem:
        raise SettingsProblem("COMEBACK_SMTP_URL is no address.", mend=_MEND) from problem
    if parts.scheme in {"folder", "file"}:
        path = unquote(parts.netloc + parts.path)
        if not path:
            raise SettingsProblem("COMEBACK_SMTP_URL names no folder.", mend=_MEND)
        return FolderChannel(Path(path).expanduser())
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        raise SettingsProblem(
            "COMEBACK_SMTP_URL must begin with smtp://, smtps:// or folder:// and name a host or folder.", mend=_MEND
        )
    tls = parse_qs(parts.query).get("tls", ["offered"])[0]
    if tls not in {"offered", "required"}:
        raise SettingsProblem("COMEBACK_SMTP_URL: tls must be offered or required.", mend=_MEND)
    security = "tls" if parts.scheme == "smtps" else {"offered": "offered", "required": "starttls"}[tls]
    return SmtpChannel(
        parts.hostname,
        port or (465 if security == "tls" else 587),
        security=security,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
    )
