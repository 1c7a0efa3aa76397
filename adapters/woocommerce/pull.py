"""Whole and incremental pulls of orders, customers and products, as pages with a cursor that survives a kill."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec import Raw

from adapters.woocommerce import payloads, walk
from adapters.woocommerce.api import StoreApi
from adapters.woocommerce.refunds import RefundLookup
from adapters.woocommerce.translate import Context, customer_record, decode_rows, make_records, order_record, product_record
from plugin_core.records import Page, Record, Rejected

# "any" leaves out both the trash and the drafts of the block checkout; each has to be asked for by itself.
ORDER_STREAMS = ("any", "trash", "checkout-draft")
OVERLAP = timedelta(minutes=10)

Cursor = Mapping[str, object]


def pull_orders(api: StoreApi, about: Context, cursor: Cursor | None, *, full: bool) -> Iterator[Page]:
    """Three streams by moving ``modified_after``; the marks left behind are where the next pull begins, less the overlap."""
    state = _begin(cursor, full=full)
    lookup = RefundLookup(api)
    streams = ORDER_STREAMS[int(state["stream"]) :]
    for status in streams:
        if state["since"] is None and not state["id_page"]:
            state["since"] = _resume_point(state["from"].get(status))
        for rows in _stream(api, about, status, state):
            records, rejected = order_rows(rows, lookup, about)
            yield Page(records, dict(state), rejected, total=state["total"])
        _finish_stream(state, status)
        state["stream"] += 1
        last = status == ORDER_STREAMS[-1]
        yield Page([], _done(state) if last else dict(state), total=state["total"], last=last)


def pull_customers(api: StoreApi, about: Context, cursor: Cursor | None, *, full: bool) -> Iterator[Page]:
    """Always everybody: WooCommerce can't be asked for changed customers. ``role=all`` holds subscribers and admins too."""
    state = _begin(cursor, full=full)

    def make(rows: list[Raw]) -> tuple[list[Record], list[Rejected]]:
        decoded, rejected = decode_rows(rows, "customers", payloads.account_decoder.decode)
        records, more = make_records(decoded, "customers", lambda account: customer_record(account, about))
        return records, rejected + more

    for rows in _id_walk(api, "customers", {"role": "all"}, about, state):
        records, rejected = make(rows)
        yield Page(records, dict(state), rejected, total=state["total"])
    yield Page([], _done(state), total=state["total"], last=True)


def pull_products(api: StoreApi, about: Context, cursor: Cursor | None, *, full: bool) -> Iterator[Page]:
    state = _begin(cursor, full=full)
    if state["since"] is None and not state["id_page"]:
        state["since"] = _resume_point(state["from"].get("products"))
    for rows in _id_walk(api, "products", walk.window(_moment(state["since"])), about, state):
        decoded, rejected = decode_rows(rows, "products", payloads.product_decoder.decode)
        records, more = make_records(decoded, "products", lambda product: product_record(product, about))
        yield Page(records, dict(state), rejected + more, total=state["total"])
    _finish_stream(state, "products")
    yield Page([], _done(state), total=state["total"], last=True)


def order_rows(rows: list[Raw], lookup: RefundLookup, about: Context) -> tuple[list[Record], list[Rejected]]:
    decoded, rejected = decode_rows(rows, "orders", payloads.order_decoder.decode)
    details = lookup.details(order for _, order in decoded)

    def make(order: payloads.Order) -> Record:
        unreadable = [refund.id for refund in order.refunds if refund.id in lookup.unreadable]
        if unreadable:
            raise ValueError(f"its refund {unreadable[0]} can't be read")
        return order_record(order, details, about)

    records, more = make_records(decoded, "orders", make)
    return records, rejected + more


def _stream(api: StoreApi, about: Context, status: str, state: dict[str, Any]) -> Iterator[list[Raw]]:
    params = {"status": status}
    if not state["by_id"]:
        try:
            for step in walk.by_modified(api, "orders", params, _moment(state["since"]), about.zone):
                _note(state, step.newest, step.total, step.store_time)
                state["since"] = _text(step.since)
                yield step.rows
        except walk.CannotWalk:
            state["by_id"] = True
        else:
            return
    since = _moment(state["since"])
    yield from _id_walk(api, "orders", {**params, **walk.window(since)}, about, state)


def _id_walk(api: StoreApi, endpoint: str, params: walk.Params, about: Context, state: dict[str, Any]) -> Iterator[list[Raw]]:
    steps: Callable[..., Iterator[walk.IdStep]] = walk.by_id
    for step in steps(api, endpoint, params, about.zone, page=state["id_page"], size=state["id_size"], top=state["id_top"]):
        _note(state, step.newest, step.total, step.store_time)
        state |= {"id_page": step.page, "id_size": step.size, "id_top": step.top}
        yield step.rows


def _begin(cursor: Cursor | None, *, full: bool) -> dict[str, Any]:
    """Where an unfinished pull stopped; or a new one, from the marks of the last, or from nothing where ``full``."""
    before: dict[str, Any] = dict(cursor or {})
    unfinished = bool(before) and not before.get("done")
    if unfinished and (bool(before.get("full")) or not full):
        return before
    marks = before.get("marks") if before.get("done") and not full else None
    return {
        "full": full or not marks,
        "done": False,
        "stream": 0,
        "since": None,
        "newest": None,
        "from": marks or {},  # where this pull began, by stream
        "marks": dict(marks or {}),  # where the next one may begin
        "by_id": False,
        "id_page": 0,
        "id_size": 0,
        "id_top": 0,
        "clock": None,  # the store's own time when the pull began
        "total": None,
        "counted": False,
    }


def _note(state: dict[str, Any], newest: datetime | None, total: int | None, store_time: float) -> None:
    if state["clock"] is None:
        state["clock"] = _text(datetime.fromtimestamp(store_time, UTC))
    if newest is not None:
        state["newest"] = max(state["newest"] or "", str(_text(newest)))
    if total is not None and not state["counted"]:
        state["total"], state["counted"] = (state["total"] or 0) + total, True


def _finish_stream(state: dict[str, Any], status: str) -> None:
    """The mark is the newest modification seen, but never past the store's clock: one order dated 2099 must not hide the rest."""
    if state["newest"]:
        state["marks"] = {**state["marks"], status: max(min(state["newest"], state["clock"]), state["marks"].get(status, ""))}
    state |= {"since": None, "newest": None, "counted": False, "id_page": 0, "id_size": 0, "id_top": 0}


def _done(state: dict[str, Any]) -> dict[str, object]:
    return {"done": True, "marks": state["marks"]}


def _resume_point(mark: object) -> str | None:
    moment = _moment(mark)
    return None if moment is None else _text(moment - OVERLAP)


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _moment(text: object) -> datetime | None:
    return datetime.fromisoformat(text).replace(tzinfo=UTC) if isinstance(text, str) else None
