"""Connections that are being made: who may begin one, what the store has to bring back, and that nothing is used twice.

The way of a key grant: offered (the merchant has a link) -> asked (they are at the store's consent page) -> granted (the store
has posted a key) -> done, or denied, or failed. Link and state are unguessable (256 bits), kept as hashes, good for ten minutes.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping

from sqlalchemy import and_, delete, or_, select, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from plugin_core.clock import DAY_US, SECOND_US
from plugin_core.errors import InvalidInput, NotFound
from plugin_core.stores.credentials import Vault
from plugin_core.stores.models import InstallState

LIFE_US = 600 * SECOND_US
_PROOF_US = 180 * SECOND_US  # longer than proving a key takes
_OPEN = ("offered", "asked")


def offer(session: Session, *, platform: str, address: str, actor: str, now: int) -> str:
    """The secret part of a link with which a merchant may connect this very store, once."""
    session.execute(delete(InstallState).where(InstallState.expires_at < now - DAY_US))
    ticket = secrets.token_urlsafe(32)
    session.add(
        InstallState(
            platform=platform,
            address=address,
            ticket_hash=_hash(ticket),
            stage="offered",
            actor=actor,
            created_at=now,
            expires_at=now + LIFE_US,
        )
    )
    return ticket


def offered(session: Session, ticket: str, *, now: int) -> InstallState:
    row = session.scalars(select(InstallState).where(InstallState.ticket_hash == _hash(ticket))).first()
    if row is None or row.stage not in _OPEN or row.expires_at <= now:
        raise _unknown()
    return row


def ask(session: Session, ticket: str, *, now: int) -> tuple[InstallState, str]:
    """A new state for the store to bring back; the one before, of the same link, is no longer good."""
    row = offered(session, ticket, now=now)
    state = secrets.token_urlsafe(32)
    row.state_hash, row.stage = _hash(state), "asked"
    return row, state


def by_state(session: Session, state: str, *, platform: str | None = None) -> InstallState | None:
    row = session.scalars(select(InstallState).where(InstallState.state_hash == _hash(state))).first()
    return row if row is not None and platform in (None, row.platform) else None


def grant(session: Session, vault: Vault, row: InstallState, keys: Mapping[str, str], *, now: int) -> None:
    """Keeps the keys, encrypted, until they are proven. InvalidInput where the state was used before or is too old."""
    sealed = vault.seal(_context(row.id), json.dumps(dict(keys)))
    result = session.execute(
        update(InstallState)
        .where(InstallState.id == row.id, InstallState.stage == "asked", InstallState.expires_at > now)
        .values(stage="granted", sealed_keys=sealed)
    )
    if not isinstance(result, CursorResult) or result.rowcount != 1:
        raise _unknown()


def deny(row: InstallState) -> None:
    if row.stage == "asked":
        row.stage, row.problem = "denied", "The access was declined in the store."


def take(session: Session, ticket: str, *, now: int) -> InstallState:
    """The connection for exactly one caller, until :func:`proven` or :func:`give_back`; one who never came back loses it."""
    lost = and_(InstallState.stage == "proving", InstallState.proving_until <= now)
    result = session.execute(
        update(InstallState)
        .where(
            InstallState.ticket_hash == _hash(ticket),
            or_(InstallState.stage.in_(_OPEN), lost),
            InstallState.expires_at > now,
        )
        .values(stage="proving", proving_until=now + _PROOF_US)
        .execution_options(synchronize_session=False)
    )
    if not isinstance(result, CursorResult) or result.rowcount != 1:
        raise _unknown()
    return session.scalars(select(InstallState).where(InstallState.ticket_hash == _hash(ticket))).one()


def give_back(session: Session, row_id: int) -> None:
    """The keys were not good: the link stays good for what is left of its time."""
    session.execute(
        update(InstallState).where(InstallState.id == row_id, InstallState.stage == "proving").values(stage="offered")
    )


def waiting_for_proof(session: Session, *, now: int) -> list[int]:
    return list(
        session.scalars(
            select(InstallState.id)
            .where(
                InstallState.stage == "granted",
                or_(InstallState.proving_until.is_(None), InstallState.proving_until <= now),
            )
            .order_by(InstallState.id)
        )
    )


def claim_proof(session: Session, vault: Vault, row_id: int, *, now: int) -> tuple[InstallState, dict[str, str]] | None:
    """The row and its keys for exactly one caller; None where somebody else is at it or it is over."""
    result = session.execute(
        update(InstallState)
        .where(
            InstallState.id == row_id,
            InstallState.stage == "granted",
            or_(InstallState.proving_until.is_(None), InstallState.proving_until <= now),
        )
        .values(proving_until=now + _PROOF_US)
        .execution_options(synchronize_session=False)
    )
    if not isinstance(result, CursorResult) or result.rowcount != 1:
        return None
    row = session.get_one(InstallState, row_id, populate_existing=True)
    keys: dict[str, str] = json.loads(vault.open(_context(row_id), row.sealed_keys))
    return row, keys


def proven(session: Session, row_id: int, store_id: int) -> None:
    row = session.get_one(InstallState, row_id)
    row.stage, row.store_id, row.sealed_keys, row.problem = "done", store_id, "", ""


def not_proven(session: Session, row_id: int, problem: str, *, again: bool, now: int) -> None:
    """``again``: the store could not be asked just now; that is tried until the link would have run out twice over."""
    row = session.get_one(InstallState, row_id)
    row.problem, row.proving_until = problem, now + 5 * SECOND_US
    if not again or now > row.expires_at + LIFE_US:
        row.stage, row.sealed_keys = "failed", ""


def use_once(session: Session, state: str, *, platform: str, address: str, actor: str, now: int) -> None:
    """Marks a state that travelled in a cookie as used. InvalidInput where it was used before, also at this very moment."""
    row = InstallState(
        platform=platform,
        address=address,
        state_hash=_hash(state),
        stage="done",
        actor=actor,
        created_at=now,
        expires_at=now + LIFE_US,
    )
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError as problem:
        raise _unknown() from problem


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _context(row_id: int) -> str:
    return f"install:{row_id}:keys"


def _unknown() -> InvalidInput:
    return NotFound("This link was used already or is too old.", mend="Start connecting again.")
