"""A store's counted orders as three columns of numbers, read once for all figures that need every order.

One pass over the table and no row object: a store of a million people has five million orders.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from sqlalchemy.orm import Session

from plugin_core import bulk
from plugin_core.db import is_sqlite

Column = np.ndarray[Any, np.dtype[np.int64]]
Flags = np.ndarray[Any, np.dtype[np.bool_]]

UNKNOWN = -1  # money in a currency without a rate
_STEP = 250_000  # rows of the table at once
_CHOSEN = "store_id = {store} AND counted"


class Orders(NamedTuple):
    """By person and time. ``person`` counts from 0, ``ids`` gives their ids; ``net`` in minor units, or UNKNOWN."""

    ids: Column
    person: Column
    at: Column
    net: Column
    nobodys_at: Column  # orders whose person can't be named
    nobodys_net: Column

    @property
    def people(self) -> int:
        return len(self.ids)


def read(session: Session, store_id: int) -> Orders:
    blocks = list(_sqlite(session, store_id) if is_sqlite(session) else _postgresql(session, store_id))
    rows = np.concatenate(blocks) if blocks else np.empty((0, 3), np.int64)
    return arranged(rows[:, 0], rows[:, 1], rows[:, 2])


def arranged(customer: Column, at: Column, net: Column) -> Orders:
    """``customer``: ids, 0 for nobody."""
    known = customer > 0
    nobody = ~known
    nobodys_at, nobodys_net = at[nobody], net[nobody]
    customer, at, net = customer[known], at[known], net[known]
    order = np.lexsort((at, customer))
    ids, person = np.unique(customer[order], return_inverse=True)
    return Orders(ids, person.astype(np.int64), at[order], net[order], nobodys_at, nobodys_net)


def _sqlite(session: Session, store_id: int) -> Iterator[np.ndarray[Any, np.dtype[np.int64]]]:
    """In the order in which the rows lie; text that NumPy parses is the cheapest way out of the database."""
    columns = ("COALESCE(customer_id, 0)", "placed_at", f"COALESCE(net, {UNKNOWN})")
    joined = ", ".join(f"group_concat({column})" for column in columns)
    chosen = _CHOSEN.format(store=int(store_id))
    sql = f"SELECT {joined} FROM orders WHERE id > ? AND id <= ? AND +{chosen}"
    last = bulk.select(session, "SELECT COALESCE(MAX(id), 0) FROM orders")[0][0]
    for start in range(0, last, _STEP):
        row = bulk.select(session, sql, start, start + _STEP)[0]
        if row[0] is not None:
            yield np.stack([np.fromstring(text, dtype=np.int64, sep=",") for text in row], axis=1)


def _postgresql(session: Session, store_id: int) -> Iterator[np.ndarray[Any, np.dtype[np.int64]]]:
    sql = f"SELECT COALESCE(customer_id, 0), placed_at, COALESCE(net, {UNKNOWN}) FROM orders WHERE "
    cursor = bulk.driver_cursor(session)
    rest = b""
    kept: list[bytes] = []
    size = 0
    with cursor.copy(f"COPY ({sql}{_CHOSEN.format(store=int(store_id))}) TO STDOUT") as copy:
        for block in copy:
            kept.append(bytes(block))
            size += len(kept[-1])
            if size > _STEP * 32:
                whole, _, rest = b"".join(kept).rpartition(b"\n")
                yield _parsed(whole)
                kept, size = [rest], len(rest)
    cursor.close()
    if left := b"".join(kept).strip():
        yield _parsed(left)


def _parsed(text: bytes) -> np.ndarray[Any, np.dtype[np.int64]]:
    return np.fromstring(text.decode(), dtype=np.int64, sep=" ").reshape(-1, 3)
