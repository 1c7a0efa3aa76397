"""The plug is pulled at every moment of minting and sending: no second code, no second mail, nobody forgotten."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from adapters.messaging.folder import FolderChannel
from jobs.offers import mint_due, plan_offers, send_due
from plugin_core.offers.models import Offer, Touch
from plugin_core.outbox.models import JournalEntry
from tests.jobs.offers.outside import Outside, PowerCut, outside
from tests.plugin_core.offers.world import begin, checkout, open_shop, person

PEOPLE = ("ben", "eve", "fay")


def everything_due(world: Outside, store_id: int) -> None:
    plan_offers(world.context, store_id)
    mint_due(world.context, store_id)
    send_due(world.context)


def prepare(session: Session) -> int:
    shop = open_shop(session)
    begin(session, shop, shop.winback)
    begin(session, shop, shop.abandoned)
    for name in PEOPLE:
        person(session, shop, name, days_ago=65)
    checkout(session, shop, person(session, shop, "gil", days_ago=10), hours_ago=2)
    session.commit()
    return shop.store.id


def state(session: Session, world: Outside) -> object:
    rows = session.execute(
        select(Offer.step, Offer.state, Offer.code, Offer.reason, Offer.subject).order_by(Offer.code, Offer.subject)
    ).all()
    touches = session.execute(select(Touch.message_id, Touch.state).order_by(Touch.message_id)).all()
    journal = session.scalars(select(JournalEntry.target).order_by(JournalEntry.target)).all()
    session.commit()
    return rows, touches, journal, sorted(world.codes.made), [path.name for path in world.mails()]


def test_wherever_the_power_fails_the_end_is_the_same(engine: Engine, session: Session, tmp_path: Path) -> None:
    store_id = prepare(session)
    world = outside(engine, session, tmp_path / "mails")
    deaths = 0
    # Dies at the first moment, starts again and dies at the second one, and so on, until a whole run lives.
    for moment in range(1, 200):
        world.plug.at, world.plug.moment = moment, 0
        try:
            everything_due(world, store_id)
            break
        except PowerCut:
            deaths += 1
    else:
        pytest.fail("it never came through")
    assert deaths >= 10
    rows, touches, journal, codes, mails = state(session, world)
    assert [(row.step, row.state) for row in rows] == [("1h", "sent"), *[("60", "sent")] * 3]
    assert (len(set(codes)), len(mails), len(touches)) == (3, 4, 4)
    assert sorted(row.code for row in rows if row.code) == codes
    assert journal == [f"id-{code}" for code in codes]
    assert {touch.state for touch in touches} == {"sent"}
    index = (tmp_path / "mails" / "index.txt").read_text("utf-8").splitlines()
    assert len(index) == 4


@pytest.mark.parametrize("moment", range(2, 40, 3))
def test_one_power_cut_ends_like_an_undisturbed_run(engine: Engine, session: Session, tmp_path: Path, moment: int) -> None:
    store_id = prepare(session)
    world = outside(engine, session, tmp_path / "mails")
    world.plug.at = moment
    try:
        everything_due(world, store_id)
    except PowerCut:
        world.plug.at = -1
        everything_due(world, store_id)
    rows, touches, journal, codes, mails = state(session, world)
    assert [(row.step, row.state) for row in rows] == [("1h", "sent"), *[("60", "sent")] * 3]
    assert (len(codes), len(journal), len(mails), {touch.state for touch in touches}) == (3, 3, 4, {"sent"})


class ToldNothing(FolderChannel):
    """Like SMTP: it can't say afterwards whether a mail went."""

    def was_sent(self, message_id: str) -> bool | None:
        return None


def test_a_channel_that_cannot_tell_makes_an_interrupted_mail_unknown_and_it_is_not_repeated(
    engine: Engine, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store_id = prepare(session)
    world = outside(engine, session, tmp_path / "mails")
    plan_offers(world.context, store_id)
    mint_due(world.context, store_id)
    monkeypatch.setattr(type(world.channel), "was_sent", ToldNothing.was_sent)
    # Right after the first mail has been handed over: claim, its commit, before and after the send.
    world.plug.at, world.plug.moment = 4, 0
    with pytest.raises(PowerCut):
        send_due(world.context)
    world.plug.at = -1
    assert send_due(world.context) == {"unknown": 1, "sent": 3}
    assert send_due(world.context) == {}
    assert len(world.channel.handed) == len(world.mails()) == 4
    assert len({mail.message_id for mail in world.channel.handed}) == 4
    assert sorted(session.scalars(select(Offer.state)).all()) == ["sent", "sent", "sent", "unknown"]
