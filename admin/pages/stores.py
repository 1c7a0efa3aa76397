"""All stores of the account side by side, for whoever signed in by themselves; in a store's own admin only that store."""

from __future__ import annotations

from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from admin.desk import Desk
from admin.routes import Pages
from admin.visitor import Visitor
from plugin_core.insights import figures
from plugin_core.insights.overview import account_row, store_row
from plugin_core.stores.models import Account, Store


def create_pages(desk: Desk) -> Pages:
    pages = Pages("stores", desk)

    @pages.get("/app/stores")
    def stores(who: Visitor) -> Response:
        with desk.database.read() as session:
            rows = [_row(session, session.get_one(Store, shop.id)) for shop in who.shops]
            account = account_row(session, session.get_one(Account, who.account_id)) if len(rows) > 1 else None
        return pages.render("stores/stores.html", who, rows=rows, account=account)

    return pages


def _row(session: Session, store: Store) -> dict[str, Any]:
    kept = figures.for_page(session, store.id, figures.OVERVIEW)
    return store_row(session, store, kept.body if kept else None)
