"""Which of our coupons are still in the store, and which of them shoppers have used."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from adapters.woocommerce.api import StoreApi
from adapters.woocommerce.codes import reference_of
from plugin_core.errors import BadAnswer
from plugin_core.platforms import CodeStanding, MadeCode

_AT_ONCE = 100


def look_up_codes(api: StoreApi, codes: Sequence[MadeCode]) -> list[CodeStanding]:
    """In the order of ``codes``. One whose making got no answer is looked for by its name, and is ours by its reference.

    A coupon the merchant has put into the trash is not listed: it is gone.
    """
    found: dict[MadeCode, CodeStanding] = {}
    known = [each for each in codes if each.external_id]
    for start in range(0, len(known), _AT_ONCE):
        some = known[start : start + _AT_ONCE]
        include = ",".join(each.external_id for each in some)
        rows = {str(row.get("id")): row for row in _rows(api, {"include": include, "per_page": _AT_ONCE})}
        found.update({each: CodeStanding(each, _state(rows.get(each.external_id))) for each in some})
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
