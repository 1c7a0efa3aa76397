"""One store's Admin GraphQL endpoint over one reused connection: paced, retried where that is safe, never redirected."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import requests
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

from adapters.shopify.answers import checked_status, cost_of, data_of, parsed, read_bounded, unknown_outcome
from adapters.shopify.documents import document
from adapters.shopify.options import API_VERSION, ShopifyOptions
from adapters.shopify.pacing import Pace
from plugin_core.errors import AccessRevoked, InvalidInput, OutcomeUnknown, Throttled, Transient, Unreachable
from plugin_core.platforms import ConnectionInfo

log = logging.getLogger(__name__)

TIMEOUTS = (5.0, 30.0)  # seconds to connect, seconds between two parts of an answer
PATIENCE = 120.0  # seconds one call may take with all its waiting
_ATTEMPTS = 4
_ATTEMPTS_THROTTLED = 30
_NOTHING_SENT = (NewConnectionError, ConnectTimeoutError, NameResolutionError)


class AdminTransport:
    def __init__(
        self,
        connection: ConnectionInfo,
        options: ShopifyOptions,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        patience: float = PATIENCE,
    ) -> None:
        self.store = connection.store
        self.shop = connection.address
        self.calls = 0  # requests sent
        self.pace = Pace(clock)
        self.clock, self.sleep = clock, sleep
        self._patience = patience
        self._connection = connection
        self._token = _token(connection.store, connection.credentials)
        self._url = f"{(options.origin or f'https://{self.shop}').rstrip('/')}/admin/api/{API_VERSION}/graphql.json"
        self._session = requests.Session()
        self._warned = False

    def call(self, name: str, variables: Mapping[str, Any] | None = None, *, repeatable: bool, units: int = 1) -> dict[str, Any]:
        """The data of one document's answer. ``repeatable``: twice is the same as once. ``units``: records named.

        Otherwise a lost answer raises OutcomeUnknown; refusals before anything was carried out are retried in both cases.
        """
        body = msgspec.json.encode({"query": document(name), "variables": variables or {}})
        deadline = self.clock() + self._patience
        attempt, renewed = 0, False
        while True:
            self._wait(self.pace.wait_before(name, units))
            try:
                return self._once(name, body, repeatable=repeatable, units=units)
            except OutcomeUnknown:
                raise
            except AccessRevoked:
                if renewed or self._connection.renew is None:
                    raise
                self._token = _token(self.store, self._connection.renew())
                renewed = True
            except Transient as problem:
                attempt += 1
                wait = 2.0 ** (attempt - 2) if problem.retry_after is None else problem.retry_after
                limit = _ATTEMPTS_THROTTLED if isinstance(problem, Throttled) else _ATTEMPTS
                if attempt >= limit or self.clock() + wait > deadline:
                    raise
                log.info("%s: %s waits %.1f s: %s", self.store, name, wait, type(problem).__name__)
                self._wait(wait)

    def _once(self, name: str, body: bytes, *, repeatable: bool, units: int) -> dict[str, Any]:
        started = self.clock()
        self.calls += 1
        headers = {
            "Host": self.shop,
            "Content-Type": "application/json",
            "Accept": "application/json",
            "X-Shopify-Access-Token": self._token,
        }
        try:
            response = self._session.post(
                self._url, data=body, headers=headers, timeout=TIMEOUTS, allow_redirects=False, stream=True
            )
            read_bounded(response, self.clock, store=self.store)
        except requests.RequestException as problem:
            # The text of these holds addresses only, but says nothing a merchant can use.
            raise self._no_answer(problem, repeatable=repeatable) from problem
        served = response.headers.get("X-Shopify-API-Version")
        log.debug(
            "%s: %s answered %s in %.3f s, request %s",
            self.store,
            name,
            response.status_code,
            self.clock() - started,
            response.headers.get("X-Request-Id", "-"),
        )
        if served and served != API_VERSION and not self._warned:
            self._warned = True
            log.warning("%s: Shopify serves API version %s, we asked for %s. Update Comeback.", self.store, served, API_VERSION)
        checked_status(response, store=self.store, repeatable=repeatable)
        answer = parsed(response, store=self.store)
        cost = cost_of(answer)
        if cost:
            self.pace.learn(name, cost, units)
        try:
            return data_of(answer, store=self.store, repeatable=repeatable)
        except Throttled as problem:
            problem.retry_after = self.pace.wait_after_throttle(cost)
            raise

    def _no_answer(self, problem: requests.RequestException, *, repeatable: bool) -> Transient:
        reason = getattr(problem.args[0], "reason", None) if problem.args else None
        nothing_sent = isinstance(problem, requests.ConnectTimeout) or isinstance(reason, _NOTHING_SENT)
        if repeatable or nothing_sent:
            what = "can't be reached" if nothing_sent else f"did not answer ({type(problem).__name__})"
            return Unreachable(
                f"the shop {self.shop} {what}.", store=self.store, mend="Check the address and this machine's connection."
            )
        return unknown_outcome(type(problem).__name__, store=self.store)

    def _wait(self, wait: float) -> None:
        if wait > 0:
            self.sleep(wait)

    def close(self) -> None:
        self._session.close()


def _token(store: str, credentials: Mapping[str, str]) -> str:
    token = credentials.get("access_token", "").strip()
    if not token:
        raise InvalidInput(f"{store}: there is no access token.", mend="Connect the store again: comeback connect shopify.")
    return token
