"""Carries out one document for one shop: access, cost, then each root field in order."""

from __future__ import annotations

from typing import Any

from graphql import FieldNode, GraphQLObjectType, SelectionSetNode

from adapters.sandbox.shopify import bulk, discounts, mutations, uploads
from adapters.sandbox.shopify.connections import BadArguments
from adapters.sandbox.shopify.cost import requested
from adapters.sandbox.shopify.documents import Chosen, choose, read, schema
from adapters.sandbox.shopify.fields import FIELDS
from adapters.sandbox.shopify.mutations import TooMany
from adapters.sandbox.shopify.projector import Compiler, NotHeld, Projector
from adapters.sandbox.shopify.queries import QUERIES, BadRequest, allowed
from adapters.sandbox.shopify.store import Record, ShopStore

MUTATIONS = mutations.MUTATIONS | discounts.MUTATIONS | bulk.MUTATIONS | uploads.MUTATIONS
# these change nothing a merchant could see; a bulk mutation counts by its lines
NO_WRITES = frozenset(bulk.MUTATIONS) | frozenset(uploads.MUTATIONS)
DOCUMENTATION = "https://shopify.dev/api/usage/rate-limits"


class AccessDenied(Exception):
    """A scope is missing."""


def execute(shop: ShopStore, token: str, payload: dict[str, Any]) -> Record:
    chosen, errors = choose(read(str(payload.get("query") or "")), payload.get("operationName"), payload.get("variables") or {})
    if chosen is None:
        return {"errors": errors}
    points = requested(chosen.operation.selection_set, chosen.fragments, chosen.variables, mutation=chosen.mutation)
    cost: Record = {"requestedQueryCost": points, "actualQueryCost": None, "throttleStatus": shop.bucket.status()}
    if points > shop.bucket.single_maximum:
        message = f"Query cost is {points}, which exceeds the single query max cost limit ({shop.bucket.single_maximum})."
        extensions = {
            "code": "MAX_COST_EXCEEDED",
            "cost": points,
            "maxCost": shop.bucket.single_maximum,
            "documentation": DOCUMENTATION,
        }
        return {"errors": [{"message": message, "extensions": extensions}], "extensions": {"cost": cost}}
    if not shop.bucket.take(points):
        cost["throttleStatus"] = shop.bucket.status()
        error = {"message": "Throttled", "extensions": {"code": "THROTTLED", "documentation": DOCUMENTATION}}
        return {"errors": [error], "extensions": {"cost": cost}}
    projector = Projector(shop)
    with shop.lock:
        result = run(shop, token, chosen, projector)
    actual = min(points, projector.objects) if not chosen.mutation else points
    shop.bucket.give_back(points - actual)
    extensions = {"cost": cost | {"actualQueryCost": actual, "throttleStatus": shop.bucket.status()}}
    if projector.warnings:
        extensions["search"] = projector.warnings
    return result | {"extensions": extensions}


def run(shop: ShopStore, token: str, chosen: Chosen, projector: Projector) -> Record:
    """``data`` and ``errors``; a root field that fails is null, the others are answered."""
    root = schema().mutation_type if chosen.mutation else schema().query_type
    assert root is not None  # noqa: S101 - the trimmed schema has both
    compiler = Compiler(FIELDS, shop, chosen.fragments, chosen.values)
    data: Record = {}
    errors: list[Record] = []
    for key, nodes in _fields(compiler, chosen.operation.selection_set, root).items():
        try:
            data[key] = _field(shop, token, chosen, compiler, projector, root, nodes)
        except AccessDenied as denied:
            data[key] = None
            message = f"Access denied for {nodes[0].name.value} field. Required access: `{denied}` access scope."
            errors.append(
                {
                    "message": message,
                    "path": [key],
                    "extensions": {"code": "ACCESS_DENIED", "requiredAccess": f"`{denied}` access scope."},
                }
            )
        except (BadArguments, BadRequest, TooMany, NotHeld) as wrong:
            data[key] = None
            code = {"NotHeld": "TWIN_NOT_HELD", "TooMany": "MAX_INPUT_SIZE_EXCEEDED"}.get(type(wrong).__name__, "BAD_REQUEST")
            errors.append({"message": str(wrong), "path": [key], "extensions": {"code": code}})
    return {"data": data, "errors": errors} if errors else {"data": data}


def _fields(compiler: Compiler, selection: SelectionSetNode, root: GraphQLObjectType) -> dict[str, list[FieldNode]]:
    merged: dict[str, list[FieldNode]] = {}
    compiler.collect(selection, root, merged)
    return merged


def _field(
    shop: ShopStore,
    token: str,
    chosen: Chosen,
    compiler: Compiler,
    projector: Projector,
    root: GraphQLObjectType,
    nodes: list[FieldNode],
) -> Any:
    name = nodes[0].name.value
    if name == "__typename":
        return root.name
    plan, _, arguments = compiler.root(nodes, root)
    if chosen.mutation:
        if name not in MUTATIONS:
            raise NotHeld(f"The twin does not hold Mutation.{name}")
        scope, change = MUTATIONS[name]
        _need(shop, token, scope)
        value: Any = change(shop, arguments | ({"__token": token} if name.startswith("bulkOperationRun") else {}))
        if not value.get("userErrors"):
            (shop.requests if name in NO_WRITES else shop.writes)[name] += 1
    else:
        if name not in QUERIES:
            raise NotHeld(f"The twin does not hold QueryRoot.{name}")
        scope, resolve = QUERIES[name]
        _need(shop, token, scope)
        shop.requests[name] += 1
        if name in ("bulkOperation", "bulkOperations", "currentBulkOperation", "node", "nodes"):
            bulk.advance(shop)
        value = resolve(shop, arguments, token)
    return value if plan is None or value is None else projector.value(plan, value, arguments)


def _need(shop: ShopStore, token: str, scope: str | None) -> None:
    if not allowed(shop, token, scope):
        raise AccessDenied(scope)
