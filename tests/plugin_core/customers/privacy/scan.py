"""Looks for texts in every column of every table, whatever tables there are; what is sealed is opened."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from plugin_core.inbox.receive import open_body
from plugin_core.stores.credentials import Vault
from plugin_core.tables import metadata

# Sealed column -> how to open it. A new one has to be named here: that there is no other is a test of its own.
Row = Any
OPENERS: dict[tuple[str, str], Callable[[Vault, Row], Any]] = {
    ("rejected_records", "raw"): lambda vault, row: vault.open(f"store:{row.store_id}:rejected", row.raw),
    ("webhook_deliveries", "body"): lambda vault, row: open_body(vault, row.store_id, bytes(row.body)).decode(),
    ("privacy_requests", "subject"): lambda vault, row: vault.open(f"account:{row.account_id}:privacy subject", row.subject),
    ("privacy_requests", "result"): lambda vault, row: vault.open_bytes(f"privacy request:{row.id}", bytes(row.result)).decode(),
}


def found(session: Session, vault: Vault, strings: Sequence[str]) -> set[str]:
    """``{"orders.email: adaline@..."}``; empty where there is none."""
    session.flush()
    wanted = [each.casefold() for each in strings]
    return {f"{place}: {text}" for place, content in _contents(session, vault) for text in wanted if text in content.casefold()}


def _contents(session: Session, vault: Vault) -> Iterator[tuple[str, str]]:
    for table in metadata.sorted_tables:
        columns = [column for column in table.c if not isinstance(column.type, sa.Integer | sa.Boolean | sa.Double)]
        for row in session.execute(sa.select(table)):
            for column in columns:
                value = getattr(row, column.name)
                if value in (None, "", b""):
                    continue
                opener = OPENERS.get((table.name, column.name))
                text = opener(vault, row) if opener else value
                yield (
                    f"{table.name}.{column.name}",
                    text if isinstance(text, str) else json.dumps(text, default=str, ensure_ascii=False),
                )


def places(hits: Iterable[str]) -> set[str]:
    return {hit.partition(":")[0] for hit in hits}
