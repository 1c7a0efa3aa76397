"""A store as large as asked for, made up in the database itself: people, their orders, and everything that follows from them."""

from __future__ import annotations

from sqlalchemy import select

from benchmarks.people import add_people, analyse
from comeback.app import App
from plugin_core import bulk
from plugin_core.clock import DAY_US
from plugin_core.insights import figures
from plugin_core.loyalty.settle import settle
from plugin_core.migrations import migrate
from plugin_core.offers.campaigns import ensure_stock_campaigns
from plugin_core.referral.enrol import enrol
from plugin_core.segments.evaluate import evaluate
from plugin_core.segments.stock import ensure_stock
from plugin_core.segments.yardsticks import recompute_yardsticks
from plugin_core.stores import settings as store_settings
from plugin_core.stores.connect import ensure_account
from plugin_core.stores.credentials import account_secret
from plugin_core.stores.models import Account, Store

# One a month, going back from the last: as many as the figures of each person say.
_ORDERS = f"""
INSERT INTO orders (store_id, external_id, customer_id, account_external_id, email, number, placed_at, modified_at, content_hash,
  status, counted, void, test, currency, total, refunded, merchandise, current_merchandise, received, net, basis, codes,
  with_code, source, cart_token)
WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 60)
SELECT s.store_id, 'o' || s.customer_id || '-' || n.n, s.customer_id, '', '', '#' || (10000 + s.customer_id),
  s.last_order_at - (n.n - 1) * 30 * {DAY_US}, s.last_order_at, '', 'PAID', TRUE, FALSE, FALSE, 'EUR',
  s.net_spent / s.orders_count, 0, s.net_spent / s.orders_count, s.net_spent / s.orders_count, s.net_spent / s.orders_count,
  s.net_spent / s.orders_count, s.net_spent / s.orders_count, '[]', FALSE, 'web', ''
FROM customer_stats s JOIN n ON n.n <= s.orders_count WHERE s.store_id = ?
"""
_MOMENTS = f"""
UPDATE customer_stats SET priced_orders = orders_count, visits = orders_count, last_visit_at = last_order_at,
  first_order_at = last_order_at - (orders_count - 1) * 30 * {DAY_US},
  previous_order_at = CASE WHEN orders_count > 1 THEN last_order_at - 30 * {DAY_US} END,
  own_gap_days = CASE WHEN orders_count > 1 THEN 30.0 END
WHERE store_id = ? AND orders_count > 0
"""


def fill(app: App, people: int) -> None:
    """Nothing where a store is there already."""
    migrate(app.database.engine)
    with app.database.read() as session:
        if session.scalars(select(Store)).first() is not None:
            return
    store_id = _open(app)
    add_people(app.database, store_id, people)
    with app.database.write() as session:
        bulk.execute(session, "DELETE FROM orders WHERE store_id = ?", store_id)
        bulk.execute(session, _ORDERS, store_id)
        bulk.execute(session, _MOMENTS, store_id)
        bulk.execute(session, "UPDATE customer_stats SET segment_bits = 0, points = 0, tier = '' WHERE store_id = ?", store_id)
    analyse(app.database)
    with app.database.write() as session:
        store, now = session.get_one(Store, store_id), app.context.clock()
        settings, version = store_settings.current(session, store)
        settle(session, store, settings, version, customer_ids=None, now=now)
    with app.database.write() as session:
        store = session.get_one(Store, store_id)
        recompute_yardsticks(session, store, settings, now=now)
        ensure_stock(session, store, now=now)
        ensure_stock_campaigns(session, store, now)
        evaluate(session, store, settings, version, customer_ids=None, now=now)
        enrol(session, store, account_secret(app.vault, session.get_one(Account, store.account_id)), customer_ids=None, now=now)
    with app.database.write() as session:
        store = session.get_one(Store, store_id)
        bodies = figures.from_people(session, store, settings, now=now) | figures.from_orders(session, store, settings, now=now)
        figures.keep_history(session, store, bodies.pop(figures.HISTORY), now=now)
        figures.keep_today(session, store, bodies[figures.STANDING], now=now)
        figures.keep(session, store, bodies, now=now)
    analyse(app.database)


def _open(app: App) -> int:
    now = app.context.clock()
    with app.database.write() as session:
        account = ensure_account(session, app.vault, currency="EUR", now=now)
        store = Store(
            account_id=account.id,
            key="shop",
            platform="shopify",
            address="shop.myshopify.com",
            name="Shop",
            currency="EUR",
            zone="Europe/Berlin",
            connected_at=now,
            first_import_at=now,
        )
        session.add(store)
        session.flush()
        return store.id
