"""Home: how the store stands, in a sentence, and what is next."""

from __future__ import annotations

from admin.desk import Desk
from admin.routes import Pages
from admin.visitor import Visitor
from plugin_core.insights.overview import store_row
from plugin_core.stores.models import Store


def create_pages(desk: Desk) -> Pages:
    pages = Pages("home", desk)

    @pages.get("/app")
    def home(who: Visitor) -> object:
        with desk.database.read() as session:
            row = store_row(session, session.get_one(Store, who.store_id))
        return pages.render("home/home.html", who, row=row)

    return pages
