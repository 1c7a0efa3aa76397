"""Fills the WooCommerce twin's accounts, and says which account or guest address an order belongs to."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta

from adapters.sandbox.draw import draw, pick
from adapters.sandbox.history import History, Purchase
from adapters.sandbox.people import Person
from adapters.sandbox.split import WOOCOMMERCE, consent, newcomers
from adapters.sandbox.woocommerce import shapes
from adapters.sandbox.woocommerce.store import Record, WooStore

CONSENT_KEY = "comeback_marketing_consent"


def fill(store: WooStore, past: History, purchases: list[Purchase]) -> None:
    store.customers[1] = _staff(store, 1, "administrator", "admin")
    bought: dict[int, list[Purchase]] = defaultdict(list)
    for purchase in purchases:
        if purchase.person:
            bought[purchase.person.number].append(purchase)
    for each in past.people:
        history = bought.get(each.number, [])
        if history and (start := _registered_at(store, each, len(history))) is not None:
            _account(store, each, history[start:] or history[-1:], len(history))
    for role in ("shop_manager", "subscriber"):
        number = store.user_id()
        store.customers[number] = _staff(store, number, role, f"wp_{role}")
    for each in newcomers(store.seed, len(past.people), WOOCOMMERCE):
        _account(store, each, [], 0)


def _registered_at(store: WooStore, each: Person, orders: int) -> int | None:
    """Index of the first order made with an account; None: always a guest."""
    point = draw(store.seed, "registered", each.number)
    if point < 0.62:
        return 0
    return orders // 2 if point < 0.8 and orders > 1 else None


def _account(store: WooStore, each: Person, history: list[Purchase], orders: int) -> None:
    seed, number = store.seed, store.user_id()
    now = store.clock.start
    created = (
        history[0].at - timedelta(minutes=5) if history else now - timedelta(days=20 + 300 * draw(seed, "joined", each.number))
    )
    email = each.email
    nameless = draw(seed, "no mail", each.number) < 0.02 and orders > 0
    if draw(seed, "case", each.number) < 0.15:
        email = "@".join(part.title() if index == 0 else part.upper() for index, part in enumerate(email.split("@")))
    meta = (
        [store.meta("loyalty_tier", pick(("silver", "gold"), seed, "old tier", each.number))]
        if draw(seed, "old", each.number) < 0.3
        else []
    )
    meta.append(store.meta("newsletter_opt_in", pick(("yes", "no"), seed, "newsletter", each.number)))
    if draw(seed, "prefs", each.number) < 0.1:
        meta.append(store.meta("prefs", {"lang": each.locale[:2], "tags": ["a", "ü"]}))
    given = consent(seed, each, WOOCOMMERCE, created, now)
    if given.state in ("subscribed", "unsubscribed") and given.at is not None:
        meta.append(store.meta(CONSENT_KEY, given.state))
        meta.append(store.meta(f"{CONSENT_KEY}_at", given.at.strftime("%Y-%m-%dT%H:%M:%SZ")))
    phone = each.phone if draw(seed, "phone", each.number) < 0.5 else ""
    billing = shapes.address(each, each.email, phone) if history else {}
    empty = draw(seed, "no name", each.number) < 0.02
    made = shapes.customer(
        store, number, created, max(created, min(now - timedelta(hours=1), history[-1].at if history else created)),
        email="" if nameless else email,
        first_name="" if empty else each.first, last_name="" if empty else each.last, username=f"customer{number}",
        billing=billing,
        is_paying_customer=bool(history), meta_data=meta,
    )  # fmt: skip
    store.customers[number] = made
    store.users_of_person[each.number] = (number, created)


def _staff(store: WooStore, number: int, role: str, username: str) -> Record:
    at = store.clock.start - timedelta(days=900)
    return shapes.customer(
        store,
        number,
        at,
        at,
        email=f"{username}@shop-staff.test",
        role=role,
        username=username,
        first_name="Role",
        last_name=role,
    )


def buyer(store: WooStore, purchase: Purchase, each: Person | None) -> tuple[int, Record]:
    """The order's customer_id and billing address."""
    seed = store.seed
    if each is None:
        if draw(seed, "guest mail", purchase.number) < 0.5:
            return 0, shapes.address(None, "") | {"first_name": "Walk-in"}
        return 0, shapes.address(None, f"guest.{purchase.number}@guests.example") | {"first_name": "Guest", "country": "GB"}
    number, since = store.users_of_person.get(each.number, (0, purchase.at))
    if purchase.at < since:
        number = 0  # bought as a guest, registered later
    email = each.email
    if not number and draw(seed, "guest case", purchase.number) < 0.2:
        email = f" {email.upper()} " if draw(seed, "guest space", purchase.number) < 0.3 else email.capitalize()
    return number, shapes.address(each, email, each.phone if draw(seed, "phone", each.number) < 0.5 else "")


def guest_consent(store: WooStore, purchase: Purchase, each: Person | None, customer_id: int) -> list[Record]:
    """What a guest ticked at the checkout is kept with the order."""
    if each is None or customer_id or draw(store.seed, "ticked", purchase.number) < 0.4:
        return []
    given = consent(store.seed, each, WOOCOMMERCE, purchase.at, store.clock.start)
    if given.state not in ("subscribed", "unsubscribed"):
        return []
    return [store.meta(CONSENT_KEY, given.state), store.meta(f"{CONSENT_KEY}_at", purchase.at.strftime("%Y-%m-%dT%H:%M:%SZ"))]
