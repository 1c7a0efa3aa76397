"""The log of who changed what: filtered, a page at a time, and as a file."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Response
from flask_babel import lazy_gettext

from admin import csv_lines, settings_fields
from admin.desk import Desk
from admin.pages.settings import names, said
from admin.routes import Pages, standalone, typed, whole
from admin.visitor import Visitor
from plugin_core.audit import Wanted, all_entries, entries, rooms
from plugin_core.clock import from_us, to_us
from plugin_core.stores.models import AuditEntry, Store
from plugin_core.team.naming import called

_HERE = "/app/privacy/audit"
_SHOWN = 50
_MOST = 100_000  # rows of a file
ACTIONS: Mapping[str, Any] = {
    "settings.changed": lazy_gettext("Settings changed"),
    "store.connected": lazy_gettext("Store connected"),
    "store.disconnected": lazy_gettext("Store disconnected"),
    "store.uninstalling": lazy_gettext("Began to leave the store as it was"),
    "store.sync_asked": lazy_gettext("Asked to look through the store"),
    "store.replay_asked": lazy_gettext("Asked to take messages in again"),
    "store.writes_asked": lazy_gettext("Asked to write to the store again"),
    "store.erased": lazy_gettext("Store erased"),
    "campaign.running": lazy_gettext("Campaign started"),
    "campaign.changed": lazy_gettext("Campaign changed"),
    "campaign.sample": lazy_gettext("Sample mail sent"),
    "campaign.paused": lazy_gettext("Campaign paused"),
    "team.created": lazy_gettext("Access given"),
    "team.role": lazy_gettext("Role changed"),
    "team.password": lazy_gettext("Password set"),
    "team.disabled": lazy_gettext("Access taken away"),
    "team.enabled": lazy_gettext("Access given back"),
    "export.customers": lazy_gettext("List of customers saved as a file"),
    "import.consents": lazy_gettext("Consents imported from a file"),
    "import.suppressions": lazy_gettext("Suppressions imported from a file"),
    "import.balances": lazy_gettext("Opening balances imported from a file"),
    "privacy.exported": lazy_gettext("Copy of a person's data taken"),
    "merchant.told_to_reconnect": lazy_gettext("Told to connect the store again"),
}
_COLUMNS = ("time", "who", "action", "subject", "before", "after")
ROOMS: Mapping[str, Any] = {
    "settings": lazy_gettext("Settings"),
    "store": lazy_gettext("Stores"),
    "campaign": lazy_gettext("Campaigns"),
    "segment": lazy_gettext("Segments"),
    "customer": lazy_gettext("Customers"),
    "loyalty": lazy_gettext("Loyalty"),
    "team": lazy_gettext("Team access"),
    "privacy": lazy_gettext("Privacy"),
    "export": lazy_gettext("Files saved"),
    "import": lazy_gettext("Files brought along"),
    "merchant": lazy_gettext("Notices"),
}


def create_pages(desk: Desk) -> Pages:
    pages = Pages("audit", desk)

    @pages.get(_HERE)
    def audit(who: Visitor) -> Response:
        wanted = _wanted(who)
        with desk.database.read() as session:
            found = entries(session, wanted, before=typed().get("before", type=whole), limit=_SHOWN)
            called_ = names(session, session.get_one(Store, who.store_id))
            values: dict[str, Any] = {
                "rows": [(each, _changes(each, called_)) for each in found],
                "people": called(session, who.account_id, who.store_id, {each.actor for each in found}),
                "rooms": [(room, ROOMS.get(room, room)) for room in rooms(session, wanted)],
            }
        asked = {name: typed()[name] for name in ("room", "actor", "since", "until") if typed().get(name)}
        return pages.render(
            "privacy/audit.html",
            who,
            asked=asked,
            actions=ACTIONS,
            next={**asked, "before": found[-1].id} if len(found) == _SHOWN else None,
            file=pages.download(who, f"{_HERE}.csv", **asked) if who.may_own else "",
            **values,
        )

    @pages.get(f"{_HERE}.csv", role="owner")
    def audit_file(who: Visitor) -> Response:
        with desk.database.read() as session:
            rows = list(_rows(all_entries(session, _wanted(who), most=_MOST)))
        return csv_lines.file("audit.csv", _COLUMNS, rows)

    return pages


def _changes(entry: AuditEntry, called_: Mapping[str, str]) -> list[tuple[Any, str | None, str]]:
    """(what, before, after); settings by the names they have on their page."""
    fields = settings_fields.FIELDS if entry.action.startswith("settings.") else {}
    return [
        (
            fields[name].label if name in fields else name.replace("_", " "),
            said(called_, entry.before[name]) if name in entry.before else None,
            said(called_, value),
        )
        for name, value in entry.after.items()
    ]


def _wanted(who: Visitor) -> Wanted:
    return Wanted(
        account_id=who.account_id,
        store_id=None if standalone(who) else who.store_id,
        room=typed().get("room", ""),
        actor=typed().get("actor", ""),
        since=_day(typed().get("since", ""), who, 0),
        until=_day(typed().get("until", ""), who, 1),
    )


def _day(text: str, who: Visitor, later: int) -> int | None:
    """The beginning of a day in the store's zone, ``later`` days on; None where it is none."""
    try:
        day = date.fromisoformat(text) + timedelta(days=later)
        return to_us(datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(who.zone)).astimezone(UTC))
    except (ValueError, OverflowError):
        return None


def _rows(found: Iterator[AuditEntry]) -> Iterator[tuple[str, ...]]:
    for each in found:
        before, after = (json.dumps(part, ensure_ascii=False) for part in (each.before, each.after))
        yield from_us(each.at).isoformat(timespec="seconds"), each.actor, each.action, each.subject, before, after
