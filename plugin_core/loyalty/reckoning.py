"""One person's orders and ledger against the rules: the entries that are missing, and the balances that follow.

Pure. The ledger is only ever added to: a difference between what stands and what should stand becomes a new entry with a cause of
its own, so reckoning again posts nothing and any order of arrival ends in the same balances.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple
from zoneinfo import ZoneInfo

from plugin_core.loyalty import tiers
from plugin_core.loyalty.points import Movement, expiries, worth
from plugin_core.loyalty.rules import Rules, at


class OrderFacts(NamedTuple):
    id: int
    external_id: str
    placed_at: int
    modified_at: int
    counted: bool
    basis: int | None  # net merchandise left, store currency; None: no rate known
    bought: int | None  # the same before any refund


class Entry(NamedTuple):
    cause: str
    kind: str
    points: int
    order_id: int | None
    basis: int | None
    rate: str | None
    version: int
    happened_at: int
    available_at: int


class Terms(NamedTuple):
    """What holds for every person of one store in one pass."""

    rules: Sequence[Rules]
    zone: ZoneInfo
    unit: int  # minor units of one major unit
    earns_from: int  # orders placed earlier earn nothing and count for no tier (retroactive switched off)
    now: int


class Reckoned(NamedTuple):
    missing: list[Entry]
    points: int
    pending: int
    standing: tiers.Standing
    next_check_at: int | None


def reckon(key: str, orders: Iterable[OrderFacts], ledger: Sequence[Entry], terms: Terms) -> Reckoned:
    """``key`` is the customer's; ``orders`` in order of time."""
    by_order: dict[int, list[Entry]] = defaultdict(list)
    expired: dict[int, list[Entry]] = defaultdict(list)
    movements: list[Movement] = []
    for entry in ledger:
        if entry.kind == "expire":
            expired[entry.happened_at].append(entry)
        elif entry.order_id is not None and entry.kind in {"earn", "adjust"}:
            by_order[entry.order_id].append(entry)
        else:
            activity = entry.kind == "redeem" or entry.points > 0
            movements.append(Movement(entry.happened_at, entry.points, entry.available_at, activity))
    missing: list[Entry] = []
    purchases: list[tiers.Purchase] = []
    for order in orders:
        posted = by_order.pop(order.id, [])
        counts = order.counted and order.basis is not None and (order.placed_at >= terms.earns_from or bool(posted))
        if not counts and not posted:
            continue
        new, earned = _of_order(order, posted, terms, counts=counts)
        missing.extend(new)
        points = sum(entry.points for entry in posted) + sum(entry.points for entry in new)
        activity = counts and worth(order.bought, earned.rate or "0", terms.unit) > 0
        movements.append(Movement(order.placed_at, points, earned.available_at, activity))
        if counts:
            purchases.append(tiers.Purchase(order.placed_at, order.basis or 0))
    for posted in by_order.values():  # nobody's order any more
        missing.extend(_withdrawal(posted))
    movements.sort()
    due, next_expiry = expiries(movements, terms.rules, terms.zone, terms.now)
    missing.extend(_of_expiry(key, {one.at: one.points for one in due}, expired, terms))
    return _balances(missing, ledger, purchases, next_expiry, terms)


def _of_order(order: OrderFacts, posted: Sequence[Entry], terms: Terms, *, counts: bool) -> tuple[list[Entry], Entry]:
    """The entry or two an order lacks, and its entry of earning: that one keeps the rate for ever."""
    earned = next((entry for entry in posted if entry.kind == "earn"), None)
    if earned is None:
        rules = at(terms.rules, order.placed_at)
        value = worth(order.basis, rules.rate, terms.unit)
        available_at = order.placed_at + rules.pending_us
        cause = f"order:{order.external_id}:earn"
        earned = Entry(cause, "earn", value, order.id, order.basis, rules.rate, rules.version, order.placed_at, available_at)
        return [earned], earned
    remaining = worth(order.basis, earned.rate or "0", terms.unit) if counts else 0
    change = remaining - sum(entry.points for entry in posted)
    if not change:
        return [], earned
    # As available as what it takes from: a refund in the return window lessens what is pending, not what can be spent.
    cause = f"order:{order.external_id}:adjust:{len(posted)}"
    basis = order.basis if counts else 0
    return [earned._replace(cause=cause, kind="adjust", points=change, basis=basis, happened_at=order.modified_at)], earned


def _withdrawal(posted: Sequence[Entry]) -> list[Entry]:
    standing = sum(entry.points for entry in posted)
    earned = next(entry for entry in posted if entry.kind == "earn")
    cause = earned.cause.removesuffix("earn") + f"adjust:{len(posted)}"
    return [earned._replace(cause=cause, kind="adjust", points=-standing, basis=0)] if standing else []


def _of_expiry(key: str, due: dict[int, int], posted: dict[int, list[Entry]], terms: Terms) -> list[Entry]:
    """Expiry follows from the whole history: where that changed, a correction stands beside what was posted for the moment."""
    entries = []
    for moment in sorted(due.keys() | posted.keys()):
        before = posted.get(moment, [])
        change = -due.get(moment, 0) - sum(entry.points for entry in before)
        if change:
            cause = f"expiry:{key}:{moment}" + (f":{len(before) + 1}" if before else "")
            version = at(terms.rules, moment).version
            entries.append(Entry(cause, "expire", change, None, None, None, version, moment, moment))
    return entries


def _balances(
    missing: list[Entry], ledger: Sequence[Entry], purchases: Sequence[tiers.Purchase], next_expiry: int | None, terms: Terms
) -> Reckoned:
    points = pending = 0
    moments = [] if next_expiry is None else [next_expiry]
    for entries in (ledger, missing):
        for entry in entries:
            if entry.available_at <= terms.now:
                points += entry.points
            else:
                pending += entry.points
                moments.append(entry.available_at)
    standing = tiers.standing(purchases, terms.rules, terms.zone, terms.now)
    if standing.next_check_at is not None:
        moments.append(standing.next_check_at)
    return Reckoned(missing, points, pending, standing, min(moments, default=None))
