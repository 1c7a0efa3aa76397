"""Codes that were made while somebody else decided about the offer."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from plugin_core.offers import minting, planning
from plugin_core.outbox.models import JournalEntry
from plugin_core.platforms import CreatedCode
from tests.plugin_core.offers.world import NOW, begin, offers, open_shop, orders_again, person, told


def test_code_of_somebody_who_ordered_meanwhile_is_known_but_never_mailed(session: Session) -> None:
    shop = open_shop(session)
    begin(session, shop, shop.winback)
    ben = person(session, shop, "ben", days_ago=65)
    planning.plan(session, shop.store, shop.winback, now=NOW)
    work = minting.claim(session, shop.store, b"secret", now=NOW, limit=5).work[0]
    orders_again(session, shop, ben, NOW - 1)
    again = minting.claim(session, shop.store, b"secret", now=NOW, limit=5)
    assert (again.work, dict(again.counts)) == ([], {"skipped": 1})
    ((_, _, why),) = told(session, ben)

    made = CreatedCode(work.spec.code, "gid-code")
    assert minting.minted(session, shop.store, work, made, now=NOW)
    assert not minting.minted(session, shop.store, work, made, now=NOW)
    assert told(session, ben) == [("60", "skipped", why)]
    (offer,) = offers(session, ben)
    assert (offer.code, offer.code_external_id, offer.minted_at) == (work.spec.code, "gid-code", NOW)
    assert list(session.scalars(select(JournalEntry.target))) == ["gid-code"]
