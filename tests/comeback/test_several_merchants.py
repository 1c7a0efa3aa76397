"""Stores of one merchant share an account; with several merchants, who comes by themselves begins their own."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import select

from adapters.sandbox import start_twins
from comeback.app import build
from comeback.installing import take_in
from comeback.settings import Settings
from plugin_core.stores.models import Account, Store


@pytest.mark.parametrize(("several", "accounts"), [(False, ["main"]), (True, ["main", "of-comeback-demo"])])
def test_a_store_that_comes_by_itself(tmp_path: Path, several: bool, accounts: list[str]) -> None:
    with start_twins(4) as twins:
        app = build(
            Settings(
                database_url=SecretStr(f"sqlite:///{tmp_path / 'c.sqlite'}"),
                secret_key=SecretStr("a key for stores that are not there"),
                shopify_origin=twins.shopify.origin,
                allow_private_stores=True,
                several_merchants=several,
            )
        )
        try:
            woo = {"consumer_key": twins.woocommerce.consumer_key, "consumer_secret": twins.woocommerce.consumer_secret}
            take_in(app.connector, "woocommerce", twins.woocommerce.url, woo, actor="command line")
            for _ in range(2):
                take_in(app.connector, "shopify", twins.shopify.shop, {"access_token": twins.shopify.token}, actor="merchant:42")
            with app.database.read() as session:
                found = session.execute(select(Account.key).join(Store, Store.account_id == Account.id).order_by(Store.id))
                assert [key for (key,) in found] == (accounts if several else accounts * 2)
        finally:
            app.close()
