"""Abandoned checkouts: WooCommerce has none of its own, so orders that were begun and never paid stand for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from msgspec import Raw

from adapters.woocommerce import payloads, walk
from adapters.woocommerce.api import StoreApi
from adapters.woocommerce.named import named_rows
from adapters.woocommerce.translate import OPEN_CHECKOUT, Context, checkout_record, decode_rows, make_records
from plugin_core.clock import to_us
from plugin_core.records import CheckoutRecord, Deletion, Page, Record, Rejected

YOUNG = timedelta(days=7)
_LISTS = ("pending,failed", "checkout-draft")  # a draft is never part of another list


def pull_checkouts(api: StoreApi, about: Context, cursor: Mapping[str, object] | None, *, now: datetime) -> Iterator[Page]:
    """Those open and young, then what became of those that were open last time: bought, or gone."""
    remembered = (cursor or {}).get("open")
    before = {str(each) for each in remembered} if isinstance(remembered, list) else set()
    seen: set[str] = set()
    after = {"after": (now - YOUNG).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S"), "dates_are_gmt": "true"}
    for statuses in _LISTS:
        for step in walk.by_id(api, "orders", {"status": statuses, **after}, about.zone):
            records, rejected = _records(step.rows, about)
            records = [record for record in records if _young_and_open(record, now)]
            seen |= {record.external_id for record in records}
            yield Page(records, {"open": sorted(before | seen)}, rejected, total=step.total)
    settled, rejected = _settled(api, about, sorted(before - seen), now)
    yield Page(settled, {"done": True, "open": sorted(seen)}, rejected, last=True)


def named_checkouts(api: StoreApi, about: Context, ids: Sequence[str], *, now: datetime) -> tuple[list[Record], list[Rejected]]:
    """Bought ones come with ``completed_at``; cancelled, trashed and deleted ones as Deletion."""
    rows, gone = named_rows(api, "orders", ids)
    decoded, rejected = decode_rows(rows, "checkouts", payloads.order_decoder.decode)
    given_up = [str(order.id) for _, order in decoded if order.status in ("cancelled", "trash")]
    alive = [(row, order) for row, order in decoded if order.status not in ("cancelled", "trash")]
    records, more = make_records(alive, "checkouts", lambda order: checkout_record(order, about))
    return [*records, *(Deletion("checkouts", each, to_us(now)) for each in gone + given_up)], rejected + more


def _settled(api: StoreApi, about: Context, ids: list[str], now: datetime) -> tuple[list[Record], list[Rejected]]:
    return named_checkouts(api, about, ids, now=now) if ids else ([], [])


def _records(rows: list[Raw], about: Context) -> tuple[list[Record], list[Rejected]]:
    decoded, rejected = decode_rows(rows, "checkouts", payloads.order_decoder.decode)
    records, more = make_records(
        [(row, order) for row, order in decoded if order.status in OPEN_CHECKOUT],
        "checkouts",
        lambda order: checkout_record(order, about),
    )
    return records, rejected + more


def _young_and_open(record: Record, now: datetime) -> bool:
    return isinstance(record, CheckoutRecord) and record.created_at > to_us(now - YOUNG)
