"""What an answer of Shopify means: its data, or the error that says what happened and what to do about it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

import msgspec
import requests

from plugin_core.errors import (
    AccessRevoked,
    BadAnswer,
    MissingScope,
    OutcomeUnknown,
    Permanent,
    Refused,
    StoreError,
    Throttled,
    Transient,
    WrongAddress,
)

RECONNECT = "Open the app in the Shopify admin, or connect the store again: comeback connect shopify."
_SCOPE = re.compile(r"\b(?:read|write)_[a-z_]+")
LONGEST_WAIT = 3600.0  # seconds
MOST_BYTES = 64 * 1024 * 1024
MOST_SECONDS = 120.0
_CHUNK = 64 * 1024
_SHOWN = 300  # characters of Shopify's own message


class TooCostly(Refused):
    """The query weighs more than one query may; ask for fewer records at once."""


def checked_status(response: requests.Response, *, store: str, repeatable: bool) -> None:
    """Raises unless the answer may hold GraphQL."""
    status = response.status_code
    if status == 200:
        return
    if 300 <= status < 400:
        raise WrongAddress(
            f"the address redirects (HTTP {status}) instead of answering.",
            store=store,
            mend="Use the shop's own address, the one that ends in .myshopify.com.",
        )
    if status == 429:
        raise Throttled(
            "Shopify asks us to slow down.", store=store, retry_after=seconds(response.headers.get("Retry-After")) or 1.0
        )
    if status >= 500:
        if repeatable:
            raise Transient(
                f"Shopify is out of order (HTTP {status}).",
                store=store,
                mend="Nothing is lost; it is tried again later.",
                retry_after=seconds(response.headers.get("Retry-After")),
            )
        raise unknown_outcome(f"HTTP {status}", store=store)
    raise _refused_status(status, store)


def _refused_status(status: int, store: str) -> Permanent:
    if status == 401:
        return AccessRevoked("Shopify doesn't accept the access token (any more).", store=store, mend=RECONNECT)
    if status == 402:
        return Refused(
            "the shop is frozen: its Shopify bill is unpaid.", store=store, mend="Settle it in the Shopify admin.", code="402"
        )
    if status == 403:
        return MissingScope(
            "Shopify refuses this app (HTTP 403).", store=store, mend="Check the app's access scopes, then reconnect."
        )
    if status == 404:
        return WrongAddress("there is no Shopify shop at this address.", store=store, mend="Check the .myshopify.com address.")
    if status == 423:
        return Refused("the shop is locked by Shopify.", store=store, mend="The shop's owner has to ask Shopify why.", code="423")
    return Refused(
        f"Shopify refused the request (HTTP {status}).", store=store, mend="See the log for its request id.", code=str(status)
    )


def unknown_outcome(what: str, *, store: str) -> OutcomeUnknown:
    return OutcomeUnknown(
        f"a write was sent, but its answer was lost ({what}).", store=store, mend="It is looked up before it is done again."
    )


def read_bounded(response: requests.Response, clock: Callable[[], float], *, store: str) -> None:
    """Takes the body in, unpacked, up to a limit of size and time: whoever answers in a shop's place may never come to an end."""
    started = clock()
    body = bytearray()
    with response:
        for chunk in response.iter_content(_CHUNK):
            body += chunk
            if len(body) > MOST_BYTES or clock() - started > MOST_SECONDS:
                raise BadAnswer(
                    "Shopify's answer is larger or slower than any it gives.",
                    store=store,
                    mend="Check the .myshopify.com address.",
                )
    response._content = bytes(body)  # noqa: SLF001 - requests has no way to hand over a body that was read in pieces


def parsed(response: requests.Response, *, store: str) -> dict[str, Any]:
    try:
        answer = msgspec.json.decode(response.content)
    except (msgspec.DecodeError, RecursionError) as problem:
        if "html" in response.headers.get("Content-Type", "") or response.content.lstrip()[:1] == b"<":
            raise WrongAddress(
                "a web page answers instead of Shopify's API.", store=store, mend="Check the .myshopify.com address."
            ) from problem
        raise BadAnswer(
            "Shopify's answer is cut off or no JSON.", store=store, mend="Try again; see the log for its request id."
        ) from problem
    if not isinstance(answer, dict) or ("data" not in answer and "errors" not in answer):
        raise BadAnswer("the answer is JSON, but not GraphQL's.", store=store, mend="Check the .myshopify.com address.")
    return answer


def cost_of(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    cost = _extensions(answer).get("cost")
    return cost if isinstance(cost, dict) else {}


def _extensions(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    extensions = answer.get("extensions")
    return extensions if isinstance(extensions, dict) else {}


def data_of(answer: Mapping[str, Any], *, store: str, repeatable: bool) -> dict[str, Any]:
    """The data of an answer without errors and without search warnings."""
    errors = answer.get("errors")
    if errors:
        raise _graphql_error(errors, store, repeatable=repeatable)
    data = answer.get("data")
    if not isinstance(data, dict):
        raise BadAnswer("Shopify's answer holds no data.", store=store, mend="Try again; see the log for its request id.")
    for search in _extensions(answer).get("search") or ():
        if search.get("warnings"):
            said = "; ".join(str(each.get("message", each)) for each in search["warnings"])
            # Shopify ignores a filter it doesn't know: everything would come back as if it had matched.
            raise BadAnswer(f"Shopify didn't understand the search: {said[:_SHOWN]}", store=store, mend="Please report this.")
    return data


def _graphql_error(errors: Any, store: str, *, repeatable: bool) -> StoreError:
    listed: Sequence[Any] = errors if isinstance(errors, list) else [{"message": str(errors)}]
    by_code = {str((each.get("extensions") or {}).get("code", "")): each for each in listed if isinstance(each, dict)}
    said = "; ".join(dict.fromkeys(str(each.get("message", "")) for each in listed if isinstance(each, dict)))[:_SHOWN]
    if "THROTTLED" in by_code:
        return Throttled("Shopify asks us to slow down.", store=store)
    if "ACCESS_DENIED" in by_code:
        return _denied(by_code["ACCESS_DENIED"], store)
    if "MAX_COST_EXCEEDED" in by_code:
        return TooCostly(f"the query is too large: {said}", store=store, code="MAX_COST_EXCEEDED")
    if by_code.keys() & {"INTERNAL_SERVER_ERROR", "TIMEOUT"}:
        if not repeatable:
            return unknown_outcome("internal error", store=store)
        return Transient("Shopify reports an internal error.", store=store, mend="Nothing is lost; it is tried again later.")
    if "SHOP_INACTIVE" in by_code:
        return Refused("the shop is not active.", store=store, mend="It has to be opened again in Shopify.", code="SHOP_INACTIVE")
    return Refused(f"Shopify refused the request: {said}", store=store, mend="Please report this.", code=next(iter(by_code), ""))


def _denied(error: Mapping[str, Any], store: str) -> MissingScope:
    details = error.get("extensions") or {}
    message = str(error.get("message", ""))
    scopes = list(dict.fromkeys(_SCOPE.findall(f"{details.get('requiredAccess', '')} {message}")))
    if scopes:
        wanted = " and ".join(scopes)
        mend = f"Give the app the access scope {wanted} and connect the store again."
        return MissingScope(f"the access scope {wanted} is missing.", store=store, mend=mend)
    mend = "Check the app's access scopes and its approval for protected customer data, then connect the store again."
    return MissingScope(f"access denied: {message[:_SHOWN]}", store=store, mend=mend)


def raise_user_errors(payload: Mapping[str, Any] | None, *, store: str, doing: str) -> None:
    """Raises Refused for a mutation's ``userErrors``."""
    errors = user_errors(payload)
    if errors:
        fail(errors, store=store, doing=doing)


def user_errors(payload: Mapping[str, Any] | None) -> list[Mapping[str, Any]]:
    return list((payload or {}).get("userErrors") or ())


def fail(errors: Sequence[Mapping[str, Any]], *, store: str, doing: str) -> NoReturn:
    said = "; ".join(str(each.get("message", "")) for each in errors)[:_SHOWN]
    raise Refused(f"Shopify refused {doing}: {said}", store=store, code=str(errors[0].get("code") or ""))


def seconds(retry_after: str | None) -> float | None:
    """A wait nobody means ("inf", a date in seconds) is cut: asking once an hour harms no store."""
    try:
        return min(max(0.0, float(retry_after)), LONGEST_WAIT) if retry_after else None
    except ValueError:
        return None
