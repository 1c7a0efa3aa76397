"""A store's people as rows of a file, as searched, filtered and ordered; a thousand at a time, in flat memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

from sqlalchemy.orm import Session

from plugin_core.clock import from_us
from plugin_core.customers import directory, listing
from plugin_core.customers.search import Wanted
from plugin_core.money import major
from plugin_core.stores.models import AuditEntry, Store

COLUMNS = (
    *("email", "first_name", "last_name", "external_ids", "orders_count", "net_spent", "currency", "foreign_orders"),
    *("first_order_at", "last_order_at", "rfm", "rfm_scores", "lifecycle", "segments", "points", "points_pending", "tier"),
    *("referral_code", "consent_email", "consent_sms", "may_email", "key"),
)
_STEP = 1_000


def rows(
    opened: Callable[[], AbstractContextManager[Session]], store_id: int, wanted: Wanted, order: listing.Order, *, now: int
) -> Iterator[tuple[str, ...]]:
    """In the order of :data:`COLUMNS`; erased people are left out, and nobody comes twice.

    ``opened`` is called once a step: a slow reader holds no transaction. Whoever moves in the order meanwhile may be missed.
    """
    cut: listing.Cut | None = None
    seen = _Seen()
    while True:
        with opened() as session:
            store = session.get_one(Store, store_id)
            page = listing.page(session, store, wanted, order, cut=cut, size=_STEP, now=now)
            some = [row.customer_id for row in page.rows if not row.erased and seen.new(row.customer_id)]
            people = directory.people_of(session, store, some)
        for customer_id in some:
            if customer_id in people:
                yield cells(people[customer_id], store.currency)
        if not page.later or not page.rows:
            return
        cut = listing.Cut(page.rows[-1].place)


class _Seen:
    """A bit a person: an eighth of a megabyte for a million."""

    def __init__(self) -> None:
        self._bits = bytearray()

    def new(self, customer_id: int) -> bool:
        place, bit = customer_id >> 3, 1 << (customer_id & 7)
        if place >= len(self._bits):
            self._bits.extend(bytes(place + 1 - len(self._bits)))
        if self._bits[place] & bit:
            return False
        self._bits[place] |= bit
        return True


def note(session: Session, store: Store, wanted: Wanted, people: int, *, actor: str, now: int) -> None:
    """Who took a copy of whom; not what was searched for, which may be a name."""
    after = {"people": people, **{name: name == "text" or value for name, value in wanted._asdict().items() if value}}
    session.add(
        AuditEntry(
            account_id=store.account_id, store_id=store.id, actor=actor, action="export.customers", subject="", before={},
            after=after, at=now,
        )
    )  # fmt: skip


def cells(person: directory.Person, currency: str) -> tuple[str, ...]:
    return (
        *(person.email, person.first_name, person.last_name, ",".join(person.external_ids), str(person.orders_count)),
        *(str(major(person.net_spent, currency)), currency),
        ",".join(f"{code}={count}" for code, count in person.foreign_orders.items()),
        *(moment(person.first_order_at), moment(person.last_order_at), person.rfm, person.rfm_scores, person.lifecycle),
        *(",".join(person.segments), str(person.points), str(person.points_pending), person.tier, person.referral_code),
        *(person.consent["email"], person.consent["sms"], "yes" if person.may_email else "no", person.key),
    )


def moment(us: int | None) -> str:
    return "" if us is None else from_us(us).isoformat().replace("+00:00", "Z")
