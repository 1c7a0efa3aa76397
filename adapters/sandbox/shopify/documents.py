"""Incoming documents: parsed, validated against the trimmed schema of 2026-10, and kept so that this happens once a text."""

from __future__ import annotations

import gzip
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    build_schema,
    parse,
    validate,
)  # fmt: skip
from graphql.execution.values import VariableValues, get_variable_values

SCHEMA = Path(__file__).parent / "schema.graphql.gz"


class Document(NamedTuple):
    node: DocumentNode
    operations: dict[str | None, OperationDefinitionNode]
    fragments: dict[str, FragmentDefinitionNode]
    errors: list[dict[str, Any]]


class Chosen(NamedTuple):
    operation: OperationDefinitionNode
    fragments: dict[str, FragmentDefinitionNode]
    values: VariableValues

    @property
    def variables(self) -> dict[str, Any]:
        return self.values.coerced

    @property
    def mutation(self) -> bool:
        return self.operation.operation == OperationType.MUTATION


@cache
def schema() -> GraphQLSchema:
    return build_schema(gzip.decompress(SCHEMA.read_bytes()).decode(), assume_valid=True)


@lru_cache(maxsize=256)
def read(text: str) -> Document:
    try:
        node = parse(text)
    except GraphQLError as error:
        return Document(DocumentNode(definitions=()), {}, {}, [said(error, "parse_error")])
    errors = [
        said(error, "undefinedField" if "Cannot query field" in error.message else "invalid")
        for error in validate(schema(), node)
    ]
    operations = {
        each.name.value if each.name else None: each for each in node.definitions if isinstance(each, OperationDefinitionNode)
    }
    fragments = {each.name.value: each for each in node.definitions if isinstance(each, FragmentDefinitionNode)}
    return Document(node, operations, fragments, errors)


def choose(document: Document, name: str | None, given: dict[str, Any]) -> tuple[Chosen | None, list[dict[str, Any]]]:
    """The operation with its variables coerced by the schema, or what is wrong with them."""
    if document.errors:
        return None, document.errors
    operation = document.operations.get(name) if name else next(iter(document.operations.values()), None)
    if operation is None:
        return None, [{"message": f'No operation named "{name}"' if name else "No operation was given"}]
    variables = get_variable_values(schema(), operation.variable_definitions or (), given)
    if isinstance(variables, list):
        return None, [said(error, "INVALID_VARIABLE") for error in variables]
    return Chosen(operation, document.fragments, variables), []


def said(error: GraphQLError, code: str) -> dict[str, Any]:
    places = [{"line": each.line, "column": each.column} for each in error.locations or []]
    return {"message": error.message, "locations": places, "extensions": {"code": code}}
