"""Sync & health: how each store and we keep up with each other, and what can be tried again."""

from __future__ import annotations

from typing import Any

from flask import Response
from flask_babel import gettext, lazy_gettext
from sqlalchemy.orm import Session

from admin import words
from admin.desk import Desk
from admin.routes import Pages, typed, whole
from admin.visitor import Visitor
from plugin_core.errors import InvalidInput, NotFound
from plugin_core.insights.sync_health import health
from plugin_core.outbox import undo
from plugin_core.stores.models import Store
from plugin_core.work import asking

_HERE = "/app/sync"
_TASKS = {
    "inbox": lazy_gettext("Taking in what the store tells us"),
    "refresh": lazy_gettext("Working out people's figures"),
    "writeback": lazy_gettext("Writing to the store"),
    "offers": lazy_gettext("Planning and sending offers"),
    "sync": lazy_gettext("Reading what changed in the store"),
    "deletions": lazy_gettext("Looking for what was deleted"),
    "codes": lazy_gettext("Looking after codes"),
    "webhooks": lazy_gettext("Looking after webhooks"),
    "privacy": lazy_gettext("Answering privacy requests"),
    "counting": lazy_gettext("Counting whom a change would move"),
    "uninstall": lazy_gettext("Leaving the store as it was"),
    "notice": lazy_gettext("Telling you that we are locked out"),
}


def create_pages(desk: Desk) -> Pages:
    pages = Pages(
        "sync",
        desk,
        notes={
            "asked": lazy_gettext("Asked for. It begins within a few seconds."),
            "leaving": lazy_gettext("What we wrote is being taken out of the store. It is disconnected when nothing is left."),
            "disconnected": lazy_gettext("Disconnected. Nothing was changed in the store itself."),
        },
    )

    @pages.get(_HERE)
    def sync(who: Visitor) -> Response:
        with desk.database.read() as session:
            return _page(pages, session, who)

    @pages.post(f"{_HERE}/act")
    def act(who: Visitor) -> Response:
        """``act``: sync, whole, replay (of one: ``number``) or write."""
        try:
            with desk.database.write() as session:
                _ask(session, _chosen(session, who), actor=who.user, now=desk.clock())
        except NotFound:
            raise
        except InvalidInput as problem:
            with desk.database.read() as session:
                return _page(pages, session, who, problem)
        return pages.back(_HERE, note="asked")

    @pages.get(f"{_HERE}/leave", role="owner")
    def leave(who: Visitor) -> Response:
        """What would be removed, before it is asked for."""
        with desk.database.read() as session:
            return _asked(pages, session, who)

    @pages.post(f"{_HERE}/leave", role="owner")
    def leave_now(who: Visitor) -> Response:
        """``act``: uninstall or disconnect; ``typed`` the store's name."""
        wanted, name = typed().get("act", ""), typed().get("typed", "")
        try:
            with desk.database.write() as session:
                store = _chosen(session, who)
                go = asking.leave if wanted == "uninstall" else asking.disconnect
                go(session, store, name, actor=who.user, now=desk.clock())
        except NotFound:
            raise
        except InvalidInput as problem:
            with desk.database.read() as session:
                return _asked(pages, session, who, problem)
        return pages.back(_HERE, note="leaving" if wanted == "uninstall" else "disconnected")

    return pages


def _page(pages: Pages, session: Session, who: Visitor, problem: InvalidInput | None = None) -> Response:
    now = pages.desk.clock()
    cards = [health(session, session.get_one(Store, shop.id), now=now) for shop in who.shops]
    ways: dict[int, str] = {card.store.id: _way_back(pages.desk, who, card.store) for card in cards}
    status = 200 if problem is None else 400
    return pages.render(
        "sync/sync.html",
        who,
        status=status,
        cards=cards,
        ways=ways,
        tasks=_TASKS,
        resources=words.RESOURCES,
        words=words,
        problem=problem,
    )


def _asked(pages: Pages, session: Session, who: Visitor, problem: InvalidInput | None = None) -> Response:
    store = _chosen(session, who)
    values: dict[str, Any] = {"store": store, "traces": undo.traces(session, store), "act": typed().get("act", "uninstall")}
    if problem is not None:
        return pages.refused("sync/leave.html", who, problem, **values)
    return pages.render("sync/leave.html", who, **values)


def _ask(session: Session, store: Store, *, actor: str, now: int) -> None:
    wanted = typed().get("act", "")
    if wanted in {"sync", "whole"}:
        asking.sync_now(session, store, whole=wanted == "whole", actor=actor, now=now)
    elif wanted == "replay":
        asking.replay(session, store, number=typed().get("number", type=whole), actor=actor, now=now)
    elif wanted == "write":
        asking.write_again(session, store, actor=actor, now=now)
    else:
        raise InvalidInput(gettext("This can't be done."), mend=gettext("Go back and try again."))


def _chosen(session: Session, who: Visitor) -> Store:
    """One the visitor may see; their own where none is named."""
    wanted = typed().get("store", who.store_key)
    shop = next((each for each in who.shops if each.key == wanted), None)
    if shop is None:
        raise NotFound(gettext("There is no such store here."))
    return session.get_one(Store, shop.id)


def _way_back(desk: Desk, who: Visitor, store: Store) -> str:
    """Where the store is connected again; "" where its own admin does that."""
    if who.host != "standalone":
        return ""
    return f"/auth/{store.platform}?shop={store.address}" if desk.door(store.platform).redirect is not None else "/app/connect"
