"""What can be done with one person: every act is a post that changes one thing, says so, and can be seen in the timeline."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from flask import Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from admin.routes import Pages, typed
from admin.visitor import STANDALONE, Visitor
from plugin_core.customers import editing, joining, notes, profile
from plugin_core.customers.models import Customer, StoreCustomer
from plugin_core.customers.privacy import requests
from plugin_core.errors import InvalidInput, NotFound
from plugin_core.orders.models import Order
from plugin_core.stores.models import Store
from plugin_core.work import standing

Act = Callable[[Session, Store, Customer, Visitor, int], str | tuple[str, str]]
_ORDERS = 50


def add(pages: Pages, show: Callable[[Visitor, Session, Store, Any, InvalidInput | None], Response]) -> None:
    """``show`` renders the person's page again, with what was wrong."""

    def done(who: Visitor, key: str, act: Act) -> Response:
        """``act`` names the note; or the note and the key of who is shown then."""
        problem: InvalidInput | None = None
        try:
            with pages.desk.database.write() as session:
                store = session.get_one(Store, who.store_id)
                found = profile.find(session, store, key)
                said = act(session, store, found, who, pages.desk.clock())
                note, shown = said if isinstance(said, tuple) else (said, found.key)
            return pages.back(f"/app/customers/{shown}", note=note)
        except NotFound:
            raise
        except InvalidInput as wrong:
            problem = wrong
        with pages.desk.database.read() as session:
            store = session.get_one(Store, who.store_id)
            return show(who, session, store, profile.find(session, store, key), problem)

    def offer(name: str, act: Act, role: str = "editor") -> None:
        def posted(who: Visitor, key: str) -> Response:
            return done(who, key, act)

        posted.__name__ = name
        pages.post(f"/app/customers/<key>/{name}", role=role)(posted)

    for name, act in _ACTS.items():
        offer(name, act)

    @pages.get("/app/customers/<key>/join", role="editor")
    def ask_join(who: Visitor, key: str) -> Response:
        with pages.desk.database.read() as session:
            store = session.get_one(Store, who.store_id)
            found = profile.find(session, store, key)
            try:
                other = joining.other_person(session, store, found, typed().get("with", ""), anywhere=who.host == STANDALONE)
            except InvalidInput as problem:
                return show(who, session, store, found, problem)
            return pages.render("customers/join.html", who, person=found, other=other)

    @pages.get("/app/customers/<key>/erase", role="owner")
    def ask_erase(who: Visitor, key: str) -> Response:
        with pages.desk.database.read() as session:
            found = profile.find(session, session.get_one(Store, who.store_id), key)
            return pages.render("customers/erase.html", who, person=found)

    @pages.post("/app/customers/<key>/erase", role="owner")
    def erase(who: Visitor, key: str) -> Response:
        answer = done(who, key, lambda *parts: _ask(pages, "redact", *parts))
        return pages.back("/app/privacy", note="erasing") if answer.status_code == HTTPStatus.SEE_OTHER else answer

    @pages.post("/app/customers/<key>/copy", role="owner")
    def copy(who: Visitor, key: str) -> Response:
        return done(who, key, lambda *parts: _ask(pages, "data_request", *parts))


def _edit(session: Session, store: Store, person: Customer, who: Visitor, now: int) -> str:
    fields = {name: typed()[name] for name in editing.FIELDS if name in typed()}
    return "saved" if editing.edit(session, store, person, fields, actor=who.user, now=now) else ""


def _undo(session: Session, store: Store, person: Customer, who: Visitor, now: int) -> str:
    editing.undo_edit(session, store, person, _number("change"), actor=who.user, now=now)
    return "undone"


def _pause(session: Session, store: Store, person: Customer, who: Visitor, now: int) -> str:
    days = _number("days")
    editing.pause(session, store, [person.id], days, actor=who.user, now=now)
    return "paused" if days else "resumed"


def _suppress(session: Session, store: Store, person: Customer, who: Visitor, now: int) -> str:
    editing.suppress(session, store, person, actor=who.user, now=now)
    return "suppressed"


def _release(session: Session, store: Store, person: Customer, who: Visitor, now: int) -> str:
    editing.release(session, store, person, actor=who.user, now=now)
    return "released"


def _unsubscribe(session: Session, store: Store, person: Customer, who: Visitor, now: int) -> str:
    editing.unsubscribe(session, store, person, actor=who.user, now=now)
    return "unsubscribed"


def _note(session: Session, store: Store, person: Customer, who: Visitor, now: int) -> str:
    notes.add_note(session, store, person, typed().get("text", ""), actor=who.name or who.user, now=now)
    return "noted"


def _delete_note(session: Session, store: Store, person: Customer, who: Visitor, now: int) -> str:
    notes.delete_note(session, store, person, _number("note"), actor=who.user, now=now)
    return "note_deleted"


def _join(session: Session, store: Store, person: Customer, who: Visitor, now: int) -> tuple[str, str]:
    other = joining.other_person(session, store, person, typed().get("with", ""), anywhere=who.host == STANDALONE)
    return "joined", joining.merge_by_hand(session, store, person, other, actor=who.user, now=now).key


def _part(session: Session, store: Store, person: Customer, who: Visitor, now: int) -> str:
    joining.unmerge_by_hand(session, store, person, _number("merge"), actor=who.user, now=now)
    return "parted"


_ACTS: dict[str, Act] = {
    "edit": _edit,
    "undo": _undo,
    "pause": _pause,
    "suppress": _suppress,
    "release": _release,
    "unsubscribe": _unsubscribe,
    "note": _note,
    "delete-note": _delete_note,
    "join": _join,
    "part": _part,
}


def _ask(pages: Pages, kind: str, session: Session, store: Store, person: Customer, who: Visitor, now: int) -> str:  # noqa: ARG001
    """Taken down like a platform's request: answered by the same job, listed on the same page."""
    account = session.scalar(
        select(StoreCustomer.external_id)
        .where(StoreCustomer.customer_id == person.id, StoreCustomer.store_id == store.id)
        .order_by(StoreCustomer.id)
        .limit(1)
    )
    orders = session.scalars(
        select(Order.external_id).where(Order.customer_id == person.id, Order.store_id == store.id).limit(_ORDERS)
    )
    subject = requests.Subject(account or "", person.email, tuple(orders))
    requests.receive(session, pages.desk.vault, store, requests.Asked(kind, subject, now, source="page"), now=now)
    standing.ask(session, store.id, "privacy", now=now)
    return "asked"


def _number(name: str) -> int:
    text = typed().get(name, "").strip()
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise InvalidInput("A whole number is missing.", mend="Write it in digits.")
    return int(text)
