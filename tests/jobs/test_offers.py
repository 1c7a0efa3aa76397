"""From a started campaign to the mail in somebody's box, and everything that must keep it from getting there."""

from __future__ import annotations

import email
import email.policy
from collections import Counter
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from jobs.offers import mint_due, plan_offers, send_due
from plugin_core.clock import DAY_US
from plugin_core.customers import consent
from plugin_core.customers.models import Customer, Suppression
from plugin_core.errors import (
    AccessRevoked,
    MessageNotSent,
    MessageOutcomeUnknown,
    MessageRefused,
    OutcomeUnknown,
    Refused,
    Unreachable,
)
from plugin_core.messaging import Mail
from plugin_core.offers import campaigns
from plugin_core.offers.models import Touch
from plugin_core.outbox.models import JournalEntry
from plugin_core.platforms import CodeSpec
from plugin_core.stores.models import AuditEntry
from tests.jobs.offering import Outside, outside
from tests.plugin_core.offers.world import HOUR, NOW, Shop, begin, checkout, offers, open_shop, orders_again, person, told


@pytest.fixture
def world(engine: Engine, session: Session, tmp_path: Path) -> Outside:
    return outside(engine, session, tmp_path / "mails")


def run(world: Outside, shop: Shop) -> Counter[str]:
    return plan(world, shop) + mint(world, shop) + world.run(send_due)


def plan(world: Outside, shop: Shop) -> Counter[str]:
    return world.run(partial(plan_offers, store_id=shop.store.id))


def mint(world: Outside, shop: Shop) -> Counter[str]:
    return world.run(partial(mint_due, store_id=shop.store.id))


@pytest.fixture
def shop(world: Outside, session: Session) -> Shop:
    shop = open_shop(session)
    begin(session, shop, shop.winback)
    begin(session, shop, shop.abandoned)
    session.commit()
    return shop


def ben_of(session: Session, shop: Shop, **values: object) -> Customer:
    ben = person(session, shop, "ben", days_ago=65, **values)  # type: ignore[arg-type]
    session.commit()
    return ben


def test_ben_gets_one_mail_with_his_own_code_and_a_second_run_does_nothing(world: Outside, session: Session, shop: Shop) -> None:
    person(session, shop, "ada", days_ago=3)
    person(session, shop, "cleo", days_ago=65, says="nothing")
    ben = ben_of(session, shop)
    assert run(world, shop) == {"planned": 1, "skipped": 1, "minted": 1, "sent": 1}
    offer = offers(session, ben)[0]
    assert (offer.state, offer.decided_at, offer.code_expires_at) == ("sent", NOW, NOW + 14 * DAY_US)
    assert list(world.codes.made) == [offer.code]
    spec = world.codes.made[offer.code]
    assert offer.code.startswith("CB-")
    assert len(offer.code) == 13
    assert offer.code == offer.code.upper()
    assert (spec.customer_id, spec.email, spec.percent) == ("gid-ben", "ben@people.example", 10)
    assert spec.reference == "north/winback:60:key-ben:1"
    mail = email.message_from_bytes(world.mails()[0].read_bytes(), policy=email.policy.default)
    assert mail["To"] == "Ben <ben@people.example>"
    assert mail["From"] == "North <shop@north.example>"
    assert mail["Reply-To"] == "help@north.example"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    for kind in ("plain", "html"):
        text = mail.get_body((kind,)).get_content()
        assert offer.code in text
        assert "Ben" in text
        assert "Pier 1, Oslo" in text
        assert "https://comeback.example/u/" in text
        assert "None" not in text
    assert session.scalars(select(JournalEntry.target)).all() == [f"id-{offer.code}"]
    assert run(world, shop) == {}
    assert (world.codes.calls, len(world.channel.handed)) == (1, 1)


def test_the_code_is_kept_as_the_store_spells_it(world: Outside, session: Session, shop: Shop) -> None:
    ben = ben_of(session, shop)
    world.codes.spelling = str.lower
    run(world, shop)
    assert offers(session, ben)[0].code == next(iter(world.codes.made)).lower()
    assert offers(session, ben)[0].code in world.channel.handed[0].text


def test_a_reminder_without_a_discount_needs_no_code(world: Outside, session: Session, shop: Shop) -> None:
    ben = person(session, shop, "ben", days_ago=10)
    checkout(session, shop, ben, hours_ago=2)
    assert run(world, shop) == {"planned": 1, "sent": 1}
    assert (world.codes.calls, "https://north.example/recover" in world.channel.handed[0].text) == (0, True)


def withdraws(session: Session, shop: Shop, ben: Customer) -> None:
    consent.record(session, ben.id, shop.store.id, "email", "unsubscribed", "store", NOW, NOW)
    consent.refresh_may_email(session, [ben.id])


def orders(session: Session, shop: Shop, ben: Customer) -> None:
    orders_again(session, shop, ben, NOW - 1, counted=False)


def is_erased(session: Session, _shop: Shop, ben: Customer) -> None:
    session.get_one(Customer, ben.id).erased_at = NOW


@pytest.mark.parametrize(
    ("meanwhile", "reason"), [(withdraws, "unsubscribed"), (orders, "has ordered since"), (is_erased, "erased")]
)
@pytest.mark.parametrize("stage", ["planned", "minted"])
def test_what_happened_meanwhile_stops_the_offer(
    world: Outside, session: Session, shop: Shop, meanwhile, reason: str, stage: str
) -> None:
    ben = ben_of(session, shop)
    plan(world, shop)
    if stage == "minted":
        mint(world, shop)
    meanwhile(session, shop, ben)
    session.commit()
    assert mint(world, shop) + world.run(send_due) == {"skipped": 1}
    assert told(session, ben) == [("60", "skipped", reason)]
    assert (world.codes.calls, world.mails()) == (1 if stage == "minted" else 0, [])
    assert session.scalars(select(Touch)).all() == []


def test_a_mail_that_would_come_at_night_waits_and_no_code_is_made_before(world: Outside, session: Session, shop: Shop) -> None:
    from plugin_core.stores import settings

    settings.change(session, shop.store, {"quiet_hours": True, "quiet_from": 10, "quiet_until": 15}, actor="test", now=2)
    ben = ben_of(session, shop)
    assert run(world, shop) == {"planned": 1}
    offer = offers(session, ben)[0]
    assert (offer.reason, offer.due_at) == ("quiet hours", NOW + 2 * HOUR)  # noon UTC is 13:00 in Oslo
    session.commit()
    world.clock[0] = NOW + 2 * HOUR
    assert run(world, shop) == {"minted": 1, "sent": 1}


def test_the_third_mail_in_a_week_is_put_off_with_a_trace(world: Outside, session: Session, shop: Shop) -> None:
    ben = ben_of(session, shop)
    plan(world, shop)
    mint(world, shop)
    for number in range(2):
        offer_id = offers(session, ben)[0].id
        earlier = NOW - (number + 1) * DAY_US
        touch = Touch(
            offer_id=offer_id, customer_id=ben.id, channel=f"c{number}", message_id="m", state="sent", claimed_at=earlier
        )
        touch.settled_at = earlier
        session.add(touch)
    session.commit()
    assert world.run(send_due) == {"deferred": 1}
    assert session.scalars(select(AuditEntry.after).where(AuditEntry.action == "offer.deferred")).all() == [
        {"until": NOW + 5 * DAY_US, "reason": "frequency cap"}
    ]
    assert (told(session, ben), world.mails()) == ([("60", "minted", "frequency cap")], [])


def test_a_paused_campaign_sends_nothing_and_goes_on_without_doubling(world: Outside, session: Session, shop: Shop) -> None:
    ben_of(session, shop)
    person(session, shop, "eve", days_ago=70)
    session.commit()
    plan(world, shop)
    campaigns.pause(session, shop.store, shop.winback, actor="owner", now=NOW)
    assert run(world, shop) == {}
    begin(session, shop, shop.winback)
    assert run(world, shop) == {"minted": 2, "sent": 2}
    assert run(world, shop) == {}


def test_nothing_is_planned_before_the_first_import_is_in(world: Outside, session: Session, shop: Shop) -> None:
    ben = ben_of(session, shop)
    shop.store.first_import_at = None
    session.merge(shop.store)
    session.commit()
    assert (run(world, shop), told(session, ben)) == ({}, [])


def test_one_refused_code_does_not_stop_the_others(world: Outside, session: Session, shop: Shop) -> None:
    ben, eve = person(session, shop, "ben", days_ago=65), person(session, shop, "eve", days_ago=65)
    session.commit()

    def answer(spec: CodeSpec) -> None:
        if spec.customer_id == "gid-ben":
            raise Refused("The code belongs to somebody else.", store="north")

    world.codes.answer = answer
    assert run(world, shop) == {"planned": 2, "failed": 1, "minted": 1, "sent": 1}
    assert told(session, ben) == [("60", "failed", "The code belongs to somebody else.")]
    assert told(session, eve) == [("60", "sent", "")]


def test_a_store_that_is_down_is_asked_again_later(world: Outside, session: Session, shop: Shop) -> None:
    ben = ben_of(session, shop)
    down = [True]

    def answer(_spec: CodeSpec) -> None:
        if down[0]:
            raise Unreachable("The store does not answer.", store="north", retry_after=300)

    world.codes.answer = answer
    assert run(world, shop) == {"planned": 1, "retried": 1}
    assert run(world, shop) == {}
    assert offers(session, ben)[0].due_at == NOW + 300 * 1_000_000
    session.commit()
    down[0] = False
    world.clock[0] += 300 * 1_000_000
    assert run(world, shop) == {"minted": 1, "sent": 1}


def test_a_lost_answer_is_asked_for_again_and_the_code_adopted(world: Outside, session: Session, shop: Shop) -> None:
    ben_of(session, shop)

    def answer(spec: CodeSpec) -> None:
        if spec.code not in world.codes.made:
            world.codes.made[spec.code] = spec
            raise OutcomeUnknown("No answer.", store="north")

    world.codes.answer = answer
    assert run(world, shop) == {"planned": 1, "adopted": 1, "sent": 1}
    assert len(world.codes.made) == 1


def test_a_revoked_key_is_said_and_leaves_the_offers_as_they_are(world: Outside, session: Session, shop: Shop) -> None:
    ben = ben_of(session, shop)

    def answer(_spec: CodeSpec) -> None:
        raise AccessRevoked("The key is not accepted.", store="north")

    world.codes.answer = answer
    plan(world, shop)
    with pytest.raises(AccessRevoked):
        mint(world, shop)
    assert told(session, ben) == [("60", "planned", "")]


@pytest.mark.parametrize(
    ("problem", "counted", "state", "touch"),
    [
        (MessageNotSent("busy"), "retried", "minted", "failed"),
        (MessageRefused("no such mailbox", recipient=True), "failed", "failed", "failed"),
        (MessageRefused("spam"), "failed", "failed", "failed"),
        (MessageOutcomeUnknown("hung up"), "unknown", "unknown", "unknown"),
    ],
)
def test_what_the_mail_server_says_decides_whether_it_is_tried_again(
    world: Outside,
    session: Session,
    shop: Shop,
    monkeypatch: pytest.MonkeyPatch,
    problem: Exception,
    counted: str,
    state: str,
    touch: str,
) -> None:
    ben = ben_of(session, shop)
    tries: list[str] = []

    def send(mail: Mail) -> None:
        tries.append(mail.message_id)
        raise problem

    monkeypatch.setattr(world.channel, "send", send)
    assert run(world, shop)[counted] == 1
    assert (offers(session, ben)[0].state, session.scalars(select(Touch.state)).one()) == (state, touch)
    suppressed = session.scalars(select(Suppression.address)).all()
    assert suppressed == (["ben@people.example"] if getattr(problem, "recipient", False) else [])
    session.commit()
    run(world, shop)
    world.clock[0] += DAY_US
    run(world, shop)
    assert len(tries) == (2 if counted == "retried" else 1)
    assert len(set(tries)) == 1


def test_another_merchants_store_is_left_alone(world: Outside, session: Session, shop: Shop) -> None:
    other = open_shop(session, "south")
    dmitri = person(session, other, "dmitri", days_ago=65)
    ben_of(session, shop)
    run(world, shop)
    assert told(session, dmitri) == []
    assert [mail.to for mail in world.channel.handed] == ["ben@people.example"]
