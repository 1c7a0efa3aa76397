"""Loyalty and referral: how the programme stands, what it promises, changed as in the settings, and who recommends the store."""

from __future__ import annotations

from flask import Response

from admin import settings_fields
from admin.desk import Desk
from admin.routes import Pages, typed
from admin.visitor import Visitor
from plugin_core.loyalty.liability import liability
from plugin_core.loyalty.standing import advocates, advocates_count, people_by_tier
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
            owed = liability(session, store)
            tiers = people_by_tier(session, store, settings)
            found = advocates(session, store, after=behind, limit=_PAGE + 1)
            count = advocates_count(session, store)
        following = found[_PAGE - 1].customer_id if len(found) > _PAGE else None
        return pages.render(
            "loyalty/loyalty.html", who, settings=settings, owed=owed, tiers=tiers, advocates=found[:_PAGE], count=count,
            following=following, at=desk.clock(), thresholds={tier.name: tier.threshold for tier in settings.tiers},
            group=_GROUP, values=settings_fields.of(settings), version=version,
        )  # fmt: skip

    return pages
