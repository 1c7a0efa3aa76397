"""What an owner may do about one person's data: stop writing to them, or have them erased, asked once."""

from __future__ import annotations

from flask import Response
from sqlalchemy import select

from admin.desk import Desk
from admin.routes import Pages, typed
from admin.visitor import Visitor
from plugin_core.customers import editing, profile
from plugin_core.customers.models import StoreCustomer
from plugin_core.customers.privacy import requests
from plugin_core.orders.models import Order
from plugin_core.stores.models import Store
from plugin_core.work import standing

_HERE = "/app/privacy/person/<key>"
_ORDERS = 50


def create_pages(desk: Desk) -> Pages:
    pages = Pages("privacy_acts", desk)

    @pages.post(f"{_HERE}/suppress")
    def suppress(who: Visitor, key: str) -> Response:
        with desk.database.write() as session:
            store = session.get_one(Store, who.store_id)
            person = profile.find(session, store, key)
            change = editing.release if typed().get("act") == "release" else editing.suppress
            change(session, store, person, actor=who.user, now=desk.clock())
        return pages.back(f"/app/privacy/person/{key}", note="saved")

    @pages.get(f"{_HERE}/erase", role="owner")
    def ask(who: Visitor, key: str) -> Response:
        with desk.database.read() as session:
            person = profile.find(session, session.get_one(Store, who.store_id), key)
            return pages.render("privacy/erase.html", who, person=person)

    @pages.post(f"{_HERE}/erase", role="owner")
    def erase(who: Visitor, key: str) -> Response:
        """Taken down like a request of the platform's: answered by the same job, listed on the same page."""
        now = desk.clock()
        with desk.database.write() as session:
            store = session.get_one(Store, who.store_id)
            person = profile.find(session, store, key)
            accounts = session.scalars(
                select(StoreCustomer.external_id)
                .where(StoreCustomer.customer_id == person.id, StoreCustomer.store_id == store.id)
                .order_by(StoreCustomer.id)
                .limit(1)
            ).all()
            bought = select(Order.external_id).where(Order.customer_id == person.id, Order.store_id == store.id).limit(_ORDERS)
            subject = requests.Subject(accounts[0] if accounts else "", person.email, tuple(session.scalars(bought)))
            requests.receive(session, desk.vault, store, requests.Asked("redact", subject, now, source="page"), now=now)
            standing.ask(session, store.id, "privacy", now=now)
        return pages.back("/app/privacy", note="erasing")

    return pages
