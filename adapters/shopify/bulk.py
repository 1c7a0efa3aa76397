"""Bulk operations: start one, and wait until it is done."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, NamedTuple

from adapters.shopify.amounts import microseconds
from adapters.shopify.answers import TooCostly, user_errors
from adapters.shopify.documents import document
from adapters.shopify.transport import AdminTransport
from plugin_core.errors import BadAnswer, MissingScope, Refused, Transient

log = logging.getLogger(__name__)

BUSY = frozenset({"OPERATION_IN_PROGRESS", "LIMIT_REACHED"})
RUNNING = frozenset({"CREATED", "RUNNING", "CANCELING"})
_WAITS_WHEN_BUSY = (2.0, 4.0)  # seconds; after these it is done another way
_FIRST_POLL, _LONGEST_POLL = 0.25, 10.0  # seconds
_PATIENCE = 3_600.0  # seconds without progress


class Operation(NamedTuple):
    id: str
    status: str
    error_code: str
    created_at: int  # microseconds, the store's clock
    objects: int  # lines of the result file; 0 where Shopify doesn't say
    roots: int
    file_size: int  # bytes; 0 where Shopify doesn't say
    url: str  # "" for an empty result


def start_query(transport: AdminTransport, name: str) -> Operation | None:
    """None where no bulk operation can be had: too many are running, or Shopify doesn't want this query in bulk.

    A lost answer starts a second one: it only reads, and the first is forgotten.
    """
    variables = {"query": document(name), "groupObjects": False}
    return _start(transport, "bulk_run_query", "bulkOperationRunQuery", variables, repeatable=True)


def start_mutation(transport: AdminTransport, name: str, upload: str, identifier: str) -> Operation | None:
    """Of a mutation that may be repeated. ``upload``: the staged file's path; ``identifier``: 10 to 255 characters of our own."""
    variables = {"mutation": document(name), "stagedUploadPath": upload, "clientIdentifier": identifier}
    return _start(transport, "bulk_run_mutation", "bulkOperationRunMutation", variables, repeatable=True)


def _start(
    transport: AdminTransport, name: str, field: str, variables: Mapping[str, Any], *, repeatable: bool
) -> Operation | None:
    for wait in (*_WAITS_WHEN_BUSY, None):
        try:
            payload = transport.call(name, variables, repeatable=repeatable).get(field) or {}
        except TooCostly:
            return None
        except Refused as problem:
            log.warning("%s: no bulk operation: %s", transport.store, problem.message)
            return None
        errors = user_errors(payload)
        if not errors and payload.get("bulkOperation"):
            return operation_of(payload["bulkOperation"])
        codes = {str(each.get("code")) for each in errors}
        if not codes & BUSY or wait is None:
            log.warning("%s: no bulk operation: %s", transport.store, ", ".join(sorted(codes)) or "no reason given")
            return None
        transport.sleep(wait)
    return None


def look(transport: AdminTransport, operation_id: str) -> Operation | None:
    """None where Shopify doesn't know it (any more)."""
    found = transport.call("bulk_operation", {"id": operation_id}, repeatable=True).get("bulkOperation")
    return operation_of(found) if found else None


def wait_for(transport: AdminTransport, operation_id: str) -> Operation | None:
    """The operation once it is over, one way or the other. Transient where it makes no progress for long."""
    pause, done, since = _FIRST_POLL, -1, transport.clock()
    while True:
        operation = look(transport, operation_id)
        if operation is None or operation.status not in RUNNING:
            if operation is not None and operation.error_code == "ACCESS_DENIED":
                raise MissingScope(
                    "the bulk operation was refused: an access scope is missing.",
                    store=transport.store,
                    mend="Check the app's access scopes, then connect the store again.",
                )
            return operation
        if operation.objects > done:
            done, since = operation.objects, transport.clock()
        elif transport.clock() - since > _PATIENCE:
            raise Transient(
                "Shopify's bulk operation makes no progress.", store=transport.store, mend="It is looked at again later."
            )
        transport.sleep(pause)
        pause = min(_LONGEST_POLL, pause * 1.5)


def operation_of(raw: Mapping[str, Any]) -> Operation:
    try:
        return Operation(
            str(raw["id"]),
            str(raw.get("status") or ""),
            str(raw.get("errorCode") or ""),
            microseconds(str(raw["createdAt"])) if raw.get("createdAt") else 0,
            int(raw.get("objectCount") or 0),
            int(raw.get("rootObjectCount") or 0),
            int(raw.get("fileSize") or 0),
            str(raw.get("url") or ""),
        )
    except (KeyError, ValueError) as problem:
        raise BadAnswer("Shopify describes a bulk operation in a way we don't understand.", store="shopify") from problem
