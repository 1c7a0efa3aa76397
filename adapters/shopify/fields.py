"""Our fields on a customer: metafields in the namespace that Shopify reserves for this app."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adapters.shopify.answers import fail, user_errors
from adapters.shopify.ids import gid
from adapters.shopify.transport import AdminTransport
from plugin_core.platforms import ProfileWrite

RESERVED = "$app"  # deleting must name the namespace; setting leaves it out, which means the same
TYPES = {"points": "number_integer"}
TEXT = "single_line_text_field"
DEFINITIONS = {
    "points": "Loyalty points",
    "tier": "Loyalty tier",
    "referral_code": "Referral code",
    "segments": "Segments",
    "lifecycle": "Lifecycle stage",
}
# The definitions of the app's configuration come and go with the app itself.
_GONE_OR_GOES = frozenset({"NOT_FOUND", "APP_CONFIG_MANAGED"})
_DEFINED_ALREADY = frozenset({"TAKEN", "UNSTRUCTURED_ALREADY_EXISTS"})


def to_set(write: ProfileWrite) -> list[dict[str, str]]:
    """Shopify keeps no empty values: those are removed instead."""
    return [
        {"ownerId": gid("Customer", write.customer_id), "key": key, "type": TYPES.get(key, TEXT), "value": str(value)}
        for key, value in write.fields.items()
        if value is not None and value != ""
    ]


def to_delete(write: ProfileWrite) -> list[dict[str, str]]:
    return [
        {"ownerId": gid("Customer", write.customer_id), "namespace": RESERVED, "key": key}
        for key, value in write.fields.items()
        if value is None or value == ""
    ]


def define(transport: AdminTransport) -> None:
    """Names our fields in the shop's admin; where that was done before nothing happens."""
    for key, name in DEFINITIONS.items():
        definition: Mapping[str, Any] = {
            "name": name,
            "key": key,
            "type": TYPES.get(key, TEXT),
            "ownerType": "CUSTOMER",
            "access": {"admin": "MERCHANT_READ", "customerAccount": "READ"},
        }
        answer = transport.call("metafield_definition_create", {"definition": definition}, repeatable=True)
        errors = [
            each for each in user_errors(answer.get("metafieldDefinitionCreate")) if each.get("code") not in _DEFINED_ALREADY
        ]
        if errors:
            fail(errors, store=transport.store, doing=f"the definition of the field {key}")


def remove_definitions(transport: AdminTransport) -> list[str]:
    """With all values that are left; what Shopify refuses, in words."""
    problems = []
    for key, name in DEFINITIONS.items():
        variables = {"definition": {"ownerType": "CUSTOMER", "key": key}}
        answer = transport.call("metafield_definition_delete", variables, repeatable=True)
        errors = [each for each in user_errors(answer.get("metafieldDefinitionDelete")) if each.get("code") not in _GONE_OR_GOES]
        problems += [f"The field {name!r} stays defined: {each.get('message', 'refused')}" for each in errors]
    return problems
