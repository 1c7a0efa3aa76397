"""What a row of each kind of file says, under whatever name a column stands, or why it can't be used."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from plugin_core.clock import DAY_US, to_us
from plugin_core.customers.identity import normalise_email
from plugin_core.errors import InvalidInput
from plugin_core.uploads.sheets import UNSURE, Sheet, unsure

_MOST_POINTS = 1_000_000_000
_STATES = {
    **dict.fromkeys(("subscribed", "yes", "y", "true", "1", "opted in", "opt in", "active"), "subscribed"),
    **dict.fromkeys(("unsubscribed", "no", "n", "false", "0", "opted out", "opt out", "cleaned"), "unsubscribed"),
}


class Row(NamedTuple):
    """``value``: a state of consent, a reason, or points; ``at`` in microseconds UTC where the file says when."""

    line: int
    email: str
    value: Any
    channel: str = "email"
    at: int | None = None
    until: int | None = None  # where the file names a day only: its last moment


class Bad(NamedTuple):
    line: int
    reason: str
    mend: str


class Kind(NamedTuple):
    """``columns``: ours -> the names under which it may stand; those in ``needed`` must be there."""

    columns: Mapping[str, tuple[str, ...]]
    needed: tuple[str, ...]
    read: Callable[[int, Mapping[str, str], ZoneInfo, int], Row]


_EMAIL = (
    *("email", "e-mail", "email address", "e-mail address", "mail", "customer email", "e-posta", "e-posta adresi"),
    *("электронная почта", "почта", "ایمیل"),
)
_WHEN = (
    *("date", "at", "consent date", "opt-in date", "opt-in time", "optin time", "consent timestamp", "updated at", "timestamp"),
    *("email marketing consent timestamp", "changed", "last changed", "tarih", "дата", "تاریخ"),
)
_STATUS = (
    *("status", "consent", "state", "subscribed", "email consent", "email marketing consent", "marketing", "accepts marketing"),
    *("accepts email marketing", "subscription status", "durum", "статус", "وضعیت"),
)
_POINTS = (
    *("points", "balance", "points balance", "opening balance", "current points", "available points", "loyalty points"),
    *("puan", "puan bakiyesi", "баллы", "امتیاز"),
)


def understood(kind: Kind, sheet: Sheet) -> dict[str, str]:
    """Our column -> the file's. InvalidInput names what is missing and under which names it is looked for."""
    there = {_plain(name): name for name in reversed(sheet.header)}
    wanted = {ours: [_plain(name) for name in reversed(names)] for ours, names in kind.columns.items()}
    found = {ours: there[name] for ours, names in wanted.items() for name in names if name in there}
    missing = [ours for ours in kind.needed if ours not in found]
    if missing:
        names = "; ".join(f"{ours}: {', '.join(kind.columns[ours])}" for ours in missing)
        raise InvalidInput(f"A column is missing: {', '.join(missing)}.", mend=f"Name it in the first line. Known: {names}.")
    return found


def rows(kind: Kind, sheet: Sheet, zone: ZoneInfo, now: int) -> tuple[list[Row], list[Bad]]:
    """Of several rows about the same address and channel the last one counts; the others are told."""
    columns = {ours: sheet.header.index(theirs) for ours, theirs in understood(kind, sheet).items()}
    good: dict[tuple[str, str], Row] = {}
    bad: list[Bad] = []
    for line, cells in sheet.rows:
        try:
            told = {ours: cells[place] for ours, place in columns.items()}
            if any(UNSURE in text for ours, text in told.items() if ours != "reason"):
                raise unsure()
            row = kind.read(line, told, zone, now)
        except InvalidInput as problem:
            bad.append(Bad(line, problem.message, problem.mend))
            continue
        twin = good.pop((row.email, row.channel), None)
        if twin is not None:
            bad.append(Bad(twin.line, "The same address stands further down again.", "That row counts; take one of them out."))
        good[row.email, row.channel] = row
    return list(good.values()), sorted(bad)


def _plain(name: str) -> str:
    return " ".join(name.casefold().replace("_", " ").replace("-", " ").split())


def _address(cells: Mapping[str, str]) -> str:
    email = normalise_email(cells["email"])
    if not email or any(letter.isspace() for letter in email) or email.count("@") != 1 or len(email) > 320:
        raise InvalidInput("There is no e-mail address in this row.", mend="Write one address, as in ada@example.com.")
    return email


def _consent(line: int, cells: Mapping[str, str], zone: ZoneInfo, now: int) -> Row:
    state = _STATES.get(_plain(cells["status"]))
    if state is None:
        raise InvalidInput("The status is not understood.", mend="Write subscribed or unsubscribed.")
    channel = _plain(cells.get("channel", "")) or "email"
    if channel not in {"email", "sms"}:
        raise InvalidInput("The channel is not understood.", mend="Write email or sms, or leave the column out.")
    text = cells.get("date", "")
    at = _moment(text, zone, now)
    if state == "subscribed" and at is None:
        raise InvalidInput("It is not said when this person agreed.", mend="Fill in the date: an opt-in has to be shown.")
    whole_day = at is not None and len(text) <= len("2026-03-31")
    return Row(line, _address(cells), state, channel, at, min(at + DAY_US - 1, now) if whole_day and at is not None else at)


def _suppression(line: int, cells: Mapping[str, str], zone: ZoneInfo, now: int) -> Row:  # noqa: ARG001 - as of all kinds
    return Row(line, _address(cells), cells.get("reason", "")[:200])


def _balance(line: int, cells: Mapping[str, str], zone: ZoneInfo, now: int) -> Row:  # noqa: ARG001 - as of all kinds
    text = cells["points"].replace("\N{NO-BREAK SPACE}", "").replace(" ", "")
    if not text.isascii() or not text.isdigit() or int(text[:12]) > _MOST_POINTS:
        raise InvalidInput("The points are no whole number.", mend="Write digits only, as in 1250.")
    return Row(line, _address(cells), int(text))


def _moment(text: str, zone: ZoneInfo, now: int) -> int | None:
    """A day or a moment, at the store's clock unless it names a zone."""
    if not text:
        return None
    try:
        read = datetime.fromisoformat(text)
        at = to_us((read if read.tzinfo else read.replace(tzinfo=zone)).astimezone(UTC))
    except (ValueError, OverflowError) as problem:
        raise InvalidInput("The date is not understood.", mend="Write it as 2026-03-31, or 2026-03-31 14:05.") from problem
    if at > now or at < 0:
        raise InvalidInput("The date lies in the future, or before 1970.", mend="Write the day on which it was said.")
    return at


KINDS: Mapping[str, Kind] = {
    "consents": Kind(
        {
            "email": _EMAIL,
            "status": _STATUS,
            "date": _WHEN,
            "channel": ("channel",),
        },
        ("email", "status"),
        _consent,
    ),
    "suppressions": Kind({"email": _EMAIL, "reason": ("reason", "why", "note")}, ("email",), _suppression),
    "balances": Kind(
        {"email": _EMAIL, "points": _POINTS},
        ("email", "points"),
        _balance,
    ),
}
