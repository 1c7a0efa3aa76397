"""One mutation over many customers as a bulk operation: staged, run, and answered line by line."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from adapters.shopify.answers import raise_user_errors
from adapters.shopify.attempts import Attempt, Step
from adapters.shopify.bulk import start_mutation, wait_for
from adapters.shopify.download import download
from adapters.shopify.files import FileAccess
from adapters.shopify.ids import bare
from adapters.shopify.spool import stem
from adapters.shopify.transport import AdminTransport
from plugin_core.errors import BadAnswer, StoreError

log = logging.getLogger(__name__)

_LINES_AN_OPERATION = 50_000  # of about 1 KB: well below the 100 MB that Shopify takes
_FILENAME = "comeback.jsonl"


class BulkWriter:
    def __init__(
        self,
        transport: AdminTransport,
        files: FileAccess,
        spool: Path,
        *,
        identifier: Callable[[], str] = lambda: f"comeback-{uuid.uuid4()}",
    ) -> None:
        self._transport = transport
        self._files = files
        self._spool = spool
        self._identifier = identifier

    def run(self, step: Step, attempts: Sequence[Attempt]) -> bool:
        """Carries the step out and notes what came of each. False where no bulk operation can be had: nothing was done."""
        for start in range(0, len(attempts), _LINES_AN_OPERATION):
            some = attempts[start : start + _LINES_AN_OPERATION]
            before = self._transport.calls
            try:
                done = self._operation(step, some)
            except StoreError as problem:
                if start == 0:
                    log.warning("%s: no bulk write: %s", self._transport.store, problem.message)
                    return False
                for attempt in some:
                    attempt.put_off(problem.message)
                continue
            finally:
                some[0].calls += self._transport.calls - before
            if not done:
                if start == 0:
                    return False
                for attempt in some:
                    attempt.put_off("Too many bulk operations are running.")
        return True

    def _operation(self, step: Step, attempts: Sequence[Attempt]) -> bool:
        lines = [msgspec.json.encode(step.variables([attempt])) for attempt in attempts]
        path = self._upload(b"\n".join(lines) + b"\n")
        started = start_mutation(self._transport, step.document, path, self._identifier())
        if started is None:
            return False
        finished = wait_for(self._transport, started.id)
        unanswered = set(range(len(attempts)))
        if finished is not None and finished.url:
            self._spool.mkdir(mode=0o700, parents=True, exist_ok=True)
            target = self._spool / f"{stem(self._transport.shop)}-writes-{bare(started.id)}.jsonl"
            try:
                download(self._files, finished, target)
                with target.open("rb") as file:
                    for position, line in enumerate(each for each in file if each.strip()):
                        number = self._note(step, attempts, position, msgspec.json.decode(line))
                        unanswered.discard(number)
            finally:
                target.unlink(missing_ok=True)
        for number in unanswered:
            attempts[number].put_off("Shopify's bulk operation gave no result for this customer.")
        return True

    def _note(self, step: Step, attempts: Sequence[Attempt], position: int, answer: Mapping[str, Any]) -> int:
        number = int(answer.get("__lineNumber", position))
        if not 0 <= number < len(attempts):
            raise BadAnswer("the result of a bulk write names lines that we did not send.", store=self._transport.store)
        if answer.get("errors"):
            attempts[number].put_off("Shopify could not carry it out this time.")
        else:
            attempts[number].take((answer.get("data") or {}).get(step.payload))
        return number

    def _upload(self, content: bytes) -> str:
        """Sends the lines and returns the path under which Shopify finds them."""
        wanted = {"resource": "BULK_MUTATION_VARIABLES", "filename": _FILENAME, "mimeType": "text/jsonl", "httpMethod": "POST"}
        payload = self._transport.call("staged_upload", {"input": [wanted]}, repeatable=True).get("stagedUploadsCreate") or {}
        raise_user_errors(payload, store=self._transport.store, doing="an upload")
        targets = payload.get("stagedTargets") or []
        fields = {str(each["name"]): str(each["value"]) for each in (targets[0].get("parameters") or ())} if targets else {}
        if not targets or not targets[0].get("url") or "key" not in fields:
            raise BadAnswer("Shopify names no place for an upload.", store=self._transport.store, mend="It is tried again later.")
        self._files.upload(str(targets[0]["url"]), fields, _FILENAME, content)
        return fields["key"]
