"""An installation in which something has happened: no page is empty, and every name in it is a chosen text."""

from __future__ import annotations

import json
from typing import Any

from flask.testing import FlaskClient

from jobs.due import run_due
from plugin_core import bulk
from plugin_core.customers.terms import follow_everywhere
from plugin_core.offers import campaigns
from plugin_core.stores.models import Store
from tests.admin.paths import example
from tests.admin.world import HERE, World

SENDER = {"sender_name": "Ada", "sender_email": "ada@shop.example", "reply_to": "ada@shop.example", "postal_address": "1 Street"}
RULE = {"r.kind": "all", "r.0.field": "orders", "r.0.op": ">=", "r.0.value": "1", "r.0.amount": "", "r.0.unit": ""}


def furnish(world: World, text: str = "") -> None:
    """``text``: what the shop owner calls everything, and what the store calls its people, products and itself."""
    ours = world.stores["shopify"]
    if text:
        _rename(world, ours, text)
    text = text or "Fresh faces"
    owner = world.owner()
    person = example(world, "/app/customers/<key>", ours)
    _post(owner, "/app/segments/new", {**RULE, "name": text[:80], "description": text, "do": "save"})
    _post(owner, "/app/segments/new", {**RULE, "name": "Gone", "do": "save"})
    _post(owner, "/app/segments/gone/remove", {})
    _post(owner, f"{person}/note", {"text": text})
    _post(owner, f"{person}/edit", {"first_name": text[:60], "phone": "+49 151 2345678"})
    _post(owner, f"{person}/suppress", {})
    _post(owner, f"{person}/copy", {})
    member = {"email": "ada@example.com", "name": text[:60], "password": "a long password", "role": "owner", "locale": "en"}
    _post(owner, "/app/settings/team/create", member)
    _post(owner, "/app/settings", {"change": json.dumps({**SENDER, "sender_name": text, "quiet_hours": False}), "version": 0})
    _post(owner, "/app/campaigns/winback/start", {})
    world.get("/app", world.shopify_token())
    assert [report.problem for report in run_due(world.app.context) if report.problem] == []


def _rename(world: World, store: Store, text: str) -> None:
    with world.app.database.write() as session:
        people = [id_ for (id_,) in bulk.select(session, "SELECT customer_id FROM customer_stats WHERE store_id = ?", store.id)]
        bulk.update_rows(
            session, "UPDATE customers SET first_name = ?, last_name = ? WHERE id = ?", [(text, text, id_) for id_ in people]
        )
        follow_everywhere(session, people)
        for sql in (
            "UPDATE products SET title = ? WHERE store_id = ?",
            "UPDATE orders SET number = ? WHERE store_id = ?",
            "UPDATE order_lines SET title = ? WHERE order_id IN (SELECT id FROM orders WHERE store_id = ?)",
        ):
            bulk.execute(session, sql, text, store.id)
        kept = session.get_one(Store, store.id)
        kept.name = text
        campaigns.get(session, kept, "winback").name = text


def _post(owner: FlaskClient, path: str, data: dict[str, Any]) -> None:
    answer = owner.post(path, data=data, headers=HERE)
    assert answer.status_code == 303, (path, answer.status_code, answer.text)
