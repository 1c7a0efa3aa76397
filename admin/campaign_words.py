"""Campaigns in the visitor's words: what each kind does, its steps, and why somebody gets nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext, lazy_gettext, ngettext

from admin import formats
from plugin_core.offers import eligibility, timing
from plugin_core.offers.definitions import Step

KINDS: Mapping[str, Any] = {
    "winback": lazy_gettext("Writes to people who have not ordered for a long time, one step after the other."),
    "abandoned_checkout": lazy_gettext("Reminds people of a checkout they began and did not finish."),
}
STATES: Mapping[str, Any] = {
    "draft": lazy_gettext("Not started"),
    "running": lazy_gettext("Running"),
    "paused": lazy_gettext("Paused"),
}
OUTCOMES: Mapping[str, Any] = {
    "planned": lazy_gettext("Would be written to"),
    "held_out": lazy_gettext("Held out, to compare with"),
    "skipped": lazy_gettext("Left out"),
}
REASONS: Mapping[str, Any] = {
    eligibility.ERASED: lazy_gettext("Their data was erased"),
    eligibility.NO_EMAIL: lazy_gettext("No e-mail address is known"),
    eligibility.SUPPRESSED: lazy_gettext("The address refused mail before"),
    eligibility.REFUSED: lazy_gettext("They unsubscribed"),
    eligibility.NO_CONSENT: lazy_gettext("They have not agreed to marketing mail"),
    eligibility.PAUSED: lazy_gettext("Marketing to them is paused"),
    eligibility.ORDERED: lazy_gettext("They have ordered since"),
    eligibility.COMPLETED: lazy_gettext("They finished the checkout"),
    eligibility.COVERED: lazy_gettext("The store sent its own reminder"),
    eligibility.SUPERSEDED: lazy_gettext("They began a newer checkout"),
    eligibility.NO_ACCOUNT: lazy_gettext("They have no account to bind a code to"),
    eligibility.OPEN_OFFER: lazy_gettext("They have an open offer"),
    eligibility.COOLING_DOWN: lazy_gettext("Their last step is too recent"),
    eligibility.STEP_REMOVED: lazy_gettext("The step was taken out of the campaign"),
    eligibility.TOO_LATE: lazy_gettext("It came too late"),
    eligibility.EXPIRED: lazy_gettext("Their code has expired"),
    timing.CAP: lazy_gettext("Put off: they had enough mails lately"),
    timing.QUIET: lazy_gettext("Put off: it is night where they live"),
}


def reason(text: str) -> str:
    return str(REASONS.get(text, text))


def when(step: Step) -> str:
    count, many = formats.number(step.after), int(step.after)
    match step.unit:
        case "days":
            return str(ngettext("%(count)s day after the last order", "%(count)s days after the last order", many, count=count))
        case "gaps":
            return str(gettext("%(count)s times their usual time between orders after the last one", count=count))
        case _:
            return str(ngettext("%(count)s hour after the checkout", "%(count)s hours after the checkout", many, count=count))


def what(step: Step) -> str:
    if not step.percent:
        return str(gettext("A reminder without a discount"))
    return str(gettext("A personal code for %(percent)s off", percent=formats.percent(step.percent / 100)))
