"""Reads a selection out of plain dictionaries: a plan is compiled once a request, then applied to thousands of records."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLUnionType,
    InlineFragmentNode,
    SelectionSetNode,
    get_named_type,
)  # fmt: skip
from graphql.execution.values import VariableValues, get_argument_values, get_directive_values
from graphql.type import GraphQLIncludeDirective, GraphQLSkipDirective

from adapters.sandbox.shopify.documents import schema
from adapters.sandbox.shopify.store import Record

Arguments = dict[str, Any]
Resolver = Callable[[Any, Any, Arguments], Any]  # record, shop, arguments
MONEY = frozenset({"MoneyBag", "MoneyV2"})
Fields = Mapping[str, Mapping[str, "str | Resolver"]]


class NotHeld(Exception):
    """The document is valid, but the twin has nothing to say about this field."""


class Listing:
    """What a connection field resolves to: all its records in order, and how each is placed for a cursor."""

    __slots__ = ("items", "place", "warning")

    def __init__(
        self, items: list[Record], place: Callable[[Record], tuple[str, str]] | None = None, warning: Any = None
    ) -> None:
        self.items, self.place, self.warning = items, place, warning


Entry = tuple[str, Callable[[Any], Any], "Plan | None", Arguments]


class Plan:
    """The fields to read of one selection; for interfaces and unions one list of entries a concrete type."""

    def __init__(self, selection: SelectionSetNode, kind: GraphQLNamedType, compiler: Compiler) -> None:
        self.selection, self.kind, self.compiler = selection, kind, compiler
        self._entries: dict[str, list[Entry]] = {}
        self.fixed = self.entries(kind.name) if isinstance(kind, GraphQLObjectType) else None
        # the same sum is the same dictionary: read once a plan. The record is kept so that its id stays its own
        self.known: dict[int, tuple[Any, Record]] | None = {} if kind.name in MONEY else None

    def entries(self, name: str) -> list[Entry]:
        if name not in self._entries:
            concrete = schema().type_map[name]
            assert isinstance(concrete, GraphQLObjectType)  # noqa: S101 - records carry the names of object types
            self._entries[name] = self.compiler.entries(self.selection, concrete)
        return self._entries[name]


class Compiler:
    def __init__(
        self, fields: Fields, shop: Any, fragments: Mapping[str, FragmentDefinitionNode], variables: VariableValues | None
    ) -> None:
        self.fields, self.shop, self.fragments, self.variables = fields, shop, fragments, variables

    def entries(self, selection: SelectionSetNode, kind: GraphQLObjectType) -> list[Entry]:
        merged: dict[str, list[FieldNode]] = {}
        self.collect(selection, kind, merged)
        return [self._entry(key, nodes, kind) for key, nodes in merged.items()]

    def collect(self, selection: SelectionSetNode, kind: GraphQLObjectType, merged: dict[str, list[FieldNode]]) -> None:
        for node in selection.selections:
            if not self._included(node):
                continue
            if isinstance(node, FieldNode):
                merged.setdefault(node.alias.value if node.alias else node.name.value, []).append(node)
            elif isinstance(node, InlineFragmentNode):
                if node.type_condition is None or self._applies(node.type_condition.name.value, kind):
                    self.collect(node.selection_set, kind, merged)
            elif isinstance(node, FragmentSpreadNode):
                fragment = self.fragments[node.name.value]
                if self._applies(fragment.type_condition.name.value, kind):
                    self.collect(fragment.selection_set, kind, merged)

    def _included(self, node: Any) -> bool:
        skip = get_directive_values(GraphQLSkipDirective, node, self.variables) if node.directives else None
        include = get_directive_values(GraphQLIncludeDirective, node, self.variables) if node.directives else None
        return not (skip and skip["if"]) and (include is None or bool(include["if"]))

    def _applies(self, condition: str, kind: GraphQLObjectType) -> bool:
        wanted = schema().type_map[condition]
        if wanted is kind:
            return True
        return isinstance(wanted, GraphQLInterfaceType | GraphQLUnionType) and schema().is_sub_type(wanted, kind)

    def _entry(self, key: str, nodes: list[FieldNode], kind: GraphQLObjectType) -> Entry:
        name = nodes[0].name.value
        if name == "__typename":
            return key, lambda _: kind.name, None, {}
        definition = kind.fields[name]
        target = get_named_type(definition.type)
        arguments = get_argument_values(definition, nodes[0], self.variables)
        plan = None
        if nodes[0].selection_set is not None:
            selections = tuple(each for node in nodes if node.selection_set for each in node.selection_set.selections)
            plan = Plan(SelectionSetNode(selections=selections), target, self)
        return key, self._reader(kind.name, name, arguments), plan, arguments

    def root(self, nodes: list[FieldNode], kind: GraphQLObjectType) -> tuple[Plan | None, str, Arguments]:
        """Plan, type and arguments of a root field."""
        definition = kind.fields[nodes[0].name.value]
        target = get_named_type(definition.type)
        selections = tuple(each for node in nodes if node.selection_set for each in node.selection_set.selections)
        plan = Plan(SelectionSetNode(selections=selections), target, self) if selections else None
        return plan, target.name, get_argument_values(definition, nodes[0], self.variables)

    def _reader(self, kind: str, name: str, arguments: Arguments) -> Callable[[Any], Any]:
        table, shop = self.fields.get(kind), self.shop
        if table is None:
            return lambda record: _plain(record, kind, name)
        if name not in table:
            raise NotHeld(f"The twin does not hold {kind}.{name}")
        how = table[name]
        if isinstance(how, str):
            return lambda record: record[how]
        return lambda record: how(record, shop, arguments)


def _plain(record: Record, kind: str, name: str) -> Any:
    try:
        return record[name]
    except KeyError:
        raise NotHeld(f"The twin does not hold {kind}.{name}") from None


class Projector:
    """Counts the objects it hands out: that is what the answer costs."""

    def __init__(self, shop: Any) -> None:
        self.overlays: dict[str, Record] = shop.overlays
        self.objects = 0
        self.warnings: list[Any] = []

    def read(self, plan: Plan, record: Any) -> Record:
        if plan.known is not None and (seen := plan.known.get(id(record))) is not None:
            return seen[1]
        self.objects += plan.known is None
        entries = plan.fixed if plan.fixed is not None else plan.entries(record["__typename"])
        result: Record = {}
        for key, reader, inner, arguments in entries:
            value = reader(record)
            if inner is not None and value is not None:
                value = self.value(inner, value, arguments)
            result[key] = value
        if self.overlays and (given := self.overlays.get(record.get("id", ""))) is not None:
            result.update({key: value for key, value in given.items() if key in result})
        if plan.known is not None:
            plan.known[id(record)] = (record, result)
        return result

    def value(self, plan: Plan, value: Any, arguments: Arguments) -> Any:
        if isinstance(value, Listing):
            from adapters.sandbox.shopify.connections import connection  # noqa: PLC0415 - connections read through this projector

            return connection(self, plan, value, arguments)
        if isinstance(value, list):
            return [None if each is None else self.read(plan, each) for each in value]
        return self.read(plan, value)
