"""What a merchant does with a person by hand: protected, written down, undone; and the profile that shows it."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from plugin_core.customers import consent, editing, joining, listing, notes, profile
from plugin_core.customers.models import Customer, Suppression
from plugin_core.customers.search import Wanted
from plugin_core.errors import InvalidInput, NotFound
from plugin_core.orders.models import CustomerStats
from plugin_core.segments.evaluate import evaluate
from plugin_core.stores.models import AuditEntry
from tests.plugin_core import shop as people
from tests.plugin_core.customers.privacy import rich
from tests.plugin_core.offers.world import NOW

DAY = people.DAY


def open_profile(session: Session):
    world = rich.build(session)
    return world, world.north.store, session.get_one(Customer, world.adaline)


def names(session: Session, store, text: str) -> list[str]:
    return [row.name for row in listing.page(session, store, Wanted(text=text), now=NOW).rows]


def test_a_corrected_name_stays_whatever_the_store_says_and_is_found_at_once(session: Session) -> None:
    _, store, ada = open_profile(session)
    assert editing.edit(session, store, ada, {"first_name": " Augusta  Ada ", "birthday": "12-10"}, actor="mia", now=NOW)
    assert names(session, store, "augusta çelik") == ["Augusta Ada Çelikoğlu"]
    people.take(session, store, people.customer(rich.ACCOUNTS[0], rich.SPELT, modified_at=NOW + DAY, first_name="Wrong"))
    session.refresh(ada)
    assert (ada.first_name, ada.birthday) == ("Augusta Ada", "12-10")
    assert not editing.edit(session, store, ada, {"first_name": "Augusta Ada"}, actor="mia", now=NOW)


def test_an_edit_is_undone_and_the_store_may_speak_again(session: Session) -> None:
    world, store, ada = open_profile(session)
    editing.edit(session, store, ada, {"first_name": "Augusta"}, actor="mia", now=NOW)
    edit = session.scalars(
        select(AuditEntry).where(AuditEntry.action == "customer.edited").order_by(AuditEntry.id.desc())
    ).first()
    assert (edit.actor, edit.subject, edit.before["first_name"], edit.after) == (
        "mia",
        ada.key,
        rich.FIRST,
        {"first_name": "Augusta"},
    )
    editing.undo_edit(session, store, ada, edit.id, actor="mia", now=NOW)
    assert (ada.first_name, ada.edited) == (rich.FIRST, {})
    people.take(session, store, people.customer(rich.ACCOUNTS[0], rich.SPELT, modified_at=NOW + DAY, first_name="Adeline"))
    session.refresh(ada)
    assert ada.first_name == "Adeline"
    with pytest.raises(InvalidInput, match="changed again"):
        editing.undo_edit(session, store, ada, edit.id, actor="mia", now=NOW)
    with pytest.raises(NotFound):
        editing.undo_edit(session, world.south, session.get_one(Customer, world.ben), edit.id, actor="mia", now=NOW)


@pytest.mark.parametrize(
    "fields",
    [
        {"phone": "12"},
        {"phone": "+0123456"},
        {"birthday": "02-30"},
        {"birthday": "13-01"},
        {"first_name": "x" * 101},
        {"key": "1"},
    ],
)
def test_what_is_no_name_phone_or_birthday_is_not_taken(session: Session, fields: dict[str, str]) -> None:
    _, store, ada = open_profile(session)
    with pytest.raises(InvalidInput):
        editing.edit(session, store, ada, fields, actor="mia", now=NOW)
    assert ada.edited == {}


def test_marketing_is_paused_for_a_while_and_taken_up_again(session: Session) -> None:
    world, store, _ = open_profile(session)
    assert editing.pause(session, store, [world.adaline, world.ben], 30, actor="mia", now=NOW) == 2
    assert session.get_one(Customer, world.ben).paused_until == NOW + 30 * DAY
    paused = listing.page(session, store, Wanted(consent="paused"), now=NOW)
    assert {row.customer_id for row in paused.rows} == {world.adaline, world.ben}
    assert editing.pause(session, store, [world.ben], 0, actor="mia", now=NOW) == 1
    assert editing.pause(session, store, [world.ben], 0, actor="mia", now=NOW) == 0
    stranger = people.store(session, people.account(session, "foreign"), "foreign")
    assert editing.pause(session, stranger, [world.adaline], 5, actor="eve", now=NOW) == 0
    actions = session.scalars(select(AuditEntry.action).where(AuditEntry.subject == session.get_one(Customer, world.ben).key))
    assert sorted(actions) == ["customer.paused", "customer.resumed"]


def test_an_address_suppressed_by_hand_is_not_written_to_and_a_bounce_stands(session: Session) -> None:
    world, store, _ = open_profile(session)
    ben = session.get_one(Customer, world.ben)
    consent.refresh_may_email(session, [ben.id])
    assert consent.may_email(session, ben.id)
    assert editing.suppress(session, store, ben, actor="mia", now=NOW)
    assert not editing.suppress(session, store, ben, actor="mia", now=NOW)
    assert not consent.may_email(session, ben.id)
    assert editing.release(session, store, ben, actor="mia", now=NOW)
    assert consent.may_email(session, ben.id)
    session.add(Suppression(account_id=ben.account_id, channel="email", address=ben.email, reason="bounce", at=1))
    session.flush()
    with pytest.raises(InvalidInput):
        editing.release(session, store, ben, actor="mia", now=NOW)


def test_who_comes_by_one_stores_admin_finds_only_its_own_people_to_join(session: Session) -> None:
    world, store, ada = open_profile(session)
    ben = session.get_one(Customer, world.ben)
    assert joining.other_person(session, store, ada, ben.key, anywhere=False).id == ben.id
    session.execute(delete(CustomerStats).where(CustomerStats.store_id == store.id, CustomerStats.customer_id == ben.id))
    for typed in (ben.key, "ben@people.example"):
        assert joining.other_person(session, store, ada, typed).id == ben.id
        with pytest.raises(NotFound):
            joining.other_person(session, store, ada, typed, anywhere=False)


def test_two_entries_are_joined_and_parted_by_hand(session: Session) -> None:
    world, store, ada = open_profile(session)
    ben = session.get_one(Customer, world.ben)
    assert joining.other_person(session, store, ada, " Ben@People.Example ").id == ben.id
    survivor = joining.merge_by_hand(session, store, ada, ben, actor="mia", now=NOW)
    people.work_out(session, store)
    absorbed = ben if survivor is ada else ada
    assert profile.find(session, store, absorbed.key).id == survivor.id
    assert [row.customer_id for row in listing.page(session, store, Wanted(text="ben"), now=NOW).rows] == [survivor.id]
    entry = joining.merges(session, survivor)[0][0]
    assert joining.unmerge_by_hand(session, store, survivor, entry.id, actor="mia", now=NOW).id == absorbed.id
    assert [row.customer_id for row in listing.page(session, store, Wanted(text="ben"), now=NOW).rows] == [world.ben]
    joining.merge_by_hand(session, store, ada, ben, actor="mia", now=NOW)
    with pytest.raises(InvalidInput):
        joining.other_person(session, store, survivor, absorbed.key)
    with pytest.raises(NotFound):
        joining.unmerge_by_hand(session, store, absorbed, entry.id, actor="mia", now=NOW)


def test_notes_are_kept_shown_and_deleted(session: Session) -> None:
    _, store, ada = open_profile(session)
    note = notes.add_note(session, store, ada, "  <b>rang</b>  ", actor="mia", now=NOW)
    assert notes.notes(session, ada)[0].text == "<b>rang</b>"
    foreign = people.store(session, people.account(session, "foreign"), "foreign")
    with pytest.raises(NotFound):
        notes.delete_note(session, foreign, ada, note.id, actor="eve", now=NOW)
    notes.delete_note(session, store, ada, note.id, actor="mia", now=NOW)
    assert note.text not in [one.text for one in notes.notes(session, ada)]
    with pytest.raises(InvalidInput):
        notes.add_note(session, store, ada, " ", actor="mia", now=NOW)


def test_the_profile_says_who_what_and_why(session: Session) -> None:
    world, store, ada = open_profile(session)
    evaluate(session, store, people.SETTINGS, 0, customer_ids=None, now=NOW)
    shown = profile.profile(session, store, ada, now=NOW)
    assert set(shown.addresses) >= {rich.EMAIL, rich.OTHER}
    assert {(word.channel, word.store, word.state) for word in shown.words} >= {("email", "", "subscribed")}
    assert {account.store for account in shown.accounts} == {store.name, world.south.name}
    assert shown.stats.orders_count == 3
    assert shown.rhythm is not None
    assert shown.rhythm.late_days == pytest.approx(shown.rhythm.since_days - shown.rhythm.expected_days)
    assert shown.segments
    assert all(one.why.truth for one in shown.segments)
    assert shown.referral_code == f"FRIEND-{world.adaline}"


def test_somebody_of_another_store_is_not_there(session: Session) -> None:
    world, store, ada = open_profile(session)
    foreign = people.store(session, people.account(session, "foreign"), "foreign")
    elsewhere = people.store(session, world.north.account, "elsewhere")
    for shop, key in ((foreign, ada.key), (elsewhere, ada.key), (store, "nobody")):
        with pytest.raises(NotFound):
            profile.find(session, shop, key)
