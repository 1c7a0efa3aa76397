"""The JSONL of a bulk query: one line an object, nested connections flattened and tied to their parent by __parentId."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from graphql import FieldNode, GraphQLObjectType, SelectionSetNode, get_named_type, is_list_type
from graphql.type import GraphQLNonNull

from adapters.sandbox.shopify.documents import Chosen, schema
from adapters.sandbox.shopify.fields import FIELDS
from adapters.sandbox.shopify.projector import Compiler, Listing, Plan, Projector
from adapters.sandbox.shopify.queries import QUERIES
from adapters.sandbox.shopify.store import Record, ShopStore

CONNECTIONS_MAXIMUM = 5
DEPTH_MAXIMUM = 2


class BadBulk(Exception):
    """The query is valid, but not as a bulk query."""


class Work(NamedTuple):
    items: list[Record]
    plan: Plan
    scope: str | None

    def lines(self, projector: Projector, record: Record) -> Iterator[Record]:
        yield from _lines(projector, self.plan, record, None)


def prepare(shop: ShopStore, chosen: Chosen) -> Work:
    root = schema().query_type
    assert root is not None  # noqa: S101 - the trimmed schema has it
    fields = [each for each in chosen.operation.selection_set.selections if isinstance(each, FieldNode)]
    if chosen.mutation or len(fields) != 1:
        raise BadBulk("Bulk queries must contain a single top-level field.")
    name = fields[0].name.value
    compiler = Compiler(FIELDS, shop, chosen.fragments, None)
    plan, kind, arguments = compiler.root(fields, root)
    if not kind.endswith("Connection") or plan is None or name not in QUERIES:
        raise BadBulk("Bulk queries must contain at least one connection.")
    _check(fields[0].selection_set, schema().type_map[kind], compiler, 0, [0], in_list=False)
    listing = QUERIES[name][1](shop, arguments, shop.token)
    items = sorted(listing.items, key=listing.place, reverse=bool(arguments.get("reverse"))) if listing.place else listing.items
    return Work(items, _node_plan(plan), QUERIES[name][0])


def _check(
    selection: SelectionSetNode | None, kind: object, compiler: Compiler, depth: int, count: list[int], *, in_list: bool
) -> None:
    if not isinstance(kind, GraphQLObjectType) or selection is None:
        return
    connection = kind.name.endswith("Connection")
    if connection:
        count[0] += 1
        if in_list:
            raise BadBulk("Queries that contain a connection field within a list field are not currently supported.")
        if count[0] > CONNECTIONS_MAXIMUM:
            raise BadBulk(f"Bulk queries cannot contain more than {CONNECTIONS_MAXIMUM} connections.")
        if depth > DEPTH_MAXIMUM:
            raise BadBulk(f"Bulk queries cannot contain connections with a nesting depth greater than {DEPTH_MAXIMUM}.")
    merged: dict[str, list[FieldNode]] = {}
    compiler.collect(selection, kind, merged)
    if connection and any(key not in ("edges", "nodes", "pageInfo", "__typename") for key in merged):
        raise BadBulk("Only edges, nodes and pageInfo can be selected of a connection.")
    nested = False
    for nodes in merged.values():
        if nodes[0].name.value == "__typename":
            continue
        definition = kind.fields[nodes[0].name.value]
        target = get_named_type(definition.type)
        inside = target.name.endswith("Connection")
        nested = nested or inside
        outer = definition.type.of_type if isinstance(definition.type, GraphQLNonNull) else definition.type
        structural = nodes[0].name.value in ("edges", "nodes")
        for node in nodes:
            listed = in_list or (is_list_type(outer) and not structural)
            _check(node.selection_set, target, compiler, depth + inside, count, in_list=listed and not (inside and structural))
    if nested and not any(nodes[0].name.value == "id" and key == "id" for key, nodes in merged.items()):
        raise BadBulk("The parent 'node' field for a nested connection must select the 'id' field without an alias.")


def _node_plan(plan: Plan) -> Plan:
    """Of a connection's plan, that of its nodes."""
    for _, _, inner, _ in plan.fixed or []:
        if inner is not None and inner.kind.name.endswith("Edge"):
            return _node_plan(inner)
        if inner is not None and inner.kind.name != "PageInfo":
            return inner
    raise BadBulk("A connection must select its nodes.")


def _lines(projector: Projector, plan: Plan, record: Record, parent: str | None) -> Iterator[Record]:
    projector.objects += 1
    entries = plan.fixed if plan.fixed is not None else plan.entries(record["__typename"])
    own: Record = {}
    children: list[tuple[Plan, Listing]] = []
    for key, reader, inner, arguments in entries:
        value = reader(record)
        if isinstance(value, Listing) and inner is not None:
            children.append((_node_plan(inner), value))
        else:
            own[key] = value if inner is None or value is None else projector.value(inner, value, arguments)
    if projector.overlays and (given := projector.overlays.get(record.get("id", ""))) is not None:
        own.update({key: value for key, value in given.items() if key in own})
    if parent is not None:
        own["__parentId"] = parent
    yield own
    for child_plan, listing in children:
        for item in listing.items:
            yield from _lines(projector, child_plan, item, record["id"])
