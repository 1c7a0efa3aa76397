"""Makes shopify/schema.graphql.gz from Shopify's introspection: ``python -m adapters.sandbox.trim_schema admin_2026-10.json.gz``.

Kept: the root fields below, the named object types with every field whose type is kept too, and all inputs, enums and scalars
these need. Nothing is altered: a document that is valid here is valid against the whole schema. The introspection
comes with the npm package @shopify/dev-mcp (dist/data).
"""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path
from typing import Any

from graphql import build_client_schema, lexicographic_sort_schema, print_schema

TARGET = Path(__file__).parent / "shopify" / "schema.graphql.gz"

QUERIES = frozenset(
    """
    shop customer customers customersCount customerByIdentifier order orders ordersCount product products productsCount
    abandonedCheckouts abandonedCheckoutsCount abandonment abandonmentByAbandonedCheckoutId node nodes
    bulkOperation bulkOperations currentBulkOperation
    codeDiscountNode codeDiscountNodeByCode codeDiscountNodes discountNode discountNodes currentAppInstallation
    appInstallation app metafieldDefinitions metafieldDefinition segments segment segmentsCount collections
    webhookSubscriptions publicApiVersions
    """.split()
)
MUTATIONS = frozenset(
    """
    tagsAdd tagsRemove metafieldsSet metafieldsDelete metafieldDefinitionCreate metafieldDefinitionDelete
    metafieldDefinitionUpdate bulkOperationRunQuery bulkOperationRunMutation bulkOperationCancel stagedUploadsCreate
    discountCodeBasicCreate discountCodeBasicUpdate discountCodeDelete discountCodeBulkDelete discountCodeDeactivate
    discountCodeActivate discountCodeBulkDeactivate discountRedeemCodeBulkAdd customerEmailMarketingConsentUpdate
    customerSmsMarketingConsentUpdate customerUpdate
    """.split()
)
OBJECTS = frozenset(
    """
    Customer CustomerEmailAddress CustomerPhoneNumber CustomerStatistics CustomerSmsMarketingConsent
    CustomerSmsMarketingConsentState CustomerEmailMarketingConsentState CustomerMergeable
    CustomerWhatsAppMarketingConsent MailingAddress Order LineItem Refund RefundLineItem RefundShippingLine
    OrderAdjustment OrderTransaction ShippingLine TaxLine OrderCancellation OrderRiskSummary CustomerJourneySummary
    CustomerVisit UTMParameters OrderApp DiscountAllocation DiscountCodeApplication Attribute Product ProductVariant
    Collection ProductPriceRangeV2 Image MediaImage TaxonomyCategory SEO AbandonedCheckout AbandonedCheckoutLineItem Abandonment
    MoneyV2 MoneyBag Shop Domain ShopPlan ShopAddress ShopFeatures CurrencyFormats Metafield MetafieldDefinition
    MetafieldDefinitionType MetafieldAccess MetafieldCapabilities BulkOperation StagedMediaUploadTarget
    StagedUploadParameter DiscountCodeNode DiscountNode DiscountCodeBasic DiscountRedeemCode
    DiscountRedeemCodeBulkCreation DiscountCodeFreeShipping DiscountCustomers DiscountCustomerSegments
    DiscountBuyerSelectionAll DiscountCombinesWith DiscountCustomerGets DiscountPercentage DiscountAmount
    DiscountMinimumSubtotal DiscountMinimumQuantity AllDiscountItems AppInstallation AccessScope App Count PageInfo
    Segment Job Location StringConnection StringEdge ApiVersion MetafieldIdentifier WebhookSubscription
    """.split()
)
INTERFACES_AND_UNIONS = frozenset(
    """
    Node LegacyInteroperability HasMetafields HasMetafieldDefinitions HasCompareDigest Navigable DisplayableError
    DiscountApplication Discount DiscountContext DiscountCustomerSelection DiscountItems DiscountCustomerGetsValue
    DiscountMinimumRequirement DiscountCode PricingValue Media
    """.split()
)

Named = dict[str, Any]


def base(reference: Named) -> str:
    while reference.get("ofType"):
        reference = reference["ofType"]
    return str(reference["name"])


def trim(introspection: Named) -> Named:
    types: dict[str, Named] = {each["name"]: each for each in introspection["__schema"]["types"]}
    roots = {"QueryRoot": QUERIES, "Mutation": MUTATIONS}
    kept: set[str] = set(roots) | set(OBJECTS) | set(INTERFACES_AND_UNIONS)
    missing = kept - set(types)
    if missing:
        raise SystemExit(f"The introspection has no {', '.join(sorted(missing))}")
    kept |= _payloads(types, kept)
    kept |= _connections(types, kept)
    while True:
        wanted = _inputs_and_leaves(types, kept, roots) - kept
        if not wanted:
            break
        kept |= wanted
    trimmed = [_trimmed(types[name], kept, roots.get(name)) for name in types if name in kept or name.startswith("__")]
    schema = introspection["__schema"] | {"types": trimmed, "subscriptionType": None}
    return {"__schema": schema}


def _payloads(types: dict[str, Named], kept: set[str]) -> set[str]:
    payloads = {base(field["type"]) for field in types["Mutation"]["fields"] if field["name"] in MUTATIONS}
    errors = {
        base(field["type"])
        for name in payloads
        for field in types[name]["fields"]
        if field["name"].lower().endswith("usererrors")
    }
    return payloads | errors


def _connections(types: dict[str, Named], kept: set[str]) -> set[str]:
    pairs = {f"{name}{kind}" for name in kept for kind in ("Connection", "Edge")}
    return {name for name in pairs if name in types}


def _inputs_and_leaves(types: dict[str, Named], kept: set[str], roots: dict[str, frozenset[str]]) -> set[str]:
    found: set[str] = set()
    for name in kept:
        each = types[name]
        chosen = roots.get(name)
        for field in each.get("fields") or []:
            if chosen is not None and field["name"] not in chosen:
                continue
            target = base(field["type"])
            if types[target]["kind"] in ("ENUM", "SCALAR"):
                found.add(target)
            if target in kept or types[target]["kind"] in ("ENUM", "SCALAR"):
                found.update(base(argument["type"]) for argument in field["args"])
        found.update(base(field["type"]) for field in each.get("inputFields") or [])
    return found


def _trimmed(each: Named, kept: set[str], chosen: frozenset[str] | None) -> Named:
    if each["name"].startswith("__"):
        return each
    fields = each.get("fields")
    if fields is not None:
        fields = [field for field in fields if base(field["type"]) in kept and (chosen is None or field["name"] in chosen)]
    return each | {
        "description": None,
        "fields": fields
        and [field | {"description": None, "args": [a | {"description": None} for a in field["args"]]} for field in fields],
        "inputFields": each.get("inputFields") and [field | {"description": None} for field in each["inputFields"]],
        "enumValues": each.get("enumValues") and [value | {"description": None} for value in each["enumValues"]],
        "interfaces": [i for i in each.get("interfaces") or [] if i["name"] in kept],
        "possibleTypes": [p for p in each.get("possibleTypes") or [] if p["name"] in kept],
    }


def main(source: Path) -> None:
    raw = json.loads(gzip.decompress(source.read_bytes()) if source.suffix == ".gz" else source.read_bytes())
    schema = build_client_schema(trim(raw.get("data", raw)))  # type: ignore[arg-type]
    text = print_schema(lexicographic_sort_schema(schema))
    TARGET.write_bytes(gzip.compress(text.encode(), compresslevel=9, mtime=0))
    sys.stdout.write(f"{len(schema.type_map)} types, {len(text)} characters -> {TARGET} ({TARGET.stat().st_size} bytes)\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
