"""Access tokens that are good when they are needed: renewed by one process at a time, and kept alive where nobody needs them."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import structlog

from jobs.context import JobContext
from plugin_core.db import Database
from plugin_core.errors import AccessRevoked, StoreError, Transient
from plugin_core.installers import Doors
from plugin_core.stores import tokens
from plugin_core.stores.credentials import Vault
from plugin_core.stores.models import Store

_POLL_S = 0.2
_PATIENCE_S = 60.0

_log = structlog.get_logger("jobs.tokens")


@dataclass(frozen=True, slots=True)
class TokenSource:
    database: Database
    vault: Vault
    doors: Mapping[str, Doors]
    clock: Callable[[], int]  # microseconds UTC
    pause: Callable[[float], None] = time.sleep

    def current(self, store_id: int) -> Mapping[str, str]:
        """Credentials that are good for the next two minutes. StoreError where there are none to be had."""
        return self._until_good(store_id, refused="")

    def after_refusal(self, store_id: int, refused: str) -> Mapping[str, str]:
        """Others than the access token that the store refused just now, however long it was to live."""
        return self._until_good(store_id, refused=refused)

    def renewable(self, store: Store) -> bool:
        return store.platform in self.doors and self.doors[store.platform].renew is not None

    def _until_good(self, store_id: int, *, refused: str) -> Mapping[str, str]:
        waited = 0.0
        while True:
            held, store = self._read(store_id)
            known_bad = bool(refused) and held.credentials.get("access_token") == refused
            if not held.credentials.get("refresh_token") or not self.renewable(store):
                if known_bad:
                    raise AccessRevoked("the access token is not accepted any more.", store=store.key, mend="Connect it again.")
                return held.credentials
            if held.fresh and not known_bad:
                return held.credentials
            holder = secrets.token_hex(16)
            if not held.leased and self._claim(store_id, holder):
                return self._renew(store_id, holder, refused)
            if held.usable and not known_bad:
                return held.credentials  # somebody else is fetching new ones; these last a moment longer
            if waited >= _PATIENCE_S:
                raise Transient(
                    "another process has been renewing the access token for a minute.", store=store.key, mend="It is tried again."
                )
            self.pause(_POLL_S)
            waited += _POLL_S

    def _renew(self, store_id: int, holder: str, refused: str) -> Mapping[str, str]:
        held, store = self._read(store_id)  # whoever had the lease before may have renewed them meanwhile
        if held.fresh and held.credentials.get("access_token") != refused:
            self._release(store_id, holder)
            return held.credentials
        try:
            fresh = self._ask(store, held.credentials)
        except AccessRevoked as problem:
            with self.database.write() as session:
                tokens.release(session, store_id, holder=holder)
                tokens.chain_broke(session, session.get_one(Store, store_id), str(problem), now=self.clock())
            raise
        except StoreError:
            self._release(store_id, holder)
            if held.usable and held.credentials.get("access_token") != refused:
                return held.credentials
            raise
        with self.database.write() as session:
            kept = tokens.keep(session, self.vault, session.get_one(Store, store_id), fresh, holder=holder, now=self.clock())
        _log.info("access token renewed", store=store.key, kept=kept)
        return fresh if kept else self._read(store_id)[0].credentials

    def _ask(self, store: Store, credentials: Mapping[str, str]) -> Mapping[str, str]:
        renew = self.doors[store.platform].renew
        assert renew is not None  # noqa: S101 - renewable() said so
        try:
            return renew(store.address, credentials, store=store.key)
        except Transient as problem:
            # The answer may be lost after the tokens were made; the same old refresh token stays good until its heir is used.
            _log.info("token renewal is repeated", store=store.key, error=type(problem).__name__)
            return renew(store.address, credentials, store=store.key)

    def _read(self, store_id: int) -> tuple[tokens.Held, Store]:
        with self.database.read() as session:
            store = session.get_one(Store, store_id)
            return tokens.held(session, self.vault, store, now=self.clock()), store

    def _claim(self, store_id: int, holder: str) -> bool:
        with self.database.write() as session:
            return tokens.claim(session, store_id, holder=holder, now=self.clock())

    def _release(self, store_id: int, holder: str) -> None:
        with self.database.write() as session:
            tokens.release(session, store_id, holder=holder)


def keep_alive(context: JobContext) -> int:
    """Opens the stores that nobody works for, which renews their tokens; how many could be kept."""
    with context.database.read() as session:
        stores = [session.get_one(Store, store_id) for store_id in tokens.idle_chains(session, now=context.clock())]
    kept = 0
    for store in stores:
        try:
            with context.client(store):
                kept += 1
        except StoreError as problem:
            _log.warning("a quiet store's access could not be kept", store=store.key, error=type(problem).__name__)
    return kept
