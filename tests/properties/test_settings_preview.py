"""What the preview of a change of settings says is what saving it then does, whatever people and settings there are."""

from __future__ import annotations

import random
import sqlite3
from collections import Counter
from typing import Any

from sqlalchemy import Engine

from jobs.context import JobContext
from jobs.refresh import refresh_store
from plugin_core.db import Database
from plugin_core.offers import campaigns, planning
from plugin_core.outbox import desired, written
from plugin_core.records import ConsentRecord
from plugin_core.rehearsal import counts, people, slices
from plugin_core.stores import changing
from plugin_core.stores.credentials import Vault
from plugin_core.stores.models import Account, Store
from plugin_core.stores.settings import current
from tests.plugin_core import shop
from tests.plugin_core.shop import DAY, NOW

VAULT = Vault(["a key for tests, long enough to be one"])
SENDER = {"sender_name": "Ada", "sender_email": "a@b.example", "reply_to": "a@b.example", "postal_address": "1 High Street"}
CHANGES: list[dict[str, Any]] = [
    {"lifecycle_boundaries": "0.5,1,2,4"},
    {"lifecycle_boundaries": "1.5,3,5,9", "default_gap_days": "20"},
    {"earn_rate": "2.5"},
    {"tiers": "paper=0,iron=20,gold=60", "tier_window_months": "24"},
    {"pending_days": "60", "expiry_months": "3"},
    {"tag_prefix": "mine:", "tagged_segments": "big_spenders"},
    {"visit_hours": "100"},
    {"exchange_rates": "USD=0.5"},
    {"cooldown_days": "0", "cap_mails": "1"},
    {"sender_name": "Somebody else"},
]


class Open:
    """A store of ``count`` people with histories, brought up to date; ``values`` are the settings it begins with."""

    def __init__(self, engine: Engine, *, count: int, seed: int) -> None:
        draw = random.Random(seed)
        self.database = Database(engine)
        nothing: Any = None
        self.context = JobContext(self.database, VAULT, nothing, nothing, nothing, "", lambda: NOW)
        with self.database.write() as session:
            secret = VAULT.seal("account:main:secret", "s" * 32)
            owner = Account(key="main", name="main", secret=secret, reporting_currency="EUR", created_at=0)
            session.add(owner)
            session.flush()
            mine = shop.store(session, owner)
            mine.capabilities = ["customer_tags"]
            mine.first_import_at = NOW - DAY
            self.store_id = mine.id
            changing.save(session, mine, SENDER, expected=0, actor="ada", now=NOW - 500 * DAY)
            self._fill(session, mine, draw, count)
            other = shop.store(session, owner, "other")
            shop.take(session, other, shop.order("x", "person1@example.com", placed_at=NOW - 3 * DAY))
            for campaign in campaigns.ensure_stock_campaigns(session, mine, NOW):
                campaigns.start(session, mine, campaign, actor="ada", now=NOW)
        refresh_store(self.context, self.store_id)
        with self.database.write() as session:
            self.written_all(session, session.get_one(Store, self.store_id))

    @staticmethod
    def _fill(session, mine, draw, count):
        records = []
        for number in range(count):
            email = f"person{number}@example.com"
            if number % 3:
                said = (ConsentRecord("email", "subscribed", "form", 6 * DAY, "v1"),) if number % 4 else ()
                records.append(shop.customer(str(number), email, consents=said))
            for place in range(draw.choice((0, 1, 1, 2, 3, 6))):
                at = NOW - int(draw.uniform(0, 400) * DAY)
                currency = "USD" if draw.random() < 0.2 else "EUR"
                records.append(
                    shop.order(
                        f"{number}-{place}",
                        email,
                        placed_at=at,
                        total=draw.randrange(500, 30_000),
                        currency=currency,
                        customer_id=str(number) if number % 3 else "",
                    )
                )
        shop.take(session, mine, *records)

    @staticmethod
    def written_all(session, mine):
        """As if everything that was due had been written to the store."""
        ids = [row["id"] for row in shop.rows(session, "SELECT id FROM store_customers")]
        settings = current(session, mine)[0]
        written.record(session, mine, desired.accounts(session, mine, settings, ids), settings.tag_prefix, now=NOW)
        shop.rows(session, "DELETE FROM outbox RETURNING 1")

    def people(self) -> dict[int, dict[str, Any]]:
        with self.database.read() as session:
            rows = shop.rows(
                session,
                "SELECT customer_id, lifecycle, segment_bits, tier, points, points_pending FROM customer_stats "
                "WHERE store_id = :id",
                id=self.store_id,
            )
        return {row.pop("customer_id"): row for row in rows}

    def audiences(self, session) -> dict[str, int]:
        mine = session.get_one(Store, self.store_id)
        found = {}
        for campaign in campaigns.campaigns(session, mine):
            verdicts, _ = planning.judge(session, mine, campaign, now=NOW)
            found[campaign.key] = len({each.customer_id for each in verdicts if each.outcome != planning.SKIPPED})
        return {key: count for key, count in found.items() if count}

    def everything(self) -> dict[str, list[Any]]:
        with self.database.read() as session:
            return {table: sorted(str(row) for row in shop.rows(session, f"SELECT * FROM {table}")) for table in shop.tables()}


def test_saving_moves_exactly_the_people_the_preview_named(engine):
    here = Open(engine, count=40, seed=7)
    moved = {"+".join(values): saved_as_said(here, values) for values in CHANGES}
    assert sum(count > 0 for count in moved.values()) >= 5, moved


def saved_as_said(here: Open, values: dict[str, Any]) -> int:
    """Preview, save, run what is due, compare; the number of people moved."""
    before = here.people()
    untouched = here.everything()
    with here.database.read() as session:
        mine = session.get_one(Store, here.store_id)
        audiences = here.audiences(session)
        said = counts.effect(session, mine, values, now=NOW)
        listed = people.moved(session, mine, values, now=NOW, limit=1_000).people
        paged = []
        after: int | None = -1
        while after is not None:
            page = people.moved(session, mine, values, now=NOW, after=after, limit=7)
            paged += page.people
            after = page.next_after
    assert here.everything() == untouched, "a preview writes nothing"
    with here.database.write() as session:
        mine = session.get_one(Store, here.store_id)
        changing.save(session, mine, values, expected=said.version, actor="ada", now=NOW)
    refresh_store(here.context, here.store_id)
    after_all = here.people()
    really = {person for person in before if before[person] != after_all[person]}
    assert {each.customer_id for each in listed} == really
    assert paged == list(listed)
    assert (said.moved, said.looked_at, said.people, said.estimated) == (len(really), len(before), len(before), False)
    assert not really or {tuple(each.points) for each in listed if each.customer_id in really}
    for name, moves in (("lifecycle", said.lifecycle), ("tier", said.tiers)):
        pairs = Counter((before[one][name], after_all[one][name]) for one in before)
        assert {(move.before, move.after): move.people for move in moves} == {
            pair: count for pair, count in pairs.items() if pair[0] != pair[1]
        }
    if said.points != (0, 0):
        assert said.points == (sum(p["points"] for p in before.values()), sum(p["points"] for p in after_all.values()))
        assert said.points_pending[1] == sum(p["points_pending"] for p in after_all.values())
    with here.database.read() as session:
        mine = session.get_one(Store, here.store_id)
        queued = [int(row["key"]) for row in shop.rows(session, "SELECT key FROM outbox WHERE kind = 'profile'")]
        settings = current(session, mine)[0]
        # Somebody who moved there and back on the way is queued, but there is nothing to write.
        waiting = [each for each in desired.accounts(session, mine, settings, queued) if each.differs(settings.tag_prefix)]
        assert said.writes == len(waiting), values
        now_audiences = here.audiences(session)
    if said.audiences:
        assert {each.key: each.before for each in said.audiences if each.before} == audiences
        assert {each.key: each.after for each in said.audiences if each.after} == now_audiences
    else:
        assert audiences == now_audiences
    with here.database.write() as session:
        here.written_all(session, session.get_one(Store, here.store_id))
    return len(really)


def test_a_large_store_is_estimated_from_a_sample_and_says_so(engine, monkeypatch):
    here = Open(engine, count=80, seed=5)
    values = {"lifecycle_boundaries": "0.5,1,2,4"}
    monkeypatch.setattr(counts, "EXACT", 10)
    monkeypatch.setattr(counts, "SAMPLE", 40)
    monkeypatch.setattr(slices, "_RUNS", 8)
    monkeypatch.setattr(slices, "SLICE", 30)
    with here.database.read() as session:
        mine = session.get_one(Store, here.store_id)
        about = counts.effect(session, mine, values, now=NOW)
        exact = counts.effect(session, mine, values, now=NOW, whole=True)
    assert about.estimated
    assert 0 < about.looked_at < about.people
    assert exact.looked_at == exact.people
    assert exact.moved
    assert 0.4 * exact.moved <= about.moved <= 2.5 * exact.moved


def test_a_preview_waits_for_nobody_who_writes_and_nobody_waits_for_it(engine):
    here = Open(engine, count=20, seed=3)
    with here.database.write() as writing:
        writing.get_one(Store, here.store_id).name = "Busy"
        writing.flush()
        with here.database.read() as session:
            mine = session.get_one(Store, here.store_id)
            assert counts.effect(session, mine, {"pending_days": "0"}, now=NOW).changed
            assert current(session, mine)[0].pending_days == 14


def test_no_real_table_is_written_even_for_a_moment(engine):
    here = Open(engine, count=20, seed=4)
    with here.database.read() as session:
        mine = session.get_one(Store, here.store_id)
        sqlite = engine.dialect.name == "sqlite"
        if sqlite:
            session.connection().connection.driver_connection.set_authorizer(_only_temporary)
        before = {} if sqlite else _written_rows(session)
        for values in CHANGES:
            counts.effect(session, mine, values, now=NOW)
            people.moved(session, mine, values, now=NOW)
        if sqlite:
            session.connection().connection.driver_connection.set_authorizer(None)
        assert before == ({} if sqlite else _written_rows(session))


def _written_rows(session):
    """Table -> rows this connection has written and not reported yet, whatever became of them."""
    sql = (
        "SELECT relname, n_tup_ins + n_tup_upd + n_tup_del AS n FROM pg_stat_xact_user_tables "
        "WHERE schemaname = 'public' AND n_tup_ins + n_tup_upd + n_tup_del > 0"
    )
    return {row["relname"]: row["n"] for row in shop.rows(session, sql)}


def _only_temporary(action, table, _column, database, _trigger):
    writing = action in {sqlite3.SQLITE_INSERT, sqlite3.SQLITE_UPDATE, sqlite3.SQLITE_DELETE}
    return sqlite3.SQLITE_DENY if writing and database == "main" else sqlite3.SQLITE_OK
