"""What a merchant can set for a store: typed, versioned, with the defaults of the programme.

Every decision (segment, offer, points) records the version in force, so that "why?" has an answer.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from decimal import Decimal, InvalidOperation
from typing import Any, get_args, get_origin, get_type_hints

from sqlalchemy import select
from sqlalchemy.orm import Session

from plugin_core.errors import InvalidInput
from plugin_core.stores.allowed import objection
from plugin_core.stores.models import AuditEntry, Store, StoreSettingsVersion


@dataclass(frozen=True, slots=True)
class Tier:
    name: str
    threshold: int  # whole major units of the store's currency


def _default_tiers() -> tuple[Tier, ...]:
    return (Tier("bronze", 0), Tier("silver", 200), Tier("gold", 500), Tier("platinum", 1000))


@dataclass(frozen=True, slots=True)
class StoreSettings:
    """One field a setting; ``help`` in the metadata is what the settings page and the CLI show."""

    # What counts
    counted_statuses: tuple[str, ...] = field(
        default=(), metadata={"help": "WooCommerce: further order statuses that count as a purchase."}
    )
    consent_meta_key: str = field(
        default="", metadata={"help": "WooCommerce: customer meta key in which another plugin keeps the opt-in."}
    )
    exchange_rates: Mapping[str, str] = field(
        default_factory=dict,
        metadata={"help": "Store currency for 1 unit of a foreign currency, e.g. USD=0.92; used where an order carries no rate."},
    )
    visit_hours: int = field(
        default=12, metadata={"help": "Orders within this many hours of a visit's start belong to it.", "min": 1}
    )
    default_gap_days: int = field(
        default=60, metadata={"help": "Typical days between visits until the store has 30 people with 3 visits.", "min": 1}
    )
    lifecycle_boundaries: tuple[float, float, float, float] = field(
        default=(1.0, 2.0, 3.0, 6.0), metadata={"help": "Lateness at which active, slipping, at risk and lapsed end."}
    )
    # What the store shows
    tag_prefix: str = field(default="cb:", metadata={"help": "Start of every tag we write."})
    tagged_segments: tuple[str, ...] = field(
        default=(
            "brand_advocates",
            "lapsed_60",
            "lapsed_90",
            "lapsed_120",
            "big_spenders",
            "one_time_buyers",
            "second_order_due",
            "high_value_slipping",
        ),
        metadata={"help": "Segments shown in the store, most important first; at most 12 tags of ours a person."},
    )
    # Who is writing
    sender_name: str = field(default="", metadata={"help": "Name mails come from."})
    sender_email: str = field(default="", metadata={"help": "Address mails come from."})
    reply_to: str = field(default="", metadata={"help": "Address answers go to."})
    postal_address: str = field(default="", metadata={"help": "Postal address shown in every mail; the law asks for it."})
    # Offers
    code_prefix: str = field(default="CB-", metadata={"help": "Start of every code."})
    code_days: int = field(default=14, metadata={"help": "Days a code is valid.", "min": 1})
    cooldown_days: int = field(default=30, metadata={"help": "Days between two steps for the same person.", "min": 0})
    cap_mails: int = field(default=2, metadata={"help": "Marketing mails a person gets at most within the cap's days.", "min": 1})
    cap_days: int = field(default=7, metadata={"help": "Days the cap looks back.", "min": 1})
    quiet_hours: bool = field(default=True, metadata={"help": "Hold marketing mails back at night."})
    quiet_from: int = field(default=21, metadata={"help": "Hour at which the quiet hours begin.", "min": 0})
    quiet_until: int = field(default=9, metadata={"help": "Hour at which the quiet hours end.", "min": 0})
    # Loyalty
    earn_rate: Decimal = field(default=Decimal(1), metadata={"help": "Points for one whole major unit of net merchandise."})
    pending_days: int = field(default=14, metadata={"help": "Days until points can be used (the return window).", "min": 0})
    expiry_months: int = field(
        default=12, metadata={"help": "Months without earning or redeeming after which points expire; 0: never.", "min": 0}
    )
    retroactive: bool = field(default=True, metadata={"help": "Balances as if the programme had always run."})
    tiers: tuple[Tier, ...] = field(
        default_factory=_default_tiers, metadata={"help": "Tiers by net merchandise, e.g. bronze=0,silver=200."}
    )
    tier_window_months: int = field(default=12, metadata={"help": "Months a tier looks back.", "min": 1})
    tier_hold_months: int = field(default=12, metadata={"help": "Months a tier is held.", "min": 0})
    tier_grace_days: int = field(default=30, metadata={"help": "Days of grace after that.", "min": 0})
    locale: str = field(default="en", metadata={"help": "Language of mails to people whose own is not known: en, tr, ru or fa."})
    # How the pages write
    digits: str = field(default="locale", metadata={"help": "Digits on the pages: locale (Persian digits in Persian) or latin."})
    calendar: str = field(default="gregorian", metadata={"help": "Calendar of dates on the pages: gregorian or persian."})
    # How long is kept what nothing needs any more
    keep_deliveries_days: int = field(
        default=30, metadata={"help": "Days an applied webhook delivery is remembered; its content goes at once.", "min": 7}
    )
    keep_work_log_days: int = field(
        default=90, metadata={"help": "Days the log of imports and records that were mended in the end are kept.", "min": 7}
    )
    keep_audit_months: int = field(
        default=0, metadata={"help": "Months the log of who changed what is kept; 0: for good.", "min": 0}
    )


_TYPES = get_type_hints(StoreSettings)


def parse(name: str, text: Any) -> Any:
    """A setting's value from text (CLI, form) or JSON. InvalidInput says which field and what it takes."""
    if name not in _TYPES:
        known = ", ".join(sorted(_TYPES))
        raise InvalidInput(f"There is no setting {name!r}.", mend=f"Known settings: {known}.")
    try:
        value = _convert(name, _TYPES[name], text)
    except (ValueError, InvalidOperation, AttributeError, TypeError, KeyError) as problem:
        raise InvalidInput(f"{name}: {text!r} is not a value this setting takes.", mend=_taken(name)) from problem
    least = _metadata(name).get("min")
    if least is not None and value < least:
        raise InvalidInput(f"{name}: {value} is below {least}.", mend=_help(name))
    return value


def _allowed(name: str, text: Any) -> Any:
    """Only what is newly set is held to the rules: what an earlier version saved stays readable."""
    value = parse(name, text)
    against = objection(name, value)
    if against:
        raise InvalidInput(f"{name}: {text!r} can't be used.", mend=against)
    return value


def _metadata(name: str) -> Mapping[str, Any]:
    return next(item.metadata for item in fields(StoreSettings) if item.name == name)


def _taken(name: str) -> str:
    kind = _TYPES[name]
    return "Write yes or no." if kind is bool else "Write a whole number." if kind is int else _help(name)


def _help(name: str) -> str:
    return str(_metadata(name)["help"])


def _convert(name: str, kind: Any, value: Any) -> Any:
    if name == "tiers":
        return _tiers(value)
    if name == "exchange_rates":
        rates = dict(pair.split("=") for pair in value.split(",") if pair) if isinstance(value, str) else dict(value)
        return {code.strip().upper(): str(Decimal(rate)) for code, rate in rates.items()}
    if kind is bool:
        return (
            value
            if isinstance(value, bool)
            else {"true": True, "yes": True, "on": True, "1": True}.get(value.lower(), False) or _no(value)
        )
    if kind is int:
        return int(value)
    if kind is Decimal:
        return Decimal(str(value))
    if get_origin(kind) is tuple:
        parts = [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else list(value)
        inner = [item for item in get_args(kind) if item is not Ellipsis]
        if inner[0] is str and not all(isinstance(part, str) for part in parts):
            raise ValueError(name)
        if Ellipsis not in get_args(kind) and len(parts) != len(inner):
            raise ValueError(name)
        return tuple(_written(part) if inner[0] is str else inner[0](part) for part in parts)
    if not isinstance(value, str):
        raise TypeError(name)
    return _written(value).strip()


def _written(text: str) -> str:
    """ValueError for halves of letters, which JSON can hold and no database."""
    return text.encode().decode()


def _no(value: str) -> bool:
    if value.lower() in {"false", "no", "off", "0"}:
        return False
    raise ValueError(value)


def _tiers(value: Any) -> tuple[Tier, ...]:
    pairs = (
        [part.split("=") for part in value.split(",") if part]
        if isinstance(value, str)
        else [(item["name"], item["threshold"]) for item in value]
    )
    tiers = tuple(
        sorted((Tier(_written(str(name)).strip(), int(threshold)) for name, threshold in pairs), key=lambda tier: tier.threshold)
    )
    if not tiers or tiers[0].threshold != 0:
        raise ValueError("the lowest tier begins at 0")
    return tiers


def current(session: Session, store: Store) -> tuple[StoreSettings, int]:
    """The settings in force and their version (0: the defaults, never saved)."""
    row = session.scalars(
        select(StoreSettingsVersion)
        .where(StoreSettingsVersion.store_id == store.id)
        .order_by(StoreSettingsVersion.version.desc())
        .limit(1)
    ).first()
    if row is None:
        return StoreSettings(), 0
    known = {name: parse(name, value) for name, value in row.body.items() if name in _TYPES}
    return replace(StoreSettings(), **known), row.version


def candidate(before: StoreSettings, values: Mapping[str, Any]) -> StoreSettings:
    """``before`` with ``values`` (text or typed) changed. InvalidInput where one of them can't be used."""
    return replace(before, **{name: _allowed(name, value) for name, value in values.items()})


def differing(before: StoreSettings, after: StoreSettings) -> list[str]:
    """The names of the settings that are not the same."""
    old, new = as_json(before), as_json(after)
    return [name for name in new if new[name] != old[name]]


def change(session: Session, store: Store, values: Mapping[str, Any], *, actor: str, now: int) -> tuple[StoreSettings, int]:
    """Save a new version with ``values`` (text or typed) changed; equal values save nothing."""
    before, version = current(session, store)
    after = candidate(before, values)
    if after == before:
        return before, version
    old, new = as_json(before), as_json(after)
    session.add(StoreSettingsVersion(store_id=store.id, version=version + 1, body=new, changed_by=actor, changed_at=now))
    changed = differing(before, after)
    session.add(
        AuditEntry(
            account_id=store.account_id,
            store_id=store.id,
            actor=actor,
            action="settings.changed",
            subject=store.key,
            before={name: old[name] for name in changed},
            after={name: new[name] for name in changed},
            at=now,
        )
    )
    session.flush()
    return after, version + 1


def as_json(settings: StoreSettings) -> dict[str, Any]:
    body = asdict(settings)
    body["earn_rate"] = str(settings.earn_rate)
    body["exchange_rates"] = dict(settings.exchange_rates)
    return {name: list(value) if isinstance(value, tuple) else value for name, value in body.items()}


DEFAULTS: Mapping[str, Any] = types.MappingProxyType(as_json(StoreSettings()))


def describe(name: str) -> str:
    """What a setting is for, in a sentence."""
    return _help(name)
