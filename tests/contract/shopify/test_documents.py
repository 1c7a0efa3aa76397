"""Every GraphQL document is valid against Shopify's own schema of 2026-10 and uses nothing deprecated."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from graphql import (
    GraphQLSchema,
    NoDeprecatedCustomRule,
    OperationDefinitionNode,
    build_schema,
    parse,
    specified_rules,
    validate,
)

from adapters.shopify.documents import document, names

SCHEMA = Path(__file__).parent / "admin_2026-10.graphql.gz"


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    return build_schema(gzip.decompress(SCHEMA.read_bytes()).decode(), assume_valid=True)


def complaints(schema: GraphQLSchema, text: str) -> list[str]:
    return [each.message for each in validate(schema, parse(text), [*specified_rules, NoDeprecatedCustomRule])]


def test_there_are_documents():
    assert {"bulk_orders", "orders", "tags_add", "metafields_set", "discount_create"} <= set(names())


@pytest.mark.parametrize("name", names())
def test_a_document_is_valid_and_uses_nothing_deprecated(schema, name):
    assert complaints(schema, document(name)) == []


@pytest.mark.parametrize("name", names())
def test_a_document_holds_exactly_one_named_operation(name):
    (operation,) = parse(document(name)).definitions
    assert isinstance(operation, OperationDefinitionNode)
    assert operation.name is not None


@pytest.mark.parametrize("name", [each for each in names() if each in {"bulk_orders", "bulk_customers", "bulk_products"}])
def test_a_bulk_query_has_no_variables_and_one_field_at_the_top(name):
    (operation,) = parse(document(name)).definitions
    assert not operation.variable_definitions
    assert len(operation.selection_set.selections) == 1


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("{ orders(first: 1) { nodes { totalPrice } } }", "deprecated"),
        ("{ orders(first: 1) { nodes { nonsense } } }", "Cannot query field"),
        ("{ customers(first: 1) { nodes { image(size: 3) { url } } } }", "deprecated"),
        (
            "mutation { discountCodeBasicCreate(basicCodeDiscount: {customerSelection: {all: true}}) { userErrors { code } } }",
            "deprecated",
        ),
    ],
)
def test_the_check_itself_sees_what_is_wrong(schema, text, word):
    assert any(word in each for each in complaints(schema, text))
