"""Campaigns: what each does, exactly whom it would reach now and why others are left out, starting, pausing, what came of it."""

from __future__ import annotations

from typing import Any

from flask import Response
from flask_babel import gettext, lazy_gettext
from sqlalchemy.orm import Session

from admin import campaign_words, settings_fields, won_words
from admin.desk import Desk
from admin.routes import Pages, typed
from admin.visitor import Visitor
from plugin_core.errors import InvalidInput
from plugin_core.insights import figures
from plugin_core.offers import campaigns as room
from plugin_core.offers import editing, glance
from plugin_core.offers.definitions import parse
from plugin_core.offers.models import Campaign
from plugin_core.offers.tally import tally
from plugin_core.segments.faces import faces
from plugin_core.stores import settings as store_settings
from plugin_core.stores.models import Store

_PAGE = 50
_NOTES = {
    "changed": lazy_gettext("The change is saved. It holds from the next look at people, within a minute."),
    "taken_back": lazy_gettext("The earlier state is back, as a new version."),
    "as_before": lazy_gettext("Everything was set so already. Nothing was saved."),
    "started": lazy_gettext("The campaign is running. The first mails go out within a minute or two, outside the quiet hours."),
    "paused": lazy_gettext("The campaign is paused. Nothing more goes out; starting it again repeats nothing."),
}


def create_pages(desk: Desk) -> Pages:
    pages = Pages("campaigns", desk, notes=_NOTES)

    @pages.get("/app/campaigns")
    def listing(who: Visitor) -> Response:
        with desk.database.read() as session:
            store = session.get_one(Store, who.store_id)
            rows = [(one, room.definition(one), tally(session, one)) for one in room.campaigns(session, store)]
        return pages.render("campaigns/list.html", who, rows=rows, words=campaign_words)

    @pages.get("/app/campaigns/<campaign>")
    def detail(who: Visitor, campaign: str) -> Response:
        with desk.database.read() as session:
            return pages.render("campaigns/detail.html", who, **_detail(session, who, campaign))

    @pages.get("/app/campaigns/<campaign>/audience")
    def audience(who: Visitor, campaign: str) -> Response:
        """Only the figures, for a page that is shown already."""
        with desk.database.read() as session:
            store = session.get_one(Store, who.store_id)
            chosen = room.get(session, store, campaign)
            seen = glance.glance(session, store, chosen, now=desk.clock(), known=figures.people(session, store.id))
        return pages.render("campaigns/audience.html", who, campaign=chosen, seen=seen, at=desk.clock())

    @pages.get("/app/campaigns/<campaign>/people")
    def people(who: Visitor, campaign: str) -> Response:
        """Exactly the set that would be acted on at this moment, page by page behind the last one shown."""
        outcome, after = typed().get("outcome", ""), typed().get("after", "")
        behind = int(after) if after.isdecimal() and len(after) < 19 else 0
        with desk.database.read() as session:
            store = session.get_one(Store, who.store_id)
            chosen = room.get(session, store, campaign)
            seen = glance.glance(session, store, chosen, now=desk.clock(), known=figures.people(session, store.id))
            page = glance.page(session, store, chosen, outcome=outcome, after=behind, size=_PAGE, now=desk.clock())
            known = {face.key: face for face in faces(session, store, [one.customer_id for one in page.verdicts])}
        rows = [(one, known.get(one.customer_key)) for one in page.verdicts]
        return pages.render(
            "campaigns/people.html", who, campaign=chosen, seen=seen, rows=rows, outcome=outcome, following=page.after,
            words=campaign_words, at=desk.clock(),
        )  # fmt: skip

    @pages.get("/app/campaigns/<campaign>/start", role="editor")
    def ask_start(who: Visitor, campaign: str) -> Response:
        with desk.database.read() as session:
            return pages.render("campaigns/start.html", who, **_before(desk, session, who, campaign))

    @pages.post("/app/campaigns/<campaign>/start")
    def start(who: Visitor, campaign: str) -> Response:
        with desk.database.write() as session:
            store = session.get_one(Store, who.store_id)
            chosen = room.get(session, store, campaign)
            settings, _version = store_settings.current(session, store)
            if room.missing_settings(settings):
                problem = InvalidInput(
                    gettext("The campaign can't start yet."), mend=gettext("Fill in the settings that every mail has to show.")
                )
                return pages.refused("campaigns/start.html", who, problem, **_before(desk, session, who, campaign))
            room.start(session, store, chosen, actor=who.user, now=desk.clock())
        return pages.back(f"/app/campaigns/{campaign}", note="started")

    @pages.post("/app/campaigns/<campaign>/pause")
    def pause(who: Visitor, campaign: str) -> Response:
        with desk.database.write() as session:
            store = session.get_one(Store, who.store_id)
            room.pause(session, store, room.get(session, store, campaign), actor=who.user, now=desk.clock())
        return pages.back(f"/app/campaigns/{campaign}", note="paused")

    return pages


def _detail(session: Session, who: Visitor, key: str) -> dict[str, Any]:
    store = session.get_one(Store, who.store_id)
    campaign = room.get(session, store, key)
    settings, _version = store_settings.current(session, store)
    definition = room.definition(campaign)
    cooldown = settings.cooldown_days if definition.cooldown_days is None else definition.cooldown_days
    return {
        "campaign": campaign, "definition": definition, "cooldown": cooldown, "settings": settings,
        "tally": tally(session, campaign), "words": campaign_words, "versions": editing.versions(session, campaign),
        "read": parse, "won": _won(session, who, campaign),
    }  # fmt: skip


def _won(session: Session, who: Visitor, campaign: Campaign) -> dict[str, Any]:
    """As last worked out with the figures; empty where the campaign never decided anything."""
    kept = figures.read(session, who.store_id).get(figures.RESULTS)
    row = next((each for each in kept.body["campaigns"] if each["key"] == campaign.key), None) if kept else None
    if kept is None or row is None:
        return {}
    lift = row["lift"] or {"treated": {"people": 0}, "held_out": {"people": 0}, "money": None}
    people = lift["treated"]["people"]
    whole = [value * people for value in lift["money"]] if lift["money"] else None
    return {
        "at": kept.at, "lift": row["lift"], "orders": won_words.orders(row["orders"], row["net"], who.currency),
        "beyond": won_words.beyond(whole, people, lift["held_out"]["people"], who.currency),
    }  # fmt: skip


def _before(desk: Desk, session: Session, who: Visitor, key: str) -> dict[str, Any]:
    store = session.get_one(Store, who.store_id)
    campaign = room.get(session, store, key)
    settings, _version = store_settings.current(session, store)
    return {
        "campaign": campaign,
        "seen": glance.glance(session, store, campaign, now=desk.clock(), known=figures.people(session, store.id)),
        "missing": room.missing_settings(settings),
        "fields": settings_fields.FIELDS,
    }
