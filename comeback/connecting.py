"""Connecting a store by credentials somebody typed."""

from __future__ import annotations

from collections.abc import Mapping

from comeback.app import App
from comeback.installing import take_in
from plugin_core.platforms import StoreFacts


def connect(app: App, platform: str, address: str, credentials: Mapping[str, str], *, actor: str) -> tuple[str, StoreFacts]:
    """The store's key and what it says of itself. Raises StoreError or InvalidInput; then nothing was saved."""
    app.platform(platform)
    connected = take_in(app.connector, platform, address, credentials, actor=actor)
    return connected.key, connected.facts
