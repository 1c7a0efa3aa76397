"""How every store stands, in one look: the same figures for the command line, the page and the demo."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from plugin_core import bulk
from plugin_core.clock import from_us
from plugin_core.inbox import overview as inbox
from plugin_core.insights.standing import at_stake
from plugin_core.insights.standing import standing as people_standing
from plugin_core.money import major
from plugin_core.segments.lifecycle import STAGES
from plugin_core.stores.models import Account, Store
from plugin_core.work import standing

_OFFERS = "offers o JOIN campaigns c ON c.id = o.campaign_id WHERE c.store_id = ?"
_TOUCHES = "touches t JOIN offers o ON o.id = t.offer_id JOIN campaigns c ON c.id = o.campaign_id WHERE c.store_id = ?"


def overview(session: Session) -> dict[str, Any]:
    stores = list(session.scalars(select(Store).order_by(Store.id)))
    accounts = session.scalars(select(Account).order_by(Account.id))
    return {
        "accounts": [account_row(session, account) for account in accounts],
        "stores": [store_row(session, store) for store in stores],
    }


def account_row(session: Session, account: Account) -> dict[str, Any]:
    return {
        "account": account.key,
        "people": _one(session, "SELECT COUNT(*) FROM customers WHERE account_id = ? AND merged_into IS NULL", account.id),
        "people_in_several_stores": _one(
            session,
            "SELECT COUNT(*) FROM (SELECT x.customer_id FROM customer_stats x JOIN stores s ON s.id = x.store_id "
            "WHERE s.account_id = ? GROUP BY x.customer_id HAVING COUNT(*) > 1) AS several",
            account.id,
        ),
    }


def store_row(session: Session, store: Store, counts: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """``counts``: what :func:`counted` gave a while ago, where counting anew takes too long."""
    counts = counted(session, store) if counts is None else counts
    offers = dict(bulk.select(session, f"SELECT o.state, COUNT(*) FROM {_OFFERS} GROUP BY o.state", store.id))
    last_sync = _one(session, "SELECT MAX(finished_at) FROM runs WHERE store_id = ? AND state = 'done'", store.id)
    return {
        "store": store.key,
        "platform": store.platform,
        "name": store.name,
        "state": store.state,
        "currency": store.currency,
        **{name: value for name, value in counts.items() if name != "foreign"},
        "offers": offers,
        "codes_created": _one(session, f"SELECT COUNT(*) FROM {_OFFERS} AND o.code_external_id <> ''", store.id),
        "mails_sent": _one(session, f"SELECT COUNT(*) FROM {_TOUCHES} AND t.state = 'sent'", store.id),
        "referral_codes": _one(session, "SELECT COUNT(*) FROM referral_codes WHERE store_id = ?", store.id),
        "queue": _one(session, "SELECT COUNT(*) FROM outbox WHERE store_id = ? AND state <> 'dead'", store.id),
        "webhooks": inbox.states(session, store.id),
        "webhooks_refused": inbox.counts(session, store.key),
        "last_sync": from_us(last_sync).isoformat(timespec="seconds") if last_sync else None,
        "needs": list(_needs(session, store, counts["foreign"])),
    }


def counted(session: Session, store: Store) -> dict[str, Any]:
    """What takes longer the more people and orders there are. JSON-able."""
    people, orders, net, points, pending = bulk.select(
        session,
        "SELECT COUNT(*), COALESCE(SUM(orders_count), 0), COALESCE(SUM(net_spent), 0), COALESCE(SUM(points), 0), "
        "COALESCE(SUM(points_pending), 0) FROM customer_stats WHERE store_id = ?",
        store.id,
    )[0]
    anonymous_orders, anonymous_net = bulk.select(
        session,
        "SELECT COUNT(*), COALESCE(SUM(net), 0) FROM orders WHERE store_id = ? AND counted AND customer_id IS NULL",
        store.id,
    )[0]
    foreign = bulk.select(
        session,
        "SELECT currency, COUNT(*) FROM orders WHERE store_id = ? AND counted AND net IS NULL "
        "GROUP BY currency ORDER BY currency",
        store.id,
    )
    written = "SELECT COUNT(*) FROM written_states w JOIN store_customers a ON a.id = w.store_customer_id WHERE a.store_id = ?"
    return {
        "people": people,
        "orders": int(orders) + anonymous_orders,
        "orders_without_person": anonymous_orders,
        "net_spent": str(major(int(net) + int(anonymous_net), store.currency)),
        "net_spent_minor": int(net) + int(anonymous_net),
        "points": int(points),
        "points_pending": int(pending),
        "segments": _segments(session, store),
        "lifecycle": _lifecycle(session, store),
        "slipping": _slipping(session, store),
        "tagged": _tagged(session, store),
        "profiles_written": _one(session, written, store.id),
        "foreign": dict(foreign),
    }


def _lifecycle(session: Session, store: Store) -> dict[str, int]:
    """Stage -> people, in the order in which people pass through them."""
    sql = "SELECT lifecycle, COUNT(*) FROM customer_stats WHERE store_id = ? GROUP BY lifecycle"
    found = dict(bulk.select(session, sql, store.id))
    return {stage: found[stage] for stage in STAGES if stage in found}


def _slipping(session: Session, store: Store) -> dict[str, Any]:
    """People late for their next visit but not yet lapsed, what they have spent so far, and what they are worth a year."""
    count, spent = bulk.select(
        session,
        "SELECT COUNT(*), COALESCE(SUM(net_spent), 0) FROM customer_stats "
        "WHERE store_id = ? AND lifecycle IN ('slipping', 'at_risk')",
        store.id,
    )[0]
    _people, worth = at_stake(people_standing(session, store))
    return {
        "people": count,
        "net_spent": str(major(int(spent), store.currency)),
        "net_spent_minor": int(spent),
        "worth_a_year": str(major(worth, store.currency)),
        "worth_a_year_minor": worth,
    }


def _segments(session: Session, store: Store) -> dict[str, int]:
    rows = bulk.select(
        session,
        "SELECT g.slug, COUNT(m.id) FROM segments g LEFT JOIN memberships m ON m.segment_id = g.id AND m.left_at IS NULL "
        "WHERE g.store_id = ? AND g.archived_at IS NULL GROUP BY g.slug, g.bit ORDER BY g.bit",
        store.id,
    )
    return dict(rows)


def _tagged(session: Session, store: Store) -> dict[str, int]:
    """Tag of ours -> accounts carrying it, as last written."""
    if "customer_tags" not in store.capabilities:
        return {}
    sqlite = session.get_bind().dialect.name == "sqlite"
    each = "json_each(w.tags) AS tag" if sqlite else "json_array_elements_text(w.tags) AS tag(value)"
    rows = bulk.select(
        session,
        f"SELECT tag.value, COUNT(*) FROM written_states w JOIN store_customers a ON a.id = w.store_customer_id, {each} "
        "WHERE a.store_id = ? GROUP BY tag.value ORDER BY tag.value",
        store.id,
    )
    return dict(rows)


def _needs(session: Session, store: Store, foreign: Mapping[str, int]) -> Iterator[str]:
    if store.problem:
        yield store.problem
    rejected = _one(session, "SELECT COUNT(*) FROM rejected_records WHERE store_id = ? AND resolved_at IS NULL", store.id)
    if rejected:
        reason = _one(
            session,
            "SELECT reason FROM rejected_records WHERE store_id = ? AND resolved_at IS NULL ORDER BY id LIMIT 1",
            store.id,
        )
        yield f"{rejected} records could not be read and are tried again at each sync. The first: {reason}"
    dead = _one(session, "SELECT COUNT(*) FROM outbox WHERE store_id = ? AND state = 'dead'", store.id)
    if dead:
        problem = _one(session, "SELECT problem FROM outbox WHERE store_id = ? AND state = 'dead' ORDER BY id LIMIT 1", store.id)
        yield f"{dead} writes to the store were given up. The first: {problem}"
    yield from inbox.needs(session, store)
    yield from standing.troubles(session, store.id)
    unknown = _one(
        session,
        f"SELECT COUNT(*) FROM {_TOUCHES} AND t.state = 'unknown'",
        store.id,
    )
    if unknown:
        yield f"{unknown} mails may or may not have gone out when the program stopped; they are not repeated."
    for currency, count in foreign.items():
        yield f"plus {count} orders in {currency}, left out of the money: give a rate in the settings (exchange_rates)."


def _one(session: Session, sql: str, *parameters: Any) -> Any:
    return bulk.select(session, sql, *parameters)[0][0]
