"""Connecting by a link: the merchant agrees in their own store, and the store posts us a key.

The post is unsigned and must be answered with exactly 200 and at once, so it is only kept; what proves the key is a call to the
address the link was made for.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Blueprint, Response, make_response, redirect, request, url_for
from flask_babel import gettext

from admin.desk import Desk, page, sealed_off, trouble
from admin.progress import show
from admin.redirect_grant import COOKIE, set_cookie
from admin.said import in_words
from plugin_core.errors import InvalidInput, NotFound
from plugin_core.stores import installing
from plugin_core.stores.models import InstallState

_PURPOSE = "install:keys"
_MOST_BYTES = 16 * 1024


def create_blueprint(desk: Desk) -> Blueprint:
    pages = Blueprint("key_grant", __name__, template_folder="templates")

    @pages.get("/connect/<ticket>")
    def offered(ticket: str) -> Response:
        """Only looks: mail programs and chats open links by themselves."""
        try:
            with desk.database.read() as session:
                row = installing.offered(session, ticket, now=desk.clock())
        except NotFound as problem:
            return trouble(problem, status=404)
        store = urlsplit(row.address)
        asks = gettext(
            "Comeback asks %(site)s for access to its customers, orders, products and coupons. You decide there.",
            site=row.address,
        )
        form_to = ("'self'", f"{store.scheme}://{store.netloc}")
        title, button = gettext("Connect %(site)s", site=store.netloc), gettext("Continue to your store")
        return page(title, [asks], button=button, form_to=form_to)

    @pages.post("/connect/<ticket>")
    def ask(ticket: str) -> Response:
        try:
            link, state = _asked(desk, ticket)
        except InvalidInput as problem:
            return trouble(problem, status=404 if isinstance(problem, NotFound) else 400)
        response = sealed_off(make_response(redirect(link, code=303)))
        set_cookie(desk, response, desk.seal(_PURPOSE, {"state": state}, life_us=installing.LIFE_US))
        return response

    @pages.post("/auth/<platform>/keys")
    def posted(platform: str) -> Response:
        request.max_content_length = _MOST_BYTES
        try:
            _keep(desk, platform, request.get_json(force=True, silent=True))
        except InvalidInput as problem:
            return sealed_off(make_response({"error": problem.message}, 403))
        return sealed_off(make_response("", 200))

    @pages.get("/connect/return")
    def back() -> Response:
        try:
            return _outcome(desk, _come_back(desk))
        except NotFound as problem:
            return trouble(problem, status=400)

    return pages


def _asked(desk: Desk, ticket: str) -> tuple[str, str]:
    """Where to send the merchant, and the state they have to come back with."""
    with desk.database.write() as session:
        row, state = installing.ask(session, ticket, now=desk.clock())
        grant = desk.door(row.platform).keys
        if grant is None:
            raise NotFound(gettext("This platform gives no keys by a link."), mend=gettext("Connect by key and secret."))
        back_url = f"{desk.public_url}{url_for('key_grant.back')}"
        callback_url = f"{desk.public_url}{url_for('key_grant.posted', platform=row.platform)}"
        return grant.link(row.address, state=state, back_url=back_url, callback_url=callback_url), state


def _keep(desk: Desk, platform: str, body: object) -> None:
    grant = desk.door(platform).keys
    state = grant.state_of(body) if grant is not None else ""
    with desk.database.write() as session:
        row = installing.by_state(session, state, platform=platform) if state else None
        if row is None or grant is None:
            raise NotFound("Nobody here asked for this key.")
        installing.grant(session, desk.vault, row, grant.keys(body, state=state), now=desk.clock())


def _come_back(desk: Desk) -> InstallState:
    """What became of the connection this browser began. NotFound where it began none, or another one."""
    state = desk.unseal(_PURPOSE, request.cookies.get(COOKIE, ""))["state"]
    if request.args.get("user_id", state) != state:
        raise NotFound(gettext("This answer belongs to another connection."), mend=gettext("Start connecting again."))
    if request.args.get("success") == "0":
        with desk.database.write() as session:
            asked = installing.by_state(session, state)
            if asked is not None:
                installing.deny(asked)
    desk.finish()
    with desk.database.read() as session:
        row = installing.by_state(session, state)
    if row is None:
        raise NotFound(gettext("This link was used already or is too old."), mend=gettext("Start connecting again."))
    return row


def _outcome(desk: Desk, row: InstallState) -> Response:
    if row.stage == "done" and row.store_id is not None:
        return show(desk, row.store_id)
    not_connected, problem = gettext("Not connected"), in_words(row.problem)
    if row.stage == "denied":
        return page(not_connected, [problem, gettext("Nothing was changed, nothing was kept.")], status=403)
    if row.stage == "failed":
        return page(not_connected, [problem], status=502)
    if row.stage == "asked":
        missing = [gettext("The store has sent no key."), gettext("Go back and approve the access, or start again.")]
        return page(not_connected, missing, status=400)
    waiting = [gettext("Checking the key with your store."), problem]
    return page(gettext("Almost there"), waiting, next_url=url_for("key_grant.back"))
