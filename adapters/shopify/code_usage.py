"""Which of our codes are still in the shop, and which of them shoppers have used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from adapters.shopify.amounts import microseconds
from adapters.shopify.codes import tag_of
from adapters.shopify.ids import bare, gid
from adapters.shopify.transport import AdminTransport
from plugin_core.platforms import CodeStanding, CodeTerms, MadeCode

_AT_ONCE = 100


def look_up_codes(transport: AdminTransport, codes: Sequence[MadeCode]) -> list[CodeStanding]:
    """In the order of ``codes``. One whose making got no answer is looked for by its name, and is ours by its reference."""
    found: dict[MadeCode, CodeStanding] = {}
    known = [each for each in codes if each.external_id]
    for start in range(0, len(known), _AT_ONCE):
        some = known[start : start + _AT_ONCE]
        ids = [gid("DiscountCodeNode", each.external_id) for each in some]
        nodes = transport.call("discount_usage", {"ids": ids}, repeatable=True).get("nodes") or []
        for code, node in zip(some, nodes, strict=True):
            found[code] = CodeStanding(code, _state(node), _terms(node))
    for code in codes:
        if not code.external_id:
            found[code] = _by_name(transport, code)
    return [found[each] for each in codes]


def _by_name(transport: AdminTransport, code: MadeCode) -> CodeStanding:
    node = transport.call("discount_by_code", {"code": code.code}, repeatable=True).get("codeDiscountNodeByCode")
    tags = (node or {}).get("codeDiscount", {}).get("tags") or ()
    if not node or tag_of(code.reference) not in tags:
        return CodeStanding(code, "gone")
    return CodeStanding(code._replace(external_id=bare(str(node["id"]))), _state(node))


def _state(node: Mapping[str, Any] | None) -> str:
    if not node:
        return "gone"
    return "used" if (node.get("codeDiscount") or {}).get("asyncUsageCount") else "unused"


def _terms(node: Mapping[str, Any] | None) -> CodeTerms | None:
    found = (node or {}).get("codeDiscount") or {}
    if found.get("__typename") != "DiscountCodeBasic":
        return None
    gets = found["customerGets"]
    share = gets["value"].get("percentage")
    ends = found["endsAt"]
    return CodeTerms(
        active=found["status"] != "EXPIRED",
        percent=None if share is None else round(share * 100),
        expires_at=None if ends is None else microseconds(ends),
        uses=found["usageLimit"],
        bound=bool(found["context"].get("customers")),
        narrowed=found["minimumRequirement"] is not None or gets["items"]["__typename"] != "AllDiscountItems",
    )
