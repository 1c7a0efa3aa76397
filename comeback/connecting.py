"""Connecting a store by credentials somebody typed, or by a link to the store's own consent page."""

from __future__ import annotations

from collections.abc import Mapping

from comeback.app import App
from comeback.installing import take_in
from plugin_core.addresses import normalise_url, resolve
from plugin_core.errors import InvalidInput
from plugin_core.platforms import StoreFacts
from plugin_core.stores import installing


def connect(app: App, platform: str, address: str, credentials: Mapping[str, str], *, actor: str) -> tuple[str, StoreFacts]:
    """The store's key and what it says of itself. Raises StoreError or InvalidInput; then nothing was saved."""
    app.platform(platform)
    connected = take_in(app.connector, platform, address, credentials, actor=actor)
    return connected.key, connected.facts


def offer_link(app: App, platform: str, address: str, *, actor: str) -> str:
    """A link, good once and for ten minutes, with which a merchant connects exactly this store."""
    where = app.platform(platform).normalise_address(address)
    grant = app.doors[platform].keys
    if grant is None:
        raise InvalidInput(f"{platform} stores can't be connected by such a link.", mend="Install the app in the store's admin.")
    public_url = app.settings.public_url
    callback_url = f"{public_url}/auth/{platform}/keys"
    grant.link(
        where, state="tried", back_url=f"{public_url}/connect/return", callback_url=callback_url
    )  # refuses what can't work
    allow_private = app.settings.allow_private_stores
    site = normalise_url(where, allow_private=allow_private)
    try:
        resolve(site.host, site.port, allow_private=allow_private)
    except OSError as problem:
        raise InvalidInput(
            f"{site.host} is not found on the internet.", mend="Check the address for a typing error."
        ) from problem
    with app.database.write() as session:
        ticket = installing.offer(session, platform=platform, address=where, actor=actor, now=app.context.clock())
    return f"{public_url}/connect/{ticket}"
