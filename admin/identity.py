"""Finds out who is asking: the platform's short-lived token, a login of our own, or a ticket for one download."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from flask import request
from sqlalchemy import select
from sqlalchemy.orm import Session

from admin import languages, members
from admin.desk import Desk
from admin.visitor import OWNER, ROLES, SHOPIFY, STANDALONE, VIEWER, Shop, Visitor
from plugin_core.errors import InvalidInput, NotFound
from plugin_core.installers import Visit
from plugin_core.stores import page_secrets
from plugin_core.stores import settings as store_settings
from plugin_core.stores.models import Store

TICKET = "ticket"
_DOWNLOAD = "page:download"


class Stranger(InvalidInput):
    """Nobody proved who they are. ``token`` was given but is not good (any more) where that is true."""

    def __init__(self, *, token: bool) -> None:
        super().__init__("This page has to be opened in your store's admin.", mend="Open Comeback there again.")
        self.token = token


class NotConnected(NotFound):
    def __init__(self, ancestors: Sequence[str]) -> None:
        super().__init__("This store is not connected.", mend="Open the app's page in the store's admin.")
        self.ancestors = tuple(ancestors)  # where the page that says so may be framed


class NoStoreYet(NotFound):
    """Somebody who signed in by themselves, before the first store."""


class _Proof(NamedTuple):
    platform: str
    visit: Visit
    ancestors: Sequence[str]


def who_asks(desk: Desk) -> Visitor:
    """Raises Stranger, or NotConnected where the token is good and its store is not known here."""
    token = bearer() or request.args.get("id_token", "")
    if token:
        proof = _proven(desk, token)
        if proof is None:
            raise Stranger(token=True)
        return _embedded(desk, proof)
    if request.method == "GET" and TICKET in request.args:
        return _by_ticket(desk, request.args[TICKET])
    return _standalone(desk)


def bearer() -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def download_ticket(desk: Desk, who: Visitor, path: str, query: str) -> str:
    """Lets a plain link fetch one path with this query for ten minutes: a browser sends no token when it saves a file."""
    return desk.seal(
        _DOWNLOAD, {"path": path, "query": _sorted(parse_qsl(query, keep_blank_values=True)), "who": who._replace(shops=())}
    )


def _proven(desk: Desk, token: str) -> _Proof | None:
    for platform, doors in sorted(desk.doors.items()):
        if doors.home is None:
            continue
        try:
            visit = doors.home.visit(token, now=desk.now(), secrets=partial(_secrets, desk, platform))
        except InvalidInput:
            continue
        return _Proof(platform, visit, (*doors.home.ancestors(visit.address), *visit.ancestors))
    return None


def _secrets(desk: Desk, platform: str, address: str) -> Sequence[str]:
    with desk.database.read() as session:
        return page_secrets.of(session, desk.vault, platform, address)


def _embedded(desk: Desk, proof: _Proof) -> Visitor:
    visit = proof.visit
    user, name = str(visit.claims.get("sub", "")), str(visit.claims.get("name", ""))
    # Shopify's tokens name no role; a plugin of ours that names none may only look.
    claimed = str(visit.claims.get("role", OWNER if proof.platform == SHOPIFY else VIEWER))
    with desk.database.read() as session:
        store = session.scalars(select(Store).where(Store.platform == proof.platform, Store.address == visit.address)).first()
        if store is None or store.state == "disconnected":
            raise NotConnected(proof.ancestors)
        role, due = members.role_of(desk, session, store, user, claimed if claimed in ROLES else VIEWER)
        who = _visitor(
            session,
            store,
            user=f"{proof.platform}:{user}",
            name=name,
            role=role,
            locale=languages.asked_for(str(visit.claims.get("locale", ""))),
            host=proof.platform,
            ancestors=tuple(proof.ancestors),
        )
    if due:
        members.remember(desk, who.store_id, user, name)
    return who


def _sorted(query: Iterable[tuple[str, str]]) -> list[list[str]]:
    """As JSON gives it back."""
    return sorted([name, value] for name, value in query)


def _by_ticket(desk: Desk, ticket: str) -> Visitor:
    try:
        facts = desk.unseal(_DOWNLOAD, ticket)
    except NotFound:
        raise Stranger(token=True) from None
    asked = _sorted((name, value) for name, value in request.args.items(multi=True) if name != TICKET)
    if (facts["path"], facts["query"]) != (request.path, asked):
        raise Stranger(token=True)
    known = Visitor(*facts["who"])
    return known._replace(ancestors=tuple(known.ancestors))


def _standalone(desk: Desk) -> Visitor:
    member = members.signed_in(desk, request.cookies.get(members.COOKIE, ""))
    if member is None:
        raise Stranger(token=False)
    with desk.database.read() as session:
        stores = list(session.scalars(select(Store).where(Store.account_id == member.account_id).order_by(Store.id)))
        if not stores:
            raise NoStoreYet("No store is connected yet.", mend="Connect one first.")
        wanted = request.cookies.get(members.STORE_COOKIE, "")
        store = next((each for each in stores if each.key == wanted), stores[0])
        return _visitor(
            session,
            store,
            user=f"team:{member.id}",
            name=member.name,
            role=member.role,
            locale=languages.asked_for(member.locale),
            host=STANDALONE,
            shops=tuple(Shop(each.id, each.key, each.name) for each in stores),
        )


def _visitor(session: Session, store: Store, **facts: Any) -> Visitor:
    """``facts``: what is known of the person rather than of the store."""
    settings, _ = store_settings.current(session, store)
    return Visitor(
        account_id=store.account_id,
        store_id=store.id,
        store_key=store.key,
        store_name=store.name,
        platform=store.platform,
        currency=store.currency,
        zone=store.zone,
        digits=settings.digits,
        calendar=settings.calendar,
        **{"shops": (Shop(store.id, store.key, store.name),), **facts},
    )
