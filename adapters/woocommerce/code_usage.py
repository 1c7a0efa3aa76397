"""Which of our coupons are still in the store, and which of them shoppers have used."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from adapters.woocommerce.api import StoreApi
from adapters.woocommerce.codes import amount_of, expiry_of, reference_of
from plugin_core.clock import to_us
from plugin_core.errors import BadAnswer
from plugin_core.platforms import CodeStanding, CodeTerms, MadeCode

_AT_ONCE = 100
_NARROWING = ("product_ids", "product_categories", "excluded_product_ids", "excluded_product_categories")
_SUMS = ("minimum_amount", "maximum_amount")


def look_up_codes(api: StoreApi, codes: Sequence[MadeCode], zone: ZoneInfo) -> list[CodeStanding]:
    """In the order of ``codes``. One whose making got no answer is looked for by its name, and is ours by its reference.

    A coupon the merchant has put into the trash is not listed: it is gone.
    """
    found: dict[MadeCode, CodeStanding] = {}
    known = [each for each in codes if each.external_id]
    for start in range(0, len(known), _AT_ONCE):
        some = known[start : start + _AT_ONCE]
        include = ",".join(each.external_id for each in some)
        rows = {str(row.get("id")): row for row in _rows(api, {"include": include, "per_page": _AT_ONCE})}
        for each in some:
            row = rows.get(each.external_id)
            found[each] = CodeStanding(each, _state(row), _terms(row, zone))
    for code in codes:
        if not code.external_id:
            found[code] = _by_name(api, code)
    return [found[each] for each in codes]


def _by_name(api: StoreApi, code: MadeCode) -> CodeStanding:
    rows = _rows(api, {"code": code.code.lower(), "per_page": _AT_ONCE})
    mine = next((row for row in rows if reference_of(row) == code.reference), None)
    if mine is None:
        return CodeStanding(code, "gone")
    return CodeStanding(code._replace(external_id=str(mine["id"])), _state(mine))


def _rows(api: StoreApi, query: dict[str, str | int]) -> list[dict[str, Any]]:
    rows = api.get("coupons", query)
    if not isinstance(rows, list):
        raise BadAnswer("A list of coupons was asked for and something else came.", store=api.store)
    return [each for each in rows if isinstance(each, dict)]


def _state(row: dict[str, Any] | None) -> str:
    if row is None:
        return "gone"
    return "used" if row.get("usage_count") else "unused"


def _terms(row: dict[str, Any] | None, zone: ZoneInfo) -> CodeTerms | None:
    if row is None:
        return None
    amount = amount_of(row.get("amount"))
    expiry = expiry_of(row, zone)
    whole = row.get("discount_type") == "percent" and amount == int(amount)
    return CodeTerms(
        active=row.get("status", "publish") == "publish",  # older stores don't say, and list no others
        percent=int(amount) if whole else None,
        expires_at=None if expiry is None else to_us(expiry),
        uses=row.get("usage_limit"),
        bound=bool(row.get("email_restrictions")),
        narrowed=any(row.get(each) for each in _NARROWING)
        or any(amount_of(row.get(each)) > 0 for each in _SUMS)
        or bool(row.get("exclude_sale_items")),
    )
