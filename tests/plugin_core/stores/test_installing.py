"""Links and states of a connection: good once, for ten minutes, for one store."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from plugin_core.clock import SECOND_US
from plugin_core.errors import InvalidInput, NotFound
from plugin_core.stores import installing
from plugin_core.stores.credentials import Vault
from plugin_core.stores.models import InstallState

NOW = 1_795_000_000_000_000
MINUTE = 60 * SECOND_US
VAULT = Vault(["a key for stores that are not there"])
KEYS = {"consumer_key": "ck_1", "consumer_secret": "cs_1"}


def offered(session, address="https://shop.example"):
    return installing.offer(session, platform="woocommerce", address=address, actor="cli", now=NOW)


def asked(session):
    return installing.ask(session, offered(session), now=NOW)


def test_link_and_state_can_not_be_guessed_and_are_not_kept_as_they_are(session):
    ticket = offered(session)
    row, state = installing.ask(session, ticket, now=NOW)
    assert min(len(ticket), len(state)) >= 43
    held = " ".join(str(value) for value in vars(row).values())
    assert ticket not in held
    assert state not in held


def test_a_link_ends_after_ten_minutes_and_with_its_use(session):
    ticket = offered(session)
    assert installing.offered(session, ticket, now=NOW + 10 * MINUTE - 1).address == "https://shop.example"
    with pytest.raises(NotFound, match="too old"):
        installing.offered(session, ticket, now=NOW + 10 * MINUTE)
    row, _ = installing.ask(session, ticket, now=NOW)
    installing.grant(session, VAULT, row, KEYS, now=NOW)
    session.refresh(row)
    with pytest.raises(NotFound):
        installing.ask(session, ticket, now=NOW)


def test_whoever_clicks_twice_comes_back_with_the_second_state_only(session):
    ticket = offered(session)
    _, first = installing.ask(session, ticket, now=NOW)
    _, second = installing.ask(session, ticket, now=NOW)
    assert installing.by_state(session, first) is None
    assert installing.by_state(session, second) is not None
    assert installing.by_state(session, second, platform="shopify") is None


def test_keys_are_taken_once_and_lie_encrypted_until_they_are_proven(session):
    row, _ = asked(session)
    installing.grant(session, VAULT, row, KEYS, now=NOW)
    session.refresh(row)
    assert "ck_1" not in row.sealed_keys
    with pytest.raises(InvalidInput):
        installing.grant(session, VAULT, row, KEYS, now=NOW)
    claimed = installing.claim_proof(session, VAULT, row.id, now=NOW)
    assert claimed is not None
    assert claimed[1] == KEYS
    assert installing.claim_proof(session, VAULT, row.id, now=NOW) is None
    assert installing.waiting_for_proof(session, now=NOW) == []
    assert installing.waiting_for_proof(session, now=NOW + 3 * MINUTE) == [row.id]  # whoever had it was killed
    installing.not_proven(session, row.id, "The store did not know the key.", again=False, now=NOW)
    assert (row.stage, row.sealed_keys) == ("failed", "")


def test_keys_that_come_too_late_are_refused(session):
    row, _ = asked(session)
    with pytest.raises(InvalidInput):
        installing.grant(session, VAULT, row, KEYS, now=NOW + 10 * MINUTE)


def test_a_store_that_is_away_is_asked_again_but_not_for_ever(session):
    row, _ = asked(session)
    installing.grant(session, VAULT, row, KEYS, now=NOW)
    assert installing.claim_proof(session, VAULT, row.id, now=NOW)
    installing.not_proven(session, row.id, "away", again=True, now=NOW)
    session.flush()
    assert installing.waiting_for_proof(session, now=NOW + 5 * SECOND_US) == [row.id]
    installing.not_proven(session, row.id, "away", again=True, now=NOW + 21 * MINUTE)
    assert (row.stage, row.sealed_keys) == ("failed", "")


def test_a_denied_connection_stays_denied(session):
    row, _ = asked(session)
    installing.deny(row)
    session.flush()
    with pytest.raises(InvalidInput):
        installing.grant(session, VAULT, row, KEYS, now=NOW)
    assert row.stage == "denied"


def test_a_state_that_travelled_in_a_cookie_is_good_once(session):
    use = {"platform": "shopify", "address": "acme.myshopify.com", "actor": "merchant", "now": NOW}
    installing.use_once(session, "state", **use)
    with pytest.raises(InvalidInput):
        installing.use_once(session, "state", **use)
    installing.use_once(session, "another", **use)


def test_old_connections_are_forgotten(session):
    offered(session)
    installing.offer(session, platform="woocommerce", address="https://b.example", actor="cli", now=NOW + 25 * 60 * MINUTE)
    assert [row.address for row in session.scalars(select(InstallState))] == ["https://b.example"]
