"""Bulk operations: started, watched, cancelled; their work is done on a thread and their file is served by the twin."""

from __future__ import annotations

import random
import threading
from typing import Any

import orjson

from adapters.sandbox.shopify import bulk_lines
from adapters.sandbox.shopify.bulk_lines import BadBulk
from adapters.sandbox.shopify.documents import choose, read
from adapters.sandbox.shopify.mutations import Change, error
from adapters.sandbox.shopify.projector import Arguments, NotHeld, Projector
from adapters.sandbox.shopify.queries import allowed
from adapters.sandbox.shopify.store import Record, ShopStore

LIVE = ("CREATED", "RUNNING", "CANCELING")
CHUNK = 200


def _start(shop: ShopStore, kind: str, text: str) -> Record:
    made: Record = {
        "__typename": "BulkOperation", "id": shop.gid("BulkOperation", 5_000_000_000_000), "status": "CREATED", "error": None,
        "created": shop.now(),
        "completed": None, "objects": 0, "roots": 0, "size": None, "url": None, "partial": None, "query": text, "type": kind,
        "polls": 0, "done": False,
        "final": None,
    }  # fmt: skip
    shop.operations[made["id"]] = made
    return made


def _full(shop: ShopStore, kind: str) -> bool:
    advance(shop, polled=False)
    live = [each for each in shop.operations.values() if each["type"] == kind and each["status"] in LIVE]
    return len(live) >= shop.bulk_limit


def run_query(shop: ShopStore, arguments: Arguments) -> Record:
    text = arguments["query"]
    document = read(text)
    chosen, wrong = choose(document, None, {})
    if chosen is None:
        return {
            "bulkOperation": None,
            "userErrors": [error(f"Invalid bulk query: {wrong[0]['message']}", ["query"], code="INVALID")],
        }
    try:
        work = bulk_lines.prepare(shop, chosen)
    except (BadBulk, NotHeld) as bad:
        return {"bulkOperation": None, "userErrors": [error(str(bad), ["query"], code="INVALID")]}
    if _full(shop, "QUERY"):
        busy = error("A bulk query operation for this app and shop is already in progress.", None, code="OPERATION_IN_PROGRESS")
        return {"bulkOperation": None, "userErrors": [busy]}
    made = _start(shop, "QUERY", text)
    if not allowed(shop, arguments["__token"], work.scope):
        # said by the operation, not by the call that starts it
        made |= {"final": "FAILED", "error": "ACCESS_DENIED", "link": None, "done": True}
        return {"bulkOperation": made, "userErrors": []}
    shuffled = shop.shuffled_lines and not arguments.get("groupObjects")
    threading.Thread(target=_query_work, args=(shop, made, work, shuffled), daemon=True).start()
    return {"bulkOperation": made, "userErrors": []}


def _query_work(shop: ShopStore, made: Record, work: bulk_lines.Work, shuffled: bool) -> None:  # noqa: FBT001
    projector = Projector(shop)
    lines: list[bytes] = []
    items = work.items
    try:
        for start in range(0, len(items), CHUNK):
            with shop.lock:
                if made["status"] == "CANCELING":
                    break
                for record in items[start : start + CHUNK]:
                    lines.extend(orjson.dumps(each) for each in work.lines(projector, record))
                    made["roots"] += 1
                made["objects"] = len(lines)
    except NotHeld as bad:
        with shop.lock:
            made["final"], made["error"], made["query"] = "FAILED", "INTERNAL_SERVER_ERROR", f"{made['query']}\n# {bad}"
    if shuffled:
        random.Random(shop.seed).shuffle(lines)
    with shop.lock:
        _finish(shop, made, b"".join(line + b"\n" for line in lines))


def _finish(shop: ShopStore, made: Record, content: bytes) -> None:
    url = f"{shop.origin}/_files/{made['id'].rsplit('/', 1)[1]}.jsonl"
    if content:
        shop.files[url.removeprefix(shop.origin)] = content
    canceled = made["status"] == "CANCELING"
    made["final"] = made["final"] or ("CANCELED" if canceled else "COMPLETED")
    made["size"] = len(content) if content else None
    made["link"] = url if content else None
    made["done"] = True


def run_mutation(shop: ShopStore, arguments: Arguments) -> Record:
    text, path = arguments["mutation"], arguments["stagedUploadPath"]
    identifier = arguments.get("clientIdentifier")
    if identifier is not None and not 10 <= len(identifier) <= 255:
        return {
            "bulkOperation": None,
            "userErrors": [
                error("clientIdentifier must be 10 to 255 characters long", ["clientIdentifier"], code="INVALID_MUTATION")
            ],
        }
    document = read(text)
    wrong = document.errors
    operation = next(iter(document.operations.values()), None)
    if (
        document.errors
        or operation is None
        or operation.operation.value != "mutation"
        or len(operation.selection_set.selections) != 1
    ):
        message = wrong[0]["message"] if wrong else "The mutation must be a single mutation with one root field."
        return {"bulkOperation": None, "userErrors": [error(message, ["mutation"], code="INVALID_MUTATION")]}
    content = shop.uploads.get(path)
    if content is None:
        missing = error(
            "The JSONL file could not be found. Try uploading the file again, and check that you've entered the URL correctly.",
            None,
            code="NO_SUCH_FILE",
        )
        return {"bulkOperation": None, "userErrors": [missing]}
    if _full(shop, "MUTATION"):
        busy = error(
            "A bulk mutation operation for this app and shop is already in progress.", None, code="OPERATION_IN_PROGRESS"
        )
        return {"bulkOperation": None, "userErrors": [busy]}
    made = _start(shop, "MUTATION", text)
    threading.Thread(target=_mutation_work, args=(shop, made, text, content, arguments["__token"]), daemon=True).start()
    return {"bulkOperation": made, "userErrors": []}


def _mutation_work(shop: ShopStore, made: Record, text: str, content: bytes, token: str) -> None:
    from adapters.sandbox.shopify.execute import run  # noqa: PLC0415 - which knows this module's mutations

    lines: list[bytes] = []
    for index, line in enumerate(each for each in content.splitlines() if each.strip()):
        with shop.lock:
            if made["status"] == "CANCELING":
                break
            result = _one(shop, text, line, token, run)
            lines.append(orjson.dumps(result | {"__lineNumber": index}) + b"\n")
            made["objects"] = made["roots"] = index + 1
    with shop.lock:
        _finish(shop, made, b"".join(lines))


def _one(shop: ShopStore, text: str, line: bytes, token: str, run: Any) -> Record:
    try:
        variables = orjson.loads(line)
    except orjson.JSONDecodeError:
        return {"errors": [{"message": "Invalid JSON in the line"}]}
    chosen, wrong = choose(read(text), None, variables)
    if chosen is None:
        return {"errors": wrong}
    result: Record = run(shop, token, chosen, Projector(shop))
    return result


def advance(shop: ShopStore, *, polled: bool = True) -> None:
    """States are seen in their order: CREATED, RUNNING for ``bulk_polls`` polls, then the end, once the work is done."""
    for each in shop.operations.values():
        if each["status"] not in LIVE:
            continue
        each["polls"] += polled
        if each["done"] and each["polls"] > shop.bulk_polls:
            each["status"], each["completed"] = each["final"], shop.now()
            each["partial" if each["final"] in ("FAILED", "CANCELED") else "url"] = each["link"]
        elif each["status"] == "CREATED":
            each["status"] = "RUNNING"


def cancel(shop: ShopStore, arguments: Arguments) -> Record:
    made = shop.operations.get(arguments["id"])
    if made is None:
        return {"bulkOperation": None, "userErrors": [error("Bulk operation does not exist", ["id"])]}
    if made["status"] not in LIVE:
        return {
            "bulkOperation": made,
            "userErrors": [error("A bulk operation cannot be canceled when it is " + made["status"].lower(), None)],
        }
    made["status"] = "CANCELING"
    if made["done"]:
        made["final"] = "CANCELED"
    return {"bulkOperation": made, "userErrors": []}


MUTATIONS: dict[str, tuple[str | None, Change]] = {
    "bulkOperationRunQuery": (None, run_query),
    "bulkOperationRunMutation": (None, run_mutation),
    "bulkOperationCancel": (None, cancel),
}
