"""A campaign's audience in a moment, however large the store: whole in a small one, else from a sample or a page at a time."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy.orm import Session

from plugin_core import bulk
from plugin_core.customers.head_count import spread
from plugin_core.money import Money
from plugin_core.offers import planning
from plugin_core.offers.definitions import WINBACK
from plugin_core.offers.models import Campaign
from plugin_core.offers.planning import HELD_OUT, PLANNED, Verdict
from plugin_core.stores.models import Store

WHOLE = 4_000  # people; judged one by one within a tenth of a second
_PLACES, _AT_EACH = 40, 50  # of a sample
_STEP = 1_000  # people judged at once for a page, until it is full


class Glance(NamedTuple):
    """``exact`` False: worked out from a sample. ``judged``: everybody of whom something would be decided."""

    chosen: int
    held_out: int
    judged: int
    maximum_cost: Money
    exact: bool


class Page(NamedTuple):
    verdicts: list[Verdict]
    after: int | None  # where the next page begins; None: there is none


def glance(session: Session, store: Store, campaign: Campaign, *, now: int, known: int | None = None) -> Glance:
    """``known``: how many people the store had a while ago; saves counting them."""
    everybody, sample = _sample(session, store, campaign, known)
    verdicts, _version = planning.judge(session, store, campaign, now=now, among=sample)
    cost = planning.maximum_cost(session, store, verdicts)
    scale = everybody / len(sample) if sample else 1.0
    counts = [sum(verdict.outcome == outcome for verdict in verdicts) for outcome in (PLANNED, HELD_OUT)]
    chosen, held_out, judged = (round(count * scale) for count in (*counts, len(verdicts)))
    return Glance(chosen, held_out, judged, Money(round(cost.amount * scale), cost.currency), exact=sample is None)


def page(session: Session, store: Store, campaign: Campaign, *, outcome: str, after: int, size: int, now: int) -> Page:
    """Those with this ``outcome`` ("": all) behind the person ``after``, in the order of their ids.

    In a large store no more people are looked at than a moment allows: a page with fewer than ``size`` need not be the last.
    """
    among = _following(session, store, campaign, after)
    fitting: list[Verdict] = []
    for some in [among] if among is None else [among[start : start + _STEP] for start in range(0, len(among), _STEP)]:
        verdicts, _version = planning.judge(session, store, campaign, now=now, among=some)
        fitting += [one for one in verdicts if outcome in ("", one.outcome) and one.customer_id > after]
        if len({one.customer_id for one in fitting}) > size:
            break
    shown = fitting[:size]
    # Somebody's checkouts stay on one page: pages begin behind a person.
    shown += [one for one in fitting[size:] if shown and one.customer_id == shown[-1].customer_id]
    if len(fitting) > len(shown):
        return Page(shown, shown[-1].customer_id)
    return Page(shown, among[-1] if among and len(among) == WHOLE else None)


def _sample(session: Session, store: Store, campaign: Campaign, known: int | None) -> tuple[int, list[int] | None]:
    """How many people the store has, and some at evenly spaced places among their ids; None: all of them."""
    if campaign.kind != WINBACK:  # checkouts are few and new
        return 0, None
    everybody = known
    if everybody is None:
        everybody = int(bulk.select(session, "SELECT COUNT(*) FROM customer_stats WHERE store_id = ?", store.id)[0][0])
    if everybody <= WHOLE:
        return everybody, None
    return spread(session, store, places=_PLACES, at_each=_AT_EACH, known=everybody)


def _following(session: Session, store: Store, campaign: Campaign, after: int) -> list[int] | None:
    if campaign.kind != WINBACK:
        return None
    sql = "SELECT customer_id FROM customer_stats WHERE store_id = ? AND customer_id > ? ORDER BY customer_id LIMIT ?"
    return [id_ for (id_,) in bulk.select(session, sql, store.id, after, WHOLE)]
