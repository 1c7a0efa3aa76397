"""The unsubscribe link: looking changes nothing, the button does, and so does a mail program's one click."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from plugin_core.customers.models import Consent, ConsentEntry, Customer
from plugin_core.db import Database
from plugin_core.offers.unsubscribe import SAMPLE, link
from plugin_core.orders.models import CustomerStats
from plugin_core.outbox.models import OutboxEntry
from plugin_core.platforms import Capability
from plugin_core.stores.credentials import account_secret
from storefront import create_blueprint
from tests.plugin_core.offers.world import NOW, VAULT, Shop, open_shop, person

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def client(database: Database) -> FlaskClient:
    app = Flask("shop window")
    app.register_blueprint(create_blueprint(database, VAULT, lambda: NOW))
    return app.test_client()


@pytest.fixture
def shop(session: Session) -> Shop:
    return open_shop(session, capabilities=[str(Capability.CONSENT)])


def path(shop: Shop, customer: Customer) -> str:
    return link("", account_secret(VAULT, shop.account), shop.store.key, customer.key)


def someone(session: Session, shop: Shop, name: str = "ben", locale: str = "") -> Customer:
    customer = person(session, shop, name, days_ago=65)
    customer.locale = locale
    session.commit()
    return customer


def standing(session: Session, shop: Shop, customer: Customer) -> tuple[str, bool, int]:
    """(consent in force, may be mailed, rows waiting to tell the store)"""
    state = session.scalars(select(Consent.state).where(Consent.customer_id == customer.id)).one()
    may = session.scalars(select(CustomerStats.may_email).where(CustomerStats.customer_id == customer.id)).one()
    waiting = len(session.scalars(select(OutboxEntry.id).where(OutboxEntry.kind == "consent")).all())
    session.commit()
    return state, may, waiting


def test_opening_the_link_changes_nothing_however_often(client: FlaskClient, session: Session, shop: Shop) -> None:
    ben = someone(session, shop)
    for _ in range(3):
        answer = client.get(path(shop, ben))
        assert answer.status_code == 200
        assert '<form method="post">' in answer.text
        assert "North" in answer.text
        assert client.head(path(shop, ben)).status_code == 200
    assert standing(session, shop, ben) == ("subscribed", True, 0)


@pytest.mark.parametrize("form", [ONE_CLICK, {"wish": "unsubscribe"}, {}])
def test_one_post_unsubscribes_and_the_store_will_hear_of_it(
    client: FlaskClient, session: Session, shop: Shop, form: dict[str, str]
) -> None:
    ben = someone(session, shop)
    answer = client.post(path(shop, ben), data=form)
    assert answer.status_code == 200
    assert "You are unsubscribed" in answer.text
    assert standing(session, shop, ben) == ("unsubscribed", False, 1)
    entry = session.scalars(select(OutboxEntry)).one()
    assert (entry.store_id, entry.payload) == (
        shop.store.id,
        {"customer_id": "gid-ben", "channel": "email", "state": "unsubscribed", "at": NOW},
    )
    ledger = session.scalars(select(ConsentEntry).order_by(ConsentEntry.id.desc())).first()
    assert ledger is not None
    assert (ledger.state, ledger.source, ledger.store_id) == (
        "unsubscribed",
        "unsubscribe link",
        shop.store.id,
    )


def test_unsubscribing_twice_is_unsubscribing_once(client: FlaskClient, session: Session, shop: Shop) -> None:
    ben = someone(session, shop)
    for _ in range(3):
        assert client.post(path(shop, ben), data=ONE_CLICK).status_code == 200
    assert standing(session, shop, ben) == ("unsubscribed", False, 1)
    assert len(session.scalars(select(ConsentEntry).where(ConsentEntry.state == "unsubscribed")).all()) == 1
    session.commit()
    assert "You are unsubscribed" in client.get(path(shop, ben)).text


def test_a_mistake_can_be_taken_back_at_once(client: FlaskClient, session: Session, shop: Shop) -> None:
    ben = someone(session, shop)
    client.post(path(shop, ben), data=ONE_CLICK)
    assert "You are subscribed again" in client.post(path(shop, ben), data={"wish": "subscribe"}).text
    assert standing(session, shop, ben) == ("subscribed", True, 1)
    entry = session.scalars(select(OutboxEntry)).one()
    assert (entry.payload["state"], entry.generation) == ("subscribed", 2)


def test_the_link_of_a_sample_mail_says_so_and_speaks_for_nobody(client: FlaskClient, session: Session, shop: Shop) -> None:
    ben = someone(session, shop)
    sample = link("", account_secret(VAULT, shop.account), shop.store.key, SAMPLE)
    for answer in (client.get(sample), client.post(sample, data=ONE_CLICK)):
        assert (answer.status_code, "sample mail" in answer.text) == (404, True)
    assert standing(session, shop, ben) == ("subscribed", True, 0)


def test_a_link_we_did_not_sign_tells_nothing(client: FlaskClient, session: Session, shop: Shop) -> None:
    ben, other = someone(session, shop), open_shop(session, "south")
    dmitri = someone(session, other, "dmitri")
    good = path(shop, ben)
    forged = link("", b"another secret", shop.store.key, ben.key)
    elsewhere = link("", account_secret(VAULT, shop.account), other.store.key, dmitri.key)
    unknown = link("", account_secret(VAULT, shop.account), shop.store.key, "key-nobody")
    texts = set()
    for bad in (
        good[:-1] + ("A" if good[-1] != "A" else "B"),
        good[:20],
        "/u/x",
        "/u/%00",
        "/u/" + "A" * 200,
        forged,
        elsewhere,
        unknown,
    ):
        for answer in (client.get(bad), client.post(bad, data=ONE_CLICK)):
            assert answer.status_code == 404
            texts.add(answer.text.replace(answer.headers["Content-Security-Policy"].split("nonce-")[1].split("'")[0], ""))
    assert len(texts) == 1
    assert standing(session, shop, ben) == ("subscribed", True, 0)
    assert standing(session, other, dmitri) == ("subscribed", True, 0)


def test_the_link_of_somebody_merged_since_speaks_for_who_remained(client: FlaskClient, session: Session, shop: Shop) -> None:
    ben, old = someone(session, shop), someone(session, shop, "old")
    old.merged_into = ben.id
    session.commit()
    client.post(path(shop, old), data=ONE_CLICK)
    assert standing(session, shop, ben)[0] == "unsubscribed"


@pytest.mark.parametrize(
    ("locale", "says"), [("tr-TR", "Abonelikten"), ("ru", "Отписаться"), ("fa_IR", 'dir="rtl"'), ("xx", "Unsubscribe")]
)
def test_the_page_speaks_the_readers_language(client: FlaskClient, session: Session, shop: Shop, locale: str, says: str) -> None:
    ben = someone(session, shop, locale=locale)
    assert says in client.get(path(shop, ben)).text


def test_the_page_runs_no_script_and_sets_no_cookie(client: FlaskClient, session: Session, shop: Shop) -> None:
    ben = someone(session, shop)
    shop.store.name = "<script>alert(1)</script>"
    session.merge(shop.store)
    session.commit()
    answer = client.get(path(shop, ben))
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "script-src" not in policy
    assert "Set-Cookie" not in answer.headers
    assert "<script" not in answer.text
    assert (answer.headers["Referrer-Policy"], answer.headers["Cache-Control"]) == ("no-referrer", "no-store")
    assert len(answer.data) < 4096
