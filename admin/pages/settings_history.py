"""Every version of a store's settings: who changed what, and the way back."""

from __future__ import annotations

from flask import Response, request
from flask_babel import lazy_gettext
from sqlalchemy.orm import Session

from admin import settings_fields, words
from admin.desk import Desk
from admin.pages.settings import names, said
from admin.routes import Pages, typed, whole
from admin.visitor import Visitor
from plugin_core.errors import InvalidInput
from plugin_core.rehearsal import counts
from plugin_core.stores import changing
from plugin_core.stores import settings as store_settings
from plugin_core.stores.changing import ChangedMeanwhile, Difference
from plugin_core.stores.models import Store
from plugin_core.team.naming import called

_SHOWN = 20


def create_pages(desk: Desk) -> Pages:
    pages = Pages("settings_history", desk, notes={"undone": lazy_gettext("Undone. What follows from it is being worked out.")})

    @pages.get("/app/settings/history")
    def history(who: Visitor) -> Response:
        with desk.database.read() as session:
            store = session.get_one(Store, who.store_id)
            found = changing.history(session, store, before=request.args.get("before", type=whole), limit=_SHOWN)
            rows = [(one, _told(session, store, one.changes)) for one in found]
            people = called(session, who.account_id, who.store_id, {one.changed_by for one in found})
        going_on = found[-1].version if found and found[-1].version > 1 else None
        return pages.render("settings/history.html", who, rows=rows, people=people, next=going_on)

    @pages.get("/app/settings/history/<int:version>")
    def version(who: Visitor, version: int) -> Response:
        """What undoing this version would change back, and whom that would move."""
        with desk.database.read() as session:
            store = session.get_one(Store, who.store_id)
            newest = store_settings.current(session, store)[1]
            try:
                changes = changing.undone(session, store, version)
            except ChangedMeanwhile as problem:
                later = _told(session, store, problem.meanwhile)
                return pages.render("settings/undo.html", who, status=409, version=version, later=later, rows=[], effect=None)
            values = {each.name: each.before for each in changes}
            effect = counts.effect(session, store, values, now=desk.clock())
            return pages.render(
                "settings/undo.html",
                who,
                version=version,
                newest=newest,
                later=[],
                rows=_told(session, store, changes),
                effect=effect,
                names=names(session, store),
                words=words,
            )

    @pages.post("/app/settings/undo")
    def undo(who: Visitor) -> Response:
        version, expected = typed().get("version", type=whole, default=0), typed().get("expected", type=whole, default=-1)
        try:
            with desk.database.write() as session:
                store = session.get_one(Store, who.store_id)
                changing.undo(session, store, version, expected=expected, actor=who.user, now=desk.clock())
        except ChangedMeanwhile as problem:
            with desk.database.read() as session:
                later = _told(session, session.get_one(Store, who.store_id), problem.meanwhile)
            return pages.render("settings/undo.html", who, status=409, version=version, later=later, rows=[], effect=None)
        except InvalidInput as problem:
            values = {"version": version, "later": [], "rows": [], "effect": None}
            return pages.refused("settings/undo.html", who, problem, **values)
        return pages.back("/app/settings/history", note="undone")

    return pages


def _told(session: Session, store: Store, changes: tuple[Difference, ...]) -> list[tuple[str, str, str]]:
    called_ = names(session, store)
    return [(settings_fields.FIELDS[each.name].label, said(called_, each.before), said(called_, each.after)) for each in changes]
