"""Privacy: what people asked for and by when, and what is kept about one person: to take along, to stop, to erase."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from flask import Response, make_response, request
from flask_babel import gettext, lazy_gettext
from sqlalchemy.orm import Session

from admin.desk import Desk
from admin.person_page import render as person_page
from admin.routes import Pages, standalone, typed, whole
from admin.visitor import Visitor
from plugin_core.clock import from_us
from plugin_core.customers import profile
from plugin_core.customers.identity import normalise_email
from plugin_core.customers.lookup import find_person
from plugin_core.customers.models import Customer
from plugin_core.customers.privacy import requests
from plugin_core.customers.privacy.export import export_person
from plugin_core.customers.privacy.models import PrivacyRequest
from plugin_core.errors import InvalidInput, NotFound
from plugin_core.stores.models import Account, AuditEntry, Store

_HERE = "/app/privacy"
_SHOWN = 50
KINDS = {
    "data_request": lazy_gettext("A copy of their data"),
    "redact": lazy_gettext("To be erased"),
    "shop_redact": lazy_gettext("Everything of the store to be erased"),
}
SECTIONS = {
    "merged_people": lazy_gettext("Other entries that turned out to be them"),
    "addresses": lazy_gettext("Addresses"),
    "accounts": lazy_gettext("Accounts in stores"),
    "consents": lazy_gettext("What they said about mails"),
    "never_written_to": lazy_gettext("Addresses that are never written to"),
    "orders": lazy_gettext("Orders"),
    "checkouts": lazy_gettext("Checkouts they began"),
    "purchase_figures": lazy_gettext("Purchase figures"),
    "points": lazy_gettext("Entries of points"),
    "tiers": lazy_gettext("Tiers"),
    "segments": lazy_gettext("Stays in segments"),
    "referral_codes": lazy_gettext("Referral codes"),
    "offers": lazy_gettext("Offers"),
    "mails": lazy_gettext("Mails"),
    "notes": lazy_gettext("Notes"),
    "merges": lazy_gettext("Entries joined or parted"),
}
STATES = {
    "open": lazy_gettext("Open"),
    "erasing": lazy_gettext("Being erased"),
    "done": lazy_gettext("Done"),
    "cancelled": lazy_gettext("Not done"),
}


def create_pages(desk: Desk) -> Pages:
    erasing = lazy_gettext("Asked for. The person is erased within a few minutes; the list below says when it is done.")
    pages = Pages("privacy", desk, notes={"erasing": erasing})

    @pages.get(_HERE)
    def privacy(who: Visitor) -> Response:
        with desk.database.read() as session:
            return _page(pages, session, who)

    @pages.post(f"{_HERE}/find")
    def find(who: Visitor) -> Response:
        """By post: addresses do not belong into the addresses of pages."""
        email = typed().get("email", "")
        with desk.database.read() as session:
            try:
                person = _by_address(session, who, email)
            except InvalidInput as problem:
                return _page(pages, session, who, problem, email=email)
        return pages.back(f"{_HERE}/person/{person.key}")

    @pages.get(f"{_HERE}/person/<key>", role="editor")
    def person(who: Visitor, key: str) -> Response:
        with desk.database.read() as session:
            found = profile.find(session, session.get_one(Store, who.store_id), key)
            body = export_person(session, session.get_one(Account, who.account_id), found.id)
        base = f"{_HERE}/person/{found.key}/export"
        files = [pages.download(who, f"{base}.json"), pages.download(who, f"{base}.html")] if who.may_own else []
        counts = [(name, len(part)) for name, part in body.items() if isinstance(part, list) and part]
        suppressed = bool(body["never_written_to"])
        values = {"person": found, "counts": counts, "files": files, "suppressed": suppressed, "sections": SECTIONS}
        return pages.render("privacy/person.html", who, status=200, **values)

    @pages.get(f"{_HERE}/person/<key>/export.json", role="owner")
    def person_json(who: Visitor, key: str) -> Response:
        return _file(desk, who, _kept(desk, who, key), f"{key}.json")

    @pages.get(f"{_HERE}/person/<key>/export.html", role="owner")
    def person_html(who: Visitor, key: str) -> Response:
        return _file(desk, who, _kept(desk, who, key), f"{key}.html")

    @pages.get(f"{_HERE}/request/<int:number>/export.json", role="owner")
    def request_json(who: Visitor, number: int) -> Response:
        return _file(desk, who, _answer(desk, who, number), f"request-{number}.json")

    @pages.get(f"{_HERE}/request/<int:number>/export.html", role="owner")
    def request_html(who: Visitor, number: int) -> Response:
        return _file(desk, who, _answer(desk, who, number), f"request-{number}.html")

    return pages


def _page(pages: Pages, session: Session, who: Visitor, problem: InvalidInput | None = None, email: str = "") -> Response:
    now = pages.desk.clock()
    store_key = None if standalone(who) else who.store_key
    before = request.args.get("before", type=whole)
    rows = requests.page(session, who.account_id, store_key, before=before, limit=_SHOWN)
    waiting = [each for each in requests.waiting(session, store_key=store_key or "") if each.account_id == who.account_id]
    files = {
        each.id: [pages.download(who, f"{_HERE}/request/{each.id}/export.{ending}") for ending in ("json", "html")]
        for each in rows
        if each.result and who.may_own
    }
    return pages.render(
        "privacy/privacy.html",
        who,
        status=200 if problem is None else 400,
        rows=rows,
        waiting=len(waiting),
        next_deadline=min((each.deadline_at for each in waiting), default=None),
        late=sum(now > each.deadline_at for each in waiting),
        files=files,
        kinds=KINDS,
        states=STATES,
        now=now,
        next=rows[-1].id if len(rows) == _SHOWN else None,
        email=email,
        problem=problem,
    )


def _by_address(session: Session, who: Visitor, email: str) -> Customer:
    found = find_person(session, who.account_id, normalise_email(email))
    nobody = InvalidInput(gettext("Nobody with this address is known."), mend=gettext("Look at how the address is spelt."))
    if found is None:
        raise nobody
    try:
        return profile.find(session, session.get_one(Store, who.store_id), session.get_one(Customer, found).key)
    except NotFound:
        raise nobody from None


def _kept(desk: Desk, who: Visitor, key: str) -> Mapping[str, Any]:
    """Noted in the audit log: somebody takes personal data away."""
    with desk.database.write() as session:
        store = session.get_one(Store, who.store_id)
        found = profile.find(session, store, key)
        body = export_person(session, session.get_one(Account, who.account_id), found.id)
        _note(session, store, who, f"customer {found.key}", desk.clock())
        return body


def _answer(desk: Desk, who: Visitor, number: int) -> Mapping[str, Any]:
    with desk.database.write() as session:
        asked = session.get(PrivacyRequest, number)
        mine = asked is not None and asked.account_id == who.account_id and (standalone(who) or asked.store_key == who.store_key)
        body = requests.result(desk.vault, asked) if asked is not None and mine else None
        if body is None:
            raise NotFound(gettext("There is no export for this request, or none any more."))
        _note(session, session.get_one(Store, who.store_id), who, f"request {number}", desk.clock())
        return body


def _note(session: Session, store: Store, who: Visitor, subject: str, now: int) -> None:
    session.add(
        AuditEntry(
            account_id=store.account_id,
            store_id=store.id,
            actor=who.user,
            action="privacy.exported",
            subject=subject,
            before={},
            after={},
            at=now,
        )
    )


def _file(desk: Desk, who: Visitor, body: Mapping[str, Any], name: str) -> Response:
    if name.endswith(".json"):
        response = make_response(json.dumps(body, ensure_ascii=False, indent=2) + "\n")
        response.mimetype = "application/json"
    else:
        day = from_us(desk.clock()).date().isoformat()
        response = make_response(person_page(body, shop=who.store_name or who.store_key, at=day))
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
