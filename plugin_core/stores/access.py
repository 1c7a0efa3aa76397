"""What the platform tells us about our own access: taken away, or changed."""

from __future__ import annotations

from sqlalchemy import delete
from sqlalchemy.orm import Session

from plugin_core.platforms import StoreFacts
from plugin_core.stores.connect import take_facts
from plugin_core.stores.models import AuditEntry, Store, StoreCredential


def uninstalled(session: Session, store: Store, *, at: int, now: int) -> bool:
    """Stop all work and forget the tokens; the data stays. False where it tells of an earlier installation than the present.

    ``at``: when the merchant did it (microseconds UTC); such news may come after they have installed the app again.
    """
    if at < store.connected_at or store.state == "disconnected":
        return False
    session.execute(delete(StoreCredential).where(StoreCredential.store_id == store.id))
    store.state, store.problem = "disconnected", "The app was removed in the store. Install it there again to go on."
    _audit(session, store, "store.uninstalled", {}, {}, now)
    return True


def facts_changed(session: Session, store: Store, facts: StoreFacts, *, now: int) -> None:
    """What the store is, or what it lets us do, has changed; all orders are taken in anew where more of them can be seen now."""
    before = sorted(str(each) for each in store.facts.get("scopes", ()))
    take_facts(store, facts)
    after = sorted(facts.scopes)
    if before != after:
        _audit(session, store, "store.scopes_changed", {"scopes": before}, {"scopes": after}, now)


def _audit(session: Session, store: Store, action: str, before: dict[str, object], after: dict[str, object], now: int) -> None:
    session.add(
        AuditEntry(
            account_id=store.account_id,
            store_id=store.id,
            actor="platform",
            action=action,
            subject=store.key,
            before=before,
            after=after,
            at=now,
        )
    )
