"""Personal discount codes: made once, found again after a lost answer, never doubled."""

from __future__ import annotations

from typing import Any

from adapters.shopify.amounts import iso
from adapters.shopify.answers import fail, user_errors
from adapters.shopify.ids import bare, gid
from adapters.shopify.transport import AdminTransport
from plugin_core.errors import InvalidInput, Refused, Transient
from plugin_core.money import major
from plugin_core.platforms import CodeSpec, CreatedCode

_EXISTS = frozenset({"TAKEN", "DUPLICATE", "IMPLICIT_DUPLICATE"})
_GONE = "does not exist"


def create_code(transport: AdminTransport, spec: CodeSpec, currency: str) -> CreatedCode:
    """One use, one customer. A code of this name exists once, so trying again after a lost answer ends in TAKEN: then the one
    that is there is adopted if it carries our reference.
    """
    if not spec.customer_id:
        raise InvalidInput(f"{transport.store}: a code on Shopify has to belong to a customer of the shop.")
    answer = transport.call("discount_create", {"discount": discount(spec, currency)}, repeatable=True)
    payload = answer.get("discountCodeBasicCreate") or {}
    errors = user_errors(payload)
    if any(each.get("code") in _EXISTS for each in errors):
        return _adopt(transport, spec)
    if errors:
        fail(errors, store=transport.store, doing=f"the code of {spec.title!r}")
    return CreatedCode(spec.code, bare(str((payload.get("codeDiscountNode") or {}).get("id") or "")))


def discount(spec: CodeSpec, currency: str) -> dict[str, Any]:
    """The input of discountCodeBasicCreate. The reference stands in the tags: Shopify gives them back, shoppers see none."""
    found: dict[str, Any] = {
        "code": spec.code,
        "title": spec.title,
        "tags": [tag_of(spec.reference)],
        "startsAt": iso(spec.starts_at),
        "endsAt": iso(spec.expires_at),
        "usageLimit": 1,
        "appliesOncePerCustomer": True,
        "context": {"customers": {"add": [gid("Customer", spec.customer_id)]}},
        "customerGets": {"value": {"percentage": spec.percent / 100}, "items": {"all": True}},
    }
    if spec.minimum is not None:
        found["minimumRequirement"] = {"subtotal": {"greaterThanOrEqualToSubtotal": str(major(spec.minimum, currency))}}
    return found


def tag_of(reference: str) -> str:
    """A comma would split the tag in two."""
    return reference.replace(",", ";")


def _adopt(transport: AdminTransport, spec: CodeSpec) -> CreatedCode:
    node = transport.call("discount_by_code", {"code": spec.code}, repeatable=True).get("codeDiscountNodeByCode")
    if not node:
        raise Transient("a new discount code can't be found yet.", store=transport.store, mend="It is looked up again later.")
    existing = node.get("codeDiscount") or {}
    tags = existing.get("tags")
    # A store that keeps no tags leaves the title, which names our campaign.
    ours = tag_of(spec.reference) in tags if tags else existing.get("title") == spec.title
    if not ours:
        raise Refused(
            "a discount code of this name exists already and isn't ours.",
            store=transport.store,
            mend="Delete it in Shopify, or give the campaign another code prefix.",
            code="TAKEN",
        )
    return CreatedCode(spec.code, bare(str(node["id"])), adopted=True)


def delete_code(transport: AdminTransport, created: CreatedCode) -> None:
    """A code that is gone already is as good as deleted."""
    variables = {"id": gid("DiscountCodeNode", created.external_id)}
    payload = transport.call("discount_delete", variables, repeatable=True).get("discountCodeDelete")
    errors = [each for each in user_errors(payload) if _GONE not in str(each.get("message", ""))]
    if errors:
        fail(errors, store=transport.store, doing="deleting a code")
