"""The people who are shown on the list, as a file."""

from __future__ import annotations

from flask import Response, request

from admin import asked, csv_lines
from admin.desk import Desk
from admin.routes import Pages
from admin.visitor import Visitor
from plugin_core.customers import export, head_count
from plugin_core.stores.models import Store


def create_pages(desk: Desk) -> Pages:
    pages = Pages("people_file", desk)

    @pages.get(f"{asked.PATH}/export.csv", role="editor")
    def customers_file(who: Visitor) -> Response:
        wanted, order, now = asked.read_wanted(request.args), asked.read_order(request.args), desk.clock()
        with desk.database.read() as session:
            people = head_count.living(session, session.get_one(Store, who.store_id), wanted, now=now)
        with desk.database.write() as session:
            export.note(session, session.get_one(Store, who.store_id), wanted, people, actor=who.user, now=now)
        rows = export.rows(desk.database.read, who.store_id, wanted, order, now=now)
        return csv_lines.file(f"{who.store_key}-customers.csv", export.COLUMNS, rows)

    return pages
