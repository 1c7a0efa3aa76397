"""The app taken away, put back, and allowed to see more."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from plugin_core.errors import SettingsProblem
from plugin_core.platforms import StoreFacts
from plugin_core.stores.access import facts_changed, uninstalled
from plugin_core.stores.connect import connect_store, connected_stores
from plugin_core.stores.credentials import Vault, load_credentials
from plugin_core.stores.models import AuditEntry, Store, SyncCursor

NOW = 1_795_000_000_000_000
VAULT = Vault(["a key for stores that are not there"])


def facts(*scopes, recent=False):
    details = {"scopes": list(scopes), "orders_seen_days": 60 if recent else None}
    return StoreFacts("1", "Acme", "EUR", "Europe/Berlin", scopes=scopes, notes=("60 days",) if recent else (), details=details)


def connected(session, known=None, now=NOW):
    return connect_store(
        session, VAULT, platform="shopify", address="acme.myshopify.com", credentials={"access_token": "t"},
        facts=known or facts("read_orders"), actor="merchant", now=now,
    )  # fmt: skip


def cursors(session):
    return {row.resource: row.finished for row in session.scalars(select(SyncCursor))}


def with_cursors(session, store):
    for resource in ("customers", "orders"):
        session.add(SyncCursor(store_id=store.id, resource=resource, cursor={"v": 1}, finished=True, updated_at=NOW))
    session.flush()


def test_an_uninstalled_store_is_left_alone_and_its_tokens_are_gone(session):
    store = connected(session)
    with_cursors(session, store)
    assert uninstalled(session, store, at=NOW + 1, now=NOW + 2)
    assert connected_stores(session) == []
    with pytest.raises(SettingsProblem):
        load_credentials(session, VAULT, store)
    assert cursors(session) == {"customers": True, "orders": True}
    assert not uninstalled(session, store, at=NOW + 1, now=NOW + 3), "told twice"


def test_late_news_of_an_earlier_uninstallation_harms_nothing(session):
    store = connected(session)
    uninstalled(session, store, at=NOW + 1, now=NOW + 2)
    again = connected(session, now=NOW + 10)
    assert again.id == store.id
    assert not uninstalled(session, again, at=NOW + 1, now=NOW + 11)
    assert connected_stores(session) == [again]
    assert load_credentials(session, VAULT, again) == {"access_token": "t"}


def test_once_all_orders_can_be_seen_they_are_taken_in_from_the_beginning(session):
    store = connected(session, facts("read_orders", recent=True))
    with_cursors(session, store)
    facts_changed(session, store, facts("read_orders", recent=True), now=NOW + 1)
    assert cursors(session) == {"customers": True, "orders": True}
    facts_changed(session, store, facts("read_orders", "read_all_orders"), now=NOW + 2)
    assert cursors(session) == {"customers": True}
    assert store.notes == []
    told = session.scalars(select(AuditEntry).where(AuditEntry.action == "store.scopes_changed")).all()
    assert [(each.before, each.after) for each in told] == [
        ({"scopes": ["read_orders"]}, {"scopes": ["read_all_orders", "read_orders"]})
    ]


def test_the_same_holds_for_a_store_that_is_connected_anew(session):
    store = connected(session, facts("read_orders", recent=True))
    with_cursors(session, store)
    connected(session, facts("read_orders", "read_all_orders"), now=NOW + 5)
    assert cursors(session) == {"customers": True}
    assert session.scalars(select(Store)).one().notes == []
