"""The settings as a form: which belong together, what each is called, how it is typed, and how a posted form reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from flask_babel import lazy_gettext as _
from werkzeug.datastructures import MultiDict

from plugin_core.stores.settings import StoreSettings, as_json


class Field(NamedTuple):
    """``kind``: text | email | lines | whole | decimal | tick | choice | boundaries | words | segments | tiers | rates."""

    name: str
    kind: str
    label: Any
    help: Any = ""
    suffix: Any = ""
    options: tuple[tuple[str, Any], ...] = ()


class Group(NamedTuple):
    key: str
    title: Any
    words: Any
    fields: tuple[Field, ...]


_LANGUAGES = (("en", "English"), ("tr", "Türkçe"), ("ru", "Русский"), ("fa", "فارسی"))
_DAYS, _MONTHS, _HOURS = _("days"), _("months"), _("hours")

GROUPS = (
    Group(
        "counts",
        _("What counts as an order"),
        _("Changing these reads orders again or works everybody's figures out anew."),
        (
            Field(
                "counted_statuses",
                "words",
                _("Further order statuses"),
                _("WooCommerce only: statuses besides processing and completed that are purchases, separated by commas."),
            ),
            Field("visit_hours", "whole", _("Length of a visit"), _("Orders within it are one visit."), _HOURS),
            Field(
                "exchange_rates",
                "rates",
                _("Exchange rates"),
                _("What one unit of a foreign currency is worth here; used where an order brings no rate of its own."),
            ),
            Field(
                "consent_meta_key",
                "text",
                _("Where another plugin keeps the opt-in"),
                _("WooCommerce only: the key of the customer field that says who wants mails."),
            ),
        ),
    ),
    Group(
        "thresholds",
        _("When somebody counts as lost"),
        _("In multiples of a person's own rhythm: with 1, 2, 3 and 6, who buys every 30 days is slipping from day 31."),
        (
            Field("lifecycle_boundaries", "boundaries", _("Where active, slipping, at risk and lapsed end")),
            Field(
                "default_gap_days",
                "whole",
                _("Typical time between visits"),
                _("Used until the store has 30 people with three visits of their own."),
                _DAYS,
            ),
        ),
    ),
    Group(
        "shown",
        _("What the store shows"),
        _("Tags begin with the prefix, so that they can be told from yours; ours are removed when they no longer hold."),
        (
            Field("tag_prefix", "text", _("Start of every tag"), _("Letters or digits and a colon.")),
            Field(
                "tagged_segments",
                "segments",
                _("Segments shown as tags"),
                _("Most important first; a person has at most 12 tags of ours."),
            ),
        ),
    ),
    Group(
        "sender",
        _("Who is writing"),
        _("A campaign can't start before all four are filled in."),
        (
            Field("sender_name", "text", _("Name mails come from")),
            Field("sender_email", "email", _("Address mails come from")),
            Field("reply_to", "email", _("Address answers go to")),
            Field("postal_address", "lines", _("Postal address"), _("Shown in every mail; the law asks for it.")),
        ),
    ),
    Group(
        "mails",
        _("How often and when mails go out"),
        _("These hold for all campaigns together."),
        (
            Field("cap_mails", "whole", _("Marketing mails a person gets at most"), "", _("mails")),
            Field("cap_days", "whole", _("within"), "", _DAYS),
            Field("cooldown_days", "whole", _("Pause between two steps for the same person"), "", _DAYS),
            Field("quiet_hours", "tick", _("Hold mails back at night")),
            Field("quiet_from", "whole", _("The night begins at"), _("Hour in the person's own time zone."), _("o'clock")),
            Field("quiet_until", "whole", _("and ends at"), "", _("o'clock")),
        ),
    ),
    Group(
        "codes",
        _("Discount codes"),
        "",
        (
            Field("code_prefix", "text", _("Start of every code")),
            Field("code_days", "whole", _("Codes are valid for"), "", _DAYS),
        ),
    ),
    Group(
        "loyalty",
        _("Loyalty programme"),
        _("A new rate holds for orders from now on; tiers are judged anew at once, up at once and down when the hold ends."),
        (
            Field("earn_rate", "decimal", _("Points for one whole unit of money spent on goods")),
            Field("pending_days", "whole", _("Points can be used after"), _("The return window."), _DAYS),
            Field("expiry_months", "whole", _("Unused points expire after"), _("0: never."), _MONTHS),
            Field("retroactive", "tick", _("Earlier orders count, as if the programme had always run")),
            Field("tiers", "tiers", _("Tiers"), _("By goods bought within the window. The lowest begins at 0.")),
            Field("tier_window_months", "whole", _("Window the tiers look at"), "", _MONTHS),
            Field("tier_hold_months", "whole", _("A tier is held for"), "", _MONTHS),
            Field("tier_grace_days", "whole", _("and then for a grace of"), "", _DAYS),
        ),
    ),
    Group(
        "languages",
        _("Languages and formats"),
        "",
        (
            Field("locale", "choice", _("Language of mails to people whose own is not known"), options=_LANGUAGES),
            Field(
                "digits",
                "choice",
                _("Digits"),
                options=(("locale", _("The language's own")), ("latin", _("Latin: 0 to 9"))),
            ),
            Field(
                "calendar",
                "choice",
                _("Calendar"),
                options=(("gregorian", _("Gregorian")), ("persian", _("Persian (Solar Hijri)"))),
            ),
        ),
    ),
    Group(
        "keeping",
        _("How long things are kept"),
        _("Only what nothing needs any more; orders, points and consents stay as long as the store is connected."),
        (
            Field("keep_deliveries_days", "whole", _("That a message from the store was applied"), "", _DAYS),
            Field("keep_work_log_days", "whole", _("The log of imports and mended records"), "", _DAYS),
            Field("keep_audit_months", "whole", _("The log of who changed what"), _("0: for good."), _MONTHS),
        ),
    ),
)
FIELDS: Mapping[str, Field] = {field.name: field for group in GROUPS for field in group.fields}


def posted(form: MultiDict[str, str]) -> dict[str, Any]:
    """Setting -> what was typed, as :func:`plugin_core.stores.settings.parse` takes it. Only settings the form had."""
    return {field.name: value for field in FIELDS.values() if (value := _read(field, form)) is not None}


def shown(values: Mapping[str, Any]) -> dict[str, Any]:
    """What stands in the form: ``values`` (JSON or typed) by setting, ready for its kind of input."""
    return {name: _show(FIELDS[name], value) for name, value in values.items() if name in FIELDS}


def of(settings: StoreSettings) -> dict[str, Any]:
    return shown(as_json(settings))


def _read(field: Field, form: MultiDict[str, str]) -> Any:
    name = field.name
    if field.kind == "tick":
        given = form.getlist(name)
        return given[-1] if given else None
    if field.kind == "boundaries":
        return form.getlist(name) if name in form else None
    if field.kind == "segments":
        return [each for each in dict.fromkeys(form.getlist(name)) if each] if name in form else None
    if field.kind in {"tiers", "rates"}:
        left, right = _COLUMNS[field.kind]
        if f"{name}.{left}" not in form:
            return None
        rows = _rows(form.getlist(f"{name}.{left}"), form.getlist(f"{name}.{right}"))
        return [{"name": one, "threshold": other} for one, other in rows] if field.kind == "tiers" else dict(rows)
    return form.get(name)


_COLUMNS = {"tiers": ("name", "threshold"), "rates": ("currency", "rate")}


def _rows(left: list[str], right: list[str]) -> Iterator[tuple[str, str]]:
    """Rows left empty on both sides are none."""
    for one, other in zip(left, right, strict=False):
        if one.strip() or other.strip():
            yield one.strip(), other.strip()


def _show(field: Field, value: Any) -> Any:
    if field.kind == "tiers":
        return [(tier["name"], tier["threshold"]) for tier in value]
    if field.kind == "rates":
        return list(dict(value).items())
    if field.kind == "words":
        return value if isinstance(value, str) else ", ".join(value)
    if field.kind in {"boundaries", "segments"}:
        return [f"{each:g}" if isinstance(each, float) else str(each) for each in value]
    if field.kind == "tick":
        return value if isinstance(value, bool) else str(value).lower() in {"yes", "true", "on", "1"}
    return value
