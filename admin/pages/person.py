"""One person: who they are, what they said, the figures and why, everything that happened, and what can be done by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Response, request
from flask_babel import lazy_gettext
from sqlalchemy.orm import Session

from admin import people_words as words
from admin.desk import Desk
from admin.pages import person_acts
from admin.routes import Pages
from admin.story import tell
from admin.visitor import Visitor
from plugin_core.customers import joining, notes
from plugin_core.customers import profile as profiles
from plugin_core.customers import timeline as timelines
from plugin_core.errors import InvalidInput
from plugin_core.stores.models import Store

_SIZE = 30
_NOTES = {
    "undone": lazy_gettext("Undone."),
    "paused": lazy_gettext("Marketing to this person is paused."),
    "resumed": lazy_gettext("This person may be written to again."),
    "suppressed": lazy_gettext("This address is not written to any more."),
    "released": lazy_gettext("The suppression is taken back."),
    "unsubscribed": lazy_gettext("Unsubscribed. The store is told, too."),
    "joined": lazy_gettext("The two are one person now. You can part them again under Details."),
    "parted": lazy_gettext("The two are parted and stay apart."),
    "noted": lazy_gettext("The note is kept."),
    "note_deleted": lazy_gettext("The note is deleted."),
    "asked": lazy_gettext("The request is taken down. You find it under Privacy."),
}
Show = Callable[[Visitor, Session, Store, Any, InvalidInput | None], Response]


def create_pages(desk: Desk) -> Pages:
    pages = Pages("person", desk, notes=_NOTES)

    @pages.get("/app/customers/<key>")
    def person(who: Visitor, key: str) -> Response:
        with desk.database.read() as session:
            store = session.get_one(Store, who.store_id)
            found = profiles.find(session, store, key)
            if found.key != key:
                return pages.back(f"/app/customers/{found.key}")
            return show(who, session, store, found, None)

    def show(who: Visitor, session: Session, store: Store, found: Any, problem: InvalidInput | None) -> Response:
        kinds = [kind for kind in request.args.getlist("kind") if kind in timelines.KINDS]
        page = timelines.timeline(session, store, found.id, kinds=kinds, after=request.args.get("after", ""), size=_SIZE)
        profile = profiles.profile(session, store, found, now=desk.clock())
        values = {
            "p": profile,
            "person": found,
            "name": f"{found.first_name} {found.last_name}".strip() or found.email,
            "notes": notes.notes(session, found),
            "merges": joining.merges(session, found),
            "entries": [(entry, tell(entry)) for entry in page.entries],
            "later": page.later,
            "kinds": kinds,
            "words": words,
            "now": desk.clock(),
            "typed": request.form,
        }
        if problem is None:
            return pages.render("customers/person.html", who, **values)
        return pages.refused("customers/person.html", who, problem, **values)

    person_acts.add(pages, show)
    return pages
