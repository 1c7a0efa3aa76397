"""Brings the lines of a bulk file into groups, each parent followed by its children, in flat memory.

Shopify joins by ``__parentId`` and promises no order. A file that is grouped already is streamed as it is; any other is
dealt out by its parents' ids into bucket files of some megabytes, and each bucket is put in order in memory.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from zlib import crc32

import msgspec

_PARENT = b'"__parentId"'
BUCKET_BYTES = 16 * 1024 * 1024
_MOST_BUCKETS = 200  # open files
_BUFFER = 1024 * 1024


class _Link(msgspec.Struct, gc=False):
    id: str
    parent: str | None = msgspec.field(name="__parentId", default=None)


_link = msgspec.json.Decoder(_Link).decode


def parent_of(line: bytes) -> bytes | None:
    """The parent's id of a child's line; None for a root. The quotes make sure it is no text of a shopper's."""
    at = line.rfind(_PARENT)
    if at < 0:
        return None
    start = line.find(b'"', line.find(b":", at)) + 1
    return line[start : line.find(b'"', start)]


def own_id(line: bytes) -> bytes:
    """The id of a root's line; b"" where it can't be read."""
    if line.startswith(b'{"id":"'):
        return line[7 : line.find(b'"', 7)]
    try:
        return _link(line).id.encode()
    except msgspec.DecodeError:
        return b""


def head_of(root: bytes) -> bytes:
    """How lines of this root's kind begin (``{"id":"gid://shopify/Order/``); a prefix no line has where that can't be told."""
    end = root.find(b"/", 21)
    return root[: end + 1] if end > 0 and root.startswith(b'{"id":"gid://shopify/') else b"\0"


def is_grouped(lines: Iterable[bytes]) -> bool:
    root, head, tail = b"", b"", b""
    for line in lines:
        if head and line.startswith(head):
            root = line[7 : line.find(b'"', 7)]
            tail = _PARENT + b':"' + root + b'"'
        elif tail and tail in line:
            continue
        else:
            parent = parent_of(line)
            if parent is None and len(line) > 2:
                root, head = own_id(line), head_of(line)
                tail = _PARENT + b':"' + root + b'"'
            elif parent is not None and parent != root:
                return False
    return True


def grouped(path: Path, *, bucket_bytes: int = BUCKET_BYTES) -> Iterator[bytes]:
    """The file's lines, every child behind its parent; the same order each time. Children without a parent come last."""
    with path.open("rb", buffering=_BUFFER) as file:
        streamable = is_grouped(file)
    if streamable:
        with path.open("rb", buffering=_BUFFER) as file:
            yield from file
        return
    count = min(_MOST_BUCKETS, path.stat().st_size // bucket_bytes + 1)
    folder = Path(tempfile.mkdtemp(prefix=f"{path.stem}-", dir=path.parent))
    try:
        _deal(path, folder, count)
        for number in range(count):
            yield from _in_order(folder / str(number))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _deal(path: Path, folder: Path, count: int) -> None:
    buckets = [(folder / str(number)).open("wb") for number in range(count)]
    try:
        with path.open("rb", buffering=_BUFFER) as file:
            for line in file:
                if len(line) > 2:
                    parent = parent_of(line)
                    bucket = buckets[crc32(own_id(line) if parent is None else parent) % count]
                    bucket.write(line if line.endswith(b"\n") else line + b"\n")
    finally:
        for bucket in buckets:
            bucket.close()


def _number(line: bytes) -> tuple[int, bytes]:
    """Sorts lines by their ids as numbers: the order in which the shop shows them."""
    text = own_id(line)
    return len(text), text


def _in_order(bucket: Path) -> Iterator[bytes]:
    roots: dict[bytes, list[bytes]] = {}
    children: dict[bytes, list[bytes]] = {}
    with bucket.open("rb") as file:
        for line in file:
            parent = parent_of(line)
            if parent is None:
                roots.setdefault(own_id(line), []).append(line)
            else:
                children.setdefault(parent, []).append(line)
    bucket.unlink()
    for root, lines in roots.items():
        yield from lines
        yield from sorted(children.pop(root, ()), key=_number)
    for orphans in children.values():
        yield from orphans
