"""Transactions that would lock the same rows in different orders take their account's lock first: one comes after the other."""

from __future__ import annotations

from sqlalchemy.orm import Session

from plugin_core import bulk
from plugin_core.db import is_sqlite

_ACCOUNT = 7_301  # first half of the advisory lock's key: tells ours from others in the same database


def hold_account(session: Session, account_id: int) -> None:
    """Until the transaction ends. SQLite has one writer anyway."""
    if not is_sqlite(session):
        bulk.select(session, "SELECT pg_advisory_xact_lock(?, ?)", _ACCOUNT, account_id)
