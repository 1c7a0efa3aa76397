"""From lines of JSON to records, in batches: the fast path of an import.

A record that is known already with the same modified time and the same content is dropped before it is decoded in full.
The content hash is the CRC-32 of the parent's line and the sum of its children's, so that their order doesn't matter.
It need not resist an attacker: it only tells a shop's record from the same record changed within the same second.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple
from zlib import crc32

import msgspec

from adapters.shopify.amounts import microseconds
from adapters.shopify.ids import bare
from adapters.shopify.join import head_of, own_id, parent_of
from adapters.shopify.orders import translate_order
from adapters.shopify.shapes import CheckoutShape, CustomerShape, LineShape, OrderShape, ProductShape, StampShape
from adapters.shopify.translate import translate_checkout, translate_customer, translate_product
from plugin_core.json_text import without_nul
from plugin_core.records import OrderRecord, Record, Rejected

BATCH = 5_000
_RAW_KEPT = 64 * 1024

# external ids -> {external id: (modified time, content hash)} of those that are known
Known = Callable[[Sequence[str]], Mapping[str, tuple[int, str]]]


class Batch(NamedTuple):
    records: list[Record]
    rejected: list[Rejected]
    roots: int  # records read, known and rejected ones included


Group = tuple[bytes, list[bytes]]  # a root's line and its children's


_order = msgspec.json.Decoder(OrderShape).decode
_lines = msgspec.json.Decoder(list[LineShape]).decode
_customer = msgspec.json.Decoder(CustomerShape).decode
_product = msgspec.json.Decoder(ProductShape).decode
_checkout = msgspec.json.Decoder(CheckoutShape).decode
_stamp = msgspec.json.Decoder(StampShape).decode


def content_hash(group: Group) -> str:
    total = 0
    for child in group[1]:
        total += crc32(child)
    return f"{crc32(group[0]) << 32 | total & 0xFFFFFFFF:016x}"


def groups(lines: Iterable[bytes]) -> Iterator[Group]:
    """Parents with their children, where each child stands behind its parent. A child elsewhere is a group by itself."""
    root, head, tail = b"", b"", b""
    children: list[bytes] = []
    for raw in lines:
        line = raw.rstrip()
        if head and line.startswith(head):
            is_root = True
        elif tail and tail in line:
            is_root = False
        elif not line:
            continue
        else:
            parent = parent_of(line)
            is_root = parent is None or parent != own_id(root)
            head = head_of(line) if parent is None else b""
        if is_root:
            if root:
                yield root, children
            root, children = line, []
            tail = b'"__parentId":"' + line[7 : line.find(b'"', 7)] + b'"' if line.startswith(head or b"\0") else b""
        else:
            children.append(line)
    if root:
        yield root, children


def _read_order(group: Group, digest: str, currency: str) -> Record:
    if parent_of(group[0]) is not None:
        raise ValueError("a line of an order that is not in the file")
    children = _lines(b"[" + b",".join(group[1]) + b"]") if group[1] else []
    return translate_order(_order(group[0]), children, digest, currency)


def _read_customer(group: Group, digest: str, currency: str) -> Record:
    return translate_customer(_customer(group[0]), digest, currency)


def _read_product(group: Group, digest: str, currency: str) -> Record:
    return translate_product(_product(group[0]), digest, currency)


def _read_checkout(group: Group, digest: str, currency: str) -> Record:
    return translate_checkout(_checkout(group[0]), digest, currency)


READERS: Mapping[str, Callable[[Group, str, str], Record]] = {
    "orders": _read_order,
    "customers": _read_customer,
    "products": _read_product,
    "checkouts": _read_checkout,
}


@contextmanager
def _no_collection() -> Iterator[None]:
    """A batch makes some hundred thousand tuples and no cycle: looking for cycles meanwhile would double its time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def translate_batch(resource: str, batch: Sequence[Group], currency: str, known: Known | None = None) -> Batch:
    with _no_collection():
        return _translate(resource, batch, currency, known)


def _translate(resource: str, batch: Sequence[Group], currency: str, known: Known | None) -> Batch:
    reader = READERS[resource]
    records: list[Record] = []
    rejected: list[Rejected] = []
    digests = [content_hash(group) for group in batch]
    skip = _unchanged(batch, digests, known) if known is not None else None
    for number, group in enumerate(batch):
        if skip is not None and skip[number]:
            continue
        try:
            if b"\\u0000" in group[0] or any(b"\\u0000" in child for child in group[1]):
                group = without_nul(group[0]), [without_nul(child) for child in group[1]]  # noqa: PLW2901
            records.append(reader(group, digests[number], currency))
        except (ValueError, TypeError, OverflowError) as problem:
            rejected.append(reject(resource, group, problem))
    return Batch(records, rejected, len(batch))


def _unchanged(batch: Sequence[Group], digests: Sequence[str], known: Known) -> list[bool]:
    stamps: list[tuple[str, str | None]] = []
    for group in batch:
        try:
            stamp = _stamp(group[0])
            stamps.append((bare(stamp.id), stamp.updated_at))
        except msgspec.DecodeError:
            stamps.append(("", None))
    have = known([external_id for external_id, _ in stamps if external_id])
    if not have:
        return [False] * len(batch)
    verdicts = []
    for (external_id, updated_at), digest in zip(stamps, digests, strict=True):
        mine = have.get(external_id)
        verdicts.append(mine is not None and mine[1] == digest and updated_at is not None and mine[0] == _moment(updated_at))
    return verdicts


def _moment(text: str) -> int | None:
    try:
        return microseconds(text)
    except ValueError:
        return None


def reject(resource: str, group: Group, problem: Exception) -> Rejected:
    external_id = bare((parent_of(group[0]) or own_id(group[0])).decode(errors="replace"))
    raw = b"\n".join([group[0], *group[1]])[:_RAW_KEPT].decode(errors="replace")
    return Rejected(resource, external_id, raw, f"{resource[:-1]} {external_id or '(without an id)'} can't be read: {problem}")


def read_batches(
    resource: str, lines: Iterable[bytes], *, currency: str, known: Known | None = None, size: int = BATCH, skip: int = 0
) -> Iterator[Batch]:
    """``skip`` passes over that many records at the beginning without decoding them (they were taken before a kill)."""
    waiting: list[Group] = []
    for number, group in enumerate(groups(lines)):
        if number < skip:
            continue
        waiting.append(group)
        if len(waiting) >= size:
            yield translate_batch(resource, waiting, currency, known)
            waiting = []
    if waiting:
        yield translate_batch(resource, waiting, currency, known)


def read_orders(
    lines: Iterable[bytes],
    *,
    currency: str,
    known: Known | None = None,
    size: int = BATCH,
    rejected: Callable[[Rejected], Any] | None = None,
) -> Iterator[list[OrderRecord]]:
    """Orders of a bulk file whose children stand behind their parents (``join.grouped`` sees to it)."""
    for batch in read_batches("orders", lines, currency=currency, known=known, size=size):
        if rejected is not None:
            for each in batch.rejected:
                rejected(each)
        yield [record for record in batch.records if isinstance(record, OrderRecord)]
