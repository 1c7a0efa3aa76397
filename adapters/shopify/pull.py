"""One pull of one resource: the first time by a bulk operation, then by changes; resumes where a kill left it."""

from __future__ import annotations

import logging
from collections.abc import Generator, Iterator
from pathlib import Path

from adapters.shopify.ahead import read_file
from adapters.shopify.bulk import Operation, look, start_query, wait_for
from adapters.shopify.cursors import Cursor
from adapters.shopify.download import Expired, Truncated, download
from adapters.shopify.files import FileAccess
from adapters.shopify.ids import bare
from adapters.shopify.read import BATCH, Known
from adapters.shopify.spool import stem
from adapters.shopify.transport import AdminTransport
from adapters.shopify.walk import OVERLAP_US, PageReader
from plugin_core.records import Page

log = logging.getLogger(__name__)

BULK = {"orders": "bulk_orders", "customers": "bulk_customers", "products": "bulk_products"}
_TRIES = 2  # operations started for one pull, before it is read page by page


class Puller:
    def __init__(self, transport: AdminTransport, files: FileAccess, pages: PageReader, spool: Path, currency: str) -> None:
        self._transport = transport
        self._files = files
        self._pages = pages
        self._spool = spool
        self._currency = currency
        self.batch = BATCH

    def pull(self, resource: str, cursor: Cursor | None, known: Known | None, *, full: bool) -> Iterator[Page]:
        unfinished = cursor is not None and (cursor.phase == "export" or (cursor.phase == "walk" and (cursor.full or not full)))
        if cursor is None or (full and not unfinished):
            cursor = Cursor("export", full=True) if resource in BULK else Cursor("walk", full=True)
        elif cursor.phase == "idle":
            cursor = Cursor("walk", since=cursor.since)
        if cursor.phase == "export":
            for page in self._export(resource, cursor, known):
                yield page
                if page.last:
                    return
            log.warning("%s: %s are read page by page.", self._transport.store, resource)
            cursor = Cursor("walk", full=True)
            yield Page([], cursor.dump())
        for batch, behind in self._pages.changes(resource, cursor, known):
            yield Page(batch.records, behind.dump(), batch.rejected, last=behind.phase == "idle")

    def _export(self, resource: str, cursor: Cursor, known: Known | None) -> Iterator[Page]:
        """Ends with a last page; without one, the pages have to be walked instead."""
        for _ in range(_TRIES):
            if not cursor.operation:
                started = start_query(self._transport, BULK[resource])
                if started is None:
                    return
                cursor = Cursor("export", since=started.created_at, operation=started.id, full=True)
                yield Page([], cursor.dump())  # a kill from here on waits for this operation instead of starting another
            try:
                finished = yield from self._take(resource, cursor, known)
            except Truncated as problem:
                log.warning("%s", problem)
                return
            if finished:
                return
            cursor = Cursor("export", full=True)

    def _take(self, resource: str, cursor: Cursor, known: Known | None) -> Generator[Page, None, bool]:
        """False where the operation came to nothing or its file is gone: a new one has to be started."""
        path = self._path(resource, cursor.operation)
        if not path.exists():
            operation = wait_for(self._transport, cursor.operation)
            if operation is None or operation.status != "COMPLETED" or (operation.objects and not operation.url):
                said = f"{operation.status} {operation.error_code}".strip() if operation else "not known any more"
                log.warning("%s: the bulk operation for %s is %s.", self._transport.store, resource, said)
                return False
            cursor = cursor.but(total=operation.roots or None)
            if operation.url and not self._download(operation, path):
                return False
        if path.exists():
            taken = cursor.taken
            for batch in read_file(resource, path, currency=self._currency, known=known, size=self.batch, skip=taken):
                cursor = cursor.but(taken=cursor.taken + batch.roots)
                yield Page(batch.records, cursor.dump(), batch.rejected, total=cursor.total)
            path.unlink(missing_ok=True)
        since = cursor.since - OVERLAP_US if cursor.since else None
        yield Page([], Cursor("idle", since=since).dump(), total=cursor.total, last=True)
        return True

    def _download(self, operation: Operation, path: Path) -> bool:
        self._spool.mkdir(mode=0o700, parents=True, exist_ok=True)
        for old in self._spool.glob(f"{stem(path.name.rsplit('-', 1)[0])}-*"):
            if old != path.with_suffix(".part") and old.is_file():
                old.unlink(missing_ok=True)
        try:
            download(self._files, operation, path)
        except Expired:
            fresh = look(self._transport, operation.id)
            if fresh is None or not fresh.url or fresh.url == operation.url:
                return False
            try:
                download(self._files, fresh, path)
            except Expired:
                return False
        return True

    def _path(self, resource: str, operation_id: str) -> Path:
        return self._spool / f"{stem(f'{self._transport.shop}-{resource}')}-{stem(bare(operation_id))}.jsonl"
