"""Brings the result file of a bulk operation onto this machine, whole: counted, resumed where it broke off."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import msgspec
import requests

from adapters.shopify.bulk import Operation
from adapters.shopify.files import FileAccess
from plugin_core.errors import BadAnswer, Transient

log = logging.getLogger(__name__)

_CHUNK = 256 * 1024
_ATTEMPTS = 4
_GONE = frozenset({400, 401, 403, 404, 410})  # how file servers answer once a signed address has run out


class Truncated(BadAnswer):
    """Less arrives than the operation says there is, however often it is asked for."""


class Expired(BadAnswer):
    """The address of the file has run out; the operation may name a new one."""


def download(files: FileAccess, operation: Operation, target: Path) -> None:
    """``target`` exists only once it is complete."""
    part = target.with_suffix(".part")
    missing = ""
    for attempt in range(_ATTEMPTS):
        try:
            _fetch(files, operation.url, part)
        except (requests.RequestException, Transient) as problem:
            missing = type(problem).__name__
            log.info("%s: the bulk file broke off: %s", files.store, missing)
            if attempt + 1 == _ATTEMPTS and isinstance(problem, Transient):
                raise
            continue
        missing = _missing(part, operation)
        if not missing:
            part.replace(target)
            return
        log.info("%s: the bulk file is incomplete: %s", files.store, missing)
        if attempt % 2:  # going on from where it ended didn't help: from the beginning
            part.unlink()
    part.unlink(missing_ok=True)
    raise Truncated(
        f"the bulk file is truncated: {missing}.", store=files.store, mend="It is read page by page instead; this takes longer."
    )


def _fetch(files: FileAccess, url: str, part: Path) -> None:
    start = part.stat().st_size if part.exists() else 0
    with files.get(url, start=start) as response:
        if response.status_code == 416:
            return
        if response.status_code in _GONE:
            raise Expired("the bulk file's address has run out.", store=files.store, mend="A new one is asked for.")
        if response.status_code not in (200, 206):
            raise Transient(f"the file server of Shopify answers with HTTP {response.status_code}.", store=files.store)
        appending = response.status_code == 206
        flags = os.O_WRONLY | os.O_CREAT | (os.O_APPEND if appending else os.O_TRUNC)
        with os.fdopen(os.open(part, flags, 0o600), "ab" if appending else "wb") as file:
            for chunk in response.iter_content(_CHUNK):
                file.write(chunk)


def _missing(part: Path, operation: Operation) -> str:
    """What is missing, in words; "" where the file is complete."""
    size, lines, last = 0, 0, b""
    with part.open("rb") as file:
        while chunk := file.read(_CHUNK):
            size += len(chunk)
            lines += chunk.count(b"\n")
            last = chunk if b"\n" in chunk[:-1] else (last + chunk)
    if size < operation.file_size:
        return f"{size:,} of {operation.file_size:,} bytes arrived"
    tail = last.rstrip().rsplit(b"\n", 1)[-1]
    if size and not last.endswith(b"\n"):
        lines += 1
    try:
        if tail:
            msgspec.json.decode(tail)
    except msgspec.DecodeError:
        return "the last line is cut off"
    if lines < operation.objects:
        return f"{lines:,} of {operation.objects:,} lines arrived"
    return ""
