"""Where a person's data lies: one query a section of the export."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Section(NamedTuple):
    """``:family`` in ``sql`` stands for the ids of the person and of everybody merged into them."""

    sql: str
    times: tuple[str, ...] = ()  # columns of microseconds
    money: Mapping[str, str] = {}  # column of minor units -> column that names its currency


SECTIONS: Mapping[str, Section] = {
    "addresses": Section(
        """
        SELECT address
        FROM customer_addresses
        WHERE customer_id IN :family
        ORDER BY address
        """,
    ),
    "accounts": Section(
        """
        SELECT s.name AS store, a.external_id AS id, a.email, a.tags, a.role, a.platform_group, a.created_at,
        a.modified_at, a.deleted_at
        FROM store_customers a
        JOIN stores s ON s.id = a.store_id
        WHERE a.customer_id IN :family
        ORDER BY a.id
        """,
        ("created_at", "modified_at", "deleted_at"),
    ),
    "consents": Section(
        """
        SELECT COALESCE(s.name, '') AS store, e.channel, e.state, e.source, e.text_version, e.at, e.recorded_at
        FROM consent_entries e
        LEFT JOIN stores s ON s.id = e.store_id
        WHERE e.customer_id IN :family
        ORDER BY e.at, e.id
        """,
        ("at", "recorded_at"),
    ),
    "orders": Section(
        """
        SELECT s.name AS store, o.id AS row_id, o.external_id AS id, o.number, o.placed_at, o.status, o.email,
        o.currency, o.total, o.refunded, o.codes, o.source
        FROM orders o
        JOIN stores s ON s.id = o.store_id
        WHERE o.customer_id IN :family
        ORDER BY o.placed_at, o.id
        """,
        ("placed_at",),
        {"total": "currency", "refunded": "currency"},
    ),
    "checkouts": Section(
        """
        SELECT s.name AS store, k.external_id AS id, k.email, k.first_name, k.locale, k.created_at, k.completed_at,
        k.currency, k.total, k.items, k.recovery_url
        FROM checkouts k
        JOIN stores s ON s.id = k.store_id
        WHERE k.customer_id IN :family
        ORDER BY k.created_at, k.id
        """,
        ("created_at", "completed_at"),
        {"total": "currency"},
    ),
    "purchase_figures": Section(
        """
        SELECT s.name AS store, s.currency, n.orders_count, n.net_spent, n.first_order_at, n.last_order_at, n.visits,
        s.rfm_cuts, n.lifecycle, n.points, n.points_pending, n.tier, n.may_email
        FROM customer_stats n
        JOIN stores s ON s.id = n.store_id
        WHERE n.customer_id IN :family
        ORDER BY s.id
        """,
        ("first_order_at", "last_order_at"),
        {"net_spent": "currency"},
    ),
    "points": Section(
        """
        SELECT s.name AS store, p.kind, p.points, p.cause, p.happened_at, p.available_at
        FROM points_entries p
        JOIN stores s ON s.id = p.store_id
        WHERE p.customer_id IN :family
        ORDER BY p.happened_at, p.id
        """,
        ("happened_at", "available_at"),
    ),
    "tiers": Section(
        """
        SELECT s.name AS store, t.tier, t.since, t.held_until
        FROM tier_states t
        JOIN stores s ON s.id = t.store_id
        WHERE t.customer_id IN :family
        ORDER BY s.id
        """,
        ("since", "held_until"),
    ),
    "segments": Section(
        """
        SELECT s.name AS store, g.name AS segment, m.entered_at, m.left_at
        FROM memberships m
        JOIN segments g ON g.id = m.segment_id
        JOIN stores s ON s.id = g.store_id
        WHERE m.customer_id IN :family
        ORDER BY m.entered_at, m.id
        """,
        ("entered_at", "left_at"),
    ),
    "referral_codes": Section(
        """
        SELECT s.name AS store, r.code, r.offered_at
        FROM referral_codes r
        JOIN stores s ON s.id = r.store_id
        WHERE r.customer_id IN :family
        ORDER BY s.id
        """,
        ("offered_at",),
    ),
    "offers": Section(
        """
        SELECT s.name AS store, c.name AS campaign, o.step, o.state, o.reason, o.percent, o.code, o.code_state, o.code_changes,
        o.code_expires_at, o.planned_at, o.decided_at
        FROM offers o
        JOIN campaigns c ON c.id = o.campaign_id
        JOIN stores s ON s.id = c.store_id
        WHERE o.customer_id IN :family
        ORDER BY o.planned_at, o.id
        """,
        ("code_expires_at", "planned_at", "decided_at"),
    ),
    "mails": Section(
        """
        SELECT s.name AS store, c.name AS campaign, t.channel, t.message_id, t.state, t.claimed_at, t.settled_at
        FROM touches t
        JOIN offers o ON o.id = t.offer_id
        JOIN campaigns c ON c.id = o.campaign_id
        JOIN stores s ON s.id = c.store_id
        WHERE t.customer_id IN :family
        ORDER BY t.claimed_at, t.id
        """,
        ("claimed_at", "settled_at"),
    ),
    "notes": Section(
        """
        SELECT n.text, n.author, n.at
        FROM customer_notes n
        WHERE n.customer_id IN :family
        ORDER BY n.at, n.id
        """,
        ("at",),
    ),
    "merges": Section(
        """
        SELECT m.reason, m.at, m.undone_at
        FROM customer_merges m
        WHERE m.survivor_id IN :family OR m.absorbed_id IN :family
        ORDER BY m.at, m.id
        """,
        ("at", "undone_at"),
    ),
}
