"""Records asked for by id, and which of them are gone."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec import Raw

from adapters.woocommerce.api import StoreApi
from adapters.woocommerce.payloads import row_id
from adapters.woocommerce.walk import split
from plugin_core.errors import Refused

# No single list holds all orders: the trash and checkout drafts are asked for apart.
_LISTS: dict[str, tuple[dict[str, str], ...]] = {
    "orders": ({"status": "any"}, {"status": "trash"}, {"status": "checkout-draft"}),
    "customers": ({"role": "all"},),
    "products": ({},),
}
_AT_ONCE = 100


def named_rows(api: StoreApi, endpoint: str, ids: Sequence[str]) -> tuple[list[Raw], list[str]]:
    """The rows found, and the ids that the store confirms it does not have."""
    rows: list[Raw] = []
    gone = [each for each in ids if not each.isdigit()]
    numbers = list(dict.fromkeys(each for each in ids if each.isdigit()))
    for start in range(0, len(numbers), _AT_ONCE):
        missing = numbers[start : start + _AT_ONCE]
        for params in _LISTS[endpoint]:
            if missing:
                listing = api.page(endpoint, {**params, "include": ",".join(missing)}, per_page=_AT_ONCE)
                found = [row for row in split(api, listing) if row_id(row) in missing]
                rows += found
                missing = [each for each in missing if each not in {row_id(row) for row in found}]
        for number in missing:  # a plugin's status may be in none of the lists: "gone" has to be said by the store
            one = _single(api, endpoint, number)
            if one is None:
                gone.append(number)
            else:
                rows.append(one)
    return rows, gone


def _single(api: StoreApi, endpoint: str, number: str) -> Raw | None:
    try:
        return Raw(msgspec.json.encode(api.get(f"{endpoint}/{number}")))
    except Refused as refused:
        if refused.code.endswith("invalid_id") or refused.code in ("404", "410"):
            return None
        raise
