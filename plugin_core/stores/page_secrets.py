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
    store = session.scalars(select(Store).where(Store.platform == platform, Store.address == address)).first()
    if store is None or store.state == "disconnected" or session.get(StoreCredential, store.id) is None:
        return ()
    secret = load_credentials(session, vault, store).get(NAME, "")
    return (secret,) if secret else ()
