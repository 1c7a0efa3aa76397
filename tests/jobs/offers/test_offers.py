"""From a started campaign to the mail in somebody's box, and everything that must keep it from getting there."""

from __future__ import annotations

import email
import email.policy

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from jobs.offers import send_due
from plugin_core.clock import DAY_US
from plugin_core.customers import consent
from plugin_core.customers.models import Customer
from plugin_core.offers import campaigns
from plugin_core.offers.models import Touch
from plugin_core.outbox.models import JournalEntry
from plugin_core.stores.models import AuditEntry
from tests.jobs.offers.outside import Outside, ben_of, mint, plan, run
from tests.plugin_core.offers.world import HOUR, NOW, Shop, begin, checkout, offers, open_shop, orders_again, person, told


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


def test_a_reminder_with_a_code_leads_to_where_the_code_is_entered(world: Outside, session: Session, shop: Shop) -> None:
    begun = checkout(session, shop, person(session, shop, "ben", days_ago=10), hours_ago=25)
    begun.offer_url = "https://north.example/checkout-link/?products=7:1&coupon={code}"
    assert run(world, shop)["sent"] == 1
    (code,) = world.codes.made
    mail = world.channel.handed[0]
    assert f"https://north.example/checkout-link/?products=7:1&coupon={code}" in mail.text
    assert "https://north.example/recover" not in mail.text
    assert "enter the code at the checkout" in mail.text


def test_a_reminder_names_what_was_left_behind(world: Outside, session: Session, shop: Shop) -> None:
    checkout(session, shop, person(session, shop, "ben", days_ago=10), hours_ago=2)
    run(world, shop)
    assert "* Lamp" in world.channel.handed[0].text
    assert "<bdi>Lamp</bdi>" in world.channel.handed[0].html


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


def test_another_merchants_store_is_left_alone(world: Outside, session: Session, shop: Shop) -> None:
    other = open_shop(session, "south")
    dmitri = person(session, other, "dmitri", days_ago=65)
    ben_of(session, shop)
    run(world, shop)
    assert told(session, dmitri) == []
    assert [mail.to for mail in world.channel.handed] == ["ben@people.example"]
