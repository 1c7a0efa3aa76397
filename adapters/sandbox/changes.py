"""What may happen in a store while somebody is looking: an order, a refund, an edited customer, consent withdrawn."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from adapters.sandbox.cents import minor
from adapters.sandbox.history import Line, Purchase
from adapters.sandbox.shopify import build as shopify_build
from adapters.sandbox.shopify import merges, order_fields, telling
from adapters.sandbox.shopify.store import ShopStore
from adapters.sandbox.woocommerce import build as woo_build
from adapters.sandbox.woocommerce import coupons as woo_coupons
from adapters.sandbox.woocommerce import customers as woo_customers
from adapters.sandbox.woocommerce import orders as woo_orders
from adapters.sandbox.woocommerce.store import WooStore
from adapters.sandbox.woocommerce.telling import tell

Change = dict[str, Any]


def shopify(shop: ShopStore, change: Change) -> Any:
    """kind: order {customer, items, at}, refund {order, amount}, customer {id, set}, consent {id, state}, tags {id, add},
    checkout_completed {id}, merge {kept, gone}, code {id, set}, delete {resource, id}, inject {id, set}.
    """
    with shop.lock:
        match change["kind"]:
            case "order":
                made = _shopify_order(shop, change)
                telling.order_changed(shop, made, "orders/create", *(["orders/paid"] if made["status"] == "PAID" else []))
                telling.order_changed(shop, made)
                if made["customer"]:
                    telling.bought(shop, made["customer"])
                return made["id"]
            case "refund":
                order = shop.orders[change["order"]]
                amount = minor(change["amount"]) if change.get("amount") else order_fields.net(order)
                refund = shopify_build.add_refund(shop, order, amount, shop.clock.now(), [])
                telling.refund_made(shop, order, refund)
                return refund["id"]
            case "customer" | "consent" | "tags":
                return _shopify_customer(shop, change)
            case "checkout_completed":
                shop.checkouts[change["id"]].update(completed=shop.now(), updated=shop.now())
                return change["id"]
            case "merge":
                return merges.merge(shop, change["kept"], change["gone"])
            case "code":
                shop.discounts[change["id"]]["discount"].update(change["set"], updated=shop.now())
                telling.discount_changed(shop, change["id"])
                return change["id"]
            case "delete":
                del getattr(shop, change["resource"])[change["id"]]
                telling.gone(shop, change["resource"], change["id"])
                return change["id"]
            case "inject":
                shop.overlays[change["id"]] = change["set"]
                return change["id"]
            case kind:
                raise ValueError(f"The Shopify twin knows no change {kind!r}")


def _shopify_customer(shop: ShopStore, change: Change) -> str:
    customer = shop.customers[change["id"]]
    match change["kind"]:
        case "customer":
            customer.update(change["set"], updated=shop.now())
            telling.customer_changed(shop, customer)
        case "consent":
            customer.update(marketing_state=change["state"], marketing_at=shop.now(), updated=shop.now())
            telling.consent_changed(shop, customer)
        case _:
            customer.update(tags=sorted({*customer["tags"], *change["add"]}, key=str.lower), updated=shop.now())
            telling.customer_changed(shop, customer)
            telling.tags_changed(shop, customer, change["add"], added=True)
    return str(change["id"])


def _shopify_order(shop: ShopStore, change: Change) -> dict[str, Any]:
    customer = shop.customers.get(change.get("customer", ""))
    chosen = change.get("items") or [next(iter(shop.products_of_article))]
    lines = [Line(article, int(change.get("quantity", 1)), shop.products_of_article[article]["pence"]) for article in chosen]
    at = datetime.fromisoformat(change["at"]) if change.get("at") else shop.clock.now()
    purchase = Purchase(f"change-{len(shop.orders)}", at, None, "United Kingdom", lines, 0)
    made = shopify_build.add_order(shop, purchase, customer, shop.products_of_article, change.get("status", "PAID"))
    made.update(updated=shop.now(), codes=change.get("codes", made["codes"]))
    return made


def woocommerce(store: WooStore, change: Change) -> Any:
    """kind: order {as POST /orders}, refund {order, amount}, customer {id, set}, consent {id, state}, status {order, status},
    code {id, set}, delete {resource, id}, inject {resource, id, set, remove}.
    """
    with store.lock:
        match change["kind"]:
            case "order":
                wanted = {
                    "line_items": [{"product_id": next(iter(store.products))}],
                    "status": "processing",
                    "created_via": "checkout",
                }
                return woo_orders.place(store, wanted | {key: value for key, value in change.items() if key != "kind"})["id"]
            case "refund":
                order = store.orders[int(change["order"])]
                received, refunded = woo_orders.totals(order)
                amount = minor(change["amount"]) if change.get("amount") else received - refunded
                return woo_build.add_refund(store, order, amount, store.clock.now(), [], change.get("reason", ""))["id"]
            case "customer":
                return woo_customers.change(store, int(change["id"]), change["set"])["id"]
            case "consent":
                meta = [{"key": "comeback_marketing_consent", "value": change["state"]}]
                meta.append({"key": "comeback_marketing_consent_at", "value": store.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")})
                held = store.customers[int(change["id"])]
                woo_orders.write_meta(store, held["meta_data"], meta)
                store.touch(held)
                tell(store, "customer", held["id"], "updated")
                return held["id"]
            case "status":
                held = store.orders[int(change["order"])]
                held["status"] = change["status"]
                store.touch(held)
                tell(store, "order", held["id"], "deleted" if change["status"] == "trash" else "updated")
                return held["id"]
            case "code":
                return woo_coupons.change(store, int(change["id"]), change["set"])["id"]
            case "delete":
                del getattr(store, change["resource"])[int(change["id"])]
                return change["id"]
            case "inject":
                store.overlays[change["resource"], int(change["id"])] = (change.get("set", {}), tuple(change.get("remove", ())))
                return change["id"]
            case kind:
                raise ValueError(f"The WooCommerce twin knows no change {kind!r}")
