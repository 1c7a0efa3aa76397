"""A person's timeline in words: what happened, and why, each a whole sentence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from flask_babel import gettext as _
from flask_babel import ngettext

from admin import formats
from admin import people_words as words
from admin.said import named
from plugin_core.customers.timeline import Entry


class Told(NamedTuple):
    title: str
    why: str = ""


def tell(entry: Entry) -> Told:
    return _TELLERS[entry.kind](entry.what, entry.values)


def _order(what: str, v: Mapping[str, Any]) -> Told:
    amount, status = formats.money(v["total"], v["currency"]), v["status"]
    if what == "counted":
        title = _("Order %(number)s over %(amount)s", number=v["number"], amount=amount)
    elif what == "void":
        title = _("Order %(number)s over %(amount)s was cancelled", number=v["number"], amount=amount)
    else:
        title = _("Order %(number)s over %(amount)s is not counted yet", number=v["number"], amount=amount)
    if v["codes"]:
        return Told(title, _("Status %(status)s. Codes used: %(codes)s.", status=status, codes=", ".join(map(str, v["codes"]))))
    return Told(title, _("Status %(status)s.", status=status))


def _refund(_what: str, v: Mapping[str, Any]) -> Told:
    amount = formats.money(v["amount"], v["currency"])
    return Told(_("Refund of %(amount)s for order %(number)s", amount=amount, number=v["number"]))


def _checkout(what: str, v: Mapping[str, Any]) -> Told:
    amount = formats.money(v["total"], v["currency"])
    if what == "completed":
        return Told(_("Began a checkout over %(amount)s and completed it", amount=amount))
    return Told(_("Left a checkout over %(amount)s", amount=amount))


def _offer(what: str, v: Mapping[str, Any]) -> Told:
    facts = {"campaign": v["campaign"], "step": v["step"]}
    if what == "planned":
        title = _("An offer of %(campaign)s (step %(step)s) is planned", **facts)
        return Told(title, _("It is due on %(date)s.", date=formats.moment(v["due_at"])))
    if what == "held_out":
        title = _("Got nothing of %(campaign)s (step %(step)s)", **facts)
        return Told(title, _("They are in the group that gets nothing, so that the effect can be measured."))
    reason = words.word(words.REASONS, v["reason"]) if v["reason"] else _("no reason was stored")
    if what == "failed":
        return Told(_("An offer of %(campaign)s (step %(step)s) failed", **facts), _("Because: %(reason)s.", reason=reason))
    return Told(_("No offer of %(campaign)s (step %(step)s)", **facts), _("Because: %(reason)s.", reason=reason))


def _code(what: str, v: Mapping[str, Any]) -> Told:
    if what == "referral":
        return Told(_("Got the referral code %(code)s", code=v["code"]), _("Every brand advocate gets one, once."))
    title = _("Code %(code)s for %(percent)s off was made", code=v["code"], percent=formats.percent(v["percent"] / 100))
    facts = {"campaign": v["campaign"], "step": v["step"], "date": formats.date(v["expires_at"])}
    return Told(title, _("%(campaign)s, step %(step)s; good until %(date)s.", **facts))


def _mail(what: str, v: Mapping[str, Any]) -> Told:
    facts = {"campaign": v["campaign"], "step": v["step"]}
    if what == "sent":
        return Told(_("Mail of %(campaign)s (step %(step)s) was sent", **facts))
    if what == "failed":
        return Told(_("Mail of %(campaign)s (step %(step)s) could not be sent", **facts), v["problem"])
    if what == "unknown":
        title = _("Mail of %(campaign)s (step %(step)s) may have been sent", **facts)
        return Told(title, _("The mail server's answer never came. It is not sent again by itself."))
    return Told(_("Mail of %(campaign)s (step %(step)s) is being sent", **facts))


def _points(what: str, v: Mapping[str, Any]) -> Told:
    count = abs(v["points"])
    shown = formats.number(count)
    if what == "expire":
        title = ngettext("%(shown)s point expired", "%(shown)s points expired", count, shown=shown)
    elif what == "redeem":
        title = ngettext("%(shown)s point was redeemed", "%(shown)s points were redeemed", count, shown=shown)
    elif v["points"] < 0:
        title = ngettext("%(shown)s point was taken back", "%(shown)s points were taken back", count, shown=shown)
    elif what == "grant":
        title = ngettext("%(shown)s point was given", "%(shown)s points were given", count, shown=shown)
    else:
        title = ngettext("%(shown)s point was earned", "%(shown)s points were earned", count, shown=shown)
    if v["number"] and v["rate"]:
        facts = {"number": v["number"], "rate": v["rate"], "version": formats.number(v["settings_version"])}
        return Told(title, _("Order %(number)s at a rate of %(rate)s; settings version %(version)s.", **facts))
    return Told(title, _("Settings version %(version)s.", version=formats.number(v["settings_version"])))


def _consent(what: str, v: Mapping[str, Any]) -> Told:
    facts = {"channel": words.word(words.CHANNELS, v["channel"]), "state": words.word(words.CONSENTS, what)}
    source = words.word(words.SOURCES, v["source"])
    store = v["store"] or _("our preference centre")
    why = _("Source: %(source)s, at %(store)s.", source=source, store=store)
    if v["text_version"]:
        facts_why = {"source": source, "store": store, "version": v["text_version"]}
        why = _("Source: %(source)s, at %(store)s; text version %(version)s.", **facts_why)
    return Told(_("%(channel)s: %(state)s", **facts), why)


def _segment(what: str, v: Mapping[str, Any]) -> Told:
    version = _("Settings version %(version)s.", version=formats.number(v["settings_version"]))
    if what == "entered":
        return Told(_("Came into %(segment)s", segment=named(v["segment"])), version)
    return Told(_("Left %(segment)s", segment=named(v["segment"])), version)


def _merge(what: str, v: Mapping[str, Any]) -> Told:
    if what == "parted":
        return Told(_("Parted from entry %(key)s again", key=v["absorbed"]))
    return Told(_("Joined with entry %(key)s", key=v["absorbed"]), _("Because: %(reason)s.", reason=v["reason"]))


def _privacy(what: str, v: Mapping[str, Any]) -> Told:
    request = words.word(words.REQUESTS, v["request"])
    if what == "asked":
        date = formats.date(v["deadline_at"])
        return Told(_("Asked for %(request)s", request=request), _("To be answered by %(date)s.", date=date))
    return Told(_("The request for %(request)s was answered", request=request))


_CHANGES: Mapping[str, Callable[[], str]] = {
    "customer.edited": lambda: _("Details were corrected by hand"),
    "customer.edit_undone": lambda: _("A correction was undone"),
    "customer.paused": lambda: _("Marketing was paused"),
    "customer.resumed": lambda: _("Marketing was taken up again"),
    "customer.suppressed": lambda: _("The address was suppressed by hand"),
    "customer.released": lambda: _("The suppression was taken back"),
    "customer.unsubscribed": lambda: _("Unsubscribed by the shop"),
    "customer.merged": lambda: _("Joined with another entry by hand"),
    "customer.parted": lambda: _("Parted from another entry by hand"),
    "customer.note_added": lambda: _("A note was written"),
    "customer.note_deleted": lambda: _("A note was deleted"),
    "customer.erased": lambda: _("Erased"),
}


def _change(what: str, v: Mapping[str, Any]) -> Told:
    title = _CHANGES[what]() if what in _CHANGES else what
    by = _("By %(who)s.", who=words.who_did(v["actor"]))
    names = [words.word(words.FIELDS, name) for name in v["after"] if name in words.FIELDS]
    if names:
        return Told(title, _("%(fields)s, by %(who)s.", fields=", ".join(names), who=words.who_did(v["actor"])))
    return Told(title, by)


def _note(_what: str, v: Mapping[str, Any]) -> Told:
    return Told(v["text"], _("Note by %(who)s.", who=words.who_did(v["author"])))


_TELLERS: Mapping[str, Callable[[str, Mapping[str, Any]], Told]] = {
    "order": _order,
    "refund": _refund,
    "checkout": _checkout,
    "offer": _offer,
    "code": _code,
    "mail": _mail,
    "points": _points,
    "consent": _consent,
    "segment": _segment,
    "merge": _merge,
    "privacy": _privacy,
    "change": _change,
    "note": _note,
}
