"""What a job needs from the outside, handed over by the composition root."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from plugin_core.db import Database
from plugin_core.messaging import Channel, Renderer
from plugin_core.platforms import Platform, StoreClient
from plugin_core.stores.credentials import Vault
from plugin_core.stores.models import Store


@dataclass(frozen=True, slots=True)
class JobContext:
    database: Database
    vault: Vault
    client: Callable[[Store], AbstractContextManager[StoreClient]]  # opens and closes; decrypts credentials for the call chain
    channel: Channel
    renderer: Renderer
    public_url: str  # where shoppers reach us; no trailing slash
    clock: Callable[[], int]  # now, microseconds UTC
    platforms: Mapping[str, Platform] = field(default_factory=dict)  # by name
    finish_installs: Callable[[], int] = lambda: 0  # proves keys that stores have posted
