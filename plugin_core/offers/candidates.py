"""Everybody a campaign has to judge now, read in one statement a campaign."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from plugin_core import bulk
from plugin_core.clock import DAY_US
from plugin_core.offers.definitions import HOUR_US, WINBACK, Definition, Step
from plugin_core.offers.eligibility import Standing
from plugin_core.offers.ladder import Past
from plugin_core.offers.models import Campaign
from plugin_core.stores.models import Store

# The columns of a Standing up to the account, for a query with customers c, customer_stats s and the store's id as parameter.
# A refusal and an account are looked up only where they can decide.
STANDING = """
    c.email, c.erased_at, c.paused_until, COALESCE(s.may_email, {false}),
    EXISTS (
        SELECT 1 FROM suppressions x
        WHERE x.account_id = c.account_id AND x.channel = 'email' AND x.address = c.email AND c.email <> ''),
    CASE WHEN s.may_email THEN {false} ELSE EXISTS (
        SELECT 1 FROM consents n WHERE n.customer_id = c.id AND n.channel = 'email' AND n.state = 'unsubscribed') END,
    EXISTS (SELECT 1 FROM store_customers a WHERE a.customer_id = c.id AND a.store_id = ? AND a.deleted_at IS NULL)
"""

_LAPSED = """
    SELECT c.id, c.key, c.country, '', {standing}, s.last_order_at, s.last_touch_order_at, NULL, {false},
        s.last_visit_at, s.expected_gap_days, 0
    FROM customer_stats s JOIN customers c ON c.id = s.customer_id
    WHERE s.store_id = ? AND c.merged_into IS NULL AND s.last_order_at IS NOT NULL
    AND (s.last_order_at <= ? OR s.last_visit_at + ? * s.expected_gap_days <= ?){among}
    AND NOT EXISTS (SELECT 1 FROM offers o WHERE o.campaign_id = ? AND o.customer_id = c.id AND ({settled}))
    ORDER BY c.id
"""

_CHECKOUTS = """
    SELECT c.id, c.key, c.country, k.external_id, {standing}, k.created_at, s.last_touch_order_at, k.completed_at,
        k.covered_by_platform, NULL, NULL, k.total
    FROM checkouts k JOIN customers c ON c.id = k.customer_id
    LEFT JOIN customer_stats s ON s.store_id = k.store_id AND s.customer_id = c.id
    WHERE k.store_id = ? AND k.created_at BETWEEN ? AND ? AND k.completed_at IS NULL AND c.merged_into IS NULL
    ORDER BY c.id, k.created_at DESC, k.id DESC
"""

_PAST = """
    SELECT id, customer_id, step, round, subject, state, reason, anchor_at, decided_at, minted_at
    FROM offers WHERE campaign_id = ?
"""

# In this round they have had the step and the next one is not reached: nothing to decide.
_WAITING = """
    (o.step = ? AND o.anchor_at >= s.last_order_at AND (o.state <> 'skipped' OR o.minted_at IS NOT NULL) AND NOT ({next}))
"""

# Without consent as before, at the same step as before: the stored "no" still says it.
_STILL_NO = """
    (NOT s.may_email AND o.step = ? AND o.anchor_at = s.last_order_at AND o.state = 'skipped' AND o.minted_at IS NULL
    AND o.reason IN ('no opt-in', 'unsubscribed') AND NOT ({next}))
"""

_NEVER = -(2**62)


class Candidate(NamedTuple):
    customer_id: int
    key: str
    country: str
    subject: str  # the checkout; "" where it is about the person
    standing: Standing
    last_visit_at: int | None
    expected_gap_days: float | None
    basket: int  # minor units of the checkout


def find(
    session: Session, store: Store, campaign: Campaign, definition: Definition, *,
    now: int, again: bool = True, among: Sequence[int] | None = None,
) -> list[Candidate]:  # fmt: skip
    """People who have reached a step, in the order of their ids; somebody's checkouts with the newest first.

    ``again`` False leaves out those who were told no for want of consent and would hear the same. ``among``: only these people.
    """
    false = "0" if session.get_bind().dialect.name == "sqlite" else "FALSE"
    standing = STANDING.format(false=false)
    if definition.kind == WINBACK:
        days = min((step.after for step in definition.steps if step.unit == "days"), default=None)
        gaps = min((step.after for step in definition.steps if step.unit == "gaps"), default=None)
        by_days = _NEVER if days is None else now - int(days * DAY_US)
        by_gaps = _NEVER if gaps is None else now
        settled, names = _settled(definition, now, (_WAITING,) if again else (_WAITING, _STILL_NO))
        narrowed = f" AND c.id IN ({bulk.listed(session, 'bigint')})" if among is not None else ""
        chosen = () if among is None else (bulk.values(session, among),)
        rows = bulk.select(
            session,
            _LAPSED.format(standing=standing, false=false, settled=settled, among=narrowed),
            *(store.id, store.id, by_days, float((gaps or 0) * DAY_US), by_gaps, *chosen, campaign.id, *names),
        )
    else:
        oldest, newest = now - definition.entry_hours * HOUR_US, now - int(definition.steps[0].after * HOUR_US)
        rows = bulk.select(session, _CHECKOUTS.format(standing=standing), store.id, store.id, oldest, newest)
    chosen_people = None if among is None else set(among)
    return [_candidate(row) for row in rows if chosen_people is None or row[0] in chosen_people]


def _settled(definition: Definition, now: int, conditions: tuple[str, ...]) -> tuple[str, list[str]]:
    """SQL for "this offer shows that there is nothing new to decide", and the step names it asks for."""
    found = [
        (condition.format(next=_reached(following, now)), step.name)
        for step, following in zip(definition.steps, [*definition.steps[1:], None], strict=True)
        for condition in conditions
    ]
    return " OR ".join(condition for condition, _name in found), [name for _condition, name in found]


def _reached(step: Step | None, now: int) -> str:
    if step is None:
        return "1 = 0"
    if step.unit == "gaps":
        return f"s.expected_gap_days IS NOT NULL AND s.last_visit_at + {step.after * DAY_US!r} * s.expected_gap_days <= {now}"
    return f"s.last_order_at <= {now - int(step.after * DAY_US)}"


def _candidate(row: tuple[Any, ...]) -> Candidate:
    return Candidate(row[0], row[1], row[2], row[3], standing(row[4:15]), row[15], row[16], row[17])


def standing(row: tuple[Any, ...]) -> Standing:
    """From the columns of :data:`STANDING`, then anchor, last order, completed and covered."""
    email, erased_at, paused_until, may_email, suppressed, refused, has_account, anchor_at, last_touch, completed_at, covered = (
        row
    )
    return Standing(
        email,
        erased_at,
        paused_until,
        bool(may_email),
        bool(suppressed),
        bool(refused),
        bool(has_account),
        anchor_at,
        last_touch,
        completed_at,
        bool(covered),
    )


def past(session: Session, campaign: Campaign, customer_ids: Sequence[int]) -> dict[int, list[Past]]:
    """What each of these people has had from this campaign."""
    found: dict[int, list[Past]] = defaultdict(list)
    sql = f"{_PAST} AND customer_id IN ({bulk.listed(session, 'bigint')})"
    for row in bulk.select(session, sql, campaign.id, bulk.values(session, customer_ids)):
        found[row[1]].append(Past(*row))
    return found


def recent_mails(session: Session, store: Store, since: int, customer_ids: Sequence[int]) -> dict[int, list[int]]:
    """Moments of marketing mails since ``since`` by person, oldest first; the whole account's, for the cap is the person's."""
    sql = f"""
        SELECT t.customer_id, t.claimed_at FROM touches t JOIN customers c ON c.id = t.customer_id
        WHERE t.state IN ('sending', 'sent', 'unknown') AND t.claimed_at > ? AND c.account_id = ?
        AND t.customer_id IN ({bulk.listed(session, "bigint")}) ORDER BY t.claimed_at
    """
    found: dict[int, list[int]] = defaultdict(list)
    for customer_id, at in bulk.select(session, sql, since, store.account_id, bulk.values(session, customer_ids)):
        found[customer_id].append(at)
    return found
