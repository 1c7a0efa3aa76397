"""Who is asking: one answer for every host, by which each query of a page is scoped."""

from __future__ import annotations

from typing import NamedTuple

OWNER, EDITOR, VIEWER = "owner", "editor", "viewer"
ROLES = (OWNER, EDITOR, VIEWER)
SHOPIFY, WOOCOMMERCE, STANDALONE = "shopify", "woocommerce", "standalone"


class Shop(NamedTuple):
    """One store a visitor may turn to."""

    id: int
    key: str
    name: str


class Visitor(NamedTuple):
    """A person at a store's page. ``host`` is where the page is shown: shopify, woocommerce or standalone."""

    account_id: int
    store_id: int
    store_key: str
    store_name: str
    platform: str
    currency: str
    zone: str
    user: str  # as the audit log names them: "shopify:42", "woocommerce:7", "team:3"
    name: str
    role: str
    locale: str
    host: str
    digits: str = "locale"  # latin | locale
    calendar: str = "gregorian"  # gregorian | persian
    ancestors: tuple[str, ...] = ()  # origins that may show the page in a frame
    shops: tuple[Shop, ...] = ()  # those the visitor may turn to, this one included

    @property
    def may_edit(self) -> bool:
        return self.role in {OWNER, EDITOR}

    @property
    def may_own(self) -> bool:
        return self.role == OWNER
