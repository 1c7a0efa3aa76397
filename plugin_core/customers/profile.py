"""One person as a store knows them: who, what they said, the figures, and why they are where they are."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from plugin_core import bulk
from plugin_core.clock import DAY_US
from plugin_core.customers.models import Customer, Suppression
from plugin_core.customers.privacy.traces import survivor_of
from plugin_core.errors import NotFound
from plugin_core.orders.models import CustomerStats
from plugin_core.segments import explain
from plugin_core.segments.frame import Frame
from plugin_core.segments.lifecycle import expected_gap_days
from plugin_core.segments.rules import parse
from plugin_core.stores import settings as store_settings
from plugin_core.stores.models import Store


class Word(NamedTuple):
    """What stands for one channel in one store; ``store`` "" is our own preference centre."""

    channel: str
    store: str
    state: str
    source: str
    text_version: str
    at: int  # 0: nobody said when


class AccountHeld(NamedTuple):
    store: str
    external_id: str
    tags: tuple[str, ...]
    created_at: int | None
    deleted_at: int | None


class Rhythm(NamedTuple):
    """``every_days`` None with fewer than two visits; ``late_days`` against the expected gap, negative: not due yet."""

    every_days: float | None
    expected_days: float
    since_days: float
    late_days: float


class Belongs(NamedTuple):
    slug: str
    name: str
    since: int | None
    settings_version: int | None
    why: explain.Explanation


class Standing(NamedTuple):
    tier: str
    since: int
    held_until: int | None
    metric: int


class Profile(NamedTuple):
    person: Customer
    stats: CustomerStats
    foreign: dict[str, int]
    addresses: tuple[str, ...]
    accounts: tuple[AccountHeld, ...]
    words: tuple[Word, ...]
    suppression: Suppression | None
    rhythm: Rhythm | None
    segments: tuple[Belongs, ...]
    tier: Standing | None
    referral_code: str


def find(session: Session, store: Store, key: str) -> Customer:
    """The person, or the one they became part of. NotFound where this store doesn't know them."""
    unknown = NotFound("This store knows nobody like that.", mend="Search the list of customers.")
    found = session.scalar(select(Customer.id).where(Customer.account_id == store.account_id, Customer.key == key))
    if found is None:
        raise unknown
    person = survivor_of(session, found)
    if session.get(CustomerStats, (store.id, person.id)) is None:
        raise unknown
    return person


def profile(session: Session, store: Store, person: Customer, *, now: int) -> Profile:
    stats = session.get_one(CustomerStats, (store.id, person.id))
    rows = bulk.select(session, "SELECT address FROM customer_addresses WHERE customer_id = ? ORDER BY address", person.id)
    held = bulk.select(
        session,
        "SELECT s.name, a.external_id, a.tags, a.created_at, a.deleted_at FROM store_customers a "
        "JOIN stores s ON s.id = a.store_id WHERE a.customer_id = ? AND NOT a.placeholder ORDER BY a.id",
        person.id,
    )
    said = bulk.select(
        session,
        "SELECT n.channel, COALESCE(s.name, ''), n.state, n.source, n.text_version, n.at FROM consents n "
        "LEFT JOIN stores s ON s.id = n.store_id WHERE n.customer_id = ? ORDER BY n.channel, n.store_id",
        person.id,
    )
    codes = bulk.select(session, "SELECT code FROM referral_codes WHERE store_id = ? AND customer_id = ?", store.id, person.id)
    tiers = bulk.select(
        session,
        "SELECT tier, since, held_until, metric FROM tier_states WHERE store_id = ? AND customer_id = ?",
        *(store.id, person.id),
    )
    return Profile(
        person,
        stats,
        dict(stats.foreign_orders or {}),
        tuple(row[0] for row in rows),
        tuple(AccountHeld(name, ext, tuple(_loaded(tags)), made, gone) for name, ext, tags, made, gone in held),
        tuple(Word(*row) for row in said),
        session.get(Suppression, (person.account_id, "email", person.email)) if person.email else None,
        rhythm(stats, store.store_gap_days, now),
        _segments(session, store, person, now),
        Standing(*tiers[0]) if tiers else None,
        codes[0][0] if codes else "",
    )


def rhythm(stats: CustomerStats, store_gap_days: float, now: int) -> Rhythm | None:
    """None without a visit."""
    expected = expected_gap_days(stats.visits, stats.own_gap_days, store_gap_days)
    if expected is None or stats.last_visit_at is None:
        return None
    since = (now - stats.last_visit_at) / DAY_US
    return Rhythm(stats.own_gap_days, expected, since, since - expected)


def _segments(session: Session, store: Store, person: Customer, now: int) -> tuple[Belongs, ...]:
    """Those they are in, each with its rule judged leaf by leaf."""
    rows = bulk.select(
        session,
        "SELECT g.slug, g.name, g.rule, m.entered_at, m.settings_version FROM customer_stats s "
        "JOIN segments g ON g.store_id = s.store_id AND (s.segment_bits >> CAST(g.bit AS INTEGER)) & 1 = 1 "
        "LEFT JOIN memberships m ON m.segment_id = g.id AND m.customer_id = s.customer_id AND m.left_at IS NULL "
        "WHERE s.store_id = ? AND s.customer_id = ? ORDER BY g.bit",
        *(store.id, person.id),
    )
    if not rows:
        return ()
    settings, _ = store_settings.current(session, store)
    facts, frame = explain.load(session, store, person.id), Frame.of(store, settings, now=now)
    return tuple(
        Belongs(slug, name, since, version, explain.judge(parse(_loaded(rule)), facts, frame))
        for slug, name, rule, since, version in rows
    )


def _loaded(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value
