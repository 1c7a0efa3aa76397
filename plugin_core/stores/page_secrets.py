"""Secrets with which a store's own plugin signs who opened our page; they are kept among the store's credentials."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from plugin_core.stores.credentials import Vault, load_credentials
from plugin_core.stores.models import Store, StoreCredential

NAME = "page_secret"


def of(session: Session, vault: Vault, platform: str, address: str) -> Sequence[str]:
    """() where the store is not known, not connected, or has no plugin of ours."""
    known = store(session, platform, address)
    if known is None or known.state == "disconnected" or session.get(StoreCredential, known.id) is None:
        return ()
    secret = load_credentials(session, vault, known).get(NAME, "")
    return (secret,) if secret else ()


def store(session: Session, platform: str, address: str) -> Store | None:
    return session.scalars(select(Store).where(Store.platform == platform, Store.address == address)).first()
