"""What those who act are called: the audit log keeps "team:3", people read a name."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from plugin_core.team.models import AdminUser, EmbeddedVisitor


def called(session: Session, account_id: int, store_id: int, actors: Collection[str]) -> dict[str, str]:
    """Actor -> their name; only those of this account or store that have one."""
    numbers = {actor: int(number) for actor in actors if (number := actor.removeprefix("team:")).isdigit() and number != actor}
    found: dict[str, str] = {}
    users = select(AdminUser).where(AdminUser.account_id == account_id, AdminUser.id.in_(numbers.values()))
    for user in session.scalars(users) if numbers else ():
        found[f"team:{user.id}"] = user.name or user.email
    outside = {actor.partition(":")[2]: actor for actor in actors if ":" in actor and actor not in numbers}
    visitors = select(EmbeddedVisitor).where(
        EmbeddedVisitor.store_id == store_id, EmbeddedVisitor.platform_user.in_(outside.keys()), EmbeddedVisitor.name != ""
    )
    for visitor in session.scalars(visitors) if outside else ():
        found[outside[visitor.platform_user]] = visitor.name
    return found
