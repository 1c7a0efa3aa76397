"""Erase means erased: nothing in any table leads back to the person, and the store's sums are what they were."""

from __future__ import annotations

import sqlalchemy as sa

from plugin_core.customers.consent import may_email
from plugin_core.customers.models import Customer
from plugin_core.customers.privacy import effects
from plugin_core.customers.privacy.erase import erase_person
from plugin_core.db import Base
from plugin_core.loyalty.models import PointsEntry
from plugin_core.outbox.models import OutboxEntry
from plugin_core.tables import metadata
from tests.plugin_core.customers.privacy import rich, scan
from tests.plugin_core.offers.world import NOW, VAULT
from tests.plugin_core.shop import rows


def erase(session, world):
    return erase_person(session, VAULT, world.north.account, world.adaline, reason="cli", now=NOW)


def carried_out(session) -> None:
    """As if the job had done its work outside."""
    session.execute(sa.delete(OutboxEntry).where(OutboxEntry.kind.in_(effects.KINDS)))


def ledger(session) -> list[tuple[int, int, int]]:
    query = sa.select(PointsEntry.store_id, sa.func.count(), sa.func.sum(PointsEntry.points)).group_by(PointsEntry.store_id)
    return [tuple(row) for row in session.execute(query)]


def sums(session) -> list[dict]:
    sql = "SELECT store_id, COUNT(*) AS n, SUM(total) AS total, SUM(net) AS net FROM orders GROUP BY store_id ORDER BY store_id"
    stats = (
        "SELECT store_id, SUM(orders_count) AS n, SUM(net_spent) AS net FROM customer_stats GROUP BY store_id ORDER BY store_id"
    )
    return [*rows(session, sql), *rows(session, stats)]


def test_nothing_of_a_person_is_left_in_any_table(session):
    world = rich.build(session)
    before = scan.places(scan.found(session, VAULT, rich.STRINGS))
    assert before >= {
        *("customers.email", "customers.last_name", "customers.phone", "customer_addresses.address", "customer_merges.moved"),
        *("store_customers.email", "store_customers.external_id", "orders.email", "orders.codes", "checkouts.recovery_url"),
        *("consent_entries.source", "suppressions.address", "rejected_records.raw", "webhook_deliveries.body"),
        *("audit_entries.before", "audit_entries.subject", "runs.problem", "offers.reason", "touches.problem"),
        *("write_journal.target", "tombstones.external_id", "outbox.payload", "rejected_records.reason"),
        *("person_words.name", "person_words.words", "person_terms.term", "customer_notes.text"),
    }, "the person is to have left a trace everywhere"
    balances, figures = ledger(session), sums(session)
    erase(session, world)
    carried_out(session)
    assert scan.found(session, VAULT, rich.STRINGS) == set()
    assert (ledger(session), sums(session)) == (balances, figures)


def test_nobody_else_loses_anything(session):
    world = rich.build(session)
    bens = scan.found(session, VAULT, ["ben@people.example", "Smith", "mail-of-ben"])
    erase(session, world)
    carried_out(session)
    assert scan.found(session, VAULT, ["ben@people.example", "Smith", "mail-of-ben"]) == bens
    (order,) = rows(session, "SELECT customer_id, email, total FROM orders WHERE external_id = 'B1'")
    assert order == {"customer_id": world.ben, "email": "", "total": 900}, "only her address goes from what he had sent to her"


def test_the_person_keeps_key_and_numbers_and_is_never_written_to(session):
    world = rich.build(session)
    key = session.get_one(Customer, world.adaline).key
    before = rows(
        session, "SELECT orders_count, net_spent FROM customer_stats WHERE customer_id = :id ORDER BY 1", id=world.adaline
    )
    done = erase(session, world)
    assert done.customer_key == key == session.get_one(Customer, world.adaline).key
    after = rows(
        session, "SELECT orders_count, net_spent FROM customer_stats WHERE customer_id = :id ORDER BY 1", id=world.adaline
    )
    assert after == before
    assert not may_email(session, world.adaline)
    assert [
        row["state"] for row in rows(session, "SELECT state FROM offers WHERE customer_id = :id ORDER BY id", id=world.adaline)
    ] == [
        "sent",
        "skipped",
    ]


def test_what_lies_outside_is_asked_for(session):
    world = rich.build(session)
    done = erase(session, world)
    wanted = {kind: [] for kind in effects.KINDS}
    for entry in session.scalars(sa.select(OutboxEntry).where(OutboxEntry.kind.in_(effects.KINDS)).order_by(OutboxEntry.id)):
        wanted[entry.kind].append(entry.payload)
    assert {each["customer_id"] for each in wanted[effects.PROFILE]} <= set(rich.ACCOUNTS)
    assert all(each["tags"] == ["cb:active"] for each in wanted[effects.PROFILE])
    assert {each["code"] for each in wanted[effects.CODE]} == {f"WIN{world.adaline}", f"NEXT{world.adaline}"}
    assert wanted[effects.MAILS] == [{"message_ids": [rich.MAIL]}]
    assert (done.planned.codes, done.planned.mails) == (2, 1)


def test_erasing_twice_is_erasing_once(session):
    world = rich.build(session)
    erase(session, world)
    carried_out(session)
    again = erase(session, world)
    assert (again.accounts, again.planned.accounts, scan.found(session, VAULT, rich.STRINGS)) == (0, 0, set())


def test_every_sealed_column_is_known_to_the_scan():
    """A column that holds bytes, or text that is sealed, must be opened by the scan, or hold no personal data."""
    of_the_merchant = {("accounts", "secret"), ("store_credentials", "ciphertext"), ("install_states", "sealed_keys"),
                       ("webhook_secrets", "ciphertext"), ("erasure_keys", "secret")}  # fmt: skip
    binary = {(table.name, column.name) for table in metadata.sorted_tables for column in table.c
              if isinstance(column.type, sa.LargeBinary)}  # fmt: skip
    assert binary <= set(scan.OPENERS)
    named = {(table.name, column.name) for table in metadata.sorted_tables for column in table.c}
    assert set(scan.OPENERS) | of_the_merchant <= named


def test_the_scan_looks_at_every_table():
    assert len(metadata.sorted_tables) == len(Base.metadata.tables) >= 40
