"""Who has access: people who sign in here, and staff who come through the store's own admin. Only an owner may change it."""

from __future__ import annotations

from typing import Any

from flask import Response
from flask_babel import gettext, lazy_gettext
from sqlalchemy.orm import Session

from admin import languages, words
from admin.desk import Desk
from admin.routes import Pages, standalone, typed, whole
from admin.visitor import Visitor
from plugin_core.errors import InvalidInput
from plugin_core.stores.models import Account, Store
from plugin_core.team import sessions, users, visitors
from plugin_core.team.models import AdminUser
from plugin_core.team.passwords import LEAST

_HERE = "/app/settings/team"


def create_pages(desk: Desk) -> Pages:
    pages = Pages(
        "team",
        desk,
        notes={
            "created": lazy_gettext("They may sign in now. Tell them the password by a way nobody else reads."),
            "password": lazy_gettext("The password is set, and they were signed out everywhere."),
            "disabled": lazy_gettext("They were signed out and may not sign in any more."),
        },
    )

    def _page(session: Session, who: Visitor, problem: InvalidInput | None = None, **more: Any) -> Response:
        store = session.get_one(Store, who.store_id)
        values = {
            "members": users.users(session, who.account_id) if standalone(who) else [],
            "open_sessions": sessions.open_sessions(session, who.account_id, now=desk.clock()),
            "visitors": visitors.visitors(session, store.id),
            "roles": list(words.ROLES.items()),
            "languages": languages.LANGUAGES,
            "least": LEAST,
            "typed": {},
            "words": words,
            **more,
        }
        if problem is not None:
            return pages.refused("settings/team.html", who, problem, **values)
        return pages.render("settings/team.html", who, **values)

    @pages.get(_HERE)
    def team(who: Visitor) -> Response:
        with desk.database.read() as session:
            return _page(session, who)

    @pages.post(f"{_HERE}/create", role="owner")
    def create(who: Visitor) -> Response:
        _only_here(who)
        form = typed()
        try:
            with desk.database.write() as session:
                made = users.create_user(
                    session,
                    session.get_one(Account, who.account_id),
                    form.get("email", ""),
                    form.get("password", ""),
                    name=form.get("name", ""),
                    role=form.get("role", ""),
                    actor=who.user,
                    now=desk.clock(),
                )
                users.set_locale(made, form.get("locale", "en"))
        except InvalidInput as problem:
            kept = {name: form.get(name, "") for name in ("email", "name", "role", "locale")}
            with desk.database.read() as session:
                return _page(session, who, problem, typed=kept)
        return pages.back(_HERE, note="created")

    @pages.post(f"{_HERE}/member", role="owner")
    def member(who: Visitor) -> Response:
        """``act``: role, password, disable or enable."""
        _only_here(who)
        act = typed().get("act", "")
        try:
            with desk.database.write() as session:
                user = users.user_of(session, who.account_id, typed().get("id", type=whole, default=0))
                _change(session, user, act, who, desk.clock())
        except InvalidInput as problem:
            with desk.database.read() as session:
                return _page(session, who, problem)
        return pages.back(_HERE, note={"password": "password", "disable": "disabled"}.get(act, "saved"))

    @pages.post(f"{_HERE}/visitor", role="owner")
    def visitor(who: Visitor) -> Response:
        number, role = typed().get("id", type=whole, default=0), typed().get("role", "")
        by = "" if standalone(who) else who.user.partition(":")[2]
        try:
            with desk.database.write() as session:
                store = session.get_one(Store, who.store_id)
                visitors.set_visitor_role(session, store, number, role, actor=who.user, by=by, now=desk.clock())
        except InvalidInput as problem:
            with desk.database.read() as session:
                return _page(session, who, problem)
        return pages.back(_HERE, note="saved")

    return pages


def _change(session: Session, user: AdminUser, act: str, who: Visitor, now: int) -> None:
    if act == "role":
        users.set_role(session, user, typed().get("role", ""), actor=who.user, now=now)
    elif act == "password":
        users.set_password(session, user, typed().get("password", ""), actor=who.user, now=now)
    elif act == "disable":
        users.disable(session, user, actor=who.user, now=now)
    elif act == "enable":
        users.enable(session, user, actor=who.user, now=now)
    else:
        raise InvalidInput(gettext("This can't be done."), mend=gettext("Go back and try again."))


def _only_here(who: Visitor) -> None:
    """A store's own admin knows one store; who signs in here sees all of the account."""
    if not standalone(who):
        raise InvalidInput(
            gettext("People who sign in with a password are managed where you sign in with one."),
            mend=gettext("Open this page there."),
        )
