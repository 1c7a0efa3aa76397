"""Which rows speak of a person, and how they are given to another one and back."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from plugin_core import bulk


class Moved(NamedTuple):
    """``key`` names a row; ``unique`` must stay unique per person: such a row stays where the other has its own."""

    table: str
    key: tuple[str, ...]
    unique: tuple[str, ...] = ()


TABLES = (
    Moved("customer_addresses", ("account_id", "address")),
    Moved("store_customers", ("id",)),
    Moved("orders", ("id",)),
    Moved("checkouts", ("id",)),
    Moved("consent_entries", ("id",)),
    Moved("points_entries", ("id",)),
    Moved("tier_states", ("store_id",), ("store_id",)),
    Moved("offers", ("id",), ("campaign_id", "step", "round", "subject")),
    Moved("touches", ("id",)),
    Moved("customer_notes", ("id",)),
    Moved("referral_codes", ("id",), ("store_id",)),
)

# What came after the merge belongs to the one whose account or address it names.
_ACCOUNT = (
    "EXISTS (SELECT 1 FROM store_customers s WHERE s.customer_id = ? AND s.store_id = {table}.store_id "
    "AND s.external_id = {table}.{column} AND {table}.{column} <> '')"
)
_ADDRESS = (
    "({table}.account_external_id = '' AND EXISTS (SELECT 1 FROM customer_addresses a "
    "WHERE a.customer_id = ? AND a.address = {table}.email))"
)


def give(session: Session, giver: int, taker: int) -> dict[str, Any]:
    """All rows of ``giver`` that ``taker`` can have; the keys of those that moved, by table."""
    moved: dict[str, Any] = {}
    for table, key, unique in TABLES:
        clash = " AND ".join(f"kept.{name} = {table}.{name}" for name in unique)
        only = f" AND NOT EXISTS (SELECT 1 FROM {table} kept WHERE kept.customer_id = ? AND {clash})" if unique else ""
        extra = (taker,) if unique else ()
        rows = bulk.select(session, f"SELECT {', '.join(key)} FROM {table} WHERE customer_id = ?{only}", giver, *extra)
        moved[table] = [list(row) for row in rows]
        if rows:
            bulk.execute(session, f"UPDATE {table} SET customer_id = ? WHERE customer_id = ?{only}", taker, giver, *extra)
    return moved


def take_back(session: Session, moved: dict[str, Any], giver: int, taker: int) -> None:
    """The reverse of :func:`give`; what came meanwhile for the giver's accounts and addresses goes with it."""
    for table, key, _ in TABLES:
        where = " AND ".join(f"{name} = ?" for name in key)
        bulk.update_rows(
            session,
            f"UPDATE {table} SET customer_id = ? WHERE {where} AND customer_id = ?",
            [(giver, *row, taker) for row in moved.get(table, ())],
        )
    for table in ("orders", "checkouts"):
        mine = f"({_ACCOUNT.format(table=table, column='account_external_id')} OR {_ADDRESS.format(table=table)})"
        bulk.execute(session, f"UPDATE {table} SET customer_id = ? WHERE customer_id = ? AND {mine}", giver, taker, giver, giver)
    bulk.execute(
        session,
        f"UPDATE consent_entries SET customer_id = ? WHERE customer_id = ? "
        f"AND {_ACCOUNT.format(table='consent_entries', column='subject')}",
        *(giver, taker, giver),
    )
    bulk.execute(
        session,
        "UPDATE points_entries SET customer_id = ? WHERE customer_id = ? "
        "AND order_id IN (SELECT id FROM orders WHERE customer_id = ?)",
        *(giver, taker, giver),
    )
