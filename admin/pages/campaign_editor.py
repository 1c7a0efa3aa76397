"""Changing what a campaign says: its steps, pauses and who is held out. What would follow is shown before it is saved."""

from __future__ import annotations

import math
from collections.abc import Mapping
from operator import itemgetter
from typing import Any

from flask import Response
from flask_babel import gettext, lazy_gettext
from sqlalchemy.orm import Session

from admin import campaign_words
from admin.desk import Desk
from admin.routes import Pages, typed
from admin.visitor import Visitor
from plugin_core.errors import InvalidInput
from plugin_core.offers import campaigns as room
from plugin_core.offers import editing
from plugin_core.offers.definitions import UNITS
from plugin_core.offers.models import Campaign
from plugin_core.offers.planning import Preview
from plugin_core.segments.faces import Face, faces
from plugin_core.stores import settings as store_settings
from plugin_core.stores.models import Store

_NAMED = 50
_UNIT_WORDS = {
    "days": lazy_gettext("days after the last order"),
    "gaps": lazy_gettext("times their usual time between orders"),
    "hours": lazy_gettext("hours after the checkout was begun"),
}


def create_pages(desk: Desk) -> Pages:
    pages = Pages("campaign_editor", desk)

    @pages.get("/app/campaigns/<campaign>/edit", role="editor")
    def edit_campaign(who: Visitor, campaign: str) -> Response:
        with desk.database.read() as session:
            chosen, shown = _opened(session, who, campaign)
            return pages.render("campaigns/edit.html", who, **shown, form=_form(chosen), seen=None)

    @pages.post("/app/campaigns/<campaign>/edit")
    def change_campaign(who: Visitor, campaign: str) -> Response:
        """``do``: look (what would follow), or save."""
        form = dict(typed().items())
        try:
            if form.get("do") == "save":
                with desk.database.write() as session:
                    store = session.get_one(Store, who.store_id)
                    chosen = room.get(session, store, campaign)
                    changed = editing.save(
                        session, store, chosen, _read(chosen, form), version=_whole(form.get("version", "")) or 0,
                        actor=who.user, now=desk.clock(),
                    )  # fmt: skip
                return pages.back(f"/app/campaigns/{campaign}", note="changed" if changed else "as_before")
            with desk.database.read() as session:
                chosen, shown = _opened(session, who, campaign)
                store, wanted = session.get_one(Store, who.store_id), _read(chosen, form)
                seen = editing.look(session, store, wanted, now=desk.clock())
                now = editing.look(session, store, chosen, now=desk.clock())
                return pages.render(
                    "campaigns/edit.html", who, **shown, form=_again(form), seen=seen, now=now, words=campaign_words,
                    steps=room.definition(wanted).steps, moves=_moves(session, store, now, seen), named=_NAMED,
                )  # fmt: skip
        except InvalidInput as problem:
            with desk.database.read() as session:
                _chosen, shown = _opened(session, who, campaign)
                return pages.refused("campaigns/edit.html", who, problem, **shown, form=_again(form), seen=None)

    @pages.post("/app/campaigns/<campaign>/undo")
    def undo_campaign(who: Visitor, campaign: str) -> Response:
        with desk.database.write() as session:
            store = session.get_one(Store, who.store_id)
            chosen = room.get(session, store, campaign)
            to = _whole(typed().get("version", "")) or 0
            changed = editing.take_back(session, store, chosen, to, actor=who.user, now=desk.clock())
        return pages.back(f"/app/campaigns/{campaign}", note="taken_back" if changed else "as_before")

    return pages


def _opened(session: Session, who: Visitor, key: str) -> tuple[Campaign, dict[str, Any]]:
    store = session.get_one(Store, who.store_id)
    campaign = room.get(session, store, key)
    settings, _version = store_settings.current(session, store)
    units = [(unit, _UNIT_WORDS[unit]) for unit in UNITS[campaign.kind]]
    return campaign, {"campaign": campaign, "units": units, "settings": settings, "checkouts": "hours" in UNITS[campaign.kind]}


def _moves(session: Session, store: Store, now: Preview, then: Preview) -> list[tuple[str, int, list[Face]]]:
    """Who is reached newly and who no longer: how many, and some by name."""
    before, after = ({verdict.customer_id for verdict in seen.chosen} for seen in (now, then))
    moves = ((gettext("Would be reached newly"), after - before), (gettext("Would be reached no longer"), before - after))
    return [(words, len(some), faces(session, store, sorted(some)[:_NAMED])) for words, some in moves if some]


def _form(campaign: Campaign) -> dict[str, Any]:
    definition = room.definition(campaign)
    rows = [{"unit": step.unit, "after": f"{step.after:g}", "percent": step.percent} for step in definition.steps]
    return {
        "name": campaign.name, "rows": [*rows, _EMPTY], "version": campaign.version,
        "cooldown_days": "" if definition.cooldown_days is None else definition.cooldown_days,
        "entry_hours": definition.entry_hours, "held_out": f"{campaign.holdout_share * 100:g}",
    }  # fmt: skip


_EMPTY = {"unit": "", "after": "", "percent": ""}


def _again(form: Mapping[str, str]) -> dict[str, Any]:
    """What was typed, with an empty row behind."""
    rows = [row for row in _rows(form) if row["after"].strip()]
    return {**form, "rows": [*rows, _EMPTY]}


def _rows(form: Mapping[str, str]) -> list[dict[str, str]]:
    places = sorted({int(name.split(".")[1]) for name in form if name.startswith("s.") and name.split(".")[1].isdecimal()})
    return [{part: form.get(f"s.{place}.{part}", "") for part in ("unit", "after", "percent")} for place in places[:20]]


def _names(campaign: Campaign) -> dict[tuple[str, float], dict[str, str]]:
    """(unit, wait) -> the name that was given to that step, which the form doesn't show: a step that stays keeps it."""
    given = [step for step in campaign.definition["steps"] if "name" in step]
    return {(unit, float(step[unit])): {"name": step["name"]} for step in given for unit in UNITS[campaign.kind] if unit in step}


def _read(campaign: Campaign, form: Mapping[str, str]) -> Campaign:
    """Steps counted in the same unit may stand in any order: they are put in that of their waits, among their places."""
    steps: list[dict[str, Any]] = []
    names = _names(campaign)
    for row in _rows(form):
        if not row["after"].strip():
            continue
        unit = row["unit"] if row["unit"] in UNITS[campaign.kind] else UNITS[campaign.kind][0]
        after, percent = _number(row["after"]), _number(row["percent"] or "0")
        if after is None or percent is None or percent != int(percent):
            raise InvalidInput(
                gettext("A step can't be read."),
                mend=gettext("Write when it follows as a number, and its discount as a whole number."),
            )
        steps.append({unit: after, "percent": int(percent), **names.get((unit, after), {})})
    ranked = {unit: iter(sorted((s for s in steps if unit in s), key=itemgetter(unit))) for unit in UNITS[campaign.kind]}
    body: dict[str, Any] = {"steps": [next(ranked[next(iter(step))]) for step in steps]}
    for name in ("cooldown_days", "entry_hours"):
        text = form.get(name, "").strip()
        if text:
            whole = _whole(text)
            if whole is None:
                raise InvalidInput(gettext("A pause can't be read."), mend=gettext("Write a whole number, or leave it empty."))
            body[name] = whole
    held_out = _number(form.get("held_out", ""))
    if held_out is None:
        raise InvalidInput(gettext("It can't be read how many are to be held out."), mend=gettext("Write a number from 0 to 50."))
    return editing.checked(campaign, form.get("name", ""), body, held_out / 100)


def _whole(text: str) -> int | None:
    return int(text) if text.strip().isascii() and text.strip().isdecimal() and len(text) < 9 else None


def _number(text: str) -> float | None:
    plain = text.strip().replace(",", ".")
    try:
        found = float(plain) if len(plain) < 12 else None
    except ValueError:
        return None
    return found if found is not None and math.isfinite(found) else None
