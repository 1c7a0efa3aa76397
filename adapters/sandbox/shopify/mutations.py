"""Tags, metafields and consent: what is written to customers. Set semantics, so repeating is harmless."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import orjson

from adapters.sandbox.shopify import telling
from adapters.sandbox.shopify.build import put_metafield
from adapters.sandbox.shopify.fields import digest
from adapters.sandbox.shopify.projector import Arguments
from adapters.sandbox.shopify.store import Record, ShopStore

ARRAY_MAXIMUM = 250
METAFIELDS_MAXIMUM = 25
TAGS_MAXIMUM = 250
TAG_LENGTH = 255
KEY = re.compile(r"^[a-zA-Z0-9_-]{2,64}$")
OWNERS = frozenset({"Customer", "Order", "Product"})
TYPES = frozenset(
    {
        "number_integer",
        "number_decimal",
        "single_line_text_field",
        "multi_line_text_field",
        "json",
        "boolean",
        "date",
        "date_time",
    }
)


class TooMany(Exception):
    """Said as a top-level error: nothing was done."""


def error(message: str, field: list[str] | None = None, **more: Any) -> Record:
    return {"field": field, "message": message, **more}


def checked(values: list[Any], name: str) -> list[Any]:
    if len(values) > ARRAY_MAXIMUM:
        raise TooMany(f"The input array size of {len(values)} is greater than the maximum allowed of {ARRAY_MAXIMUM} for {name}.")
    return values


def _tagged(shop: ShopStore, arguments: Arguments) -> tuple[Record | None, list[str]]:
    """Commas split a tag, spaces around it go."""
    given = [part.strip() for tag in checked(arguments["tags"], "tags") for part in tag.split(",")]
    node = shop.node(arguments["id"])
    return (node if node is not None and "tags" in node else None), [tag for tag in given if tag]


def tags_add(shop: ShopStore, arguments: Arguments) -> Record:
    node, tags = _tagged(shop, arguments)
    if node is None:
        return {"node": None, "userErrors": [error("Resource does not exist", ["id"])]}
    if any(len(tag) > TAG_LENGTH for tag in tags):
        return {"node": None, "userErrors": [error("Tag is too long (maximum is 255 characters)", ["tags"])]}
    held = {tag.lower() for tag in node["tags"]}
    first = {tag.lower(): tag for tag in reversed(tags)}
    added = [tag for lower, tag in first.items() if lower not in held]
    if len(node["tags"]) + len(added) > TAGS_MAXIMUM:
        return {"node": None, "userErrors": [error("Tags cannot be more than 250", ["tags"])]}
    _moved(shop, node, "+", tags, changed=bool(added))
    node["tags"] = sorted([*node["tags"], *added], key=str.lower)
    return {"node": node, "userErrors": []}


def tags_remove(shop: ShopStore, arguments: Arguments) -> Record:
    node, tags = _tagged(shop, arguments)
    if node is None:
        return {"node": None, "userErrors": [error("Resource does not exist", ["id"])]}
    gone = {tag.lower() for tag in tags}
    left = [tag for tag in node["tags"] if tag.lower() not in gone]
    _moved(shop, node, "-", tags, changed=len(left) != len(node["tags"]))
    node["tags"] = left
    return {"node": node, "userErrors": []}


def _moved(shop: ShopStore, node: Record, sign: str, tags: list[str], *, changed: bool) -> None:
    for tag in tags:
        shop.tag_writes[node["id"]][sign + tag] += 1
    if changed:
        node["updated"] = shop.now()
        if node["__typename"] == "Customer":
            telling.customer_changed(shop, node)
            telling.tags_changed(shop, node, tags, added=sign == "+")


def namespace_of(shop: ShopStore, given: str | None) -> str:
    if given is None or given == "$app":
        return shop.namespace
    return f"{shop.namespace}--{given[5:]}" if given.startswith("$app:") else given


def metafields_set(shop: ShopStore, arguments: Arguments) -> Record:
    """All or nothing. Does not move the owner's updatedAt."""
    given: list[Arguments] = arguments["metafields"]
    if len(given) > METAFIELDS_MAXIMUM:
        message = f"Exceeded the maximum metafields input limit of {METAFIELDS_MAXIMUM}."
        return {"metafields": [], "userErrors": [error(message, ["metafields"], code="LESS_THAN_OR_EQUAL_TO", elementIndex=None)]}
    wrong = [said for index, each in enumerate(given) if (said := _wrong(shop, index, each)) is not None]
    if wrong:
        return {"metafields": [], "userErrors": wrong}
    now = shop.clock.now()
    made = []
    for each in given:
        owner = shop.node(each["ownerId"]) or {}
        kind = each.get("type") or owner["metafields"][namespace_of(shop, each.get("namespace")), each["key"]]["type"]
        record = put_metafield(shop, owner, namespace_of(shop, each.get("namespace")), each["key"], kind, each["value"], now)
        record["json"] = _parsed(kind, each["value"])
        made.append(record)
    return {"metafields": made, "userErrors": []}


def _wrong(  # noqa: PLR0911 - one a rule
    shop: ShopStore, index: int, each: Arguments
) -> Record | None:
    at = ["metafields", str(index)]

    def said(message: str, field: str, code: str) -> Record:
        return error(message, [*at, field], code=code, elementIndex=None)

    owner = shop.node(each["ownerId"])
    if owner is None or owner["__typename"] != "Customer":
        return said("Owner does not exist.", "ownerId", "INVALID")
    if not KEY.match(each["key"]):
        return said("Key is too short (minimum is 2 characters) or has characters that are not allowed.", "key", "INVALID")
    space = namespace_of(shop, each.get("namespace"))
    held = owner["metafields"].get((space, each["key"]))
    if space.startswith("app--") and space != shop.namespace and not space.startswith(f"{shop.namespace}--"):
        return said(
            "Access to this namespace and key on Metafields for this resource type is not allowed.",
            "namespace",
            "APP_NOT_AUTHORIZED",
        )
    kind = each.get("type") or (held or {}).get("type")
    if kind is None:
        return said("Type can't be blank", "type", "BLANK")
    if kind not in TYPES:
        return said(f"Type '{kind}' is not one the twin knows", "type", "INVALID_TYPE")
    if held and held["type"] != kind:
        return said(f"Type must be '{held['type']}' to match the existing metafield", "type", "INVALID_TYPE")
    if not each["value"]:
        return said("Value can't be blank.", "value", "BLANK")
    if not _valid(kind, each["value"]):
        return said(f"Value is not a valid {kind}.", "value", "INVALID_VALUE")
    if "compareDigest" in each:
        current = digest(held["value"]) if held else None
        if each["compareDigest"] != current:
            return said(
                "The resource has been updated since it was loaded. Try again with an updated `compareDigest` value.",
                "compareDigest",
                "STALE_OBJECT",
            )
    return None


def _parsed(kind: str, value: str) -> Any:
    return orjson.loads(value) if kind in ("json", "number_integer", "boolean") else value


def _valid(kind: str, value: str) -> bool:
    patterns = {
        "number_integer": r"-?\d{1,16}",
        "number_decimal": r"-?\d+(\.\d{1,9})?",
        "boolean": "true|false",
        "date": r"\d{4}-\d{2}-\d{2}",
    }
    if kind == "json":
        try:
            orjson.loads(value)
        except orjson.JSONDecodeError:
            return False
        return True
    if kind == "single_line_text_field":
        return "\n" not in value
    return re.fullmatch(patterns.get(kind, r"[\s\S]+"), value) is not None


def metafields_delete(shop: ShopStore, arguments: Arguments) -> Record:
    gone: list[Record | None] = []
    for each in checked(arguments["metafields"], "metafields"):
        owner = shop.node(each["ownerId"])
        key = (namespace_of(shop, each["namespace"]), each["key"])
        if owner is not None and owner.get("metafields", {}).pop(key, None):
            gone.append({"ownerId": each["ownerId"], "namespace": key[0], "key": key[1]})
        else:
            gone.append(None)
    return {"deletedMetafields": gone, "userErrors": []}


def definition_create(shop: ShopStore, arguments: Arguments) -> Record:
    given = arguments["definition"]
    place = (given["ownerType"], namespace_of(shop, given.get("namespace")), given["key"])
    if place in shop.definitions:
        taken = error("Key is in use for Customer metafields on the namespace.", ["definition", "key"], code="TAKEN")
        return {"createdDefinition": None, "userErrors": [taken]}
    access = {"admin": "MERCHANT_READ", "storefront": "NONE", "customerAccount": "NONE"} | given.get("access", {})
    made = {
        "id": shop.gid("MetafieldDefinition", 120_000_000), "name": given["name"], "namespace": place[1], "key": given["key"],
        "ownerType": given["ownerType"],
        "type": {"name": given["type"], "category": "TEXT"}, "description": given.get("description"), "access": access,
    }  # fmt: skip
    shop.definitions[place] = made
    return {"createdDefinition": made, "userErrors": []}


def definition_delete(shop: ShopStore, arguments: Arguments) -> Record:
    wanted = arguments.get("identifier")
    if wanted:
        place = (wanted["ownerType"], namespace_of(shop, wanted.get("namespace")), wanted["key"])
    else:
        place = next((each for each, held in shop.definitions.items() if held["id"] == arguments.get("id")), ("", "", ""))
    held = shop.definitions.pop(place, None)
    if held is None:
        missing = error("Definition not found.", ["identifier" if wanted else "id"], code="NOT_FOUND")
        return {"deletedDefinitionId": None, "userErrors": [missing]}
    if arguments.get("deleteAllAssociatedMetafields"):
        for customer in shop.customers.values():
            customer["metafields"].pop(place[1:], None)
    return {"deletedDefinitionId": held["id"], "userErrors": []}


def consent_update(shop: ShopStore, arguments: Arguments) -> Record:
    given = arguments["input"]
    customer = shop.customers.get(given["customerId"])
    if customer is None:
        return {"customer": None, "userErrors": [error("Customer not found", ["input", "customerId"], code="INVALID")]}
    wanted = given["emailMarketingConsent"]
    if customer["email"] is None:
        return {
            "customer": None,
            "userErrors": [error("An email address is required to set the consent", ["input"], code="INCLUSION")],
        }
    if wanted["marketingState"] not in ("SUBSCRIBED", "UNSUBSCRIBED", "PENDING"):
        return {
            "customer": None,
            "userErrors": [error("Cannot specify this state as a marketing state input", ["input"], code="INVALID")],
        }
    customer["marketing_state"] = wanted["marketingState"]
    customer["marketing_level"] = wanted.get("marketingOptInLevel") or "SINGLE_OPT_IN"
    customer["marketing_at"] = wanted.get("consentUpdatedAt") or shop.now()
    customer["updated"] = shop.now()
    telling.consent_changed(shop, customer)
    return {"customer": customer, "userErrors": []}


def sms_consent_update(shop: ShopStore, arguments: Arguments) -> Record:
    given = arguments["input"]
    customer = shop.customers.get(given["customerId"])
    if customer is None or customer["phone"] is None:
        said = "Customer not found" if customer is None else "A phone number is required to set the consent"
        return {"customer": None, "userErrors": [error(said, ["input"], code="INVALID")]}
    customer["sms_state"] = given["smsMarketingConsent"]["marketingState"]
    customer["sms_at"] = given["smsMarketingConsent"].get("consentUpdatedAt") or shop.now()
    customer["updated"] = shop.now()
    return {"customer": customer, "userErrors": []}


Change = Callable[[ShopStore, Arguments], Record]
MUTATIONS: dict[str, tuple[str | None, Change]] = {
    "tagsAdd": ("write_customers", tags_add),
    "tagsRemove": ("write_customers", tags_remove),
    "metafieldsSet": ("write_customers", metafields_set),
    "metafieldsDelete": ("write_customers", metafields_delete),
    "metafieldDefinitionCreate": ("write_customers", definition_create),
    "metafieldDefinitionDelete": ("write_customers", definition_delete),
    "customerEmailMarketingConsentUpdate": ("write_customers", consent_update),
    "customerSmsMarketingConsentUpdate": ("write_customers", sms_consent_update),
}
