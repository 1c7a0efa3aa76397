"""Where a pull stands: what a kill leaves behind in the store's row, and what the next pull begins with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from plugin_core.errors import BadAnswer

_VERSION = 1


class Cursor(msgspec.Struct, frozen=True, omit_defaults=True):
    """``phase``: "idle" (done; the next pull asks for changes), "export" (a bulk operation), "walk" (pages).

    Times are microseconds by the store's clock. A walk without ``since`` asks for everything.
    """

    phase: str
    since: int | None = None  # idle, walk: changes from here on. export: when it was started
    operation: str = ""  # export
    taken: int = 0  # export: records taken from the file; walk: records seen since ``since``
    total: int | None = None  # export
    after: str | None = None  # walk: Shopify's own cursor
    top: int | None = None  # walk: the newest change seen
    above: str = ""  # walk by id: only ids above this
    full: bool = False

    def but(self, **changes: Any) -> Cursor:
        return msgspec.structs.replace(self, **changes)

    def dump(self) -> dict[str, object]:
        return {"v": _VERSION, **msgspec.to_builtins(self)}


def load(raw: Mapping[str, object] | None, *, store: str) -> Cursor | None:
    if not raw:
        return None
    try:
        return msgspec.convert(dict(raw), Cursor)
    except msgspec.ValidationError as problem:
        raise BadAnswer(
            "the place where the last sync stopped can't be read.",
            store=store,
            mend=f"Run a full sync: comeback sync {store} --full.",
        ) from problem
