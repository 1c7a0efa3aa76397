"""Everything that happened with a person in a store, newest first, each with what made it happen; a page at a time.

The entries are facts (what kind, which values); words for them are the reader's page's business.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from plugin_core.customers.privacy.traces import family_of
from plugin_core.errors import InvalidInput
from plugin_core.stores.models import Store


class Entry(NamedTuple):
    """``what`` is the kind's own word: "earn", "left", "unsubscribed"... ``values`` hold the why: version, rule, reason."""

    at: int
    kind: str
    what: str
    values: dict[str, Any]
    rank: int  # of its source, then its row: what is of one moment has an order of its own
    id: int


class Place(NamedTuple):
    at: int
    rank: int
    id: int


class Page(NamedTuple):
    entries: list[Entry]
    later: str  # link to what comes after (that is: happened before); "" where there is nothing


class _Source(NamedTuple):
    """``sql`` gives at, id, what and the values of one person's (``:family``) doings in ``:store``."""

    kind: str
    sql: str


_OFFER = "FROM offers o JOIN campaigns k ON k.id = o.campaign_id WHERE o.customer_id IN :family AND k.store_id = :store"
_STAY = "FROM memberships m JOIN segments g ON g.id = m.segment_id WHERE m.customer_id IN :family AND g.store_id = :store"
_MERGE = "FROM customer_merges m JOIN customers c ON c.id = m.absorbed_id WHERE m.survivor_id IN :family"
_REQUEST = "FROM privacy_requests r WHERE r.customer_id IN :family AND r.account_id = :account"

SOURCES = (
    _Source(
        "order",
        "SELECT placed_at AS at, id, CASE WHEN counted THEN 'counted' WHEN void THEN 'void' ELSE 'open' END AS what, number, "
        "status, total, currency, codes FROM orders WHERE customer_id IN :family AND store_id = :store",
    ),
    _Source(
        "refund",
        "SELECT r.at, o.id, 'refunded' AS what, o.number, SUM(r.amount) AS amount, o.currency FROM orders o "
        "JOIN refunds r ON r.order_id = o.id WHERE o.customer_id IN :family AND o.store_id = :store "
        "GROUP BY r.at, o.id, o.number, o.currency",
    ),
    _Source(
        "checkout",
        "SELECT created_at AS at, id, CASE WHEN completed_at IS NULL THEN 'left' ELSE 'completed' END AS what, total, currency, "
        "completed_at FROM checkouts WHERE customer_id IN :family AND store_id = :store",
    ),
    _Source(
        "offer",
        "SELECT COALESCE(o.decided_at, o.planned_at) AS at, o.id, o.state AS what, k.name AS campaign, k.key AS campaign_key, "
        f"o.step, o.reason, o.percent, o.settings_version, o.due_at {_OFFER} "
        "AND o.state IN ('planned', 'held_out', 'skipped', 'failed')",
    ),
    _Source(
        "code",
        "SELECT o.minted_at AS at, o.id, 'made' AS what, o.code, o.percent, o.code_expires_at AS expires_at, k.name AS campaign, "
        f"k.key AS campaign_key, o.step, o.settings_version {_OFFER} AND o.minted_at IS NOT NULL AND o.code <> ''",
    ),
    _Source(
        "code",
        "SELECT r.offered_at AS at, r.id, 'referral' AS what, r.code FROM referral_codes r "
        "WHERE r.customer_id IN :family AND r.store_id = :store",
    ),
    _Source(
        "mail",
        "SELECT t.claimed_at AS at, t.id, t.state AS what, t.channel, t.problem, t.settled_at, k.name AS campaign, "
        "k.key AS campaign_key, o.step, o.settings_version FROM touches t JOIN offers o ON o.id = t.offer_id "
        "JOIN campaigns k ON k.id = o.campaign_id WHERE t.customer_id IN :family AND k.store_id = :store",
    ),
    _Source(
        "points",
        "SELECT p.happened_at AS at, p.id, p.kind AS what, p.points, p.cause, p.basis, p.rate, p.settings_version, "
        "p.available_at, o.number FROM points_entries p LEFT JOIN orders o ON o.id = p.order_id "
        "WHERE p.customer_id IN :family AND p.store_id = :store",
    ),
    _Source(
        "consent",
        "SELECT CASE WHEN e.at > 0 THEN e.at ELSE e.recorded_at END AS at, e.id, e.state AS what, e.channel, e.source, "
        "e.text_version, e.recorded_at, e.at > 0 AS dated, COALESCE(s.name, '') AS store FROM consent_entries e "
        "LEFT JOIN stores s ON s.id = e.store_id WHERE e.customer_id IN :family",
    ),
    _Source(
        "segment",
        f"SELECT m.entered_at AS at, m.id, 'entered' AS what, g.slug, g.name AS segment, m.settings_version {_STAY}",
    ),
    _Source(
        "segment",
        f"SELECT m.left_at AS at, m.id, 'left' AS what, g.slug, g.name AS segment, m.settings_version {_STAY} "
        "AND m.left_at IS NOT NULL",
    ),
    _Source("merge", f"SELECT m.at, m.id, 'merged' AS what, m.reason, c.key AS absorbed {_MERGE}"),
    _Source(
        "merge", f"SELECT m.undone_at AS at, m.id, 'parted' AS what, m.reason, c.key AS absorbed {_MERGE} AND m.undone_at > 0"
    ),
    _Source(
        "privacy", f"SELECT r.received_at AS at, r.id, 'asked' AS what, r.kind AS request, r.source, r.deadline_at {_REQUEST}"
    ),
    _Source(
        "privacy",
        f"SELECT r.done_at AS at, r.id, r.state AS what, r.kind AS request, r.source {_REQUEST} AND r.done_at IS NOT NULL",
    ),
    _Source(
        "change",
        "SELECT a.at, a.id, a.action AS what, a.actor, a.before, a.after FROM audit_entries a "
        "WHERE a.account_id = :account AND a.subject IN :keys AND a.action LIKE 'customer.%'",
    ),
    _Source(
        "note",
        "SELECT n.at, n.id, 'written' AS what, n.author, n.text FROM customer_notes n "
        "WHERE n.customer_id IN :family AND n.account_id = :account",
    ),
)
KINDS = tuple(dict.fromkeys(source.kind for source in SOURCES))
_JSON = ("codes", "before", "after")


def timeline(
    session: Session, store: Store, customer_id: int, *, kinds: Collection[str] = (), after: str = "", size: int = 50
) -> Page:
    """``customer_id`` of who is left after merges; ``kinds`` empty: all. InvalidInput for a kind there is not."""
    strange = set(kinds) - set(KINDS)
    if strange:
        raise InvalidInput(f"There is no {min(strange)[:40]!r} in a timeline.", mend=f"Kinds: {', '.join(KINDS)}.")
    family = family_of(session, customer_id)
    place = _read(after)
    params = {
        "family": [person.id for person in family],
        "keys": [person.key for person in family],
        "store": store.id,
        "account": store.account_id,
    }
    found: list[Entry] = []
    for rank, source in enumerate(SOURCES):
        if not kinds or source.kind in kinds:
            found += _of(session, source, rank, params, place, size + 1)
    found.sort(key=lambda entry: (entry.at, entry.rank, entry.id), reverse=True)
    shown = found[:size]
    return Page(shown, _write(shown[-1]) if len(found) > size else "")


def _of(session: Session, source: _Source, rank: int, params: dict[str, Any], place: Place | None, limit: int) -> Sequence[Entry]:
    """What comes after ``place`` in the order of (moment, source, row), newest first."""
    behind = ""
    given = dict(params)
    if place is not None:
        given |= {"place_at": place.at, "place_id": place.id}
        same = {True: "", False: " OR (e.at = :place_at AND e.id < :place_id)"}[rank != place.rank]
        behind = "WHERE e.at <= :place_at" if rank < place.rank else f"WHERE (e.at < :place_at{same})"
    statement = sa.text(f"SELECT * FROM ({source.sql}) AS e {behind} ORDER BY e.at DESC, e.id DESC LIMIT {limit}")
    many: list[sa.BindParameter[Any]] = [
        sa.bindparam(name, expanding=True) for name in ("family", "keys") if f":{name}" in source.sql
    ]
    names = {name for name in given if f":{name}" in statement.text}
    rows = session.execute(statement.bindparams(*many), {name: given[name] for name in names}).mappings()
    entries = []
    for row in rows:
        values = {name: _loaded(name, value) for name, value in row.items() if name not in {"at", "id", "what"}}
        entries.append(Entry(row["at"], source.kind, row["what"], values, rank, row["id"]))
    return entries


def _loaded(name: str, value: Any) -> Any:
    if name == "amount":
        return int(value)
    if name == "dated":
        return bool(value)
    return json.loads(value) if name in _JSON and isinstance(value, str) else value


def _write(entry: Entry) -> str:
    body = json.dumps([entry.at, entry.rank, entry.id])
    return base64.urlsafe_b64encode(body.encode()).decode().rstrip("=")


def _read(text: str) -> Place | None:
    """None for the beginning, and for whatever :func:`_write` did not make."""
    try:
        body = json.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError):
        return None
    whole = isinstance(body, list) and len(body) == 3 and all(type(each) is int and abs(each) < 2**62 for each in body)
    return Place(*body) if whole else None
