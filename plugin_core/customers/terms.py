"""The words people are found by, kept beside their numbers: written only where they changed."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy.orm import Session

from plugin_core import bulk
from plugin_core.customers.folding import Spelt, spell, terms
from plugin_core.customers.models import PersonTerm, PersonWords
from plugin_core.tables import metadata

_WORDS = metadata.tables[PersonWords.__tablename__]
_TERMS = metadata.tables[PersonTerm.__tablename__]
_COLUMNS = ("store_id", "customer_id", "name", "words")
_TERM_COLUMNS = ("store_id", "term", "customer_id")
_KNOWN = """
SELECT c.id, c.first_name, c.last_name, c.email, c.phone FROM customer_stats s JOIN customers c ON c.id = s.customer_id
WHERE s.store_id = ? AND s.customer_id IN ({some})
"""


def follow(session: Session, store_id: int, customer_ids: Collection[int]) -> int:
    """Bring the words of these people in one store up to date; the number of people whose words changed.

    Whoever has no numbers in the store any more is found there no more.
    """
    if not customer_ids:
        return 0
    chosen = bulk.values(session, customer_ids)
    stored = _stored(session, store_id, chosen)
    wanted = _wanted(session, store_id, chosen)
    changed = {person: spelt for person, spelt in wanted.items() if stored.get(person) != spelt}
    gone = stored.keys() - wanted.keys()
    old = [(store_id, term, person) for person in (changed.keys() & stored.keys()) | gone for term in terms(stored[person].words)]
    _delete(session, old)
    bulk.update_rows(
        session, "DELETE FROM person_words WHERE store_id = ? AND customer_id = ?", [(store_id, person) for person in gone]
    )
    bulk.upsert(
        session,
        _WORDS,
        _COLUMNS,
        [(store_id, person, *changed[person]) for person in sorted(changed)],
        key=_COLUMNS[:2],
        update=_COLUMNS[2:],
    )
    # In the order of the key: what lies side by side is written side by side.
    new = sorted((store_id, term, person) for person, spelt in changed.items() for term in terms(spelt.words))
    bulk.insert(session, _TERMS, _TERM_COLUMNS, new)
    return len(changed) + len(gone)


def follow_everywhere(session: Session, customer_ids: Collection[int]) -> None:
    """The same in every store that knows any of them."""
    some = bulk.listed(session, "bigint")
    sql = (
        f"SELECT store_id FROM customer_stats WHERE customer_id IN ({some}) "
        f"UNION SELECT store_id FROM person_words WHERE customer_id IN ({some})"
    )
    chosen = bulk.values(session, customer_ids)
    for (store_id,) in bulk.select(session, sql, chosen, chosen):
        follow(session, store_id, customer_ids)


def forget(session: Session, customer_ids: Collection[int]) -> None:
    """They are found nowhere any more."""
    sql = f"SELECT store_id, customer_id, words FROM person_words WHERE customer_id IN ({bulk.listed(session, 'bigint')})"
    rows = bulk.select(session, sql, bulk.values(session, customer_ids))
    _delete(session, [(store_id, term, person) for store_id, person, words in rows for term in terms(words)])
    bulk.update_rows(session, "DELETE FROM person_words WHERE store_id = ? AND customer_id = ?", [row[:2] for row in rows])


def _delete(session: Session, rows: Sequence[tuple[Any, ...]]) -> None:
    bulk.update_rows(session, "DELETE FROM person_terms WHERE store_id = ? AND term = ? AND customer_id = ?", rows)


def _stored(session: Session, store_id: int, chosen: Any) -> dict[int, Spelt]:
    sql = (
        "SELECT customer_id, name, words FROM person_words "
        f"WHERE store_id = ? AND customer_id IN ({bulk.listed(session, 'bigint')})"
    )
    return {person: Spelt(name, words) for person, name, words in bulk.select(session, sql, store_id, chosen)}


def _wanted(session: Session, store_id: int, chosen: Any) -> dict[int, Spelt]:
    some = bulk.listed(session, "bigint")
    addresses: dict[int, list[str]] = defaultdict(list)
    sql = f"SELECT customer_id, address FROM customer_addresses WHERE customer_id IN ({some}) ORDER BY address"
    for person, address in bulk.select(session, sql, chosen):
        addresses[person].append(address)
    tags: dict[int, list[str]] = defaultdict(list)
    sql = f"SELECT customer_id, tags FROM store_customers WHERE customer_id IN ({some}) AND +store_id = ? AND deleted_at IS NULL"
    for person, listed in bulk.select(session, sql, chosen, store_id):
        tags[person] += json.loads(listed) if isinstance(listed, str) else listed
    return {
        person: spell(first, last, (email, *addresses.get(person, ())), phone, tags.get(person, ()))
        for person, first, last, email, phone in bulk.select(session, _KNOWN.format(some=some), store_id, chosen)
    }
