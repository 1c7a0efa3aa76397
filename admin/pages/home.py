"""Home: how the store stands, in a sentence, and what is next."""

from __future__ import annotations

from admin import words
from admin.desk import Desk
from admin.routes import Pages
from admin.visitor import Visitor
from plugin_core.insights import figures
from plugin_core.insights.overview import store_row
from plugin_core.insights.standing import at_stake, ratio
from plugin_core.stores.models import Store


def create_pages(desk: Desk) -> Pages:
    pages = Pages("home", desk)

    @pages.get("/app")
    def home(who: Visitor) -> object:
        with desk.database.read() as session:
            kept = figures.read(session, who.store_id).get(figures.STANDING)
            if kept is None:  # nothing has been worked out yet
                row = store_row(session, session.get_one(Store, who.store_id))
                return pages.render("home/home.html", who, row=row, stands=None)
        stands = kept.body
        late, worth = at_stake(kept.body)
        return pages.render(
            "home/home.html",
            who,
            row=stands,
            stands=stands,
            at=kept.at,
            late=late,
            worth=worth,
            average=stands["net"] // stands["priced"] if stands["priced"] else None,
            repeat=ratio(stands["repeat_buyers"], stands["buyers"]),
            stages=[(stage, words.lifecycle(stage), each) for stage, each in stands["stages"].items()],
        )

    return pages
