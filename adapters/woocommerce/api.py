"""Calls to one store's REST v3: retried where that is safe, checked, and turned into JSON or a typed error."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import requests
from requests import exceptions as broken

from adapters.woocommerce import answers
from adapters.woocommerce.transport import Params, RawAnswer, SignedApi, TooLarge, store_time
from plugin_core.errors import (
    BadAnswer,
    InvalidInput,
    OutcomeUnknown,
    StoreError,
    Throttled,
    Transient,
    Unreachable,
    WrongAddress,
)

LONGEST_PAUSE = 60.0  # a store that wants us to wait longer is left to the caller's schedule
_LIMIT = 32 * 1024 * 1024
_READ_ATTEMPTS = 4
_SIZES = (100, 50, 20)


class Listing(NamedTuple):
    """One page. ``rows`` are still JSON text, one a record, so that a bad one harms nobody else."""

    rows: bytes
    total: int | None
    pages: int | None
    store_time: float


class StoreApi:
    """``store`` names the store in every error. ``pause`` sleeps; tests hand in one that does not."""

    def __init__(
        self, signed: SignedApi, *, store: str, timeouts: tuple[float, float], pause: Callable[[float], None] = time.sleep
    ) -> None:
        self.signed = signed
        self.store = store
        self.per_page = _SIZES[0]
        self.notices_seen = False
        self._timeouts = timeouts
        self._pause = pause
        self._probed = False

    def get(self, endpoint: str, params: Params | None = None, *, attempts: int = _READ_ATTEMPTS) -> Any:
        return self._exchange("GET", endpoint, params, None, attempts=attempts)[1]

    def write(self, method: str, endpoint: str, data: object = None, params: Params | None = None) -> Any:
        """POST, PUT or DELETE, sent once: OutcomeUnknown where it may or may not have happened."""
        return self._exchange(method, endpoint, params, data, attempts=1)[1]

    def page(self, endpoint: str, params: Mapping[str, str | int], *, per_page: int) -> Listing:
        answer, payload = self._exchange(
            "GET", endpoint, {**params, "per_page": per_page}, None, attempts=2 if per_page > _SIZES[-1] else _READ_ATTEMPTS
        )
        if not isinstance(payload, list):
            raise BadAnswer(f"A list of {endpoint} was asked for and something else came.", store=self.store)
        headers = answer.headers
        return Listing(
            answers.json_slice(answer),
            _count(headers, "X-WP-Total"),
            _count(headers, "X-WP-TotalPages"),
            store_time(headers) or time.time(),
        )

    def smaller_pages(self) -> bool:
        """A page was too much for the store (memory, time limit): ask for less from now on. False where it can't be less."""
        smaller = [size for size in _SIZES if size < self.per_page]
        if smaller:
            self.per_page = smaller[0]
        return bool(smaller)

    def index(self) -> Any:
        """WordPress' public index, or None: some hosts hide it, and nothing depends on it."""
        try:
            answer = self.signed.index(self._timeouts, _LIMIT)
            return answers.read_json(answer)[0] if answer.status == 200 else None
        except (requests.RequestException, TooLarge, answers.Unreadable, InvalidInput, OSError):
            return None

    def _exchange(
        self, method: str, endpoint: str, params: Params | None, data: object, *, attempts: int
    ) -> tuple[RawAnswer, Any]:
        signings, tries = 3, 0
        while True:
            attempts, tries = attempts - 1, tries + 1
            try:
                answer, payload, refusal = self._attempt(method, endpoint, params, data)
            except Transient as failure:
                # Nothing can have happened where no connection was made, so that one more try is safe even for a write.
                if attempts <= 0 and not (isinstance(failure, Unreachable) and attempts == 0 and method != "GET"):
                    raise
                self._wait(failure, tries)
                continue
            signings -= 1
            if not refusal or signings <= 0 or not self._mended(refusal, answer, method, endpoint, params):
                if 200 <= answer.status < 300:
                    self._probed = True  # the keys arrive the way they are sent: a later refusal has another reason
                    return answer, payload
                raise answers.problem(answer, payload, store=self.store, writing=method != "GET")
            attempts += 1  # a 401 did nothing over there: with the new signature it is the same attempt again

    def _attempt(self, method: str, endpoint: str, params: Params | None, data: object) -> tuple[RawAnswer, Any, str]:
        writing = method != "GET"
        answer = self._send(method, endpoint, params, data)
        if 300 <= answer.status < 400:
            raise answers.moved(answer, self.signed.site, store=self.store)
        try:
            payload, noisy = answers.read_json(answer)
        except answers.Unreadable as unreadable:
            if 200 <= answer.status < 300 and unreadable.looks_like == "a broken-off answer":
                raise self._broken_off(writing=writing) from None
            raise answers.not_json(answer, unreadable.looks_like, store=self.store, writing=writing) from None
        self.notices_seen = self.notices_seen or noisy
        code, message = answers.error_code(payload)
        refusal = answers.refusal(answer.status, message, code)
        if not refusal and (answer.status == 429 or answer.status >= 500):
            failure = answers.problem(answer, payload, store=self.store, writing=writing)
            if isinstance(failure, Transient):
                raise failure
        return answer, payload, refusal

    def _send(self, method: str, endpoint: str, params: Params | None, data: object) -> RawAnswer:
        """Requests' exceptions quote the whole URL, keys included: they end here, unnamed and without a chain."""
        failure: StoreError
        host = self.signed.site.netloc
        try:
            return self.signed.send(method, endpoint, params, data, self._timeouts, _LIMIT)
        except InvalidInput as refused:
            failure = WrongAddress(refused.message, store=self.store, mend=refused.mend)
        except broken.SSLError as cause:
            failure = self._no_tls(method, cause, host)
        except (broken.ChunkedEncodingError, broken.ContentDecodingError):
            failure = self._broken_off(writing=method != "GET")
        except OSError as cause:  # requests' own errors are OSErrors, and so is a name that does not resolve
            failure = self._lost(method, cause, host)
        except TooLarge:
            mend = "Look for a plugin that puts large data into orders or customers."
            failure = BadAnswer("The answer was larger or slower than we accept.", store=self.store, mend=mend)
        raise failure from None

    def _no_tls(self, method: str, cause: Exception, host: str) -> StoreError:
        said = str(cause).upper()
        if "CERTIFICATE" in said:
            mend = "Renew the certificate and install its whole chain; we never connect without checking it."
            return WrongAddress(f"{host} does not show a valid certificate.", store=self.store, mend=mend)
        if "WRONG_VERSION_NUMBER" in said or "RECORD LAYER FAILURE" in said:
            return WrongAddress(f"{host} does not speak https.", store=self.store, mend="Check the address and its port.")
        return self._lost(method, cause, host)

    def _lost(self, method: str, cause: Exception, host: str) -> StoreError:
        if _never_connected(cause):
            self.signed.adapter.try_next_address()
            mend = "Check the address, and that the store is up and lets this server in."
            return Unreachable(f"{host} can't be reached.", store=self.store, mend=mend)
        if method != "GET":
            return OutcomeUnknown("No answer came to a write.", store=self.store, mend="It will be looked at again.")
        return Transient("The store did not answer in time.", store=self.store, mend="It will be tried again.")

    def _broken_off(self, *, writing: bool) -> StoreError:
        if writing:
            return OutcomeUnknown("The answer to a write broke off.", store=self.store, mend="It will be looked at again.")
        mend = "It will be tried again; if it stays, look at the host's time and memory limits."
        return Transient("The answer broke off before its end.", store=self.store, mend=mend)

    def _mended(self, refusal: str, answer: RawAnswer, method: str, endpoint: str, params: Params | None) -> bool:
        """Whether the same request may succeed with another signature."""
        if refusal == "nonce":
            return True
        if refusal == "clock":
            theirs = store_time(answer.headers)
            self.signed.clock_skew = theirs - time.time() if theirs else 0.0
            return theirs is not None
        if refusal == "anonymous" and self.signed.is_ssl and not self.signed.query_string_auth and not self._probed:
            return self._query_auth_works(method, endpoint, params)
        return False

    def _query_auth_works(self, method: str, endpoint: str, params: Params | None) -> bool:
        """Some hosts drop the Authorization header. Once, over https only, see whether the keys arrive in the query instead."""
        self._probed = True
        if method != "GET":
            endpoint, params = "orders", {"per_page": 1}
            if self._answers(endpoint, params):
                return False  # the header arrives: it is this write that the key's user may not do
        self.signed.query_string_auth = True
        self.signed.query_string_auth = self._answers(endpoint, params)
        return bool(self.signed.query_string_auth)

    def _answers(self, endpoint: str, params: Params | None) -> bool:
        try:
            return self._send("GET", endpoint, params, None).status == 200
        except StoreError:
            return False

    def _wait(self, failure: Transient, tries: int) -> None:
        asked = failure.retry_after
        if asked is not None and asked > LONGEST_PAUSE:
            raise failure
        backoff = 2.0 ** (tries - 1) * (0.5 + random.random() / 2)  # noqa: S311 - spreads, guards nothing
        self._pause(max(asked or 0.0, backoff if not isinstance(failure, Throttled) or asked is None else 0.0))


def _never_connected(cause: BaseException) -> bool:
    """Refused, no route, no such name, or no connection in time: as against a connection that broke after we had sent."""
    names = {"ConnectTimeout", "NewConnectionError", "NameResolutionError", "ConnectTimeoutError", "gaierror"}
    seen: BaseException | None = cause
    for _ in range(6):
        if seen is None:
            return False
        if type(seen).__name__ in names or isinstance(seen, ConnectionRefusedError):
            return True
        reason = getattr(seen, "reason", None)
        inner = seen.args[0] if seen.args else None
        seen = next((each for each in (reason, inner, seen.__cause__) if isinstance(each, BaseException)), None)
    return False


def _count(headers: Mapping[str, str], name: str) -> int | None:
    text = headers.get(name, "")
    return int(text) if text.isdigit() else None
