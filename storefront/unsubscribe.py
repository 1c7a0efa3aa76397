"""The page behind every mail's unsubscribe link.

Looking at it changes nothing: scanners and mail programs open links by themselves. A POST unsubscribes, be it the page's button
or a mail program's one-click request (RFC 8058); the page afterwards offers to take it back.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from http import HTTPStatus

from flask import Blueprint, Response, make_response, render_template, request

from plugin_core.db import Database
from plugin_core.offers import unsubscribe
from plugin_core.offers.unsubscribe import Reader
from plugin_core.stores import settings
from plugin_core.stores.credentials import Vault
from storefront.texts import RIGHT_TO_LEFT, UNSUBSCRIBE, language

_MOST_BYTES = 4096


def create_blueprint(database: Database, vault: Vault, clock: Callable[[], int]) -> Blueprint:
    """``clock`` gives now in microseconds UTC."""
    pages = Blueprint("storefront", __name__, template_folder="templates")

    @pages.get("/u/<token>")
    def ask(token: str) -> Response:
        with database.read() as session:
            reader = unsubscribe.read(session, vault, token)
            if reader is None:
                return _unknown(token)
            tongue = _tongue(reader, settings.current(session, reader.store)[0].locale)
            subscribed = unsubscribe.standing(session, reader) != "unsubscribed"
        return _page(reader, tongue, "question" if subscribed else "done")

    @pages.post("/u/<token>")
    def answer(token: str) -> Response:
        request.max_content_length = _MOST_BYTES
        # A mail program sends List-Unsubscribe=One-Click and no wish; only our own page can ask for the contrary.
        wanted = "subscribed" if request.form.get("wish") == "subscribe" else "unsubscribed"
        with database.write() as session:
            reader = unsubscribe.read(session, vault, token)
            if reader is None:
                return _unknown(token)
            unsubscribe.set_state(session, reader, wanted, now=clock())
            tongue = _tongue(reader, settings.current(session, reader.store)[0].locale)
        return _page(reader, tongue, "undone" if wanted == "subscribed" else "done")

    return pages


def _tongue(reader: Reader, store_locale: str) -> str:
    return language(reader.customer.locale, request.accept_languages.best or "", store_locale)


def _page(reader: Reader, tongue: str, message: str) -> Response:
    words = {name: text.format(shop=reader.store.name) for name, text in UNSUBSCRIBE[tongue].items()}
    button, wish = (words["undo"], "subscribe") if message == "done" else (words["unsubscribe"], "unsubscribe")
    return _render(tongue, HTTPStatus.OK, title=words["title"], message=words[message], button=button, wish=wish)


def _unknown(token: str) -> Response:
    """The same for every link that isn't ours, so that it tells nothing."""
    tongue = language(request.accept_languages.best or "")
    words = UNSUBSCRIBE[tongue]
    title = words["sample"] if unsubscribe.of_a_sample(token) else words["unknown"]
    return _render(tongue, HTTPStatus.NOT_FOUND, title=title, message="", button="", wish="")


def _render(tongue: str, status: HTTPStatus, **facts: str) -> Response:
    nonce = secrets.token_urlsafe(16)
    direction = "rtl" if tongue in RIGHT_TO_LEFT else "ltr"
    response = make_response(
        render_template("storefront/unsubscribe.html", language=tongue, direction=direction, nonce=nonce, **facts), status
    )
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; style-src 'nonce-{nonce}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["X-Robots-Tag"] = "noindex"
    return response
