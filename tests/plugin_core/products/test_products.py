"""Products: newest wins, categories are replaced, what is gone stays known."""

from __future__ import annotations

from sqlalchemy.orm import Session

from plugin_core.records import Deletion, ProductRecord
from tests.plugin_core.shop import DAY, account, rows, store, take


def product(external_id: str, modified_at: int, *categories: str) -> ProductRecord:
    return ProductRecord(external_id, modified_at, str(categories), "Shirt", categories=categories)


def test_the_newest_version_and_its_categories_stay(session: Session) -> None:
    shop = store(session, account(session))
    assert take(session, shop, product("1", 2 * DAY, "linen", "new", "new")).changed == 1
    assert take(session, shop, product("1", 3 * DAY, "linen"), product("1", DAY, "old")).changed == 1
    assert take(session, shop, product("1", DAY, "old")).changed == 0
    assert rows(session, "SELECT category FROM product_categories") == [{"category": "linen"}]


def test_a_product_that_is_gone_stays_known_but_inactive_whatever_comes_late(session: Session) -> None:
    shop = store(session, account(session))
    take(session, shop, product("1", 2 * DAY))
    take(session, shop, Deletion("products", "1", 5 * DAY), Deletion("products", "2", 5 * DAY))
    take(session, shop, product("1", 4 * DAY), product("2", 4 * DAY))
    assert [bool(row["active"]) for row in rows(session, "SELECT active FROM products")] == [False, False]
    take(session, shop, product("1", 6 * DAY))
    assert [bool(row["active"]) for row in rows(session, "SELECT active FROM products ORDER BY external_id")] == [True, False]
