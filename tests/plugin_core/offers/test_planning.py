"""Who is chosen, who is not and why; and that the preview's list is the set acted on."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from plugin_core import codes
from plugin_core.clock import DAY_US
from plugin_core.customers.models import Suppression
from plugin_core.money import Money
from plugin_core.offers import campaigns, planning
from plugin_core.offers.models import Touch
from tests.plugin_core.offers.world import (
    BINDS_TO_ADDRESSES,
    HOUR,
    NOW,
    begin,
    checkout,
    offers,
    open_shop,
    orders_again,
    person,
    told,
)


def test_people_enter_at_the_highest_step_they_have_reached_and_no_other(session: Session) -> None:
    shop = open_shop(session)
    ada, ben = person(session, shop, "ada", days_ago=5), person(session, shop, "ben", days_ago=95)
    edge = person(session, shop, "edge", days_ago=60)
    just_before = person(session, shop, "before", days_ago=60 - 1 / DAY_US)
    counts = planning.plan(session, shop.store, shop.winback, now=NOW)
    assert counts == {"planned": 2}
    assert told(session, ben) == [("90", "planned", "")]
    assert told(session, edge) == [("60", "planned", "")]
    assert told(session, ada) == told(session, just_before) == []


def test_the_previewed_list_is_the_set_acted_on(session: Session) -> None:
    shop = open_shop(session)
    shop.winback.holdout_share = 0.4
    for number in range(40):
        person(session, shop, f"p{number}", days_ago=50 + number * 3, says="subscribed" if number % 3 else "nothing")
    seen = planning.preview(session, shop.store, shop.winback, now=NOW)
    assert offers(session) == []
    planning.plan(session, shop.store, shop.winback, now=NOW)
    stored = {(offer.customer_id, offer.step, offer.state, offer.reason, offer.due_at) for offer in offers(session)}
    assert stored == {(v.customer_id, v.step, v.outcome, v.reason, v.due_at) for v in seen.verdicts}
    assert seen.counts["planned"]
    assert seen.counts["held_out"]
    assert seen.counts["skipped: no opt-in"]
    assert len(seen.chosen) + len(seen.held_out) + seen.counts["skipped: no opt-in"] == len(seen.verdicts)


def test_planning_twice_adds_nothing(session: Session) -> None:
    shop = open_shop(session)
    person(session, shop, "ben", days_ago=95)
    person(session, shop, "cleo", days_ago=95, says="nothing")
    planning.plan(session, shop.store, shop.winback, now=NOW)
    before = [(offer.id, offer.state, offer.planned_at) for offer in offers(session)]
    assert planning.plan(session, shop.store, shop.winback, now=NOW + HOUR) == {}
    assert [(offer.id, offer.state, offer.planned_at) for offer in offers(session)] == before


def test_every_no_is_stored_with_its_reason(session: Session) -> None:
    shop = open_shop(session)
    cleo = person(session, shop, "cleo", days_ago=70, says="nothing")
    gone = person(session, shop, "gone", days_ago=70, says="unsubscribed")
    nomail = person(session, shop, "nomail", days_ago=70, email="")
    bounced = person(session, shop, "bounced", days_ago=70)
    session.add(Suppression(account_id=shop.account.id, channel="email", address="bounced@people.example", reason="bounce", at=1))
    paused, erased = person(session, shop, "paused", days_ago=70), person(session, shop, "erased", days_ago=70)
    paused.paused_until, erased.erased_at = NOW + 1, NOW - 1
    guest = person(session, shop, "guest", days_ago=70, has_account=False)
    transfer = person(session, shop, "transfer", days_ago=70)
    orders_again(session, shop, transfer, NOW - DAY_US, counted=False)
    session.flush()
    assert planning.plan(session, shop.store, shop.winback, now=NOW) == {"skipped": 8}
    reasons = {offer.customer_id: offer.reason for offer in offers(session)}
    assert reasons == {
        cleo.id: "no opt-in",
        gone.id: "unsubscribed",
        nomail.id: "no e-mail address",
        bounced.id: "address suppressed",
        paused.id: "marketing paused",
        erased.id: "erased",
        guest.id: "no account to bind a code to",
        transfer.id: "has ordered since",
    }


def test_a_guest_gets_a_code_where_codes_are_bound_to_addresses(session: Session) -> None:
    shop = open_shop(session, capabilities=BINDS_TO_ADDRESSES)
    guest = person(session, shop, "guest", days_ago=70, has_account=False)
    planning.plan(session, shop.store, shop.winback, now=NOW)
    assert told(session, guest) == [("60", "planned", "")]


def test_somebody_who_opts_in_later_enters_at_the_step_reached_by_then(session: Session) -> None:
    from plugin_core.customers import consent

    shop = open_shop(session)
    cleo = person(session, shop, "cleo", days_ago=70, says="nothing")
    planning.plan(session, shop.store, shop.winback, now=NOW)
    consent.record(session, cleo.id, shop.store.id, "email", "subscribed", "checkout", NOW, NOW)
    consent.refresh_may_email(session, [cleo.id])
    assert planning.plan(session, shop.store, shop.winback, now=NOW + HOUR) == {"planned": 1}
    assert told(session, cleo) == [("60", "planned", "")]


def test_the_ladder_goes_one_step_at_a_time_and_waits_the_cool_down(session: Session) -> None:
    shop = open_shop(session)
    ben = person(session, shop, "ben", days_ago=85)

    def plan(days: float) -> None:
        planning.plan(session, shop.store, shop.winback, now=NOW + int(days * DAY_US))

    def settle(state: str, days: float) -> None:
        last = offers(session, ben)[-1]
        last.state, last.decided_at = state, NOW + int(days * DAY_US)
        session.flush()

    plan(0)
    plan(6)
    assert told(session, ben) == [("60", "planned", ""), ("90", "skipped", "has an open offer")]
    offers(session, ben)[0].state, offers(session, ben)[0].decided_at = "sent", NOW + 7 * DAY_US
    session.flush()
    plan(36.9)
    assert told(session, ben)[1:] == [("90", "skipped", "cooling down")]
    plan(37)
    assert told(session, ben)[1:] == [("90", "planned", "")]
    settle("sent", 37)
    plan(67)
    settle("sent", 67)
    plan(400)
    assert [step for step, _state, _reason in told(session, ben)] == ["60", "90", "120"]


def test_after_a_new_order_has_lapsed_again_the_ladder_starts_a_second_round(session: Session) -> None:
    shop = open_shop(session)
    ben = person(session, shop, "ben", days_ago=95)
    planning.plan(session, shop.store, shop.winback, now=NOW)
    offers(session, ben)[0].state, offers(session, ben)[0].decided_at = "sent", NOW
    orders_again(session, shop, ben, NOW + 2 * DAY_US)
    planning.plan(session, shop.store, shop.winback, now=NOW + 61 * DAY_US)
    assert [(offer.step, offer.round) for offer in offers(session, ben)] == [("90", 1)]
    planning.plan(session, shop.store, shop.winback, now=NOW + 62 * DAY_US)
    assert [(offer.step, offer.round) for offer in offers(session, ben)] == [("90", 1), ("60", 2)]


def test_steps_may_follow_the_personal_rhythm_instead_of_fixed_days(session: Session) -> None:
    shop = open_shop(session)
    shop.winback.definition = {"steps": [{"gaps": 2, "percent": 10}, {"gaps": 3.5, "percent": 15}]}
    weekly = person(session, shop, "weekly", days_ago=14, gap_days=7.0)
    early = person(session, shop, "early", days_ago=13.99, gap_days=7.0)
    late = person(session, shop, "late", days_ago=30, gap_days=7.0)
    unknown = person(session, shop, "unknown", days_ago=500, gap_days=None)
    planning.plan(session, shop.store, shop.winback, now=NOW)
    assert told(session, weekly) == [("2x", "planned", "")]
    assert told(session, late) == [("3.5x", "planned", "")]
    assert told(session, early) == told(session, unknown) == []


def test_held_out_people_are_drawn_stably_and_get_nothing(session: Session) -> None:
    shop = open_shop(session)
    shop.winback.holdout_share = 0.5
    people = {name: person(session, shop, name, days_ago=70) for name in "abcdefghijklmnop"}
    planning.plan(session, shop.store, shop.winback, now=NOW)
    for customer in people.values():
        held_out = codes.share(f"north/winback:{customer.key}") < 0.5
        assert [offer.state for offer in offers(session, customer)] == ["held_out" if held_out else "planned"]
    assert {offer.state for offer in offers(session)} == {"held_out", "planned"}


def test_the_cost_shown_is_each_discount_on_the_largest_basket(session: Session) -> None:
    shop = open_shop(session)
    ben = person(session, shop, "ben", days_ago=10)
    checkout(session, shop, ben, hours_ago=30)
    assert planning.preview(session, shop.store, shop.abandoned, now=NOW).maximum_cost == Money(250, "EUR")


def test_another_merchants_people_are_not_seen(session: Session) -> None:
    shop, other = open_shop(session), open_shop(session, "south")
    dmitri = person(session, other, "dmitri", days_ago=95)
    assert planning.plan(session, shop.store, shop.winback, now=NOW) == {}
    assert planning.preview(session, shop.store, shop.winback, now=NOW).verdicts == ()
    assert told(session, dmitri) == []


@pytest.mark.parametrize(("mails", "wait_days"), [([1.0], None), ([6.0, 1.0], 1.0), ([8.0, 1.0], None), ([6.5, 6.0, 1.0], 1.0)])
def test_the_frequency_cap_puts_off_and_does_not_drop(session: Session, mails: list[float], wait_days: float | None) -> None:
    shop = open_shop(session)
    ben = person(session, shop, "ben", days_ago=60)
    planning.plan(session, shop.store, shop.winback, now=NOW)
    old = offers(session, ben)[0]
    old.state, old.decided_at, old.anchor_at = "sent", NOW - 40 * DAY_US, 0
    session.flush()
    for number, days in enumerate(mails):
        session.add(
            Touch(
                offer_id=old.id,
                customer_id=ben.id,
                channel=f"email{number}",
                message_id="m",
                state="sent",
                claimed_at=NOW - int(days * DAY_US),
                settled_at=NOW,
            )
        )
    session.flush()
    planning.plan(session, shop.store, shop.winback, now=NOW)
    offer = offers(session, ben)[-1]
    assert (offer.state, offer.due_at - NOW) == ("planned", int((wait_days or 0) * DAY_US))
    assert offer.reason == ("frequency cap" if wait_days else "")


def test_starting_is_refused_until_the_mails_can_show_who_writes(session: Session) -> None:
    from plugin_core.errors import SettingsProblem

    shop = open_shop(session, sender_name="", postal_address="")
    with pytest.raises(SettingsProblem) as caught:
        begin(session, shop, shop.winback)
    assert "sender_name, postal_address" in str(caught.value)
    assert 'comeback settings north sender_name="..." postal_address="..."' in str(caught.value)
    assert shop.winback.state == "draft"


def test_starting_and_pausing_leave_a_trace_and_stock_campaigns_are_not_doubled(session: Session) -> None:
    from plugin_core.stores.models import AuditEntry

    shop = open_shop(session)
    begin(session, shop, shop.winback)
    begin(session, shop, shop.winback, NOW + 1)
    campaigns.pause(session, shop.store, shop.winback, actor="owner", now=NOW + 2)
    actions = [
        entry.action
        for entry in session.query(AuditEntry).filter(AuditEntry.action.startswith("campaign")).order_by(AuditEntry.id)
    ]
    assert actions == ["campaign.running", "campaign.paused"]
    assert [campaign.key for campaign in campaigns.ensure_stock_campaigns(session, shop.store, NOW)] == [
        "winback",
        "abandoned-checkout",
    ]
    assert shop.winback.state == "paused"


def test_the_quick_look_of_every_minute_decides_the_same_as_a_whole_one(session: Session) -> None:
    shop = open_shop(session)
    shop.winback.definition = {"steps": [{"days": 60}, {"days": 90, "percent": 5}, {"gaps": 20, "percent": 9}]}
    for number in range(60):
        says = ("subscribed", "nothing", "unsubscribed")[number % 3]
        person(session, shop, f"p{number}", days_ago=40 + number, says=says, gap_days=(5.0, None)[number % 2])
    for days in (0, 1, 20, 31, 45, 62, 100):
        now = NOW + days * DAY_US
        whole, version = planning.judge(session, shop.store, shop.winback, now=now)
        quick, _version = planning.judge(session, shop.store, shop.winback, now=now, again=False)
        assert [verdict for verdict in quick if verdict.changed] == [verdict for verdict in whole if verdict.changed]
        assert len(quick) < len(whole) or days == 0
        planning.record(session, shop.winback, quick, settings_version=version, now=now)
        for offer in offers(session):
            if offer.state == "planned":
                offer.state, offer.decided_at = "sent", now
        session.flush()
    assert len({offer.step for offer in offers(session)}) == 3
