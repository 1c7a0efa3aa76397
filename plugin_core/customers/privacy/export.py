"""Everything that is kept about one person, in words and numbers they can read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from plugin_core import bulk
from plugin_core.clock import from_us
from plugin_core.customers.models import Customer
from plugin_core.customers.privacy.sections import SECTIONS
from plugin_core.customers.privacy.traces import family_of, survivor_of
from plugin_core.money import major
from plugin_core.segments import rfm
from plugin_core.stores.models import Account

_PROFILE = ("email", "phone", "first_name", "last_name", "locale", "country", "birthday")
_JSON = ("tags", "codes", "items")


def export_person(session: Session, account: Account, customer_id: int) -> dict[str, Any]:
    """JSON-able; times in ISO 8601 UTC, money as decimal text beside its currency. Over all stores of the account."""
    survivor = survivor_of(session, customer_id)
    people = family_of(session, survivor.id)
    family = [each.id for each in people]
    body: dict[str, Any] = {
        "profile": _profile(survivor),
        "merged_people": [_profile(each) for each in people if each.id != survivor.id],
    }
    for name in SECTIONS:
        body[name] = _section(session, name, family)
    _add_lines(session, body["orders"])
    addresses = [each["address"] for each in body["addresses"]]
    some = bulk.listed(session, "text")
    sql = f"SELECT channel, address, reason, at FROM suppressions WHERE account_id = ? AND address IN ({some})"
    body["never_written_to"] = [
        {"channel": channel, "address": address, "reason": reason, "at": _time(at)}
        for channel, address, reason, at in bulk.select(session, sql, account.id, bulk.values(session, addresses))
    ]
    return body


def _profile(person: Customer) -> dict[str, Any]:
    return {
        "key": person.key,
        **{name: getattr(person, name) for name in _PROFILE},
        "known_since": _time(person.since),
        "no_marketing_until": _time(person.paused_until),
        "changed_by_hand": sorted(person.edited),
    }


def _section(session: Session, name: str, family: list[int]) -> list[dict[str, Any]]:
    section = SECTIONS[name]
    query = sa.text(section.sql).bindparams(sa.bindparam("family", family, expanding=True))
    rows = [dict(row) for row in session.execute(query).mappings()]
    for row in rows:
        if "rfm_cuts" in row:
            row["rfm_group"] = _rfm_group(row, row.pop("rfm_cuts"))
        for column, currency in section.money.items():
            row[column] = str(major(row[column], row[currency]))
        for column in section.times:
            row[column] = _time(row[column])
        for column in _JSON:
            if isinstance(row.get(column), str):
                row[column] = json.loads(row[column])
        if "may_email" in row:
            row["may_email"] = bool(row["may_email"])
    return rows


def _rfm_group(figures: Mapping[str, Any], cuts: Any) -> str:
    known = json.loads(cuts) if isinstance(cuts, str) else cuts
    return rfm.group(rfm.scores(figures["orders_count"], figures["last_order_at"], figures["net_spent"], known))


def _add_lines(session: Session, orders: list[dict[str, Any]]) -> None:
    by_id = {order.pop("row_id"): order for order in orders}
    for order in orders:
        order["lines"], order["refunds"] = [], []
    some, chosen = bulk.listed(session, "bigint"), bulk.values(session, by_id)
    sql = f"SELECT order_id, title, sku, quantity, net FROM order_lines WHERE order_id IN ({some}) ORDER BY order_id, position"
    for order_id, title, sku, quantity, net in bulk.select(session, sql, chosen):
        line = {"title": title, "sku": sku, "quantity": quantity, "net": str(major(net, by_id[order_id]["currency"]))}
        by_id[order_id]["lines"].append(line)
    sql = f"SELECT order_id, at, amount FROM refunds WHERE order_id IN ({some}) ORDER BY order_id, at, external_id"
    for order_id, at, amount in bulk.select(session, sql, chosen):
        by_id[order_id]["refunds"].append({"at": _time(at), "amount": str(major(amount, by_id[order_id]["currency"]))})


def _time(us: int | None) -> str | None:
    return None if us is None else from_us(us).isoformat().replace("+00:00", "Z")
