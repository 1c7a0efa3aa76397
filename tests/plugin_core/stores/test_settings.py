"""A setting that would do harm is refused before it is saved, with a sentence that says what to write instead."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from plugin_core.errors import InvalidInput
from plugin_core.stores.settings import DEFAULTS, change, current
from tests.plugin_core.loyalty.shop import open_store

REFUSED = [
    ("sender_email", "hello", "hello@example.com"),
    ("sender_email", "a@example.com, b@example.com", "hello@example.com"),
    ("reply_to", "help@localhost", "help@example.com"),
    ("sender_name", "Ada\nBcc: someone@example.com", "one line"),
    ("tag_prefix", "", "colon"),
    ("tag_prefix", "v", "colon"),
    ("tag_prefix", "a,b:", "colon"),
    ("code_prefix", "SAVE 10%", "letters"),
    ("locale", "klingon", "en, tr, ru and fa"),
    ("earn_rate", "NaN", "0.5"),
    ("earn_rate", "-1", "0.5"),
    ("exchange_rates", "USD=-1", "USD=0.92"),
    ("exchange_rates", "USD=inf", "USD=0.92"),
    ("exchange_rates", "dollars=1", "USD=0.92"),
    ("lifecycle_boundaries", "1,1,3,6", "rising"),
    ("lifecycle_boundaries", "nan,1,2,3", "rising"),
    ("tiers", "basic=0,Gold; VIP=200", "40 letters"),
    ("tiers", "basic=0,BASIC=200", "of its own"),
    ("tiers", f"basic=0,{'x' * 41}=200", "40 letters"),
    ("postal_address", "x" * 501, "500"),
    ("postal_address", "\ud800", "law asks"),
    ("sender_name", "x" * 501, "500"),
    ("consent_meta_key", "a b", "my_optin"),
    ("quiet_from", "25", "23"),
    ("code_days", "99999999999", "3650"),
    ("quiet_hours", "perhaps", "yes or no"),
    ("cap_mails", "two", "whole number"),
]


@pytest.mark.parametrize(("name", "text", "says"), REFUSED)
def test_what_would_do_harm_is_refused_and_nothing_is_saved(session: Session, name: str, text: str, says: str) -> None:
    store = open_store(session)
    with pytest.raises(InvalidInput) as told:
        change(session, store, {"cap_days": "3", name: text}, actor="test", now=1)
    assert name in told.value.message
    assert says in told.value.mend
    assert current(session, store)[1] == 0


def test_every_default_may_be_set_again(session: Session) -> None:
    store = open_store(session)
    assert change(session, store, DEFAULTS, actor="test", now=1)[1] == 0


def test_what_merchants_usually_write_is_taken(session: Session) -> None:
    store = open_store(session)
    wanted = {
        "sender_name": "İpek & Söhne",
        "sender_email": "hello@xn--bcher-kva.example",
        "reply_to": "",
        "postal_address": "1 High Street\nExample",
        "tag_prefix": "comeback:",
        "code_prefix": "",
        "exchange_rates": "usd=0.92, TRY=0.02",
        "lifecycle_boundaries": "1,1.5,2,4",
        "quiet_until": "24",
    }
    settings, version = change(session, store, wanted, actor="test", now=1)
    assert version == 1
    assert dict(settings.exchange_rates) == {"USD": "0.92", "TRY": "0.02"}
    assert settings.lifecycle_boundaries == (1.0, 1.5, 2.0, 4.0)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("tagged_segments", [{"a": 1}]),
        ("consent_meta_key", []),
        ("postal_address", 5),
        ("tiers", [{"name": "basic", "threshold": 0}, {"name": "Gold, VIP", "threshold": 5}]),
        ("tiers", [{"threshold": 0}]),
        ("sender_name", {"first": "Ada"}),
    ],
)
def test_what_no_form_could_send_is_refused_too(session: Session, name: str, value: object) -> None:
    store = open_store(session)
    with pytest.raises(InvalidInput):
        change(session, store, {name: value}, actor="test", now=1)
    assert current(session, store)[1] == 0
