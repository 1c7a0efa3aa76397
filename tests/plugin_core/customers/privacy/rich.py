"""Adaline: known everywhere, under two addresses, in two stores, with a trace in every table; and Ben, who is left alone."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from plugin_core import tombstones
from plugin_core.customers import consent, terms
from plugin_core.customers.lookup import find_person
from plugin_core.customers.merge import merge
from plugin_core.customers.models import Customer, CustomerNote, Suppression
from plugin_core.deliveries import Verified
from plugin_core.inbox.models import WebhookDelivery
from plugin_core.inbox.receive import COLUMNS, received
from plugin_core.loyalty.models import PointsEntry, TierState
from plugin_core.offers.models import Offer, Touch
from plugin_core.outbox import journal, queue
from plugin_core.outbox.models import WrittenState
from plugin_core.records import CheckoutRecord, ConsentRecord, Deletion
from plugin_core.referral.models import ReferralCode
from plugin_core.segments.models import Membership, Segment
from plugin_core.segments.stock import ensure_stock
from plugin_core.stores.models import AuditEntry, RejectedRecord, Run, Store
from tests.plugin_core import shop as people
from tests.plugin_core.offers.world import NOW, VAULT, Shop, open_shop

EMAIL, SPELT, OTHER = "adaline@people.example", "Adaline@People.Example", "çelikoğlu@people.example"
PHONE, FIRST, LAST = "+447700900123", "Adaline", "Çelikoğlu"
ACCOUNTS = ("7001234567", "7007654321", "8800012345")
STRINGS = (EMAIL, SPELT, OTHER, OTHER.upper(), PHONE, FIRST, LAST, *ACCOUNTS, "ADALINE-10", "11 Analytical Row")
MAIL = "0a1b2c3d@north.example"  # message id: says nothing about anybody
DAY = people.DAY


@dataclass
class World:
    north: Shop
    south: Store
    adaline: int
    ben: int


def build(session: Session) -> World:
    north = open_shop(session)
    south = people.store(session, north.account, key="south")
    ensure_stock(session, north.store, now=1)
    said = (ConsentRecord("email", "subscribed", "shopify", 20 * DAY), ConsentRecord("sms", "pending", "shopify", 20 * DAY))
    known: dict[str, Any] = {"first_name": FIRST, "last_name": LAST, "phone": PHONE, "phone_verified": True}
    take = people.take
    take(session, north.store, people.order("G1", EMAIL.upper(), placed_at=15 * DAY, first_name=FIRST, last_name=LAST))
    take(session, north.store, people.customer(ACCOUNTS[0], SPELT, modified_at=21 * DAY, consents=said, tags=("vip",), **known))
    take(session, south, people.customer(ACCOUNTS[2], SPELT, modified_at=22 * DAY, birthday="12-10", country="GB", **known))
    take(session, north.store, people.customer(ACCOUNTS[1], OTHER, modified_at=23 * DAY, first_name=FIRST, last_name=LAST))
    take(
        session, north.store, people.customer("5550001", "ben@people.example", first_name="Ben", last_name="Smith", consents=said)
    )
    take(
        session,
        north.store,
        people.order("A1", EMAIL, placed_at=24 * DAY, total=5_000, refunded=500, customer_id=ACCOUNTS[0], codes=("ADALINE-10",)),
        people.order("A2", "friend@people.example", placed_at=25 * DAY, total=7_000, customer_id=ACCOUNTS[1]),
        people.order("B1", EMAIL, placed_at=26 * DAY, total=900, customer_id="5550001"),  # Ben had something sent to her
        CheckoutRecord("C1", 27 * DAY, "h", 27 * DAY, None, "", EMAIL, FIRST, LAST, "tr", "EUR", 4_000, f"https://x/?e={EMAIL}"),
    )
    take(session, south, people.order("S1", EMAIL, placed_at=28 * DAY, total=300, customer_id=ACCOUNTS[2]))
    first, second = (find_person(session, north.account.id, each) for each in (EMAIL, OTHER))
    ben = find_person(session, north.account.id, "ben@people.example")
    assert first is not None
    assert second is not None
    assert ben is not None
    merged = merge(session, session.get_one(Customer, first), session.get_one(Customer, second), reason="by hand", now=29 * DAY)
    adaline = merged.survivor_id
    people.work_out(session, north.store, south)
    terms.follow_everywhere(session, [adaline, ben])
    for person, letters in ((adaline, "A1 G1"), (ben, "B1")):
        _programme(session, north, person, letters.split())
        _offer(session, north, person, MAIL if person == adaline else "mail-of-ben")
    _texts(session, north, adaline)
    _sealed(session, north)
    _written(session, north, adaline)
    session.flush()
    session.expire_all()
    return World(north, south, adaline, ben)


def _programme(session: Session, shop: Shop, person: int, orders: list[str]) -> None:
    for number, order in enumerate(orders):
        session.add(
            PointsEntry(
                store_id=shop.store.id, customer_id=person, cause=f"order:{order}:earn", kind="earn", points=50 + number,
                order_id=None, basis=5_000, rate="1", happened_at=1, available_at=2, posted_at=3,
            )
        )  # fmt: skip
    session.add(
        TierState(store_id=shop.store.id, customer_id=person, tier="gold", metric=1, since=1, held_until=None, next_check_at=None)
    )
    segment = session.scalars(sa.select(Segment).where(Segment.store_id == shop.store.id).limit(1)).one()
    session.add(Membership(segment_id=segment.id, customer_id=person, entered_at=1, left_at=None))
    session.add(ReferralCode(store_id=shop.store.id, customer_id=person, code=f"FRIEND-{person}", offered_at=1))


def _offer(session: Session, shop: Shop, person: int, message_id: str) -> None:
    for step, state, code in (("60", "sent", f"WIN{person}"), ("90", "minted", f"NEXT{person}")):
        offer = Offer(
            campaign_id=shop.winback.id, customer_id=person, step=step, state=state, percent=10, code=code, minted_at=1,
            code_external_id=f"id-{code}", code_expires_at=NOW, anchor_at=1, planned_at=1, due_at=1, decided_at=None,
            reason=f"the store says: {EMAIL} is not welcome" if message_id == MAIL else "",
        )  # fmt: skip
        session.add(offer)
        session.flush()
        made = {"code": code, "reference": f"north/winback:{step}:k:1"}
        journal.record_many(session, shop.store.id, "code", [(f"id-{code}", {}, made)], at=1)
        if state == "sent":
            session.add(
                Touch(
                    offer_id=offer.id, customer_id=person, channel="email", message_id=message_id, state="sent",
                    problem=f"550 {PHONE}" if message_id == MAIL else "", claimed_at=1, settled_at=2,
                )
            )  # fmt: skip


def _texts(session: Session, shop: Shop, adaline: int) -> None:
    account, store = shop.account, shop.store
    session.add(Suppression(account_id=account.id, channel="email", address=OTHER, reason="bounce", at=1))
    note = CustomerNote(account_id=account.id, customer_id=adaline, text=f"{FIRST} rang about her boots", author="cli", at=1)
    session.add(note)
    key = session.get_one(Customer, adaline).key
    edited = AuditEntry(account_id=account.id, store_id=store.id, actor="cli", action="customer.edited", subject=key, at=1)
    edited.before, edited.after = {"first_name": "Ada"}, {"first_name": FIRST}
    session.add(edited)
    consent.record(session, adaline, 0, "email", "subscribed", f"told us by phone {PHONE}", 30 * DAY, 30 * DAY)
    tombstones.note(session, store.id, [Deletion("customers", ACCOUNTS[1], 1)])
    said = {"to": OTHER, "name": f"{FIRST} {LAST}"}
    session.add(
        AuditEntry(
            account_id=account.id, store_id=store.id, actor="cli", action="x", subject=SPELT, before=said, after=said, at=1
        )
    )
    session.add(
        Run(
            store_id=store.id, kind="sync", state="failed", problem=f"{OTHER.upper()} can't be read", total=None, started_at=1,
            updated_at=1, finished_at=1,
        )
    )  # fmt: skip


def _sealed(session: Session, shop: Shop) -> None:
    store = shop.store
    raws = {
        "orders": json.dumps({"id": 9, "billing": {"first_name": FIRST, "email": SPELT, "address_1": "11 Analytical Row"}}),
        "customers": json.dumps({"id": int(ACCOUNTS[1]), "note": "no address at all"}),
        "checkouts": json.dumps({"customer": {"id": f"gid://shopify/Customer/{ACCOUNTS[0]}"}}),
    }
    for resource, raw in raws.items():
        session.add(
            RejectedRecord(
                store_id=store.id, resource=resource, raw_hash=resource,
                external_id=ACCOUNTS[1] if resource == "customers" else "9",
                raw=VAULT.seal(f"store:{store.id}:rejected", raw), reason=f"{SPELT} has no date", first_seen_at=1,
                resolved_at=None,
            )
        )  # fmt: skip
    bens = json.dumps({"id": 10, "email": "ben@people.example"})
    session.add(
        RejectedRecord(
            store_id=store.id, resource="orders", external_id="10", raw_hash="b", reason="no date", first_seen_at=1,
            raw=VAULT.seal(f"store:{store.id}:rejected", bens), resolved_at=None,
        )
    )  # fmt: skip
    for body, resource_id in (({"customer": {"email": EMAIL}}, "12"), ({"id": 5550001}, "5550001")):
        row = received(VAULT, store.id, Verified("customers/update", resource_id, ""), json.dumps(body).encode(), now=1)
        session.execute(sa.insert(WebhookDelivery).values(**dict(zip(COLUMNS, _as_rows(row), strict=True))))


def _as_rows(row: Any) -> list[Any]:
    values = list(row)
    values[COLUMNS.index("headers")] = json.loads(row.headers)
    return values


def _written(session: Session, shop: Shop, adaline: int) -> None:
    rows = people.rows(
        session, "SELECT id, external_id FROM store_customers WHERE customer_id = :id AND store_id = :store",
        id=adaline, store=shop.store.id,
    )  # fmt: skip
    assert rows
    for row in rows:
        session.add(WrittenState(store_customer_id=row["id"], fields={"points": 5}, tags=["cb:active"], written_at=1))
        journal.record_many(session, shop.store.id, "profile", [(row["external_id"], {}, {"tags": ["cb:active"]})], at=1)
        queue.put(session, shop.store.id, "profile", str(row["id"]), {"wanted": "x"}, due_at=1, now=1)
        payload = {"customer_id": row["external_id"], "channel": "email", "state": "subscribed", "at": 1}
        queue.put(session, shop.store.id, "consent", f"{row['id']}:email", payload, due_at=1, now=1)
