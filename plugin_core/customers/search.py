"""What is asked of a list of people, as SQL: conditions on each, and the few an index finds where there are few.

In the SQL ``s`` is customer_stats, ``c`` customers, ``w`` person_words.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from plugin_core import bulk
from plugin_core.customers import folding
from plugin_core.errors import InvalidInput
from plugin_core.segments import members
from plugin_core.segments.lifecycle import STAGES
from plugin_core.segments.rfm import GROUP_NAMES
from plugin_core.segments.scores import scored
from plugin_core.stores.models import Store

CONSENTS = ("may_email", "subscribed", "pending", "unsubscribed", "unknown", "suppressed", "paused")
MOST_WORDS = 6
FEW = 5_000  # people: looked at one by one rather than walking the order
SOME = 40_000  # people of each of several words: intersected
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


class Asked(NamedTuple):
    conditions: tuple[Clause, ...]
    sources: tuple[Clause, ...]  # each a SELECT of customer ids that holds everybody wanted
    text: bool

    def where(self) -> Clause:
        return Clause(
            "".join(f" AND {each.sql}" for each in self.conditions), tuple(v for each in self.conditions for v in each.values)
        )

    @property
    def on_words(self) -> bool:
        return any(" w." in f" {each.sql}".replace("(", " ") for each in self.conditions)

    @property
    def on_person(self) -> bool:
        return any(" c." in f" {each.sql}".replace("(", " ") for each in self.conditions)


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


def ask(session: Session, store: Store, wanted: Wanted, *, now: int) -> Asked:
    """InvalidInput (NotFound for a segment) where something is asked that there is not."""
    conditions: list[Clause] = []
    sources: list[Clause] = []
    if wanted.segment:
        segment = members.find(session, store, wanted.segment)
        # In the bits at once with the figures; the stays are only the way to the few.
        conditions.append(Clause("(s.segment_bits >> CAST(? AS INTEGER)) & 1 = 1", (segment.bit,)))
        sources.append(Clause("SELECT customer_id FROM memberships WHERE segment_id = ? AND left_at IS NULL", (segment.id,)))
    group = scored(store.rfm_cuts or {}).group
    for sql, value, known in (("s.lifecycle", wanted.lifecycle, STAGES), (group, wanted.rfm, GROUP_NAMES)):
        if value:
            conditions.append(Clause(f"{sql} = ?", (_known(value, known),)))
    if wanted.consent:
        values = (now,) if wanted.consent == "paused" else ()
        conditions.append(Clause(_CONSENT[_known(wanted.consent, CONSENTS)], values))
    if wanted.country:
        country = wanted.country.strip().upper()
        conditions.append(Clause("c.country = ?", (country,)))
        sources.append(
            Clause("SELECT id AS customer_id FROM customers WHERE account_id = ? AND country = ?", (store.account_id, country))
        )
    if wanted.tag.strip():
        term = folding.tag_term(wanted.tag)
        conditions.append(Clause(_holds(session, exact=True), (f" {term} ",)))
        sources.append(Clause("SELECT customer_id FROM person_terms WHERE store_id = ? AND term = ?", (store.id, term)))
    words = folding.asked(wanted.text.replace("\0", ""))[:MOST_WORDS]
    if words:
        named = _named(session, store, wanted.text)
        conditions.append(_answers(session, words, named))
        sources += [_beginning(session, store, word, named) for word in words]
    return Asked(tuple(conditions), tuple(sources), bool(words))


def few(session: Session, asked: Asked) -> Clause | None:
    """A SELECT of customer ids that holds everybody wanted and not many more; None where no index leads to few."""
    sizes = [(_size(session, source), source) for source in asked.sources]
    if not sizes:
        return None
    smallest, source = min(sizes, key=lambda each: each[0])
    if smallest <= FEW:
        return Clause(f"SELECT DISTINCT customer_id FROM ({source.sql}) AS found", source.values)
    several = [source for size, source in sizes if size <= SOME]
    if len(several) > 1:
        sql = " INTERSECT ".join(f"SELECT customer_id FROM ({each.sql}) AS found{number}" for number, each in enumerate(several))
        return Clause(sql, tuple(value for each in several for value in each.values))
    return None


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


def _answers(session: Session, words: list[tuple[str, ...]], named: list[int]) -> Clause:
    parts, values = [], []
    for word in words:
        parts.append("(" + " OR ".join(_holds(session) for _ in word) + ")")
        values += [f" {beginning}" for beginning in word]
    sql = " AND ".join(parts)
    if not named:
        return Clause(f"({sql})", tuple(values))
    return Clause(f"(({sql}) OR s.customer_id IN ({bulk.listed(session, 'bigint')}))", (*values, bulk.values(session, named)))


def _holds(session: Session, *, exact: bool = False) -> str:
    function = "instr" if session.get_bind().dialect.name == "sqlite" else "strpos"
    return f"{function}({'w.words || chr_space' if exact else 'w.words'}, ?) > 0".replace("chr_space", "' '")


def _beginning(session: Session, store: Store, word: tuple[str, ...], named: list[int]) -> Clause:
    """Everybody with a word that begins so: a range of the index for each way to begin."""
    sql = " UNION ALL ".join(["SELECT customer_id FROM person_terms WHERE store_id = ? AND term >= ? AND term < ?"] * len(word))
    values = [value for beginning in word for value in (store.id, beginning, beginning + folding.LAST)]
    if named:
        # PostgreSQL's unnest and SQLite's json_each both give one column.
        sql += f" UNION ALL SELECT * FROM ({bulk.listed(session, 'bigint')}) AS named"
        values.append(bulk.values(session, named))
    return Clause(sql, tuple(values))
