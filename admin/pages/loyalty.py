"""Loyalty and referral: how the programme stands, what it promises, changed as in the settings, and who recommends the store."""

from __future__ import annotations

from flask import Response

from admin import settings_fields
from admin.desk import Desk
from admin.routes import Pages, typed
from admin.visitor import Visitor
from plugin_core.insights import figures
from plugin_core.loyalty.programme import programme
from plugin_core.loyalty.standing import advocates
from plugin_core.stores import settings as store_settings
from plugin_core.stores.models import Store

_PAGE = 50
_GROUP = next(group for group in settings_fields.GROUPS if group.key == "loyalty")


def create_pages(desk: Desk) -> Pages:
    pages = Pages("loyalty", desk)

    @pages.get("/app/loyalty")
    def loyalty(who: Visitor) -> Response:
        after = typed().get("after", "")
        behind = int(after) if after.isdecimal() and len(after) < 19 else 0
        with desk.database.read() as session:
            store = session.get_one(Store, who.store_id)
            settings, version = store_settings.current(session, store)
            kept = figures.for_page(session, store.id, figures.LOYALTY)
            stands = kept.body if kept else programme(session, store, settings)
            found = advocates(session, store, after=behind, limit=_PAGE + 1)
        following = found[_PAGE - 1].customer_id if len(found) > _PAGE else None
        return pages.render(
            "loyalty/loyalty.html", who, settings=settings, owed=stands["owed"], tiers=stands["tiers"], advocates=found[:_PAGE],
            count=stands["advocates"], following=following, at=kept.at if kept else desk.clock(),
            thresholds={tier.name: tier.threshold for tier in settings.tiers},
            group=_GROUP, values=settings_fields.of(settings), version=version,
        )  # fmt: skip

    return pages
