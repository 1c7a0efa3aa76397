"""The ports through which a merchant's store comes in: what a platform's adapter offers for consent, keys and tokens.

Times are aware UTC datetimes. Credentials are texts by name; ``access_expires_at`` and ``refresh_expires_at`` (ISO 8601, "" or
missing: never) are understood by the core, all others by the adapter alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from plugin_core.segments.export import Express


class Visit(NamedTuple):
    """A merchant who opened the app inside the store's admin, proven by the platform's short-lived token."""

    address: str
    token: str  # never logged, never in a link
    claims: Mapping[str, object]
    ancestors: Sequence[str] = ()  # origins that may show this visit's pages in a frame, besides those of the address


class Shopper(NamedTuple):
    """Somebody in the shop itself, whose request the platform passed on; ``account`` is "" where they are not signed in."""

    address: str  # the store's
    account: str  # external id, by the platform's word


class Returned(NamedTuple):
    """A merchant who came back from the consent page; ``code`` is "" where they said no."""

    address: str
    code: str


class EmbeddedHome(Protocol):
    """The app's page inside the platform's admin."""

    script_url: str  # the platform's script that fetches a fresh token
    client_id: str
    reload_param: str  # names the path that the script opens with it
    retry_headers: Mapping[str, str]  # of a refusal after which the script fetches a fresh token and asks once more

    def visit(self, token: str, *, now: datetime, secrets: Callable[[str], Sequence[str]]) -> Visit:
        """InvalidInput where the token is not genuine, not for this app, or stale.

        ``secrets`` gives those a store's own plugin signs with, newest first, by the store's address.
        """
        ...

    def credentials(self, visit: Visit, *, now: datetime) -> Mapping[str, str]:
        """Over the network. StoreError where the platform gives none; AccessRevoked where the token became stale meanwhile."""
        ...

    def ancestors(self, address: str) -> Sequence[str]:
        """The origins that may show this store's page in a frame; of any store where ``address`` is empty."""
        ...


class RedirectGrant(Protocol):
    """Consent in the browser, which comes back with a code."""

    def link(self, address: str, *, state: str, back_url: str) -> str: ...

    def returned(self, params: Mapping[str, str], *, state: str, now: datetime) -> Returned:
        """InvalidInput where signature, state, time or address is wrong."""
        ...

    def credentials(self, returned: Returned, *, now: datetime) -> Mapping[str, str]:
        """Over the network; a code can be exchanged once."""
        ...


class KeyGrant(Protocol):
    """Consent in the browser; the store itself posts the keys to us, unsigned."""

    def link(self, address: str, *, state: str, back_url: str, callback_url: str) -> str: ...

    def state_of(self, body: object) -> str:
        """The state a posted body claims to answer; "" where it names none."""
        ...

    def keys(self, body: object, *, state: str) -> Mapping[str, str]:
        """InvalidInput where it answers another state or holds no usable keys."""
        ...


class PluginGrant(Protocol):
    """A plugin of ours inside the store posts us keys it made, with a ticket that we gave out for that very store."""

    def site_of(self, body: object) -> str:
        """The address the plugin is at. InvalidInput where a body is not what the plugin sends, here and below."""
        ...

    def credentials(self, body: object) -> Mapping[str, str]:
        """With the secret that proves visits to our page (``page_secrets``)."""
        ...


class StorefrontProxy(Protocol):
    """The platform passes requests of shoppers on to us."""

    def shopper(self, query: Sequence[tuple[str, str]], *, now: datetime) -> Shopper:
        """InvalidInput where the platform did not sign these parameters, or not lately."""
        ...


class Renew(Protocol):
    def __call__(self, address: str, credentials: Mapping[str, str], *, store: str) -> Mapping[str, str]:
        """All credentials anew, over the network. Transient: the old refresh token may be used again.

        AccessRevoked: the chain is broken, the merchant has to open the app again.
        """
        ...


class Doors(NamedTuple):
    """The ways in that one platform offers."""

    home: EmbeddedHome | None = None
    redirect: RedirectGrant | None = None
    keys: KeyGrant | None = None
    plugin: PluginGrant | None = None
    renew: Renew | None = None
    proxy: StorefrontProxy | None = None
    segment_query: Express | None = None  # a rule in the platform's own segment language
