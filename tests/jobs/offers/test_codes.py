"""What becomes of our codes in the store is known here; nobody is mailed a code that isn't what the mail says."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from sqlalchemy.orm import Session

from jobs.codes import check_codes
from jobs.offers import send_due
from jobs.store_events import carry_out
from plugin_core.clock import DAY_US, SECOND_US
from plugin_core.deliveries import StoreEvent
from plugin_core.inbox.models import WebhookDelivery
from plugin_core.offers.models import Offer
from plugin_core.platforms import CodeStanding, CodeTerms, MadeCode
from plugin_core.work import standing
from tests.jobs.offers.outside import Outside, mint, plan
from tests.plugin_core.offers.world import NOW, Shop, offers, person

AS_MADE = CodeTerms(active=True, percent=10, expires_at=NOW + 14 * DAY_US, uses=1, bound=True, narrowed=False)
DISABLED, DEARER = AS_MADE._replace(active=False), AS_MADE._replace(percent=50, narrowed=True)
LATER, OPEN = AS_MADE._replace(expires_at=NOW + 90 * DAY_US), AS_MADE._replace(bound=False, uses=None)


class Shelf:
    """The store's codes: how each stands, by its id; the others are as they were made."""

    def __init__(self) -> None:
        self.stands: dict[str, tuple[str, CodeTerms | None]] = {}
        self.asked: list[str] = []

    def look_up_codes(self, codes: Sequence[MadeCode]) -> list[CodeStanding]:
        self.asked += [each.external_id for each in codes]
        return [CodeStanding(each, *self.stands.get(each.external_id, ("unused", AS_MADE))) for each in codes]


@pytest.fixture
def shelf(world: Outside) -> Shelf:
    shelf = Shelf()
    world.codes.look_up_codes = shelf.look_up_codes  # type: ignore[attr-defined]
    return shelf


def minted(world: Outside, session: Session, shop: Shop, *names: str) -> dict[str, Offer]:
    people = {name: person(session, shop, name, days_ago=65) for name in names}
    session.commit()
    plan(world, shop)
    mint(world, shop)
    return {name: offers(session, each)[0] for name, each in people.items()}


def look(world: Outside, shop: Shop) -> dict[str, int]:
    world.session.commit()
    return +check_codes(world.context, shop.store.id)


def test_codes_deleted_or_altered_by_the_merchant_are_not_mailed_and_the_others_are(
    world: Outside, session: Session, shop: Shop, shelf: Shelf
) -> None:
    made = minted(world, session, shop, "ada", "ben", "cleo", "dmitri", "eve", "finn", "gus")
    cases = {"ben": ("gone", None), "cleo": ("unused", DISABLED), "dmitri": ("unused", DEARER), "eve": ("used", AS_MADE)}
    cases |= {"finn": ("unused", LATER), "gus": ("unused", OPEN)}
    shelf.stands = {made[name].code_external_id: case for name, case in cases.items()}
    world.clock[0] += DAY_US
    assert look(world, shop) == {"checked": 7, "gone": 1, "changed": 4, "used": 1, "failed": 6}
    for offer in made.values():
        session.refresh(offer)
    assert {name: (offer.state, offer.reason) for name, offer in made.items()} == {
        "ada": ("minted", ""),
        "ben": ("failed", "its code was deleted in the store"),
        "cleo": ("failed", "its code was changed in the store: switched off"),
        "dmitri": ("failed", "its code was changed in the store: amount, conditions"),
        "eve": ("failed", "its code was used before its mail went out"),
        "finn": ("failed", "its code was changed in the store: expiry"),
        "gus": ("failed", "its code was changed in the store: number of uses, open to everybody"),
    }
    assert world.run(lambda context: send_due(context, shop.store.id))["sent"] == 1
    assert [mail.to for mail in world.channel.handed] == ["ada@people.example"]


def test_each_code_is_looked_at_once_a_day_and_no_more_once_it_is_used_or_has_run_out(
    world: Outside, session: Session, shop: Shop, shelf: Shelf
) -> None:
    made = minted(world, session, shop, "ada", "ben")
    assert look(world, shop) == {}
    shelf.stands[made["ben"].code_external_id] = ("used", AS_MADE)
    for _ in range(3):
        world.clock[0] += DAY_US // 2
        look(world, shop)
    assert sorted(shelf.asked) == sorted(each.code_external_id for each in made.values())
    world.clock[0] += DAY_US
    look(world, shop)
    assert shelf.asked[2:] == [made["ada"].code_external_id]
    world.clock[0] += 14 * DAY_US
    assert look(world, shop) == {}


def test_a_change_the_store_told_of_is_looked_at_at_once_and_is_no_lost_event(
    world: Outside, session: Session, shop: Shop, shelf: Shelf
) -> None:
    made = minted(world, session, shop, "ada", "ben", "cleo")
    store_id = shop.store.id
    shelf.stands = {made["ada"].code_external_id: ("unused", DEARER), made["ben"].code_external_id: ("gone", None)}
    session.add(_delivery(store_id, "somebody-elses", NOW))
    session.commit()
    for subject in (made["ada"].code_external_id, "a-code-of-the-merchants-own"):
        carry_out(world.context, store_id, StoreEvent("code_changed", subject), at=NOW)
    assert standing.standings(session, store_id)[store_id, "codes"].asked_at == NOW
    assert look(world, shop) == {"checked": 1, "changed": 1, "failed": 1}
    world.clock[0] += DAY_US
    assert look(world, shop) == {"checked": 3, "gone": 1, "failed": 1, "lost": 1}
    carry_out(world.context, store_id, StoreEvent("code_gone", made["cleo"].code_external_id), at=NOW)
    session.refresh(made["cleo"])
    assert (made["cleo"].state, made["cleo"].code_state) == ("failed", "gone")


def test_a_code_changed_after_its_mail_went_out_is_noted_and_one_put_right_again_is_forgotten(
    world: Outside, session: Session, shop: Shop, shelf: Shelf
) -> None:
    ada = minted(world, session, shop, "ada")["ada"]
    world.run(lambda context: send_due(context, shop.store.id))
    shelf.stands[ada.code_external_id] = ("unused", DISABLED)
    world.clock[0] += DAY_US
    assert look(world, shop) == {"checked": 1, "changed": 1}
    session.refresh(ada)
    assert (ada.state, ada.code_state, ada.code_changes) == ("sent", "changed", "switched off")
    shelf.stands.clear()
    world.clock[0] += DAY_US + SECOND_US
    assert look(world, shop) == {"checked": 1, "restored": 1}
    session.refresh(ada)
    assert (ada.code_state, ada.code_changes) == ("", "")


def _delivery(store_id: int, resource_id: str, at: int) -> WebhookDelivery:
    values = {"store_id": store_id, "topic": "discounts/update", "resource_id": resource_id, "dedupe_key": None, "body": b""}
    return WebhookDelivery(**values, triggered_at=None, received_at=at, state="applied", due_at=None, applied_at=at)
