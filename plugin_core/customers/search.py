"""What is asked of a list of people, as SQL: conditions on each, and the few an index finds where there are few.

In the SQL ``s`` is customer_stats, ``c`` customers, ``w`` person_words.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from plugin_core import bulk
from plugin_core.customers import folding
from plugin_core.db import is_sqlite
from plugin_core.errors import InvalidInput
from plugin_core.segments import members
from plugin_core.segments.lifecycle import STAGES
from plugin_core.segments.rfm import GROUP_NAMES
from plugin_core.segments.scores import scored
from plugin_core.stores.models import Store

CONSENTS = ("may_email", "subscribed", "pending", "unsubscribed", "unknown", "suppressed", "paused")
MOST_WORDS = 6
# People. Up to so many of one question are taken by the index and put in order; by name that pays longer, for names that
# begin alike lie side by side and walking there may be long.
FEW, FEW_BY_NAME = 2_000, 10_000
SOME = 40_000  # so many are listed once and walked past, or intersected with the answers of the other questions
_CERTAIN = 1_000  # so few are looked at one by one, whatever else is asked
_MOST_NAMED = 500  # people of one order number or code


class Wanted(NamedTuple):
    """Every part narrows; "" asks nothing."""

    text: str = ""
    segment: str = ""  # slug
    lifecycle: str = ""
    rfm: str = ""
    consent: str = ""
    country: str = ""
    tag: str = ""


class Clause(NamedTuple):
    sql: str
    values: tuple[Any, ...] = ()


class Part(NamedTuple):
    """One question: as a condition on a row, and, where an index answers it, as a SELECT of exactly those customer ids."""

    condition: Clause
    source: Clause | None = None
    reads: str = ""  # the table its condition needs beside customer_stats: "w" or "c"


class Way(NamedTuple):
    """How to get to the people wanted: from ``chosen`` (None: along the order), checking ``rest`` on each."""

    chosen: Clause | None
    rest: tuple[Part, ...]

    def where(self) -> Clause:
        conditions = [part.condition for part in self.rest]
        return Clause("".join(f" AND {each.sql}" for each in conditions), tuple(v for each in conditions for v in each.values))

    def reads(self, table: str) -> bool:
        return any(part.reads == table for part in self.rest)


_EMAIL = "SELECT 1 FROM consents n WHERE n.customer_id = s.customer_id AND n.channel = 'email' AND n.state"
_REFUSED = (
    f"EXISTS ({_EMAIL} = 'unsubscribed' AND NOT EXISTS (SELECT 1 FROM consents centre WHERE centre.customer_id = s.customer_id "
    "AND centre.channel = 'email' AND centre.store_id = 0 AND centre.state = 'subscribed' AND centre.at > n.at))"
)
_OPTED = f"EXISTS ({_EMAIL} = 'subscribed')"
_PENDING = f"EXISTS ({_EMAIL} = 'pending')"
_CONSENT = {
    "may_email": "s.may_email",
    "subscribed": f"({_OPTED} AND NOT {_REFUSED})",
    "pending": f"({_PENDING} AND NOT {_OPTED} AND NOT {_REFUSED})",
    "unsubscribed": _REFUSED,
    "unknown": f"(NOT {_PENDING} AND NOT {_OPTED} AND NOT {_REFUSED})",
    "suppressed": (
        "(c.email <> '' AND EXISTS (SELECT 1 FROM suppressions x "
        "WHERE x.account_id = c.account_id AND x.channel = 'email' AND x.address = c.email))"
    ),
    "paused": "(c.paused_until IS NOT NULL AND c.paused_until > ?)",
}


def ask(session: Session, store: Store, wanted: Wanted, *, now: int) -> tuple[Part, ...]:
    """InvalidInput (NotFound for a segment) where something is asked that there is not."""
    parts: list[Part] = []
    if wanted.segment:
        segment = members.find(session, store, wanted.segment)
        bit = Clause("(s.segment_bits >> CAST(? AS INTEGER)) & 1 = 1", (segment.bit,))
        stays = Clause("SELECT customer_id FROM memberships WHERE segment_id = ? AND left_at IS NULL", (segment.id,))
        parts.append(Part(bit, stays))
    group = scored(store.rfm_cuts or {}).group
    for sql, value, known in (("s.lifecycle", wanted.lifecycle, STAGES), (group, wanted.rfm, GROUP_NAMES)):
        if value:
            parts.append(Part(Clause(f"{sql} = ?", (_known(value, known),))))
    if wanted.consent:
        values = (now,) if wanted.consent == "paused" else ()
        sql = _CONSENT[_known(wanted.consent, CONSENTS)]
        parts.append(Part(Clause(sql, values), reads="c" if "c." in sql else ""))
    if wanted.country.strip():
        country = wanted.country.strip().upper()
        living = Clause(
            "SELECT id AS customer_id FROM customers WHERE account_id = ? AND country = ?", (store.account_id, country)
        )
        parts.append(Part(Clause("c.country = ?", (country,)), living, "c"))
    if wanted.tag.strip():
        term = folding.tag_term(wanted.tag)
        carrying = Clause("SELECT customer_id FROM person_terms WHERE store_id = ? AND term = ?", (store.id, term))
        parts.append(Part(Clause(_holds(session, "w.words || ' '"), (f" {term} ",)), carrying, "w"))
    words = folding.asked(wanted.text.replace("\0", ""))[:MOST_WORDS]
    named = _named(session, store, wanted.text) if words else []
    return (*parts, *(_word(session, store, word, named) for word in words))


def way(session: Session, parts: tuple[Part, ...], *, by_name: bool = False) -> Way:
    """By the index where that leads to few; else along the order."""
    sized = sorted(((_size(session, part.source), part) for part in parts if part.source is not None), key=lambda each: each[0])
    if not sized or sized[0][0] > SOME:
        return Way(None, parts)
    smallest, part = sized[0]
    if len(sized) == 1 and smallest > (FEW_BY_NAME if by_name else FEW):
        return Way(None, tuple(_listed(each) if each is part else each for each in parts))
    used = [part] if smallest <= _CERTAIN else [each for _size, each in sized]
    sources = [each.source for each in used if each.source is not None]
    sql = " INTERSECT ".join(f"SELECT customer_id FROM ({each.sql}) AS found{number}" for number, each in enumerate(sources))
    chosen = Clause(sql if len(sources) > 1 else f"SELECT DISTINCT customer_id FROM ({sql}) AS found", _values(sources))
    return Way(chosen, tuple(each for each in parts if all(each is not other for other in used)))


def _listed(part: Part) -> Part:
    """Asked of each row by whether it is in the list; COALESCE keeps PostgreSQL from turning the list into a join."""
    source = part.source or Clause("")
    return Part(Clause(f"COALESCE({{lead}}.customer_id IN ({source.sql}), FALSE)", source.values))


def _values(clauses: list[Clause]) -> tuple[Any, ...]:
    return tuple(value for each in clauses for value in each.values)


def _size(session: Session, source: Clause) -> int:
    sql = f"SELECT COUNT(*) FROM (SELECT 1 FROM ({source.sql}) AS found LIMIT {SOME + 1}) AS counted"
    return int(bulk.select(session, sql, *source.values)[0][0])


def _known(value: str, known: tuple[str, ...]) -> str:
    if value not in known:
        raise InvalidInput(f"There is no {value[:40]!r} to filter by.", mend=f"Choose one of: {', '.join(known)}.")
    return value


def _named(session: Session, store: Store, text: str) -> list[int]:
    """Whose order has this number, or whose code this is: typed as it is shown, with or without the #."""
    plain = text.replace("\0", "").strip().removeprefix("#")
    if not plain or " " in plain or len(plain) > folding.LONGEST:
        return []
    numbers = bulk.values(session, [plain, f"#{plain}"])
    codes = bulk.values(session, sorted({plain, plain.upper(), plain.lower()}))
    some = bulk.listed(session, "text")
    rows = bulk.select(
        session,
        f"SELECT customer_id FROM (SELECT customer_id FROM orders WHERE store_id = ? AND number IN ({some}) "
        f"UNION SELECT customer_id FROM referral_codes WHERE store_id = ? AND code IN ({some}) "
        f"UNION SELECT o.customer_id FROM offers o JOIN campaigns k ON k.id = o.campaign_id "
        f"WHERE k.store_id = ? AND o.code IN ({some}) AND o.code <> '') AS named "
        f"WHERE customer_id IS NOT NULL LIMIT {_MOST_NAMED}",
        *(store.id, numbers, store.id, codes, store.id, codes),
    )
    return [row[0] for row in rows]


def _word(session: Session, store: Store, word: tuple[str, ...], named: list[int]) -> Part:
    """Everybody with a word that begins so, a range of the index for each way to begin; and who is meant by number or code."""
    held = " OR ".join([_holds(session, "w.words")] * len(word))
    spelt: list[Any] = [f" {beginning}" for beginning in word]
    sql = " UNION ALL ".join(["SELECT customer_id FROM person_terms WHERE store_id = ? AND term >= ? AND term < ?"] * len(word))
    ranges: list[Any] = [value for beginning in word for value in (store.id, beginning, beginning + folding.LAST)]
    if named:
        some = bulk.listed(session, "bigint")
        held += f" OR s.customer_id IN ({some})"
        # PostgreSQL's unnest and SQLite's json_each both give one column.
        sql += f" UNION ALL SELECT * FROM ({some}) AS named"
        spelt.append(bulk.values(session, named))
        ranges.append(bulk.values(session, named))
    return Part(Clause(f"({held})", tuple(spelt)), Clause(sql, tuple(ranges)), "w")


def _holds(session: Session, text: str) -> str:
    return f"{'instr' if is_sqlite(session) else 'strpos'}({text}, ?) > 0"
