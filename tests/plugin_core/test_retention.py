"""What is kept no longer than the settings say, and what stays however old it is."""

from __future__ import annotations

from collections import Counter
from types import SimpleNamespace

from jobs.forgetting import forget_old
from plugin_core import bulk, retention
from plugin_core.db import Database
from plugin_core.stores.models import AuditEntry, RejectedRecord, Run
from plugin_core.stores.settings import change
from tests.plugin_core import shop
from tests.plugin_core.shop import DAY, NOW


def delivery(session, store, days, state):
    bulk.execute(
        session,
        "INSERT INTO webhook_deliveries (store_id, topic, resource_id, body, headers, received_at, state, attempts, problem, "
        "trace) VALUES (?, ?, '', ?, '{}', ?, ?, 0, '', '')",
        *(store.id, f"{state} {days}", b"", NOW - days * DAY, state),
    )


def run(store, days, state="done"):
    at = NOW - days * DAY
    return Run(store_id=store.id, kind="sync", state=state, total=None, started_at=at, updated_at=at, finished_at=at)


def rejected(store, name, resolved_at):
    return RejectedRecord(
        store_id=store.id, resource="orders", external_id=name, raw_hash=name, raw="x", reason="", first_seen_at=0,
        resolved_at=resolved_at,
    )  # fmt: skip


def noted(account_id, store_id, days, subject):
    return AuditEntry(account_id=account_id, store_id=store_id, actor="a", action="b", subject=subject, at=NOW - days * DAY)


def left(session, table, column):
    return sorted(str(row[column]) for row in shop.rows(session, f"SELECT {column} FROM {table}"))


def test_what_is_settled_goes_after_its_time_and_what_is_open_stays(session):
    store = shop.store(session, shop.account(session))
    change(session, store, {"keep_deliveries_days": "10", "keep_work_log_days": "20"}, actor="a", now=NOW)
    for days, state in ((11, "applied"), (11, "ignored"), (9, "applied"), (400, "dead"), (400, "failed")):
        delivery(session, store, days, state)
    session.add_all([rejected(store, "open", None), rejected(store, "old", NOW - 21 * DAY), rejected(store, "new", NOW - DAY)])
    session.add_all([run(store, 90), run(store, 60), run(store, 50, "failed")])
    session.flush()
    gone = retention.forget_store(session, store, now=NOW)
    assert gone == Counter(deliveries=2, rejected=1, runs=1)
    assert left(session, "webhook_deliveries", "topic") == ["applied 9", "dead 400", "failed 400"]
    assert left(session, "rejected_records", "external_id") == ["new", "open"]
    assert len(left(session, "runs", "id")) == 2, "the newest, and the newest that ended well"
    assert retention.forget_store(session, store, now=NOW) == Counter()


def test_the_log_of_changes_is_kept_for_good_unless_the_merchant_says_otherwise(session):
    owner = shop.account(session)
    store, other = shop.store(session, owner), shop.store(session, owner, "other")
    session.add_all([noted(owner.id, store.id, 4000, "mine"), noted(owner.id, other.id, 4000, "others")])
    session.add_all([noted(owner.id, None, 4000, "team"), noted(owner.id, store.id, 5, "fresh")])
    session.flush()
    assert retention.forget_store(session, store, now=NOW) == Counter()
    change(session, store, {"keep_audit_months": "6"}, actor="a", now=NOW)
    assert retention.forget_store(session, store, now=NOW)["audit"] == 1
    assert retention.forget_account(session, owner, now=NOW) == 0, "the other store keeps it for good"
    change(session, other, {"keep_audit_months": "24"}, actor="a", now=NOW)
    assert retention.forget_account(session, owner, now=NOW) == 1
    assert {"fresh", "others"} <= set(left(session, "audit_entries", "subject"))
    assert not {"mine", "team"} & set(left(session, "audit_entries", "subject"))


def test_the_timer_forgets_for_every_store(database: Database):
    with database.write() as session:
        for key in ("one", "two"):
            delivery(session, shop.store(session, shop.account(session, key), key), 31, "applied")
    assert forget_old(SimpleNamespace(database=database, clock=lambda: NOW)) == Counter(deliveries=2)
