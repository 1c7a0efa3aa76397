"""Every page there is, with an example of what stands in its address: taken from the route table, so that none is forgotten."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import Flask
from sqlalchemy.orm import Session

from plugin_core import bulk
from plugin_core.stores.models import Store
from tests.admin.world import World

# The name a part of an address has -> one that exists in the store. A route with another name needs a line here.
EXAMPLES: Mapping[str, Callable[[Session, Store], Any]] = {
    "key": lambda session, store: _one(
        session,
        "SELECT c.key FROM customers c JOIN customer_stats x ON x.customer_id = c.id "
        "WHERE x.store_id = ? AND c.merged_into IS NULL AND NOT EXISTS "
        "(SELECT 1 FROM customer_stats y WHERE y.customer_id = c.id AND y.store_id <> x.store_id) ORDER BY c.id LIMIT 1",
        store.id,
    ),
    "campaign": lambda _session, _store: "winback",
    "slug": lambda _session, _store: "brand_advocates",
    "version": lambda _session, _store: 1,
    "place": lambda _session, _store: 0,
    "number": lambda _session, _store: 1,
}


def rules(web: Flask, method: str) -> list[str]:
    """The addresses of the pages, as the route table writes them."""
    return sorted(rule.rule for rule in web.url_map.iter_rules() if method in (rule.methods or ()) and _is_page(rule.rule))


def names(rule: str) -> list[str]:
    return [_name(part) for part in rule.split("/") if _name(part)]


def example(world: World, rule: str, store: Store) -> str:
    """The address with what exists in ``store``."""
    with world.app.database.read() as session:
        return "/".join(str(EXAMPLES[_name(part)](session, store)) if _name(part) else part for part in rule.split("/"))


def _name(part: str) -> str:
    return part.strip("<>").rpartition(":")[2] if part.startswith("<") else ""


def _is_page(rule: str) -> bool:
    return rule.startswith("/app") and rule not in {"/app/token", "/app/progress", "/app/connect"}


def _one(session: Session, sql: str, *parameters: Any) -> Any:
    return bulk.select(session, sql, *parameters)[0][0]
