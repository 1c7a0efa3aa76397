"""Pages of changes, oldest first, and records by name; page sizes follow what the store says a query weighs."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from adapters.shopify.amounts import iso, microseconds
from adapters.shopify.answers import TooCostly
from adapters.shopify.cursors import Cursor
from adapters.shopify.ids import bare, gid
from adapters.shopify.pacing import NAMED
from adapters.shopify.read import Batch, Group, Known, translate_batch
from adapters.shopify.transport import AdminTransport
from plugin_core.clock import SECOND_US
from plugin_core.errors import BadAnswer, Refused

log = logging.getLogger(__name__)

OVERLAP_US = 120 * SECOND_US  # a change may become visible after a later one
ROOTS = {"orders": "orders", "customers": "customers", "products": "products", "checkouts": "abandonedCheckouts"}
KINDS = {"orders": "Order", "customers": "Customer", "products": "Product", "checkouts": "AbandonedCheckout"}
_FIRST_SIZES = {"orders": 10, "customers": 50, "products": 50, "checkouts": 10}
_LINES, _MORE_LINES = 10, 100  # lines of an order with its page; lines a call for those that have more
_LARGEST_PAGE = 250
_WEIGHT = 900.0  # points; Shopify refuses single queries above 1,000
_SHARE_OF_BUCKET = 0.45
_WINDOW = 20_000  # Shopify lets nobody page beyond 25,000 records of one search


class PageReader:
    """``known`` may drop what is stored already."""

    def __init__(self, transport: AdminTransport, currency: str) -> None:
        self._transport = transport
        self._currency = currency
        self._sizes = dict(_FIRST_SIZES)
        self._limits = dict.fromkeys(_FIRST_SIZES, _LARGEST_PAGE)

    def changes(self, resource: str, cursor: Cursor, known: Known | None) -> Iterator[tuple[Batch, Cursor]]:
        """Batches with the cursor behind each; the last one's phase is "idle"."""
        fresh = False
        while True:
            variables = {"after": cursor.after, "query": _search(cursor)}
            try:
                found = self._sized(resource, resource, "first", variables)[ROOTS[resource]]
            except Refused:
                if cursor.after is None or fresh:
                    raise
                # Shopify's own cursor may have run out since the last time: the window is begun again.
                cursor, fresh = cursor.but(after=None), True
                continue
            fresh = True
            nodes = [node for node in found.get("nodes") or () if node]
            batch = translate_batch(resource, [self._group(resource, node) for node in nodes], self._currency, known)
            page = found.get("pageInfo") or {}
            cursor = _moved(resource, cursor, nodes, page)
            yield batch, cursor
            if cursor.phase == "idle":
                return

    def named(self, resource: str, external_ids: Sequence[str]) -> tuple[Batch, list[str]]:
        """The records that are there, and the ids of those that are not."""
        records, rejected, gone, at = [], [], [], 0
        while at < len(external_ids):
            size = self._sizes[resource]
            chunk = external_ids[at : at + size]
            variables = {"ids": [gid(KINDS[resource], each) for each in chunk]}
            try:
                nodes = self._call(resource, f"{resource}{NAMED}", variables, units=len(chunk)).get("nodes") or []
            except TooCostly:
                self._shrink(resource)
                continue
            if len(nodes) != len(chunk):
                raise BadAnswer("Shopify answers with fewer records than were asked for by name.", store=self._transport.store)
            batch = translate_batch(resource, [self._group(resource, each) for each in nodes if each], self._currency)
            records += batch.records
            rejected += batch.rejected
            gone += [external_id for external_id, node in zip(chunk, nodes, strict=True) if not node]
            at += len(chunk)
            self._fit(resource, f"{resource}{NAMED}", units=self._sizes[resource])
        return Batch(records, rejected, len(external_ids) - len(gone)), gone

    def _sized(self, resource: str, name: str, argument: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        while True:
            try:
                data = self._call(resource, name, {**variables, argument: self._sizes[resource]})
            except TooCostly:
                self._shrink(resource)
                continue
            self._fit(resource, name)
            return data

    def _call(self, resource: str, name: str, variables: Mapping[str, Any], *, units: int = 1) -> dict[str, Any]:
        lines = {"lines": _LINES} if resource == "orders" else {}
        return self._transport.call(name, {**variables, **lines}, repeatable=True, units=units)

    def _shrink(self, resource: str) -> None:
        if self._sizes[resource] <= 1:
            raise BadAnswer(f"Shopify finds even one of the {resource} too much to ask for.", store=self._transport.store)
        self._sizes[resource] = self._limits[resource] = max(1, self._sizes[resource] // 2)

    def _fit(self, resource: str, name: str, *, units: int = 1) -> None:
        pace = self._transport.pace
        weight = pace.asked(name) * units
        if weight:
            allowed = min(_WEIGHT, pace.maximum * _SHARE_OF_BUCKET) if pace.maximum else _WEIGHT
            fitting = int(self._sizes[resource] * allowed / weight)
            self._sizes[resource] = max(1, min(fitting, self._limits[resource]))

    def _group(self, resource: str, node: dict[str, Any]) -> Group:
        """The node as the bulk file would hold it, so that both are read, and weighed for changes, in one way."""
        if resource != "orders":
            return msgspec.json.encode(node), []
        found = node.pop("lineItems", None) or {}
        lines = list(found.get("nodes") or ())
        page = found.get("pageInfo") or {}
        while page.get("hasNextPage"):
            variables = {"id": node["id"], "lines": _MORE_LINES, "after": page.get("endCursor")}
            order = self._transport.call("order_lines", variables, repeatable=True).get("node") or {}
            found = order.get("lineItems") or {}
            lines += found.get("nodes") or ()
            page = found.get("pageInfo") or {}
        return msgspec.json.encode(node), [msgspec.json.encode({**line, "__parentId": node["id"]}) for line in lines if line]


def _search(cursor: Cursor) -> str | None:
    terms = []
    if cursor.since is not None:
        terms.append(f"updated_at:>='{iso(cursor.since)}'")
    if cursor.above:
        terms.append(f"id:>{cursor.above}")
    return " ".join(terms) or None


def _moved(resource: str, cursor: Cursor, nodes: Sequence[Mapping[str, Any]], page: Mapping[str, Any]) -> Cursor:
    top = max(filter(None, (_updated(node) for node in nodes)), default=None)
    top = max(top or 0, cursor.top or 0) or None
    taken = cursor.taken + len(nodes)
    if not page.get("hasNextPage"):
        since = cursor.since if top is None else max(top - OVERLAP_US, cursor.since or 0)
        return Cursor("idle", since=since)
    if taken >= _WINDOW and resource == "checkouts":  # these come by id, not by time
        return cursor.but(after=None, above=bare(str(nodes[-1]["id"])), top=top, taken=0)
    if taken >= _WINDOW and top is not None and top // SECOND_US > (cursor.since or 0) // SECOND_US:
        return cursor.but(after=None, since=top, top=top, taken=0)
    return cursor.but(after=page.get("endCursor"), top=top, taken=taken)


def _updated(node: Mapping[str, Any]) -> int | None:
    try:
        return microseconds(str(node["updatedAt"]))
    except (KeyError, ValueError):
        return None
