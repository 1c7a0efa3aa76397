"""Words for what is kept of people as names: stages, groups, consents, sources, reasons. One place for all pages."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import gettext, lazy_gettext

LIFECYCLES = {
    "prospect": lazy_gettext("Has not ordered"),
    "new": lazy_gettext("New"),
    "active": lazy_gettext("Active"),
    "slipping": lazy_gettext("Slipping"),
    "at_risk": lazy_gettext("At risk"),
    "lapsed": lazy_gettext("Lapsed"),
    "lost": lazy_gettext("Lost"),
}
LIFECYCLE_KINDS = {"new": "info", "active": "good", "slipping": "warn", "at_risk": "warn", "lapsed": "bad", "lost": "bad"}
RFM = {
    "champions": lazy_gettext("Champions"),
    "loyal": lazy_gettext("Loyal"),
    "active": lazy_gettext("Active"),
    "new": lazy_gettext("New"),
    "promising": lazy_gettext("Promising"),
    "needs_attention": lazy_gettext("Needs attention"),
    "almost_lost": lazy_gettext("Almost lost"),
    "at_risk": lazy_gettext("At risk"),
    "previously_loyal": lazy_gettext("Previously loyal"),
    "dormant": lazy_gettext("Dormant"),
    "prospects": lazy_gettext("Prospects"),
}
CONSENT_FILTERS = {
    "may_email": lazy_gettext("May be e-mailed"),
    "subscribed": lazy_gettext("Subscribed"),
    "pending": lazy_gettext("Asked, not confirmed"),
    "unsubscribed": lazy_gettext("Unsubscribed"),
    "unknown": lazy_gettext("Said nothing"),
    "suppressed": lazy_gettext("Address suppressed"),
    "paused": lazy_gettext("Marketing paused"),
}
CONSENTS = {
    "subscribed": lazy_gettext("Subscribed"),
    "pending": lazy_gettext("Asked, not confirmed"),
    "unsubscribed": lazy_gettext("Unsubscribed"),
    "unknown": lazy_gettext("Said nothing"),
}
CONSENT_KINDS = {"subscribed": "good", "pending": "info", "unsubscribed": "bad"}
CHANNELS = {"email": lazy_gettext("E-mail"), "sms": lazy_gettext("SMS")}
SORTS = {
    "last_order": lazy_gettext("Last order"),
    "name": lazy_gettext("Name"),
    "orders": lazy_gettext("Orders"),
    "spent": lazy_gettext("Spent"),
    "points": lazy_gettext("Points"),
}
FIELDS = {
    "first_name": lazy_gettext("First name"),
    "last_name": lazy_gettext("Last name"),
    "phone": lazy_gettext("Phone"),
    "birthday": lazy_gettext("Birthday"),
}
KINDS = {
    "order": lazy_gettext("Orders"),
    "refund": lazy_gettext("Refunds"),
    "checkout": lazy_gettext("Checkouts"),
    "offer": lazy_gettext("Offers"),
    "code": lazy_gettext("Codes"),
    "mail": lazy_gettext("Mails"),
    "points": lazy_gettext("Points"),
    "consent": lazy_gettext("Consent"),
    "segment": lazy_gettext("Segments"),
    "merge": lazy_gettext("Merges"),
    "privacy": lazy_gettext("Privacy"),
    "change": lazy_gettext("Changes by hand"),
    "note": lazy_gettext("Notes"),
}
# Why an offer was not made, as it is stored with the offer.
REASONS = {
    "no opt-in": lazy_gettext("no opt-in to e-mail stands"),
    "unsubscribed": lazy_gettext("they unsubscribed"),
    "address suppressed": lazy_gettext("their address is suppressed"),
    "no e-mail address": lazy_gettext("no e-mail address is known"),
    "marketing paused": lazy_gettext("marketing to them is paused"),
    "erased": lazy_gettext("they have been erased"),
    "has ordered since": lazy_gettext("they have ordered since"),
    "checkout completed": lazy_gettext("the checkout was completed"),
    "the store sent its own reminder": lazy_gettext("the store sent its own reminder"),
    "a newer checkout": lazy_gettext("there is a newer checkout"),
    "no account to bind a code to": lazy_gettext("there is no account to bind a code to"),
    "has an open offer": lazy_gettext("an offer to them is open"),
    "cooling down": lazy_gettext("the last offer was too short a while ago"),
    "too late": lazy_gettext("it was too late"),
    "the code has expired": lazy_gettext("the code has expired"),
    "by hand": lazy_gettext("by hand"),
    "bounce": lazy_gettext("a mail came back"),
    "complaint": lazy_gettext("they complained about a mail"),
}
SOURCES = {
    "import": lazy_gettext("an imported file"),
    "unsubscribe link": lazy_gettext("the unsubscribe link"),
    "told the shop": lazy_gettext("told the shop"),
    "shopify": lazy_gettext("Shopify"),
    "woocommerce": lazy_gettext("WooCommerce"),
}
REQUESTS = {
    "data_request": lazy_gettext("a copy of their data"),
    "redact": lazy_gettext("being erased"),
    "shop_redact": lazy_gettext("the whole shop being erased"),
}


def word(table: Mapping[str, object], name: str) -> str:
    """``name`` in the visitor's language; as it is stored where nobody has given it a word yet."""
    return str(table.get(name, name.replace("_", " ")))


def who_did(actor: str) -> str:
    """The audit log's name of somebody, for people."""
    return str(gettext("the command line")) if actor == "cli" else actor
