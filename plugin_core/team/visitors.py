"""Staff who come through a store's own admin: remembered on their visit, and what they may do here."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from plugin_core import bulk
from plugin_core.clock import SECOND_US
from plugin_core.errors import InvalidInput, NotFound
from plugin_core.stores.models import AuditEntry, Store
from plugin_core.tables import metadata
from plugin_core.team.models import EmbeddedVisitor
from plugin_core.team.users import ROLES

FIRST_ROLE = "owner"  # the store's own admin has let them in; an owner can take it back here
_NOTED_US = 600 * SECOND_US
_COLUMNS = ("store_id", "platform_user", "name", "role", "first_seen_at", "last_seen_at")


def visitor_role(session: Session, store_id: int, platform_user: str, *, now: int) -> tuple[str, bool]:
    """(role, whether :func:`remember_visitor` is due). Only reads."""
    row = _row(session, store_id, platform_user)
    if row is None:
        return FIRST_ROLE, True
    return row.role, row.last_seen_at + _NOTED_US <= now


def remember_visitor(session: Session, store_id: int, platform_user: str, *, name: str = "", now: int) -> str:
    """Their role. ``name`` "" leaves the one known."""
    row = (store_id, platform_user, name, FIRST_ROLE, now, now)
    update = ("last_seen_at", "name") if name else ("last_seen_at",)
    table = metadata.tables[EmbeddedVisitor.__tablename__]
    bulk.upsert(session, table, _COLUMNS, [row], key=_COLUMNS[:2], update=update, newer="last_seen_at")
    return visitor_role(session, store_id, platform_user, now=now)[0]


def visitors(session: Session, store_id: int) -> list[EmbeddedVisitor]:
    """Latest first."""
    return list(
        session.scalars(
            select(EmbeddedVisitor)
            .where(EmbeddedVisitor.store_id == store_id)
            .order_by(EmbeddedVisitor.last_seen_at.desc(), EmbeddedVisitor.id)
        )
    )


def set_visitor_role(session: Session, store: Store, visitor_id: int, role: str, *, actor: str, by: str = "", now: int) -> None:
    """``by``: the platform's id of who asks, where they are a visitor themselves: nobody changes their own role."""
    if role not in ROLES:
        raise InvalidInput("There is no such role.", mend=f"Choose one of {', '.join(ROLES)}.")
    row = session.get(EmbeddedVisitor, visitor_id)
    if row is None or row.store_id != store.id:
        raise NotFound("There is no such visitor.")
    if row.platform_user == by:
        raise InvalidInput("You can't change your own role.", mend="Ask another owner of the store.")
    if row.role == role:
        return
    before, row.role = row.role, role
    session.add(
        AuditEntry(
            account_id=store.account_id,
            store_id=store.id,
            actor=actor,
            action="team.role",
            subject=f"{store.platform} user {row.platform_user}",
            before={"role": before},
            after={"role": role},
            at=now,
        )
    )
    session.flush()


def _row(session: Session, store_id: int, platform_user: str) -> EmbeddedVisitor | None:
    return session.scalars(
        select(EmbeddedVisitor)
        .where(EmbeddedVisitor.store_id == store_id, EmbeddedVisitor.platform_user == platform_user)
        .execution_options(populate_existing=True)
    ).first()
