"""A store's people as rows of a file, as searched, filtered and ordered; a thousand at a time, in flat memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Any

from sqlalchemy.orm import Session

from plugin_core import bulk
from plugin_core.clock import from_us
from plugin_core.customers import listing
from plugin_core.customers.search import Wanted
from plugin_core.money import major
from plugin_core.stores.models import AuditEntry, Store

COLUMNS = (
    *("key", "email", "first_name", "last_name", "orders", "net_spent", "currency", "first_order_at", "last_order_at"),
    *("lifecycle", "rfm", "segments", "points", "points_pending", "tier", "referral_code", "may_email"),
)
_STEP = 1_000


def rows(open_session: Any, store_id: int, wanted: Wanted, order: listing.Order, *, now: int) -> Iterator[tuple[str, ...]]:
    """In the order of :data:`COLUMNS`; erased people are left out. ``open_session`` is opened once a step, so that a slow reader
    holds no transaction; whoever moves in the order meanwhile may be missed or come twice, nobody else.
    """
    cut: listing.Cut | None = None
    while True:
        with _opened(open_session) as session:
            store = session.get_one(Store, store_id)
            page = listing.page(session, store, wanted, order, cut=cut, size=_STEP, now=now)
            found = [row for row in page.rows if not row.erased]
            more = _more(session, store, [row.customer_id for row in found])
        for row in found:
            yield _cells(row, store, *more[row.customer_id])
        if not page.later or not page.rows:
            return
        cut = listing.Cut(page.rows[-1].place)


def note(session: Session, store: Store, wanted: Wanted, *, actor: str, now: int) -> None:
    """Who took a copy of whom."""
    people = listing.count(session, store, wanted, now=now)
    after = {"people": people.people, "exact": people.exact, **{name: value for name, value in wanted._asdict().items() if value}}
    session.add(
        AuditEntry(
            account_id=store.account_id, store_id=store.id, actor=actor, action="export.customers", subject="", before={},
            after=after, at=now,
        )
    )  # fmt: skip


def _opened(open_session: Any) -> AbstractContextManager[Session]:
    opened: AbstractContextManager[Session] = open_session()
    return opened


def _more(session: Session, store: Store, people: list[int]) -> dict[int, tuple[str, int, int | None, str]]:
    """Person -> segments, pending points, first order, referral code."""
    names = "SELECT bit, slug FROM segments WHERE store_id = ? AND bit IS NOT NULL AND archived_at IS NULL ORDER BY bit"
    slugs = dict(bulk.select(session, names, store.id))
    chosen, some = bulk.values(session, people), bulk.listed(session, "bigint")
    codes = dict(
        bulk.select(
            session,
            f"SELECT customer_id, code FROM referral_codes WHERE store_id = ? AND customer_id IN ({some})",
            store.id,
            chosen,
        )
    )
    sql = (
        "SELECT customer_id, segment_bits, points_pending, first_order_at FROM customer_stats "
        f"WHERE store_id = ? AND customer_id IN ({some})"
    )
    return {
        person: (" ".join(slug for bit, slug in slugs.items() if bits >> bit & 1), pending, first, codes.get(person, ""))
        for person, bits, pending, first in bulk.select(session, sql, store.id, chosen)
    }


def _cells(row: listing.Row, store: Store, segments: str, pending: int, first: int | None, code: str) -> tuple[str, ...]:
    return (
        *(row.key, row.email, row.first_name, row.last_name, str(row.orders), str(major(row.spent, store.currency))),
        *(store.currency, _time(first), _time(row.last_order_at), row.lifecycle, row.rfm, segments, str(row.points)),
        *(str(pending), row.tier, code, "yes" if row.may_email else "no"),
    )


def _time(us: int | None) -> str:
    return "" if us is None else from_us(us).isoformat(timespec="seconds").replace("+00:00", "Z")
