"""A campaign is changed without anybody getting twice what they had, and is taken back to any earlier state."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from plugin_core.clock import DAY_US
from plugin_core.errors import InvalidInput, NotFound
from plugin_core.offers import editing, minting, planning
from plugin_core.offers.eligibility import STEP_REMOVED
from plugin_core.offers.models import Offer
from plugin_core.platforms import CreatedCode
from plugin_core.stores.models import AuditEntry
from tests.plugin_core.offers.world import HOUR, NOW, Shop, begin, offers, open_shop, person, told

SHORTER = {"steps": [{"days": 45, "percent": 5}, {"days": 90, "percent": 15}]}


def change(session: Session, shop: Shop, body: dict[str, Any], *, held_out: float = 0.0, version: int | None = None) -> bool:
    wanted = editing.checked(shop.winback, shop.winback.name, body, held_out)
    at = shop.winback.version if version is None else version
    return editing.save(session, shop.store, shop.winback, wanted, version=at, actor="ada", now=NOW)


def test_what_is_looked_at_is_what_is_planned_after_saving(session: Session) -> None:
    shop = open_shop(session)
    shop.winback.holdout_share = 0.0
    people = [person(session, shop, f"p{days}", days_ago=days).id for days in (40, 50, 70, 100)]
    wanted = editing.checked(shop.winback, "Win back", SHORTER, 0.0)
    seen = editing.look(session, shop.store, wanted, now=NOW)
    assert {(each.customer_id, each.step, each.percent) for each in seen.chosen} == {
        (people[1], "45", 5),
        (people[2], "45", 5),
        (people[3], "90", 15),
    }
    assert len(planning.preview(session, shop.store, shop.winback, now=NOW).chosen) == 2
    assert change(session, shop, SHORTER)
    planning.plan(session, shop.store, shop.winback, now=NOW)
    assert {(each.customer_id, each.step, each.percent) for each in offers(session)} == {
        (each.customer_id, each.step, each.percent) for each in seen.chosen
    }


def test_offers_of_a_step_taken_out_are_dropped_and_those_of_others_stay(session: Session) -> None:
    shop = open_shop(session)
    shop.winback.holdout_share = 0.0
    gone, stays = person(session, shop, "gone", days_ago=70), person(session, shop, "stays", days_ago=100)
    planning.plan(session, shop.store, shop.winback, now=NOW)
    change(session, shop, {"steps": [{"days": 90, "percent": 15}]})
    session.expire_all()
    assert told(session, gone) == [("60", "skipped", STEP_REMOVED)]
    assert told(session, stays) == [("90", "planned", "")]


def test_every_state_is_kept_and_each_can_be_had_again(session: Session) -> None:
    shop = open_shop(session)
    first = dict(shop.winback.definition)
    shop.winback.holdout_share = 0.0
    assert editing.versions(session, shop.winback) == []
    assert change(session, shop, SHORTER, held_out=0.2)
    assert not change(session, shop, SHORTER, held_out=0.2)
    assert [kept.version for kept in editing.versions(session, shop.winback)] == [2, 1]
    assert editing.take_back(session, shop.store, shop.winback, 1, actor="ben", now=NOW + 1)
    assert (shop.winback.definition, shop.winback.holdout_share, shop.winback.version) == (first, 0.0, 3)
    log = session.query(AuditEntry).filter_by(action="campaign.changed").order_by(AuditEntry.id)
    assert [(entry.actor, entry.after["holdout_share"]) for entry in log] == [("ada", 0.2), ("ben", 0.0)]
    with pytest.raises(NotFound):
        editing.take_back(session, shop.store, shop.winback, 9, actor="ben", now=NOW)


def test_of_two_who_change_it_at_once_the_second_is_told(session: Session) -> None:
    shop = open_shop(session)
    change(session, shop, SHORTER)
    with pytest.raises(InvalidInput, match="somebody else"):
        change(session, shop, {"steps": [{"days": 30, "percent": 5}]}, version=1)


@pytest.mark.parametrize(
    ("name", "body", "held_out"),
    [
        ("", SHORTER, 0.1),
        ("x" * 81, SHORTER, 0.1),
        ("Win back", SHORTER, 0.6),
        ("Win back", SHORTER, -0.1),
        ("Win back", {"steps": []}, 0.1),
        ("Win back", {"steps": [{"days": 10, "percent": 101}]}, 0.1),
        ("Win back", {"steps": [{"days": 10}, {"days": 10}]}, 0.1),
        ("Win back", {"steps": [{"days": 10 + number} for number in range(11)]}, 0.1),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_way_to_mend_it(
    session: Session, name: str, body: dict[str, Any], held_out: float
) -> None:
    shop = open_shop(session)
    with pytest.raises(InvalidInput) as refused:
        editing.checked(shop.winback, name, body, held_out)
    assert refused.value.mend


def give(session: Session, shop: Shop, at: int) -> None:
    """Plan what is due and take it as sent."""
    planning.plan(session, shop.store, shop.winback, now=at)
    session.execute(update(Offer).where(Offer.state == "planned").values(state="sent", decided_at=at))
    session.expire_all()


def test_who_was_given_a_step_that_is_taken_out_later_goes_on_where_they_are_and_does_not_begin_again(session: Session) -> None:
    shop = open_shop(session, cooldown_days=0)
    ada, ben = person(session, shop, "ada", days_ago=70), person(session, shop, "ben", days_ago=50)
    give(session, shop, NOW)
    assert told(session, ada) == [("60", "sent", "")]
    change(session, shop, SHORTER)
    give(session, shop, NOW + HOUR)
    assert told(session, ada) == [("60", "sent", "")]
    assert told(session, ben) == [("45", "sent", "")]
    give(session, shop, NOW + 25 * DAY_US)
    assert told(session, ada) == [("60", "sent", ""), ("90", "sent", "")]


def test_who_is_held_out_at_a_step_that_is_taken_out_later_is_not_drawn_again_below_it(session: Session) -> None:
    shop = open_shop(session, cooldown_days=0)
    shop.winback.holdout_share = 1.0
    ada = person(session, shop, "ada", days_ago=70)
    planning.plan(session, shop.store, shop.winback, now=NOW)
    change(session, shop, SHORTER, held_out=0.0)
    planning.plan(session, shop.store, shop.winback, now=NOW + HOUR)
    assert told(session, ada) == [("60", "held_out", "")]


def test_an_offer_whose_code_is_being_made_in_the_store_is_not_dropped_with_its_step(session: Session) -> None:
    shop = open_shop(session)
    ada = person(session, shop, "ada", days_ago=70)
    begin(session, shop, shop.winback)
    planning.plan(session, shop.store, shop.winback, now=NOW)
    work = minting.claim(session, shop.store, b"secret", now=NOW, limit=5).work[0]
    change(session, shop, SHORTER)
    assert minting.minted(session, shop.store, work, CreatedCode(work.spec.code, "gid-code"), now=NOW)
    session.expire_all()
    assert told(session, ada) == [("60", "minted", "")]


def test_what_is_planned_gets_the_discount_of_today_unless_its_code_is_written_down(session: Session) -> None:
    shop = open_shop(session)
    ada = person(session, shop, "ada", days_ago=70)
    begin(session, shop, shop.winback)
    planning.plan(session, shop.store, shop.winback, now=NOW)
    assert [offer.percent for offer in offers(session, ada)] != [35]
    change(session, shop, {"steps": [{"days": 60, "percent": 35}]})
    assert [offer.percent for offer in offers(session, ada)] == [35]
    work = minting.claim(session, shop.store, b"secret", now=NOW, limit=5).work[0]
    assert work.spec.percent == 35
    change(session, shop, {"steps": [{"days": 60, "percent": 5}]})
    assert [offer.percent for offer in offers(session, ada)] == [35]
