"""One customer's write on its way through the steps of a pass."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from adapters.shopify.answers import user_errors
from adapters.shopify.fields import to_delete, to_set
from adapters.shopify.ids import gid
from plugin_core.platforms import ProfileWrite, WriteResult


@dataclass
class Attempt:
    write: ProfileWrite
    errors: list[str] = field(default_factory=list)
    retry: bool = False
    gone: bool = False
    calls: int = 0

    def take(self, payload: Mapping[str, Any] | None) -> None:
        """Notes what a mutation's payload says about this customer alone."""
        if payload is None:
            self.put_off("Shopify gave no result.")
        for each in user_errors(payload):
            self.errors.append(str(each.get("message", "refused")))

    def put_off(self, reason: str) -> None:
        self.errors.append(reason)
        self.retry = True

    def result(self) -> WriteResult:
        if self.gone:
            return WriteResult(
                self.write.customer_id, ok=False, gone=True, error="There is no such customer any more.", calls=self.calls
            )
        error = "; ".join(dict.fromkeys(self.errors))
        return WriteResult(self.write.customer_id, ok=not error, error=error, retry=self.retry, calls=self.calls)


class Step(NamedTuple):
    """A mutation and what it needs of a write. ``shared``: items that one call may hold for several customers (0: it may not)."""

    document: str
    payload: str
    items: Callable[[ProfileWrite], Sequence[object]]
    shared: int

    def variables(self, attempts: Sequence[Attempt]) -> dict[str, object]:
        items = [item for attempt in attempts for item in self.items(attempt.write)]
        if self.shared:
            return {"metafields": items}
        return {"id": gid("Customer", attempts[0].write.customer_id), "tags": items}


STEPS = (
    Step("metafields_set", "metafieldsSet", to_set, 25),
    Step("metafields_delete", "metafieldsDelete", to_delete, 100),
    Step("tags_remove", "tagsRemove", lambda write: write.remove_tags, 0),
    Step("tags_add", "tagsAdd", lambda write: write.add_tags, 0),
)
