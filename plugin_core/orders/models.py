"""Tables of orders and of the purchase metrics kept per person and store."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from plugin_core.db import Base, BigId


class Order(Base):
    """``total``, ``refunded``... are in the order's currency; ``net`` and ``basis`` in the store's (None: no rate known)."""

    __tablename__ = "orders"
    __table_args__ = (
        sa.UniqueConstraint("store_id", "external_id"),
        sa.Index("ix_orders_customer_id_store_id_placed_at", "customer_id", "store_id", "placed_at"),
        sa.Index("ix_orders_store_id_number", "store_id", "number"),
    )
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    store_id: Mapped[int] = mapped_column(sa.ForeignKey("stores.id"))
    external_id: Mapped[str]
    customer_id: Mapped[int | None] = mapped_column(sa.ForeignKey("customers.id"))
    account_external_id: Mapped[str] = mapped_column(default="")  # the store's customer id; "" for a guest
    email: Mapped[str] = mapped_column(default="")  # identity form
    number: Mapped[str] = mapped_column(default="")
    placed_at: Mapped[int]
    modified_at: Mapped[int]
    content_hash: Mapped[str]
    status: Mapped[str]
    counted: Mapped[bool]
    void: Mapped[bool]
    test: Mapped[bool]
    currency: Mapped[str]
    total: Mapped[int]
    refunded: Mapped[int]
    merchandise: Mapped[int]  # as bought
    current_merchandise: Mapped[int]  # less what was refunded of it
    fx_rate: Mapped[str | None]
    received: Mapped[int | None]  # store currency
    net: Mapped[int | None]  # store currency: max(0, received - refunded)
    basis: Mapped[int | None]  # store currency
    codes: Mapped[list[Any]] = mapped_column(default=list)
    with_code: Mapped[bool] = mapped_column(default=False)
    source: Mapped[str] = mapped_column(default="")
    cart_token: Mapped[str] = mapped_column(default="")


class OrderLine(Base):
    __tablename__ = "order_lines"
    __table_args__ = ({"sqlite_with_rowid": False},)
    order_id: Mapped[int] = mapped_column(BigId, sa.ForeignKey("orders.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(sa.Integer, primary_key=True)
    external_id: Mapped[str]
    product_id: Mapped[str]  # external
    variant_id: Mapped[str]
    sku: Mapped[str]
    title: Mapped[str]
    quantity: Mapped[int]
    current_quantity: Mapped[int]
    net: Mapped[int]  # order's currency
    current_net: Mapped[int]
    gift_card: Mapped[bool]


class Refund(Base):
    __tablename__ = "refunds"
    __table_args__ = ({"sqlite_with_rowid": False},)
    order_id: Mapped[int] = mapped_column(BigId, sa.ForeignKey("orders.id", ondelete="CASCADE"), primary_key=True)
    external_id: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[int]
    amount: Mapped[int]  # positive, order's currency


class StaleCustomer(Base):
    """Work to do: this person's numbers in this store no longer follow from their orders."""

    __tablename__ = "stale_customers"
    __table_args__ = ({"sqlite_with_rowid": False},)
    store_id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(primary_key=True)


class CustomerStats(Base):
    """Purchase metrics of one person in one store (domain.md); counted orders only unless the name says otherwise.

    A row exists for each person known to the store, prospects included. Money is in the store's currency. RFM scores and groups
    are not kept: they follow from ``last_order_at``, ``orders_count``, ``net_spent`` and the store's cut points: segments.scores.
    """

    __tablename__ = "customer_stats"
    __table_args__ = (
        sa.Index("ix_customer_stats_store_id_next_crossing_at", "store_id", "next_crossing_at"),
        # Of a person: all that a list is ordered by, without the row itself.
        sa.Index(
            "ix_customer_stats_customer_id",
            *("customer_id", "store_id", "orders_count", "net_spent", "last_order_at", "points"),
        ),
        # What people are ranked and listed by.
        sa.Index("ix_customer_stats_orders_count", "store_id", "orders_count", "customer_id"),
        sa.Index("ix_customer_stats_net_spent", "store_id", "net_spent", "customer_id"),
        sa.Index("ix_customer_stats_last_order_at", "store_id", "last_order_at", "customer_id"),
        sa.Index(
            "ix_customer_stats_own_gap_days",
            *("store_id", "own_gap_days", "visits"),
            sqlite_where=sa.text("visits >= 3"),
            postgresql_where=sa.text("visits >= 3"),
        ),
        sa.Index("ix_customer_stats_points", "store_id", "points", "customer_id"),
        {"sqlite_with_rowid": False},
    )
    store_id: Mapped[int] = mapped_column(sa.ForeignKey("stores.id", ondelete="CASCADE"), primary_key=True)
    customer_id: Mapped[int] = mapped_column(sa.ForeignKey("customers.id"), primary_key=True)
    # In front what a pass over everybody reads: SQLite finds a column by walking past those before it.
    last_visit_at: Mapped[int | None]
    unseen_orders: Mapped[int] = mapped_column(
        default=0, server_default="0"
    )  # by the store's own count, beyond those that can be seen
    expected_gap_days: Mapped[float | None] = mapped_column(sa.Double)  # None without a visit
    visits: Mapped[int] = mapped_column(default=0)
    own_gap_days: Mapped[float | None] = mapped_column(sa.Double)  # None with fewer than 2 visits
    orders_count: Mapped[int] = mapped_column(default=0)
    last_order_at: Mapped[int | None]
    net_spent: Mapped[int] = mapped_column(default=0)
    lifecycle: Mapped[str] = mapped_column(default="prospect")
    segment_bits: Mapped[int] = mapped_column(default=0)  # bit b set: member of the store's segment with bit b
    next_crossing_at: Mapped[int | None]  # the next moment at which time alone may change something here
    priced_orders: Mapped[int] = mapped_column(default=0)  # those whose money is known in the store's currency
    foreign_orders: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON(none_as_null=True))  # {"USD": 1} left out of money
    net_merchandise: Mapped[int] = mapped_column(default=0)
    received: Mapped[int] = mapped_column(default=0)
    refunded: Mapped[int] = mapped_column(default=0)
    code_orders: Mapped[int] = mapped_column(default=0)
    first_order_at: Mapped[int | None]
    previous_order_at: Mapped[int | None]  # the order before the last
    last_touch_order_at: Mapped[int | None]  # newest order that is not void, counted or not
    last_refund_at: Mapped[int | None]
    # Kept by the loyalty room, here so that one scan can judge a segment.
    points: Mapped[int] = mapped_column(default=0)  # available
    points_pending: Mapped[int] = mapped_column(default=0)
    tier: Mapped[str] = mapped_column(default="")
    may_email: Mapped[bool] = mapped_column(default=False)  # kept with consent: some opt-in stands, no refusal, not suppressed


class Checkout(Base):
    """A checkout that was begun."""

    __tablename__ = "checkouts"
    __table_args__ = (
        sa.UniqueConstraint("store_id", "external_id"),
        sa.Index("ix_checkouts_store_id_created_at", "store_id", "created_at"),
    )
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    store_id: Mapped[int] = mapped_column(sa.ForeignKey("stores.id"))
    external_id: Mapped[str]
    customer_id: Mapped[int | None] = mapped_column(sa.ForeignKey("customers.id"))
    account_external_id: Mapped[str] = mapped_column(default="")
    email: Mapped[str] = mapped_column(default="")
    first_name: Mapped[str] = mapped_column(default="")
    locale: Mapped[str] = mapped_column(default="")
    created_at: Mapped[int]
    completed_at: Mapped[int | None]
    modified_at: Mapped[int]
    content_hash: Mapped[str]
    currency: Mapped[str]
    total: Mapped[int]
    recovery_url: Mapped[str]
    offer_url: Mapped[str] = mapped_column(default="")  # "{code}" in it stands for the code
    items: Mapped[list[Any]] = mapped_column(default=list)
    covered_by_platform: Mapped[bool] = mapped_column(default=False)
