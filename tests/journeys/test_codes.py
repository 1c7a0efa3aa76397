"""What a merchant does to our codes in either store is found by looking, once a day, and counted as lost where nobody told."""

from __future__ import annotations

from jobs.codes import check_codes
from plugin_core import bulk
from plugin_core.clock import DAY_US
from plugin_core.inbox.models import WebhookDelivery
from plugin_core.offers.standing import told_of_change
from plugin_core.stores.models import Store
from tests.journeys.merchants import merchant, work
from tests.plugin_core.shop import rows


def test_codes_the_merchant_changes_or_deletes_are_known_here_on_both_platforms(database_url, tmp_path):
    with merchant(database_url, tmp_path) as (app, twins):
        stores = work(app, twins)
        made = {name: _codes(app, store.id) for name, store in stores.items()}
        assert min(len(each) for each in made.values()) >= 2
        first, second = (f"gid://shopify/DiscountCodeNode/{each}" for each in made["shopify"][:2])
        twins.shopify.change(kind="code", id=first, set={"status": "EXPIRED"})
        twins.shopify.change(kind="delete", resource="discounts", id=second)
        twins.woocommerce.change(kind="code", id=made["woocommerce"][0], set={"amount": "1"})
        twins.woocommerce.change(kind="delete", resource="coupons", id=made["woocommerce"][1])
        assert not any(check_codes(app.context, store.id) for store in stores.values()), "made today: nobody asks yet"
        with app.database.write() as session:
            bulk.execute(session, "UPDATE offers SET code_checked_at = code_checked_at - ? WHERE code_external_id <> ''", DAY_US)
            told_of_change(session, session.get_one(Store, stores["shopify"].id), made["shopify"][0])
            session.add_all(_talk(store.id) for store in stores.values())
        looked = {name: +check_codes(app.context, store.id) for name, store in stores.items()}
        words = {"shopify": "switched off", "woocommerce": "amount"}
        # The one the store told of is not lost; the mails had gone out, so that nothing fails.
        for name, lost in (("shopify", 1), ("woocommerce", 2)):
            assert looked[name] == {"checked": len(made[name]), "changed": 1, "gone": 1, "lost": lost}
            with app.database.read() as session:
                found = {row["code_external_id"]: (row["code_state"], row["code_changes"]) for row in rows(session, _STATES)}
            assert [found[each] for each in made[name][:2]] == [("changed", words[name]), ("gone", "")]
            assert {found[each] for each in made[name][2:]} <= {("", "")}


_STATES = "SELECT code_external_id, code_state, code_changes FROM offers"


def _talk(store_id: int) -> WebhookDelivery:
    """A store that does tell us things."""
    values = {"store_id": store_id, "topic": "orders/create", "resource_id": "x", "dedupe_key": None, "body": b""}
    return WebhookDelivery(**values, triggered_at=None, received_at=1, state="applied", due_at=None, applied_at=1)


def _codes(app, store_id: int) -> list[str]:
    sql = (
        "SELECT o.code_external_id FROM offers o JOIN campaigns g ON g.id = o.campaign_id "
        "WHERE g.store_id = :store AND o.code_external_id <> '' ORDER BY o.id"
    )
    with app.database.read() as session:
        return [row["code_external_id"] for row in rows(session, sql, store=store_id)]
