"""What people ask for about themselves, from the platform's request to the last copy: answered, erased, and proven."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from jobs.privacy import answer_requests
from jobs.store_events import carry_out
from plugin_core.clock import DAY_US
from plugin_core.customers.privacy import requests
from plugin_core.customers.privacy.models import PrivacyRequest
from plugin_core.deliveries import StoreEvent
from plugin_core.loyalty.models import PointsEntry
from plugin_core.offers.models import Offer, Touch
from plugin_core.stores.models import Store
from tests.journeys.merchants import go, merchant, work
from tests.plugin_core.customers.privacy import scan
from tests.plugin_core.shop import rows


@pytest.fixture
def running(database_url, tmp_path):
    with merchant(database_url, tmp_path) as (app, twins):
        yield app, twins, work(app, twins)


def somebody_mailed(app, store: Store) -> dict:
    """With an account in this store, a code and a mail."""
    with app.database.read() as session:
        return rows(
            session,
            "SELECT c.id, c.email, c.first_name, c.last_name, c.phone, a.external_id, o.code, t.message_id FROM touches t "
            "JOIN offers o ON o.id = t.offer_id JOIN customers c ON c.id = t.customer_id "
            "JOIN store_customers a ON a.customer_id = c.id AND a.store_id = :store "
            "WHERE t.state = 'sent' AND o.code <> '' AND c.last_name <> '' ORDER BY c.id LIMIT 1",
            store=store.id,
        )[0]


def ask(app, store: Store, kind: str, subject: str = "", *, email: str = "", orders: tuple[str, ...] = (), at: int | None = None):
    moment = app.context.clock() if at is None else at
    carry_out(app.context, store.id, StoreEvent(kind, subject, email, orders), at=moment)
    return moment


def request_of(app, kind: str) -> PrivacyRequest:
    with app.database.read() as session:
        return session.scalars(
            select(PrivacyRequest).where(PrivacyRequest.kind == kind).order_by(PrivacyRequest.id.desc())
        ).first()


def points(app) -> int:
    with app.database.read() as session:
        return sum(session.scalars(select(PointsEntry.points)))


def test_a_redacted_customer_is_gone_from_tables_files_logs_and_the_store(running, tmp_path):
    app, twins, stores = running
    shop = stores["shopify"]
    ada = somebody_mailed(app, shop)
    strings = [ada["email"], ada["last_name"], ada["message_id"], *([ada["phone"]] if ada["phone"] else [])]
    spool = app.platforms["shopify"].options.spool_dir
    spool.mkdir(parents=True, exist_ok=True)
    (spool / f"{shop.address}-customers-9.jsonl").write_text(json.dumps({"email": ada["email"]}))
    before = points(app)
    with capture_logs() as logs:
        ask(app, shop, "redact_customer", ada["external_id"])
        go(app)
    assert request_of(app, "redact").state == "done"
    assert points(app) == before
    with app.database.read() as session:
        assert scan.found(session, app.vault, [ada["email"]]) == set()
        left = scan.places(scan.found(session, app.vault, [ada["last_name"]]))
        assert not left or _shared(session, ada["last_name"]), left
    state = twins.state()["shopify"]
    gid = f"gid://shopify/Customer/{ada['external_id']}"
    assert gid not in state["tags"]
    assert gid not in state["metafields"]
    assert ada["code"] not in state["codes"]
    for path in _files(tmp_path, app):
        content = path.read_bytes()
        assert ada["email"].encode() not in content, path
        assert ada["email"].lower().encode() not in content.lower(), path
    assert not list(spool.glob(f"{shop.address}-*"))
    assert not [line for line in logs for text in strings[:2] if text.casefold() in repr(line).casefold()]


def _shared(session, name: str) -> bool:
    return bool(rows(session, "SELECT 1 FROM customers WHERE last_name = :name", name=name))


def _files(folder: Path, app) -> list[Path]:
    """The mails, their index, the database where it is a file, and all that lies beside it."""
    found = [path for path in folder.rglob("*") if path.is_file()]
    assert any(path.suffix == ".eml" for path in found), "the mails of others are still there"
    if app.database.engine.dialect.name == "sqlite":
        assert any(path.suffix == ".sqlite" for path in found)
    return found


def test_the_same_request_again_is_one_request_with_its_day(running):
    app, _twins, stores = running
    shop = stores["shopify"]
    ada = somebody_mailed(app, shop)
    at = ask(app, shop, "redact_customer", ada["external_id"])
    ask(app, shop, "redact_customer", ada["external_id"], at=at)
    with app.database.read() as session:
        (one,) = requests.waiting(session)
        assert one.deadline_at - one.received_at == 30 * DAY_US
        assert ada["external_id"] not in one.subject


def test_a_data_request_makes_the_export_ready(running):
    app, _twins, stores = running
    shop = stores["shopify"]
    ada = somebody_mailed(app, shop)
    ask(app, shop, "data_request", "", email=ada["email"].upper())
    go(app)
    request = request_of(app, "data_request")
    assert (request.state, request.subject) == ("done", "")
    body = requests.result(app.vault, request)
    assert body["profile"]["email"] == ada["email"]
    assert [each["code"] for each in body["offers"] if each["code"] == ada["code"]]
    assert [each for each in body["mails"] if each["message_id"] == ada["message_id"]]
    assert body["orders"]
    assert all(order["lines"] for order in body["orders"])
    ask(app, shop, "redact_customer", ada["external_id"])
    go(app)
    assert requests.result(app.vault, request_of(app, "data_request")) is None, "the export goes with the person"


def test_a_guest_is_found_by_the_orders_named(running):
    app, _twins, stores = running
    woo = stores["woocommerce"]
    sql = "SELECT external_id, email FROM orders WHERE store_id = :s AND account_external_id = '' AND customer_id IS NOT NULL"
    with app.database.read() as session:
        guest = rows(session, f"{sql} ORDER BY id LIMIT 1", s=woo.id)[0]
    ask(app, woo, "redact_customer", orders=(guest["external_id"],))
    go(app)
    with app.database.read() as session:
        assert scan.found(session, app.vault, [guest["email"]]) == set()


def test_somebody_nobody_knows_is_answered_at_once(running):
    app, _twins, stores = running
    ask(app, stores["shopify"], "redact_customer", "99", email="nobody@nowhere.example")
    go(app)
    assert (request_of(app, "redact").state, request_of(app, "redact").outcome) == ("done", "Nobody like that is known.")


def test_a_store_that_still_lets_us_in_is_not_erased(running):
    app, _twins, stores = running
    ask(app, stores["shopify"], "redact_shop")
    go(app)
    assert request_of(app, "shop_redact").state == "cancelled"
    with app.database.read() as session:
        assert session.get(Store, stores["shopify"].id) is not None


def test_a_store_installed_again_since_is_not_erased(running):
    app, _twins, stores = running
    shop = stores["shopify"]
    with app.database.write() as session:
        held = session.get_one(Store, shop.id)
        held.state, held.connected_at = "disconnected", app.context.clock()
    ask(app, shop, "redact_shop", at=app.context.clock() - DAY_US)
    go(app)
    assert request_of(app, "shop_redact").state == "cancelled"


def test_a_store_that_left_is_erased_with_the_people_known_only_there(running, tmp_path):
    app, twins, stores = running
    shop, woo = stores["shopify"], stores["woocommerce"]
    with app.database.read() as session:
        there, here = (
            {
                row["customer_id"]
                for row in rows(session, "SELECT customer_id FROM customer_stats WHERE store_id = :s", s=store.id)
            }
            for store in (shop, woo)
        )
        only = rows(session, "SELECT email FROM customers WHERE id = :id", id=min(there - here))[0]["email"]
        woos = rows(
            session,
            "SELECT orders_count, net_spent, points FROM customer_stats WHERE store_id = :s ORDER BY customer_id",
            s=woo.id,
        )
        key = woo.key
    twins.shopify.store.tokens.clear()  # the merchant removed the app: the token is dead
    ask(app, shop, "redact_shop")
    assert answer_requests(app.context, shop.id)["erased"] == 1
    with app.database.read() as session:
        assert [store.key for store in session.scalars(select(Store))] == [key]
        assert scan.found(session, app.vault, [only]) == set()
        people = {row["id"] for row in rows(session, "SELECT id FROM customers WHERE merged_into IS NULL")}
        assert here <= people
        assert not (there - here) & people
        now = rows(
            session,
            "SELECT orders_count, net_spent, points FROM customer_stats WHERE store_id = :s ORDER BY customer_id",
            s=woo.id,
        )
        assert now == woos
        assert session.scalars(select(Touch)).all() == session.scalars(select(Touch).join(Offer)).all()
    assert request_of(app, "shop_redact").state == "done"
    for path in _files(tmp_path, app):
        assert only.lower().encode() not in path.read_bytes().lower(), path
    go(app)
