"""A store or a mail server in trouble: what can be tried again is, what can't fails alone, and nothing doubles."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from plugin_core.clock import DAY_US
from plugin_core.customers.models import Suppression
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
from plugin_core.offers.models import Touch
from plugin_core.platforms import CodeSpec
from tests.jobs.offers.outside import Outside, ben_of, mint, plan, run
from tests.plugin_core.offers.world import NOW, Shop, offers, person, told


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
