"""manifest.json holds the plugin's facts once; here the code is asked whether they are true."""

from __future__ import annotations

import json
import tomllib
from typing import Any

import jsonschema
import pytest
from graphql import FieldNode, OperationDefinitionNode, parse
from pydantic import SecretStr

from comeback.settings import PREFIX, Settings
from tests.house.files import ROOT, all_files, read

pytestmark = pytest.mark.fast

# What each of the Admin API's entry points asks for (https://shopify.dev/docs/api/usage/access-scopes).
SCOPES: dict[str, set[str]] = {
    "abandonedCheckouts": {"read_orders"},
    "abandonment": {"read_orders"},
    "abandonmentByAbandonedCheckoutId": {"read_orders"},
    "bulkOperation": set(),
    "bulkOperationRunMutation": set(),
    "bulkOperationRunQuery": set(),
    "bulkOperations": set(),
    "codeDiscountNodeByCode": {"read_discounts"},
    "currentAppInstallation": set(),
    "currentBulkOperation": set(),
    "customer": {"read_customers"},
    "customerEmailMarketingConsentUpdate": {"read_customers", "write_customers"},
    "customerSmsMarketingConsentUpdate": {"read_customers", "write_customers"},
    "customers": {"read_customers"},
    "customersCount": {"read_customers"},
    "discountCodeBasicCreate": {"read_discounts", "write_discounts"},
    "discountCodeDelete": {"read_discounts", "write_discounts"},
    "discountNode": {"read_discounts"},
    "metafieldDefinitionCreate": {"write_customers"},
    "metafieldDefinitionDelete": {"write_customers"},
    "metafieldsDelete": {"write_customers"},
    "metafieldsSet": {"write_customers"},
    "node": set(),
    "nodes": set(),
    "order": {"read_orders", "read_all_orders"},
    "orders": {"read_orders", "read_all_orders"},
    "productByIdentifier": {"read_products"},
    "products": {"read_products"},
    "shop": set(),
    "stagedUploadsCreate": set(),
    "tagsAdd": {"write_customers"},
    "tagsRemove": {"write_customers"},
}
# Of the topics the one that wants a scope no document needs.
TOPIC_SCOPES = {"customers/merge": {"read_customer_merge"}}


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(read("manifest.json"))
    return found


def test_the_manifest_has_the_shape_its_schema_asks_for(manifest: dict[str, Any]) -> None:
    schema = json.loads(read("docs/manifest.schema.json"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(manifest)


def test_name_version_and_licence_are_those_of_the_project(manifest: dict[str, Any]) -> None:
    project = tomllib.loads(read("pyproject.toml"))["project"]
    for fact in ("version", "description", "license"):
        assert manifest[fact] == project[fact]
    assert manifest["slug"] == project["name"]
    assert [manifest["author"]] == [author["name"] for author in project["authors"]]
    assert f"## [{manifest['version']}]" in read("CHANGELOG.md")
    assert "Apache License" in read("LICENSE")


def test_the_settings_are_those_of_the_code_in_the_same_order(manifest: dict[str, Any]) -> None:
    real = [
        {"name": f"{PREFIX}{field.upper()}", "secret": SecretStr.__name__ in str(info.annotation)}
        for field, info in Settings.model_fields.items()
    ]
    assert manifest["settings"] == real


def test_the_api_version_is_the_one_we_call(manifest: dict[str, Any]) -> None:
    from adapters.shopify.options import API_VERSION

    assert manifest["platforms"]["shopify"]["api_version"] == API_VERSION


def test_we_ask_for_exactly_the_scopes_our_documents_need(manifest: dict[str, Any]) -> None:
    needed: set[str] = set()
    documents = [path for path in all_files() if path.suffix == ".graphql" and path.is_relative_to("adapters/shopify/documents")]
    assert documents
    for path in documents:
        for definition in parse(read(path)).definitions:
            if isinstance(definition, OperationDefinitionNode):
                roots = [field for field in definition.selection_set.selections if isinstance(field, FieldNode)]
                needed |= set().union(*(SCOPES[field.name.value] for field in roots))
                needed |= {"read_customers"} if "customer" in read(path) and roots[0].name.value == "nodes" else set()
    shopify = manifest["platforms"]["shopify"]
    needed |= set().union(*(TOPIC_SCOPES.get(topic, set()) for topic in shopify["webhook_topics"]))
    assert set(shopify["scopes"]) == needed
    assert manifest["platforms"]["shopify"]["optional_scopes"] == []


def test_both_platforms_show_the_same_fields(manifest: dict[str, Any]) -> None:
    shopify, woocommerce = manifest["platforms"]["shopify"], manifest["platforms"]["woocommerce"]
    assert [f"comeback_{key}" for key in shopify["metafields"]] == woocommerce["customer_meta"]


def test_the_meta_keys_of_woocommerce_are_those_we_read(manifest: dict[str, Any]) -> None:
    from adapters.woocommerce.meta import CONSENT_KEYS

    assert sorted(CONSENT_KEYS.values()) == manifest["platforms"]["woocommerce"]["consent_meta"]
    assert manifest["platforms"]["woocommerce"]["api"] in read("adapters/woocommerce/transport.py")


def test_tags_carry_the_declared_prefix(manifest: dict[str, Any]) -> None:
    from plugin_core.stores.settings import StoreSettings

    assert StoreSettings().tag_prefix == manifest["platforms"]["shopify"]["tag_prefix"]


def test_the_topics_we_ask_for_are_those_we_understand(manifest: dict[str, Any]) -> None:
    from adapters.shopify import webhooks as shopify
    from adapters.woocommerce import webhooks as woocommerce

    platforms = manifest["platforms"]
    assert platforms["shopify"]["webhook_topics"] == list(shopify.TOPICS)
    assert platforms["shopify"]["compliance_topics"] == list(shopify.COMPLIANCE)
    assert platforms["woocommerce"]["webhook_topics"] == sorted(woocommerce.TOPICS)


def test_the_privacy_page_exists(manifest: dict[str, Any]) -> None:
    assert (ROOT / manifest["privacy"]["policy"]).is_file()


def test_privacy_requests_come_in_at_pages_of_ours(manifest: dict[str, Any]) -> None:
    from jobs.store_events import HANDLERS

    assert set(manifest["privacy"]["urls"]) <= set(manifest["pages"])
    assert {"data_request", "redact_customer", "redact_shop"} <= HANDLERS.keys()
