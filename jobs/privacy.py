"""Privacy requests answered: exports made ready, people and stores erased, until nothing is left anywhere.

An erasure touches all stores of the account: it waits until nobody is busy with any of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import structlog
from sqlalchemy import select

from jobs.context import JobContext
from jobs.erasing import carry_out_effects, discard_files
from jobs.turns import turn
from plugin_core import bulk
from plugin_core.customers.privacy import effects, requests
from plugin_core.customers.privacy.erase import Erased, erase_person
from plugin_core.customers.privacy.export import export_person
from plugin_core.customers.privacy.models import PrivacyRequest
from plugin_core.customers.privacy.shop import erase_store
from plugin_core.errors import AccessRevoked, MessageError, SettingsProblem, StoreError
from plugin_core.scrub import scrub
from plugin_core.stores.models import Account, Store

NOBODY = "Nobody like that is known."

_log = structlog.get_logger("jobs.privacy")


class Busy(Exception):
    """Another process works for one of the account's stores: nothing was changed; try again."""


def answer_requests(context: JobContext, store_id: int) -> Counter[str]:
    """All that wait for this store, most urgent first. Only for who has the store's turn. The store may be gone afterwards.

    Counts: "answered", "erased", "cancelled", "done", "busy", "put_off", and what :func:`carry_out_effects` counts.
    """
    counts: Counter[str] = Counter()
    with context.database.read() as session:
        store = session.get_one(Store, store_id)
        waiting = [(each.id, each.kind) for each in requests.waiting(session, store_key=store.key) if each.state == "open"]
    for request_id, kind in waiting:
        try:
            if kind == "data_request":
                _answer(context, request_id)
                counts["answered"] += 1
            elif kind == "redact":
                _redact(context, request_id, store_id)
                counts["erased"] += 1
            elif _still_installed(context, store, request_id):
                counts["cancelled"] += 1
            else:
                _redact_store(context, request_id, store)
                counts["erased"] += 1
                return counts
        except Busy:
            counts["busy"] += 1
        except (StoreError, MessageError) as problem:
            counts["put_off"] += 1
            _log.warning("privacy request put off", store=store.key, request=request_id, problem=type(problem).__name__)
    counts += carry_out_effects(context, store_id)
    counts["done"] += finish_erasures(context)
    return +counts


def erase_now(context: JobContext, account_id: int, customer_id: int, *, reason: str, held: int | None = None) -> Erased:
    """The tables at once, files of unfinished imports, too; the rest is queued. ``held``: the store whose turn we have."""
    with _everybody_waits(context, account_id, held) as stores:
        with context.database.write() as session:
            account = session.get_one(Account, account_id)
            erased = erase_person(session, context.vault, account, customer_id, reason=reason, now=context.clock())
        for store in stores:
            discard_files(context, store)
    _log.info("person erased", customer=erased.customer_key, accounts=erased.accounts, orders=erased.orders)
    return erased


def finish_erasures(context: JobContext) -> int:
    """Requests whose every trace is gone by now, outside the tables, too; how many."""
    with context.database.read() as session:
        open_ones = [each for each in requests.waiting(session) if each.state == "erasing"]
        accounts = {each.account_id for each in open_ones}
        left = {
            account_id: effects.waiting(session, list(session.scalars(select(Store.id).where(Store.account_id == account_id))))
            for account_id in accounts
        }
    ready = [each.id for each in open_ones if not left[each.account_id]]
    if not ready or not scrub(context.database):
        return 0
    with context.database.write() as session:
        for request_id in ready:
            request = session.get_one(PrivacyRequest, request_id)
            requests.close(request, request.outcome, now=context.clock())
    return len(ready)


def _answer(context: JobContext, request_id: int) -> None:
    with context.database.write() as session:
        request = session.get_one(PrivacyRequest, request_id)
        person = requests.whom(session, context.vault, request)
        if person is None:
            requests.close(request, NOBODY, now=context.clock())
            return
        body = export_person(session, session.get_one(Account, request.account_id), person)
        request.customer_id = person
        requests.keep_result(context.vault, request, body)
        requests.close(request, f"Ready: comeback privacy requests --show {request.id}", now=context.clock())


def _redact(context: JobContext, request_id: int, store_id: int) -> None:
    with context.database.read() as session:
        request = session.get_one(PrivacyRequest, request_id)
        person = requests.whom(session, context.vault, request)
    if person is not None:
        erase_now(context, request.account_id, person, reason=f"privacy request {request_id}", held=store_id)
    with context.database.write() as session:
        request = session.get_one(PrivacyRequest, request_id)
        outcome = NOBODY if person is None else "Erased."
        requests.close(request, outcome, state="done" if person is None else "erasing", now=context.clock())


def _still_installed(context: JobContext, store: Store, request_id: int) -> bool:
    """A store that was connected again after the request, or that still lets us in, has not left us.

    The time of the request is not signed: it alone must neither erase a living store nor save a dead one.
    """
    with context.database.read() as session:
        request = session.get_one(PrivacyRequest, request_id)
    installed = request.asked_at < store.connected_at
    if not installed and store.state != "disconnected":
        try:
            with context.client(store) as client:
                client.facts()
            installed = True
        except (AccessRevoked, SettingsProblem):
            installed = False
    if installed:
        with context.database.write() as session:
            request = session.get_one(PrivacyRequest, request_id)
            outcome = "The store is connected: it was installed again."
            requests.close(request, outcome, state="cancelled", now=context.clock())
    return installed


def _redact_store(context: JobContext, request_id: int, store: Store) -> None:
    with _everybody_waits(context, store.account_id, store.id):
        with context.database.write() as session:
            held = session.get_one(Store, store.id)
            sql = (
                "SELECT t.message_id FROM touches t JOIN offers o ON o.id = t.offer_id JOIN campaigns c ON c.id = o.campaign_id "
                "WHERE c.store_id = ?"
            )
            mails = [row[0] for row in bulk.select(session, sql, held.id)]
        # Before the rows go: a kill in between finds them, and the copies they name, again.
        context.channel.forget(mails)
        discard_files(context, store)
        with context.database.write() as session:
            done = erase_store(
                session, session.get_one(Store, store.id), reason=f"privacy request {request_id}", now=context.clock()
            )
            request = session.get_one(PrivacyRequest, request_id)
            outcome = f"Erased: {done.people} people; {done.kept} are known to another store, too."
            requests.close(request, outcome, state="erasing", now=context.clock())
    _log.info("store erased", store=store.key, people=done.people, kept=done.kept)
    finish_erasures(context)


@contextmanager
def _everybody_waits(context: JobContext, account_id: int, held: int | None) -> Iterator[list[Store]]:
    with context.database.read() as session:
        stores = list(session.scalars(select(Store).where(Store.account_id == account_id).order_by(Store.id)))
    with ExitStack() as turns:
        for store in stores:
            if store.id != held and not turns.enter_context(turn(context.database, store.id)):
                raise Busy
        yield stores
