"""Brings customers' status in the store to what we want it to be: few at a time by calls, many by bulk mutations.

Setting and deleting fields and adding and removing tags are the same done twice as done once, so a lost answer is tried again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from adapters.shopify.answers import user_errors
from adapters.shopify.attempts import STEPS, Attempt, Step
from adapters.shopify.bulk_writes import BulkWriter
from adapters.shopify.ids import gid
from adapters.shopify.transport import AdminTransport
from plugin_core.errors import InvalidInput, Refused, Transient
from plugin_core.platforms import ProfileWrite, WriteResult

BULK_ABOVE = 50  # customers: what half of a standard bucket carries at once, two mutations each
_LOOKED_UP_A_CALL = 250
_LONGEST_TAG = 255


def write_profiles(
    transport: AdminTransport,
    bulk: BulkWriter,
    writes: Sequence[ProfileWrite],
    prefix: str,
    *,
    former: Sequence[str] = (),
    bulk_above: int = BULK_ABOVE,
) -> list[WriteResult]:
    """Tags without ``prefix`` are refused before anything is sent: they are the merchant's. ``former`` ones may go."""
    for write in writes:
        _only_ours(transport.store, write.add_tags, (prefix,))
        _only_ours(transport.store, write.remove_tags, (prefix, *former))
    attempts = [Attempt(write) for write in writes]
    for step in STEPS:
        some = [each for each in attempts if not each.errors and step.items(each.write)]
        if len(some) > bulk_above and bulk.run(step, some):
            continue
        for chunk in _chunks(step, some):
            _call(transport, step, chunk)
    _find_gone(transport, attempts)
    return [each.result() for each in attempts]


def _only_ours(store: str, tags: Sequence[str], prefixes: tuple[str, ...]) -> None:
    for tag in tags:
        if not all(prefixes) or not tag.startswith(prefixes) or "," in tag or len(tag) > _LONGEST_TAG:
            raise InvalidInput(
                f"{store}: {tag!r} is no tag of ours: it has to begin with {prefixes[0]!r}, without commas, at most 255 long."
            )


def _chunks(step: Step, attempts: Sequence[Attempt]) -> Iterator[list[Attempt]]:
    """Customers that share a call; never one customer's items in two calls."""
    chunk: list[Attempt] = []
    size = 0
    for attempt in attempts:
        count = len(step.items(attempt.write))
        if chunk and size + count > step.shared:
            yield chunk
            chunk, size = [], 0
        chunk.append(attempt)
        size += count
    if chunk:
        yield chunk


def _call(transport: AdminTransport, step: Step, chunk: Sequence[Attempt]) -> None:
    before = transport.calls
    try:
        payload = transport.call(step.document, step.variables(chunk), repeatable=True).get(step.payload)
        said = [str(each.get("message", "refused")) for each in user_errors(payload)]
    except Refused as problem:
        payload, said = {}, [problem.message]
    except Transient as problem:
        for attempt in chunk:
            attempt.put_off(problem.message)
        return
    finally:
        chunk[0].calls += transport.calls - before
    if said and len(chunk) > 1:  # all or nothing: one of them spoils it for the rest
        for attempt in chunk:
            _call(transport, step, [attempt])
    elif said:
        chunk[0].errors += said
    elif payload is None:
        chunk[0].put_off("Shopify gave no result.")


def _find_gone(transport: AdminTransport, attempts: Sequence[Attempt]) -> None:
    """Refusals say in many ways that a customer doesn't exist; asking for them says it in one."""
    failed = [each for each in attempts if each.errors and not each.retry]
    for start in range(0, len(failed), _LOOKED_UP_A_CALL):
        some = failed[start : start + _LOOKED_UP_A_CALL]
        before = transport.calls
        try:
            ids = [gid("Customer", each.write.customer_id) for each in some]
            nodes = transport.call("customers_exist", {"ids": ids}, repeatable=True).get("nodes") or []
        except Transient as problem:
            for each in some:
                each.put_off(problem.message)
            continue
        finally:
            some[0].calls += transport.calls - before
        for each, node in zip(some, nodes, strict=False):
            each.gone = not node
