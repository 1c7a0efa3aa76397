"""A week in the life of both stores: orders, refunds, second thoughts."""

from __future__ import annotations

from typing import Any

from adapters.sandbox import Twins


def in_the_shopify_store(twin: Any) -> None:
    shop = twin.store
    buyers = [each for each in shop.customers.values() if shop.orders_of.get(each["id"])]
    strangers = [each for each in shop.customers.values() if not shop.orders_of.get(each["id"])]
    twin.change(kind="order", customer=buyers[0]["id"])
    twin.change(kind="order", customer=buyers[1]["id"], codes=["WELCOME10"], quantity=7)
    twin.change(kind="order", customer=strangers[0]["id"], quantity=3)
    twin.change(kind="order", customer=buyers[2]["id"], status="PENDING")
    paid = [each for each in shop.orders.values() if each["status"] == "PAID" and each["customer"] and each["received"] > 1000]
    twin.change(kind="refund", order=paid[0]["id"], amount="5.55")
    twin.change(kind="refund", order=paid[-1]["id"], amount="7.01")
    twin.change(kind="refund", order=paid[len(paid) // 2]["id"])
    willing = [each for each in shop.customers.values() if each["marketing_state"] == "SUBSCRIBED"]
    unwilling = [each for each in shop.customers.values() if each["marketing_state"] == "UNSUBSCRIBED"]
    twin.change(kind="consent", id=willing[0]["id"], state="UNSUBSCRIBED")
    twin.change(kind="consent", id=unwilling[0]["id"], state="SUBSCRIBED")
    twin.change(kind="customer", id=buyers[3]["id"], set={"first": "Renamed"})


def in_the_woocommerce_store(twin: Any) -> None:
    store = twin.store
    product = next(iter(store.products))
    accounts = [each for each in store.customers.values() if each["role"] == "customer" and each["email"]]
    bought = {each["customer_id"] for each in store.orders.values()}
    buyers = [each for each in accounts if each["id"] in bought]
    stranger = next(each for each in accounts if each["id"] not in bought)
    lines = [{"product_id": product, "quantity": 4}]
    twin.change(kind="order", customer_id=buyers[0]["id"], line_items=lines)
    twin.change(kind="order", customer_id=stranger["id"], line_items=lines, coupon_lines=[{"code": "spring15"}])
    twin.change(kind="order", billing={"email": "Somebody.New@guests.example"}, line_items=lines)
    # Somebody with an account buys as a guest, with the address written another way.
    twin.change(kind="order", billing={"email": f" {buyers[1]['email'].upper()} "}, line_items=lines)
    done = [each for each in store.orders.values() if each["status"] == "completed" and float(each["total"]) > 20]
    twin.change(kind="refund", order=done[0]["id"], amount="3.33")
    twin.change(kind="refund", order=done[1]["id"])
    twin.change(kind="status", order=done[2]["id"], status="cancelled")
    twin.change(kind="status", order=done[3]["id"], status="trash")
    waiting = next(each for each in store.orders.values() if each["status"] == "on-hold")
    twin.change(kind="status", order=waiting["id"], status="processing")
    twin.change(kind="consent", id=buyers[2]["id"], state="unsubscribed")
    twin.change(kind="consent", id=buyers[3]["id"], state="subscribed")
    twin.change(kind="customer", id=buyers[4]["id"], set={"first_name": "Renamed"})


def that_only_a_full_sync_can_see(twins: Twins) -> None:
    """WooCommerce moves no date when a refund is deleted."""
    store = twins.woocommerce.store
    order = next(each for each in store.orders.values() if each["refunds"] and each["status"] == "completed")
    short = order["refunds"].pop()
    twins.woocommerce.change(kind="delete", resource="refunds", id=short["id"])
