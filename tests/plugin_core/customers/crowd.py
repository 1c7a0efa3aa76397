"""A store's people written straight into the tables as the oracle's plain rows say they are."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence

from sqlalchemy.orm import Session

from plugin_core import bulk
from plugin_core.customers import terms
from plugin_core.customers.identity import normalise_email
from plugin_core.stores.models import Store
from plugin_core.tables import metadata
from tests.oracles.people import Person

FIRSTS = ("Ada", "Adèle", "Ben", "İpek", "Jörg", "Anna Maria", "سارا", "", "O'Brien", "Zoë")
LASTS = ("Lovelace", "Öztürk", "Ünal", "van Dijk", "Sørensen", "Smith-Jones", "", "کریمی", "Nakamura", "Ada")
STAGES = ("prospect", "new", "active", "slipping", "lost")


def draw(chance: random.Random, person: int) -> Person:
    first, last = chance.choice(FIRSTS), chance.choice(LASTS)
    orders = chance.choice((0, 0, 1, 1, 1, 2, 7))
    stem = chance.choice(("ada", "ben.smith", "x_1", "zoe-k"))
    return Person(
        id=person,
        first=first,
        last=last,
        emails=(f"{stem}{person}@example.com",) if chance.random() < 0.8 else (),
        phone=f"+4915{chance.randint(1_000_000, 1_000_030)}" if chance.random() < 0.4 else "",
        tags=tuple(chance.sample(("VIP", "big fan", "Été"), chance.randint(0, 2))),
        country=chance.choice(("DE", "TR", "")),
        lifecycle=chance.choice(STAGES),
        orders=orders,
        spent=orders * chance.choice((0, 500, 1_000)),
        last_order=chance.choice((1_000, 2_000, 3_000)) if orders else None,
        points=chance.choice((0, 0, 10, 25)),
        numbers=(f"#{1_000 + person}",) if chance.random() < 0.3 else (),
        codes=(f"FRIEND-{person}",) if chance.random() < 0.2 else (),
    )


def settle(session: Session, store: Store, people: Sequence[Person]) -> None:
    tables = metadata.tables
    for one in people:
        email = normalise_email(one.emails[0]) if one.emails else ""
        row = (
            one.id,
            store.account_id,
            f"key-{one.id}",
            email,
            one.phone,
            one.first,
            one.last,
            "",
            one.country,
            "",
            "{}",
            0,
            0,
            0,
            "{}",
        )
        bulk.insert(
            session,
            tables["customers"],
            (
                *("id", "account_id", "key", "email", "phone", "first_name", "last_name", "locale", "country", "birthday"),
                *("field_times", "since", "key_since", "key_at", "edited"),
            ),
            [row],
        )
        addresses = [(store.account_id, normalise_email(each), one.id) for each in one.emails]
        bulk.insert(session, tables["customer_addresses"], ("account_id", "address", "customer_id"), addresses)
        bulk.insert(
            session,
            tables["store_customers"],
            (
                *("store_id", "external_id", "customer_id", "email", "tags", "role", "platform_group", "modified_at"),
                *("content_hash", "placeholder", "nameless"),
            ),
            [(store.id, f"x{one.id}", one.id, email, json.dumps(one.tags), "", "", 0, "", False, False)],
        )
        number(session, store, one)
        for order in one.numbers:
            bulk.insert(
                session,
                tables["orders"],
                (
                    *("store_id", "external_id", "customer_id", "account_external_id", "email", "number", "placed_at"),
                    *("modified_at", "content_hash", "status", "counted", "void", "test", "currency", "total", "refunded"),
                    *("merchandise", "current_merchandise", "codes", "with_code", "source", "cart_token"),
                ),
                [
                    (
                        *(store.id, order, one.id, "", "", order, 1, 1, "", "PAID", True, False, False, "EUR"),
                        *([0] * 4),
                        *("[]", False, "", ""),
                    )
                ],
            )
        for code in one.codes:
            columns = ("store_id", "customer_id", "code", "offered_at")
            bulk.insert(session, tables["referral_codes"], columns, [(store.id, one.id, code, 1)])
    terms.follow(session, store.id, [one.id for one in people])


def number(session: Session, store: Store, one: Person) -> None:
    columns = (
        *("store_id", "customer_id", "lifecycle", "orders_count", "net_spent", "last_order_at", "points"),
        *("priced_orders", "net_merchandise", "received", "refunded", "code_orders", "visits", "segment_bits"),
        *("points_pending", "tier", "may_email"),
    )
    row = (store.id, one.id, one.lifecycle, one.orders, one.spent, one.last_order, one.points, *[0] * 6, 0, 0, "", False)
    bulk.upsert(session, metadata.tables["customer_stats"], columns, [row], key=columns[:2], update=columns[2:])
