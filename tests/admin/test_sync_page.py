"""Sync & health as a shop owner meets it: what is wrong in words, what can be tried again, and leaving a store."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import update

from jobs.engine import Engine
from plugin_core import bulk
from plugin_core.stores.models import Run, Store
from plugin_core.work.standing import standings
from tests.admin.world import HERE, World


def query(world: World, sql: str, *values: object) -> Sequence[tuple[object, ...]]:
    with world.app.database.read() as session:
        return bulk.select(session, sql, *values)


def execute(world: World, sql: str, *values: object) -> None:
    with world.app.database.write() as session:
        bulk.execute(session, sql, *values)


def test_a_store_that_is_well_says_so_and_each_visitor_sees_their_own_stores(shared_world: World) -> None:
    mine = shared_world.get("/app/sync", shared_world.shopify_token()).text
    assert "Everything is up to date" in mine
    assert mine.count('<section class="card') == 1
    assert shared_world.owner().get("/app/sync").text.count('<section class="card') == 2


def test_what_went_wrong_is_said_in_words_and_tried_again_at_a_button(fresh_world: World) -> None:
    store, now = fresh_world.stores["shopify"], fresh_world.app.context.clock()
    account = query(fresh_world, "SELECT MIN(id) FROM store_customers WHERE store_id = ?", store.id)[0][0]
    execute(
        fresh_world,
        "INSERT INTO outbox (store_id, kind, key, payload, state, generation, attempts, problem, due_at, created_at) "
        "VALUES (?, 'profile', ?, '{}', 'dead', 1, 8, 'The store said no.', ?, ?)",
        *(store.id, str(account), now, now),
    )
    execute(
        fresh_world,
        "INSERT INTO webhook_deliveries (store_id, topic, resource_id, body, headers, received_at, state, attempts, problem, "
        "trace) VALUES (?, 'orders/paid', '', ?, '{}', ?, 'dead', 8, 'An amount was missing.', '')",
        *(store.id, b"", now),
    )
    execute(
        fresh_world,
        "INSERT INTO rejected_records (store_id, resource, external_id, raw_hash, raw, reason, first_seen_at, attempts) "
        "VALUES (?, 'orders', '77', 'x', '', 'It has no currency.', ?, 3)",
        *(store.id, now),
    )
    owner = fresh_world.owner()
    owner.post("/app/turn", data={"store": store.key}, headers=HERE)
    shown = owner.get("/app/sync").text
    for words in ("1 store needs a look", "The store said no.", "An amount was missing.", "It has no currency.", "Try again now"):
        assert words in shown
    execute(fresh_world, "UPDATE store_tasks SET asked_at = NULL")
    for act in ("write", "replay", "sync", "whole"):
        assert owner.post("/app/sync/act", data={"store": store.key, "act": act}, headers=HERE).status_code == 303
    assert query(fresh_world, "SELECT state FROM outbox WHERE problem = '' AND store_id = ?", store.id) == [("pending",)]
    assert query(fresh_world, "SELECT state FROM webhook_deliveries WHERE topic = 'orders/paid'") == [("pending",)]
    assert query(fresh_world, "SELECT 1 FROM sync_cursors WHERE store_id = ?", store.id) == []
    with fresh_world.app.database.read() as session:
        asked = {task for (_, task), one in standings(session, store.id).items() if one.asked_at is not None}
    assert asked == {"writeback", "inbox", "sync"}
    execute(fresh_world, "DELETE FROM webhook_deliveries WHERE topic = 'orders/paid'")  # a sync gives way to what waits
    Engine(fresh_world.app.context).perform("sync", store.id)
    assert query(fresh_world, "SELECT COUNT(*) FROM sync_cursors WHERE store_id = ? AND finished", store.id)[0][0] == 4
    with fresh_world.app.database.read() as session:
        assert session.query(Run).filter(Run.store_id == store.id).count() == 2, "asked for, it does not wait ten minutes"
    audit = query(fresh_world, "SELECT action, actor FROM audit_entries WHERE store_id = ? ORDER BY id DESC LIMIT 1", store.id)
    assert audit == [("store.sync_asked", "team:0")]


def test_a_store_is_left_only_by_typing_its_name_and_then_nothing_of_ours_is_in_it(fresh_world: World) -> None:
    store, owner = fresh_world.stores["shopify"], fresh_world.owner()
    asked = owner.get(f"/app/sync/leave?store={store.key}")
    assert "our fields on" in asked.text
    form = {"store": store.key, "act": "uninstall", "typed": "something else"}
    refused = owner.post("/app/sync/leave", data=form, headers=HERE)
    assert (refused.status_code, "Nothing was done" in refused.text) == (400, True)
    assert owner.post("/app/sync/leave", data=form | {"typed": store.name}, headers=HERE).status_code == 303
    Engine(fresh_world.app.context).perform("uninstall", store.id)
    assert query(fresh_world, "SELECT state FROM stores WHERE id = ?", store.id) == [("disconnected",)]
    written = "SELECT 1 FROM written_states w JOIN store_customers a ON a.id = w.store_customer_id WHERE a.store_id = ?"
    assert query(fresh_world, written, store.id) == []
    assert "Disconnected" in owner.get("/app/sync").text


def test_disconnecting_forgets_the_access_and_touches_nothing_else(fresh_world: World) -> None:
    store, owner = fresh_world.stores["woocommerce"], fresh_world.owner()
    form = {"store": store.key, "act": "disconnect", "typed": store.key.upper()}
    assert owner.post("/app/sync/leave", data=form, headers=HERE).status_code == 303
    assert query(fresh_world, "SELECT 1 FROM store_credentials WHERE store_id = ?", store.id) == []
    refused = owner.post("/app/sync/act", data={"store": store.key, "act": "sync"}, headers=HERE)
    assert (refused.status_code, "not connected" in refused.text) == (400, True)


def test_a_lost_access_shows_the_way_back(fresh_world: World) -> None:
    store = fresh_world.stores["woocommerce"]
    with fresh_world.app.database.write() as session:
        session.execute(update(Store).where(Store.id == store.id).values(state="reconnect", problem="The key was removed."))
    shown = fresh_world.owner().get("/app/sync").text
    assert "does not accept our access" in shown
    assert 'href="/app/connect"' in shown


def test_nobody_acts_on_another_stores_sync_and_a_viewer_on_none(fresh_world: World) -> None:
    token, theirs = fresh_world.shopify_token(), fresh_world.stores["woocommerce"]
    for act in ("sync", "replay", "write"):
        assert fresh_world.post("/app/sync/act", {"store": theirs.key, "act": act}, token).status_code == 404
    form = {"store": theirs.key, "act": "disconnect", "typed": theirs.key}
    assert fresh_world.post("/app/sync/leave", form, token).status_code == 404
    assert fresh_world.get(f"/app/sync/leave?store={theirs.key}", token).status_code == 404
    assert fresh_world.post("/app/sync/act", {"act": "nonsense"}, token).status_code == 400
    execute(fresh_world, "UPDATE embedded_visitors SET role = 'viewer'")
    assert fresh_world.post("/app/sync/act", {"act": "sync"}, token).status_code == 403
    assert fresh_world.get("/app/sync/leave", token).status_code == 403
    assert query(fresh_world, "SELECT state FROM stores WHERE state <> 'connected'") == []
