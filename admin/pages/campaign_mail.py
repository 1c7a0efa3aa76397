"""A step's mail, looked at as the shopper would see it, in each language; and a sample of it into one's own box."""

from __future__ import annotations

import base64
import hashlib
import html
import re
from typing import Any

from flask import Response, make_response
from flask_babel import gettext, lazy_gettext
from sqlalchemy.orm import Session

from admin import campaign_words, languages
from admin.desk import Desk
from admin.routes import Pages, typed
from admin.visitor import Visitor
from plugin_core.errors import InvalidInput, MessageError
from plugin_core.messaging import Mail
from plugin_core.offers import campaigns as room
from plugin_core.offers import samples
from plugin_core.offers.mails import compose
from plugin_core.offers.models import Campaign
from plugin_core.stores import settings as store_settings
from plugin_core.stores.credentials import account_secret
from plugin_core.stores.models import Account, Store
from plugin_core.stores.settings import StoreSettings

_PATH = "/app/campaigns/<campaign>/mail/<int:place>"
_STYLES = re.compile(r"""<style[^>]*>(.*?)</style>|\sstyle=(?:"([^"]*)"|'([^']*)')""", re.DOTALL | re.IGNORECASE)


def create_pages(desk: Desk) -> Pages:
    sent = lazy_gettext("The sample is on its way. Its code works in no store, and its unsubscribe link does nothing.")
    pages = Pages("campaign_mail", desk, notes={"sent": sent})

    @pages.get(_PATH)
    def mail(who: Visitor, campaign: str, place: int) -> Response:
        with desk.database.read() as session:
            return pages.render("campaigns/mail.html", who, **_shown(pages, session, who, campaign, place))

    @pages.get(f"{_PATH}/page.html")
    def mail_itself(who: Visitor, campaign: str, place: int) -> Response:
        """For the frame on the page: no script runs in it and nothing leads out of it."""
        with desk.database.read() as session:
            _campaign, composed, _settings = _composed(desk, session, who, campaign, place, to="")
        response = make_response(composed.html)
        response.headers["Content-Security-Policy"] = (
            f"default-src 'none'; img-src https: data:; style-src {_hashes(composed.html)}; sandbox; base-uri 'none'; "
            f"form-action 'none'; frame-ancestors 'self' {' '.join(who.ancestors)}"
        )
        return response

    @pages.post(_PATH)
    def send_sample(who: Visitor, campaign: str, place: int) -> Response:
        address = typed().get("address", "")
        try:
            with desk.database.write() as session:
                store = session.get_one(Store, who.store_id)
                chosen = room.get(session, store, campaign)
                step, now = samples.step_of(chosen, place), desk.clock()
                to = samples.note_try(session, store, chosen, step, address, actor=who.user, now=now)
                _campaign, composed, settings = _composed(desk, session, who, campaign, place, to=to)
                if room.missing_settings(settings):
                    raise InvalidInput(
                        gettext("The sample can't be sent yet."),
                        mend=gettext("Fill in the settings that every mail has to show."),
                    )
            desk.send(composed)
        except (InvalidInput, MessageError) as problem:
            with desk.database.read() as session:
                shown = _shown(pages, session, who, campaign, place)
            status = 400 if isinstance(problem, InvalidInput) else 502
            return pages.render("campaigns/mail.html", who, status=status, **{**shown, "address": address}, problem=problem)
        return pages.back(f"/app/campaigns/{campaign}/mail/{place}", note="sent", tongue=_tongue())

    return pages


def _tongue() -> str:
    return languages.known(typed().get("tongue", ""))


def _composed(
    desk: Desk, session: Session, who: Visitor, key: str, place: int, *, to: str
) -> tuple[Campaign, Mail, StoreSettings]:
    store = session.get_one(Store, who.store_id)
    campaign = room.get(session, store, key)
    settings, _version = store_settings.current(session, store)
    offer = samples.made_up(
        session, store, settings, campaign, samples.step_of(campaign, place), to=to, locale=_tongue(), now=desk.clock()
    )
    secret = account_secret(desk.vault, session.get_one(Account, store.account_id))
    composed = compose(offer, store, settings, secret=secret, renderer=desk.renderer, public_url=desk.public_url)
    return campaign, composed, settings


def _shown(pages: Pages, session: Session, who: Visitor, key: str, place: int) -> dict[str, Any]:
    campaign, composed, settings = _composed(pages.desk, session, who, key, place, to="")
    steps = room.definition(campaign).steps
    here = f"/app/campaigns/{campaign.key}/mail/{place}"
    return {
        "campaign": campaign, "mail": composed, "steps": steps, "place": place, "words": campaign_words, "here": here,
        "frame": pages.download(who, f"{here}/page.html", tongue=_tongue()), "missing": room.missing_settings(settings),
        "tongues": languages.LANGUAGES, "tongue": _tongue() or languages.known(settings.locale) or "en", "address": "",
    }  # fmt: skip


def _hashes(page: str) -> str:
    """The mail's own styles and no others, each named by what stands in it."""
    found = {block or html.unescape(attribute or single) for block, attribute, single in _STYLES.findall(page)}
    digests = sorted(base64.b64encode(hashlib.sha256(each.encode()).digest()).decode() for each in found)
    return "'unsafe-hashes' " + " ".join(f"'sha256-{digest}'" for digest in digests)
