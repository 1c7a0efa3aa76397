"""Tables of people, their accounts in stores, their addresses and their consent."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from plugin_core.db import Base, BigId

# Compared byte by byte on both databases: the order is the same, and a beginning is a range of the index.
Bytewise = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


class Customer(Base):
    """A person of an account, across its stores."""

    __tablename__ = "customers"
    __table_args__ = (
        sa.UniqueConstraint("account_id", "key"),
        sa.Index("ix_customers_account_id_email", "account_id", "email"),
        sa.Index("ix_customers_account_id_country", "account_id", "country"),
        sa.Index(
            "ix_customers_merged_into",
            "merged_into",
            sqlite_where=sa.text("merged_into IS NOT NULL"),
            postgresql_where=sa.text("merged_into IS NOT NULL"),
        ),
    )
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("accounts.id"))
    key: Mapped[str]  # 16 hex: stable, drawn on by holdouts and codes
    email: Mapped[str] = mapped_column(default="")  # identity form; "" where none is known
    phone: Mapped[str] = mapped_column(default="")
    first_name: Mapped[str] = mapped_column(default="")
    last_name: Mapped[str] = mapped_column(default="")
    locale: Mapped[str] = mapped_column(default="")
    country: Mapped[str] = mapped_column(default="")
    birthday: Mapped[str] = mapped_column(default="")  # "MM-DD"
    field_times: Mapped[dict[str, Any]] = mapped_column(default=dict)  # field -> time of the record it came from
    since: Mapped[int]  # earliest time known: account made or first order placed
    # The record the key was drawn from: the earliest decides, whatever arrived first.
    key_since: Mapped[int] = mapped_column(default=0)  # when that account was made or that order placed
    key_at: Mapped[int] = mapped_column(default=0)  # as of which change of that record
    edited: Mapped[dict[str, Any]] = mapped_column(default=dict)  # fields set by hand: never overwritten
    merged_into: Mapped[int | None] = mapped_column(BigId)
    paused_until: Mapped[int | None]  # no marketing until then
    erased_at: Mapped[int | None]


class CustomerAddress(Base):
    """An address that means this person within the account: an e-mail in identity form, or ``tel:+...`` for a verified phone."""

    __tablename__ = "customer_addresses"
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("accounts.id"), primary_key=True)
    address: Mapped[str] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(sa.ForeignKey("customers.id"), index=True)


class StoreCustomer(Base):
    """A person's account in one store (a platform id)."""

    __tablename__ = "store_customers"
    __table_args__ = (sa.UniqueConstraint("store_id", "external_id"),)
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    store_id: Mapped[int] = mapped_column(sa.ForeignKey("stores.id"))
    external_id: Mapped[str]
    customer_id: Mapped[int] = mapped_column(sa.ForeignKey("customers.id"), index=True)
    email: Mapped[str] = mapped_column(default="")  # as the store spells it
    tags: Mapped[list[Any]] = mapped_column(default=list)
    role: Mapped[str] = mapped_column(default="")
    platform_group: Mapped[str] = mapped_column(default="")
    created_at: Mapped[int | None]
    modified_at: Mapped[int] = mapped_column(default=0)
    content_hash: Mapped[str] = mapped_column(default="")
    placeholder: Mapped[bool] = mapped_column(default=False)  # an order named it, the record itself has not come yet
    nameless: Mapped[bool] = mapped_column(default=False)  # was seen without an e-mail: the addresses of its orders are its own
    deleted_at: Mapped[int | None]
    # The store's own totals, kept while its older orders can't be seen.
    totals_orders: Mapped[int | None]
    totals_spent: Mapped[int | None]
    totals_last_at: Mapped[int | None]
    totals_at: Mapped[int | None]


class CustomerMerge(Base):
    """What moved when two people became one, so that it can be undone."""

    __tablename__ = "customer_merges"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("accounts.id"))
    survivor_id: Mapped[int] = mapped_column(BigId, index=True)
    absorbed_id: Mapped[int] = mapped_column(BigId, index=True)
    reason: Mapped[str]
    moved: Mapped[dict[str, Any]]  # {"table": [row keys]}, and the survivor's fields as they were
    at: Mapped[int]
    undone_at: Mapped[int | None]


class MergeBlock(Base):
    """Two people that were parted by hand and must not be joined again by an address."""

    __tablename__ = "merge_blocks"
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("accounts.id"), primary_key=True)
    key_a: Mapped[str] = mapped_column(primary_key=True)  # key_a < key_b
    key_b: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[int]


class Consent(Base):
    """The state in force of one channel, per store; ``store_id`` 0 is our own preference centre."""

    __tablename__ = "consents"
    customer_id: Mapped[int] = mapped_column(sa.ForeignKey("customers.id"), primary_key=True)
    store_id: Mapped[int] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[str]
    source: Mapped[str]
    text_version: Mapped[str] = mapped_column(default="")
    at: Mapped[int]  # 0 where the source gives no time


class ConsentEntry(Base):
    """The ledger behind :class:`Consent`: every change, never altered."""

    __tablename__ = "consent_entries"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    customer_id: Mapped[int] = mapped_column(sa.ForeignKey("customers.id"), index=True)
    store_id: Mapped[int]
    channel: Mapped[str]
    state: Mapped[str]
    source: Mapped[str]
    text_version: Mapped[str] = mapped_column(default="")
    at: Mapped[int]
    recorded_at: Mapped[int]
    subject: Mapped[str] = mapped_column(default="")  # the account (platform id) it was said for; "" for a guest or with us


class Suppression(Base):
    """An address that must not be written to: bounce, complaint, or by hand."""

    __tablename__ = "suppressions"
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("accounts.id"), primary_key=True)
    channel: Mapped[str] = mapped_column(primary_key=True)
    address: Mapped[str] = mapped_column(primary_key=True)
    reason: Mapped[str]
    at: Mapped[int]


class PersonWords(Base):
    """How a store's person is spelt in lists: the name to order by, and all the words they are found by (folding.py)."""

    __tablename__ = "person_words"
    __table_args__ = (
        sa.Index("ix_person_words_store_id_name_customer_id", "store_id", "name", "customer_id"),
        sa.Index("ix_person_words_customer_id_store_id_name", "customer_id", "store_id", "name"),
    )
    store_id: Mapped[int] = mapped_column(sa.ForeignKey("stores.id", ondelete="CASCADE"), primary_key=True)
    customer_id: Mapped[int] = mapped_column(sa.ForeignKey("customers.id"), primary_key=True)
    name: Mapped[str] = mapped_column(Bytewise)
    words: Mapped[str] = mapped_column(Bytewise)


class PersonTerm(Base):
    """One of those words, to be found by its beginning. Follows from :class:`PersonWords`."""

    __tablename__ = "person_terms"
    __table_args__ = ({"sqlite_with_rowid": False},)
    store_id: Mapped[int] = mapped_column(sa.ForeignKey("stores.id", ondelete="CASCADE"), primary_key=True)
    term: Mapped[str] = mapped_column(Bytewise, primary_key=True)
    # No foreign key: it would need an index of its own whenever somebody is erased.
    customer_id: Mapped[int] = mapped_column(primary_key=True)


class CustomerNote(Base):
    """The merchant's own words about a person."""

    __tablename__ = "customer_notes"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("accounts.id"))
    customer_id: Mapped[int] = mapped_column(sa.ForeignKey("customers.id"), index=True)
    text: Mapped[str]
    author: Mapped[str]
    at: Mapped[int]
