"""What a job needs from the outside, handed over by the composition root."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from jobs.queue import NoQueue, Queue
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
    private_stores: bool = False  # stores may be on our own network: then they reach us without https, too
    finish_installs: Callable[[], int] = lambda: 0  # proves keys that stores have posted
    queue: Queue = field(default_factory=NoQueue)
    paused: Callable[[], bool] = lambda: False  # a task that runs long asks between its steps: others wait, or the process ends
