"""Query cost and the leaky bucket, per shop: what is asked for is weighed first, what was found is paid for."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    IntValueNode,
    SelectionSetNode,
    VariableNode,
)  # fmt: skip

CONNECTION = 2
MUTATION = 10
WRAPPERS = frozenset(
    {"edges", "node", "nodes", "pageInfo", "shopMoney", "presentmentMoney", "userErrors"}
)  # weigh nothing themselves
SINGLE_MAXIMUM = 1000


class Bucket:
    def __init__(self, maximum: float = 2000.0, restore_rate: float = 100.0, single_maximum: int = SINGLE_MAXIMUM) -> None:
        self.maximum, self.restore_rate, self.single_maximum = maximum, restore_rate, single_maximum
        self._level, self._at = maximum, time.monotonic()
        self._lock = threading.Lock()
        self.throttled = 0

    def available(self) -> float:
        now = time.monotonic()
        self._level = min(self.maximum, self._level + (now - self._at) * self.restore_rate)
        self._at = now
        return self._level

    def take(self, points: float) -> bool:
        with self._lock:
            if self.available() < points:
                self.throttled += 1
                return False
            self._level -= points
            return True

    def give_back(self, points: float) -> None:
        with self._lock:
            self._level = min(self.maximum, self.available() + points)

    def set(self, maximum: float, restore_rate: float) -> None:
        with self._lock:
            self.maximum, self.restore_rate, self._level, self._at = maximum, restore_rate, maximum, time.monotonic()

    def status(self) -> dict[str, float]:
        with self._lock:
            return {
                "maximumAvailable": self.maximum,
                "currentlyAvailable": int(self.available()),
                "restoreRate": self.restore_rate,
            }


def requested(
    selection: SelectionSetNode | None,
    fragments: Mapping[str, FragmentDefinitionNode],
    variables: Mapping[str, Any],
    *,
    mutation: bool = False,
) -> int:
    """Objects weigh 1 (money 1 in all), connections 2 and their children times ``first`` or ``last``; a mutation 10."""
    total = 0
    for node in selection.selections if selection else ():
        if isinstance(node, FragmentSpreadNode):
            total += requested(fragments[node.name.value].selection_set, fragments, variables)
        elif isinstance(node, InlineFragmentNode):
            total += requested(node.selection_set, fragments, variables)
        elif isinstance(node, FieldNode) and node.selection_set is not None:
            inner = requested(node.selection_set, fragments, variables)
            size = _size(node, variables)
            if mutation:
                total += MUTATION
            elif size is not None:
                total += CONNECTION + size * max(1, inner)
            else:
                total += inner + (0 if node.name.value in WRAPPERS else 1)
    return total


def _size(node: FieldNode, variables: Mapping[str, Any]) -> int | None:
    for argument in node.arguments or ():
        if argument.name.value in ("first", "last"):
            if isinstance(argument.value, IntValueNode):
                return int(argument.value.value)
            if isinstance(argument.value, VariableNode):
                return int(variables.get(argument.value.name.value) or 0)
    return None
