"""Two imports of one merchant's stores at once: every person is made once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from plugin_core.db import Database
from plugin_core.stores.models import Store
from tests.plugin_core.shop import account, customer, order, people, rows, store, take


def test_two_stores_imported_at_once_make_each_person_once(database: Database) -> None:
    with database.write() as session:
        merchant = account(session)
        shops = [store(session, merchant, key).id for key in ("north", "south")]
    together = Barrier(2)

    def take_in(shop_id: int) -> None:
        for page in range(4):
            together.wait(timeout=60)
            with database.write() as session:
                shop = session.get_one(Store, shop_id)
                shoppers = range(page * 60, page * 60 + 80)
                take(
                    session,
                    shop,
                    *(customer(str(n), f"{n}@x.de") for n in shoppers),
                    *(order(f"o{n}", f"{n}@x.de") for n in shoppers),
                )

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(take_in, shop_id) for shop_id in shops]:
            done.result()
    with database.read() as session:
        assert len(people(session)) == 260
        assert rows(session, "SELECT COUNT(*) AS merges FROM customer_merges") == [{"merges": 0}]
        assert rows(session, "SELECT COUNT(*) AS orders FROM orders") == [{"orders": 520}]
