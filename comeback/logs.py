"""Structured logs, as lines for people or JSON for machines, that never hold an e-mail address, a name or a secret."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any, TextIO

import structlog

REMOVED = "[removed]"

# A key any of whose words is one of these is about a person or a secret.
_PRIVATE = frozenset(
    """
    email emails name names firstname lastname surname fullname nickname username displayname recipient
    token tokens secret secrets password passwords passwd pwd authorization cookie cookies credential credentials apikey
    address addresses street phone phones telephone mobile birthday
    """.split()
)
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")

_MASKS: tuple[tuple[re.Pattern[str], str], ...] = (
    # Authorization: Basic YWRh..., 'X-Shopify-Access-Token': '...'
    (
        re.compile(
            r"""(?i)((?:authorization|access[-_]?token|cookie)["']?\s*[:=]\s*)(?:"[^"]*"|'[^']*'|(?:[a-z]+\s+)?[^\s"',;}&]+)"""
        ),
        r"\1[secret]",
    ),
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w+/=.~-]{6,}"), r"\1 [secret]"),
    # ?consumer_secret=..., password=..., client_secret: ...
    (
        re.compile(
            r"""(?i)\b((?:consumer_key|consumer_secret|client_secret|oauth_signature|hmac|id_token|refresh_token|password|passwd)"""
            r"""["']?\s*[:=]\s*["']?)[^\s"',;&}]+"""
        ),
        r"\1[secret]",
    ),
    (re.compile(r"(?i)shp[a-z]{2}_[a-z0-9]+"), "[secret]"),
    (re.compile(r"(?i)(?<![a-z0-9])c[ks]_[0-9a-z]{4,}"), "[secret]"),
    (re.compile(r"eyJ[\w-]+\.[\w-]+(?:\.[\w-]*)?"), "[secret]"),
)

# Also user:password@host in addresses, and %40 in query strings. The length before the @ is bounded: a long text would take ages.
_ADDRESS = re.compile(
    r""""[^"\n]{0,254}"(?:@|%40)[^\s<>"']+"""
    r"""|(?:[^\s<>"'@,;=&?]|(?<=[^\s<>"@,;=&?(\[{:])'(?=[^\s<>",;=&?])){0,254}(?:@|%40)[^\s<>"'@,;&]+"""
)


def configure(*, level: int = logging.INFO, machine: bool | None = None, stream: TextIO | None = None) -> None:
    """``machine``: JSON, one object a line; by default wherever nobody watches. Libraries' own logs take the same way out."""
    out = sys.stderr if stream is None else stream
    as_json = not out.isatty() if machine is None else machine
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False) if as_json else structlog.dev.ConsoleRenderer(colors=out.isatty())
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.ExtraAdder()],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.StackInfoRenderer(),
                structlog.processors.format_exc_info,  # to text first, so that it can be masked
                redact,
                renderer,
            ],
        )
    )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    root = logging.getLogger()
    for old in root.handlers[:]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(level)
    logging.captureWarnings(capture=True)
    # One line for each request or job run is noise, and their addresses hold what nobody should read.
    for chatty in ("urllib3", "httpx", "httpcore", "apscheduler", "mjml"):
        logging.getLogger(chatty).setLevel(max(level, logging.WARNING))


def redact(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Remove what stands under a private key; mask what looks private anywhere else, texts of exceptions included."""
    for key in list(event):
        event[key] = REMOVED if is_private(key) else _clean(event[key])
    return event


def is_private(key: str) -> bool:
    """``email``, ``first_name``, ``accessToken``, ``billing-address``: yes. ``store``, ``customer_id``: no."""
    words = [word.lower() for word in _WORDS.findall(key)]
    return not _PRIVATE.isdisjoint(words) or "".join(words) in _PRIVATE


def mask(text: str) -> str:
    for pattern, replacement in _MASKS:
        text = pattern.sub(replacement, text)
    return _ADDRESS.sub("[e-mail]", text) if "@" in text or "%40" in text else text


def _clean(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, bytes):
        return mask(value.decode("utf-8", "replace"))
    if isinstance(value, Mapping):
        return {mask(str(key)): REMOVED if is_private(str(key)) else _clean(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_clean(item) for item in value]
    return mask(str(value) if isinstance(value, BaseException) else repr(value))
