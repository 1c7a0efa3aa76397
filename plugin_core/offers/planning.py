"""Who a campaign acts on: one judgement serves the preview and the plan, so that the list shown is the set acted on."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import NamedTuple

from sqlalchemy.orm import Session

from plugin_core import bulk, codes
from plugin_core.clock import DAY_US
from plugin_core.money import Money, proportion
from plugin_core.offers import campaigns, candidates
from plugin_core.offers.definitions import Definition, Step
from plugin_core.offers.eligibility import SUPERSEDED, hindrance
from plugin_core.offers.ladder import Past, next_step
from plugin_core.offers.models import Campaign, Offer
from plugin_core.offers.timing import earliest
from plugin_core.offers.zones import zone_of
from plugin_core.platforms import Capability
from plugin_core.stores.models import Store
from plugin_core.stores.settings import current
from plugin_core.tables import metadata

PLANNED, HELD_OUT, SKIPPED = "planned", "held_out", "skipped"


class Verdict(NamedTuple):
    """What is decided about one person and step. ``reason``: why not, or what puts a yes off until ``due_at``."""

    customer_id: int
    customer_key: str
    step: str
    percent: int
    round: int
    subject: str
    anchor_at: int
    outcome: str  # planned | held_out | skipped
    reason: str
    due_at: int
    basket: int  # minor units: the checkout's total, 0 where it isn't about one
    offer_id: int | None  # an earlier "no" for the same step that this replaces
    changed: bool  # False: exactly this is stored already


@dataclass(frozen=True)
class Preview:
    """``verdicts`` holds every candidate; ``maximum_cost`` counts each discount on the person's largest basket so far."""

    campaign_key: str
    verdicts: tuple[Verdict, ...]
    maximum_cost: Money
    settings_version: int

    @cached_property
    def chosen(self) -> tuple[Verdict, ...]:
        return tuple(verdict for verdict in self.verdicts if verdict.outcome == PLANNED)

    @cached_property
    def held_out(self) -> tuple[Verdict, ...]:
        return tuple(verdict for verdict in self.verdicts if verdict.outcome == HELD_OUT)

    @cached_property
    def counts(self) -> Counter[str]:
        """By outcome, and by reason of the "no"s ("skipped: no opt-in")."""
        return Counter(
            verdict.outcome if verdict.outcome != SKIPPED else f"{SKIPPED}: {verdict.reason}" for verdict in self.verdicts
        )

    @cached_property
    def fingerprint(self) -> str:
        """Equal where the same people get the same steps."""
        lines = sorted(
            f"{v.customer_key}:{v.step}:{v.round}:{v.subject}:{v.outcome}" for v in self.verdicts if v.outcome != SKIPPED
        )
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:12]


def preview(session: Session, store: Store, campaign: Campaign, *, now: int) -> Preview:
    """What starting (or going on with) the campaign would do at this moment. Changes nothing."""
    verdicts, version = judge(session, store, campaign, now=now)
    return Preview(campaigns.hash_key(store, campaign), tuple(verdicts), maximum_cost(session, store, verdicts), version)


def plan(session: Session, store: Store, campaign: Campaign, *, now: int) -> Counter[str]:
    """Store offers for exactly the preview's set; how many of each outcome are new. Repeatable: the second time adds nothing."""
    verdicts, version = judge(session, store, campaign, now=now)
    return record(session, campaign, verdicts, settings_version=version, now=now)


def judge(
    session: Session, store: Store, campaign: Campaign, *, now: int, again: bool = True, among: Sequence[int] | None = None
) -> tuple[list[Verdict], int]:
    """Every candidate with a yes or a no, and the version of the settings that decided.

    ``again`` False leaves out who was refused before for want of consent and still is: it changes nothing that would be stored.
    ``among``: only these people.
    """
    definition = campaigns.definition(campaign)
    settings, version = current(session, store)
    cooldown = settings.cooldown_days if definition.cooldown_days is None else definition.cooldown_days
    people = candidates.find(session, store, campaign, definition, now=now, again=again, among=among)
    ids = [person.customer_id for person in people]
    past = candidates.past(session, campaign, ids)
    mails = candidates.recent_mails(session, store, now - settings.cap_days * DAY_US, ids)
    accounts_only = binds_to_accounts(store)
    share_key = campaigns.hash_key(store, campaign)
    verdicts: list[Verdict] = []
    seen: set[int] = set()
    for person in people:
        had = past.get(person.customer_id, [])
        who = person.standing
        place = next_step(
            definition,
            had,
            anchor_at=who.anchor_at,
            subject=person.subject,
            reached_by=partial(_reached, definition, person),
            cooldown_days=cooldown,
            now=now,
        )
        if place is None:
            seen.add(person.customer_id)
            continue
        step = place.step
        reason = hindrance(who, needs_account=accounts_only and step.percent > 0, now=now) or (
            SUPERSEDED if person.customer_id in seen else place.hindrance
        )
        seen.add(person.customer_id)
        due_at, outcome = now, SKIPPED
        if not reason:
            due_at, reason = earliest(now, zone_of(person.country, store.zone), mails.get(person.customer_id, ()), settings)
            outcome = PLANNED
            if codes.share(f"{share_key}:{person.key}") < campaign.holdout_share:
                due_at, outcome, reason = now, HELD_OUT, ""
        verdicts.append(_verdict(person, step, place.round, outcome, reason, due_at, had))
    return verdicts, version


def binds_to_accounts(store: Store) -> bool:
    """Whether a code in this store can only be given to somebody with an account there."""
    return Capability.CUSTOMER_BOUND_CODES in store.capabilities and Capability.GUEST_CODES not in store.capabilities


def _reached(definition: Definition, person: candidates.Candidate, now: int) -> int:
    """The index of the highest step whose moment has come, -1 where none has."""
    highest = -1
    for index, step in enumerate(definition.steps):
        anchor = person.last_visit_at if step.unit == "gaps" else person.standing.anchor_at
        moment = None if anchor is None else step.reached_at(anchor, person.expected_gap_days)
        if moment is not None and moment <= now:
            highest = index
    return highest


def _verdict(
    person: candidates.Candidate, step: Step, round_: int, outcome: str, reason: str, due_at: int, had: Sequence[Past]
) -> Verdict:
    stored = next(
        (offer for offer in had if (offer.step, offer.round, offer.subject) == (step.name, round_, person.subject)), None
    )
    anchor_at = person.standing.anchor_at
    changed = stored is None or (stored.state, stored.reason, stored.anchor_at) != (outcome, reason, anchor_at)
    return Verdict(
        person.customer_id, person.key, step.name, step.percent, round_, person.subject, anchor_at, outcome, reason, due_at,
        person.basket, stored.id if stored else None, changed,
    )  # fmt: skip


_COLUMNS = (
    "campaign_id", "customer_id", "step", "round", "subject", "state", "reason", "percent", "anchor_at", "planned_at", "due_at",
    "decided_at", "settings_version", "code", "code_external_id", "code_state",
    "code_changes", "attempts",
)  # fmt: skip

_AGAIN = """
    UPDATE offers
    SET state = ?, reason = ?, percent = ?, anchor_at = ?, planned_at = ?, due_at = ?, decided_at = ?, settings_version = ?,
        code = '', code_expires_at = NULL, attempts = 0
    WHERE id = ? AND state = 'skipped' AND minted_at IS NULL
"""


def record(session: Session, campaign: Campaign, verdicts: Sequence[Verdict], *, settings_version: int, now: int) -> Counter[str]:
    """Write down what is new among ``verdicts``. Two doing it at once is no harm: the first row stays."""
    changed = [verdict for verdict in verdicts if verdict.changed]
    fresh = [
        (
            campaign.id, v.customer_id, v.step, v.round, v.subject, v.outcome, v.reason, v.percent, v.anchor_at, now, v.due_at,
            None if v.outcome == PLANNED else now, settings_version, "", "", "", "", 0,
        )
        for v in changed
        if v.offer_id is None
    ]  # fmt: skip
    bulk.upsert(session, metadata.tables[Offer.__tablename__], _COLUMNS, fresh, key=_COLUMNS[:5])
    again = [
        (
            v.outcome,
            v.reason,
            v.percent,
            v.anchor_at,
            now,
            v.due_at,
            None if v.outcome == PLANNED else now,
            settings_version,
            v.offer_id,
        )
        for v in changed
        if v.offer_id is not None
    ]
    bulk.update_rows(session, _AGAIN, again)
    return Counter(verdict.outcome for verdict in changed)


def maximum_cost(session: Session, store: Store, verdicts: Sequence[Verdict]) -> Money:
    """If every code is used, each on the person's largest basket so far."""
    discounted = [verdict for verdict in verdicts if verdict.outcome == PLANNED and verdict.percent]
    largest: dict[int, int] = {}
    if any(not verdict.basket for verdict in discounted):
        sql = f"""
            SELECT customer_id, MAX(received) FROM orders WHERE store_id = ? AND counted AND received IS NOT NULL
            AND customer_id IN ({bulk.listed(session, "bigint")}) GROUP BY customer_id
        """
        people = [verdict.customer_id for verdict in discounted]
        largest = {row[0]: row[1] for row in bulk.select(session, sql, store.id, bulk.values(session, people))}
    cost = sum(proportion(verdict.basket or largest.get(verdict.customer_id, 0), verdict.percent, 100) for verdict in discounted)
    return Money(cost, store.currency)
