"""How pages write numbers, money and times: in the visitor's language, digits and calendar, at the store's own clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date as a_day
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import jdatetime
from babel import Locale, dates, numbers
from flask import Flask, g
from flask_babel import gettext, ngettext
from markupsafe import Markup

from admin.visitor import Visitor
from plugin_core import money as amounts
from plugin_core.clock import from_us

NOT_KNOWN = "\N{EN DASH}"
_DIGITS: Mapping[str, Mapping[int, str]] = {"fa": dict(zip(map(ord, "0123456789"), "۰۱۲۳۴۵۶۷۸۹", strict=True))}
_PERCENT: Mapping[str, str] = {"fa": "\N{ARABIC PERCENT SIGN}"}
_PERSIAN_MONTHS = {
    "fa": jdatetime.date.j_months_fa,
    "en": jdatetime.date.j_months_en,
}


def money(minor: int | None, currency: str) -> str:
    """``minor``: whole minor units of ``currency``. A dash where the amount is not known."""
    if minor is None:
        return NOT_KNOWN
    amount = amounts.major(minor, currency)
    return _own(numbers.format_currency(amount, currency, locale=_locale(), numbering_system=_system()))


def round_money(minor: int | None, currency: str) -> str:
    """Without minor units: for sums where they would only distract."""
    if minor is None:
        return NOT_KNOWN
    pattern = str(Locale.parse(_locale()).currency_formats["standard"].pattern).replace(".00", "")
    whole = amounts.major(minor, currency).quantize(Decimal(1))
    shown = numbers.format_currency(
        whole, currency, format=pattern, currency_digits=False, locale=_locale(), numbering_system=_system()
    )
    return _own(shown)


def number(value: float | Decimal | None) -> str:
    """At most two digits behind the point."""
    if value is None:
        return NOT_KNOWN
    return _own(numbers.format_decimal(Decimal(str(round(value, 2))), locale=_locale(), numbering_system=_system()))


def percent(share: float | None, digits: int = 0) -> str:
    """``share``: 0.125 is 12.5 %."""
    if share is None:
        return NOT_KNOWN
    exact = round(share, digits + 2)
    shown = numbers.format_percent(exact, locale=_locale(), numbering_system=_system(), decimal_quantization=False)
    return _own(shown).replace("%", _PERCENT.get(_locale(), "%")) if _own_digits() else shown


def date(at: int | None) -> str:
    """``at``: microseconds UTC; the day it was in the store."""
    if at is None:
        return NOT_KNOWN
    local = _local(at)
    if _calendar() == "persian":
        return _persian(local.date())
    return _own(dates.format_date(local, "medium", locale=_locale()))


def day(one: a_day) -> str:
    """A day of the store's calendar."""
    if _calendar() == "persian":
        return _persian(one)
    return _own(dates.format_date(one, "medium", locale=_locale()))


def month(name: str) -> str:
    """``name``: "2026-11", a month of the civil calendar, by which the figures are kept."""
    return _own(dates.format_date(a_day.fromisoformat(f"{name}-01"), "LLLL y", locale=_locale()))


def short_month(name: str) -> str:
    return _own(dates.format_date(a_day.fromisoformat(f"{name}-01"), "LLL", locale=_locale()))


def moment(at: int | None) -> str:
    """Day and time of day, at the store's clock."""
    if at is None:
        return NOT_KNOWN
    time = _own(dates.format_time(_local(at), "short", locale=_locale()))
    return str(gettext("%(date)s, %(time)s", date=date(at), time=time))


def ago(at: int | None) -> str:
    """How long since (or until) ``at``, in the largest unit that says enough."""
    if at is None:
        return str(gettext("never"))
    return _own(dates.format_timedelta(from_us(at) - from_us(g.now), add_direction=True, locale=_locale()))


def days(value: float | None) -> str:
    """A length of time in days."""
    if value is None:
        return NOT_KNOWN
    whole = round(value)
    return str(ngettext("%(number)s day", "%(number)s days", whole, number=number(whole)))


def stamp(at: int | None) -> Markup:
    """``ago`` in words with the exact moment behind it."""
    if at is None:
        return Markup("<span>{}</span>").format(ago(at))
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        from_us(at).isoformat(timespec="seconds"), moment(at), ago(at)
    )


FILTERS: dict[str, Callable[..., str]] = {
    "money": money,
    "round_money": round_money,
    "number": number,
    "percent": percent,
    "date": date,
    "day": day,
    "month": month,
    "short_month": short_month,
    "moment": moment,
    "ago": ago,
    "days": days,
    "stamp": stamp,
}


def prepare(web: Flask) -> None:
    web.jinja_env.filters.update(FILTERS)


def _who() -> Visitor | None:
    found: Visitor | None = g.get("who")
    return found


def _locale() -> str:
    chosen: str = g.get("locale", "en")
    return chosen


def _system() -> str:
    """Babel's name for the separators that go with the digits."""
    return "default" if _own_digits() else "latn"


def _own_digits() -> Mapping[int, str]:
    """Latin digits -> those of the visitor's language, where it has its own and they are wanted."""
    who = _who()
    return {} if who is not None and who.digits == "latin" else _DIGITS.get(_locale(), {})


def _calendar() -> str:
    who = _who()
    return who.calendar if who is not None else "gregorian"


def _local(at: int) -> datetime:
    who = _who()
    return from_us(at).astimezone(ZoneInfo(who.zone if who is not None else "UTC"))


def _persian(local: a_day) -> str:
    there = jdatetime.date.fromgregorian(date=local)
    month = _PERSIAN_MONTHS.get(_locale(), _PERSIAN_MONTHS["en"])[there.month - 1]
    return _own(f"{there.day} {month} {there.year}")


def _own(text: str) -> str:
    return text.translate(_own_digits())
