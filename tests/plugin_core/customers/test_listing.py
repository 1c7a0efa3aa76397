"""The list of people against looking at everybody: found, ordered and paged alike, and nobody of another store."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from sqlalchemy.orm import Session

from plugin_core.customers import head_count, listing, search
from plugin_core.customers.listing import Cut, Order
from plugin_core.customers.search import Wanted
from plugin_core.errors import InvalidInput, NotFound
from tests.oracles import people as oracle
from tests.plugin_core.customers import crowd
from tests.plugin_core.shop import NOW, account, store

TYPED = (
    *("", "a", "ADA", "ada lov", "lov ada", "öz", "OZTURK", "ipek", "İPEK", "anna mar", "maria", "dijk", "jones", "o'brien"),
    *("sorensen", "zoe", "zoe-k", "ben.smith", "smith ben", "x_1", "ada1", "ada12@example.com", "@", "سارا", "کر", "كریمی"),
    *("#1010", "1010", "FRIEND-12", "friend-12", "+49151000", "1000005", "+49 15 1000-005", "015 1000005", "%", "nobody", "'"),
)
BIG = 1_000_000


def open_crowd(session: Session, people: int = 120):
    mine, others = store(session, account(session)), store(session, account(session, "other"), "other")
    chance = random.Random(7)
    crowd_here = [crowd.draw(chance, person) for person in range(1, people + 1)]
    crowd.settle(session, mine, crowd_here)
    crowd.settle(session, others, [crowd.draw(chance, BIG + person) for person in range(1, 20)])
    return mine, crowd_here


def walk(monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    """By the index of words; along the order past a list of ids; along the order with a look at each."""
    if way != "index":
        for name in ("FEW", "FEW_BY_NAME", "_CERTAIN"):
            monkeypatch.setattr(search, name, -1)
    if way == "order":
        monkeypatch.setattr(search, "SOME", -1)


def all_pages(session: Session, shop, wanted: Wanted, order: Order, size: int = 7) -> list[int]:
    found: list[int] = []
    cut = None
    while True:
        page = listing.page(session, shop, wanted, order, cut=cut, size=size, now=NOW)
        assert page.earlier == bool(found)
        found += [row.customer_id for row in page.rows]
        if not page.later:
            return found
        cut = listing.read_cut(listing.write_cut(Cut(page.rows[-1].place), order), order)
        assert cut is not None


@pytest.mark.parametrize("few", ["index", "list", "order"])
def test_whoever_is_looked_for_is_found_and_nobody_else(session: Session, monkeypatch: pytest.MonkeyPatch, few: str) -> None:
    """By every way there is: all answer like somebody who looks at everybody."""
    walk(monkeypatch, few)
    shop, people = open_crowd(session)
    for number, typed in enumerate(TYPED):
        order = Order(list(listing.SORTS)[number % 5], descending=number % 2 == 0)
        wanted = [person for person in people if oracle.is_meant(person, typed)]
        found = all_pages(session, shop, Wanted(text=typed), order)
        assert found == [person.id for person in oracle.ordered(wanted, *order)], typed


@pytest.mark.parametrize("few", ["index", "list", "order"])
def test_filters_narrow_together_in_every_order(session: Session, monkeypatch: pytest.MonkeyPatch, few: str) -> None:
    walk(monkeypatch, few)
    shop, people = open_crowd(session)
    for wanted, fits in (
        (Wanted(lifecycle="slipping"), lambda one: one.lifecycle == "slipping"),
        (Wanted(country="tr", text="a"), lambda one: one.country == "TR" and oracle.is_meant(one, "a")),
        (Wanted(tag="BIG  FAN"), lambda one: oracle.carries(one, "big fan")),
        (Wanted(tag="ete", lifecycle="lost"), lambda one: oracle.carries(one, "été") and one.lifecycle == "lost"),
        (Wanted(consent="unknown", text="1010"), lambda one: oracle.is_meant(one, "1010")),
        (Wanted(consent="subscribed"), lambda _: False),
    ):
        for by in listing.SORTS:
            for descending in (True, False):
                found = all_pages(session, shop, wanted, Order(by, descending))
                assert found == [one.id for one in oracle.ordered(filter(fits, people), by, descending)], (wanted, by)


def test_one_can_go_back_as_one_came(session: Session) -> None:
    shop, people = open_crowd(session)
    for by in listing.SORTS:
        order = Order(by, descending=True)
        whole = [one.id for one in oracle.ordered(people, *order)]
        page = listing.page(session, shop, Wanted(), order, cut=None, size=50, now=NOW)
        page = listing.page(session, shop, Wanted(), order, cut=Cut(page.rows[-1].place), size=50, now=NOW)
        assert [row.customer_id for row in page.rows] == whole[50:100]
        page = listing.page(session, shop, Wanted(), order, cut=Cut(page.rows[0].place, backwards=True), size=30, now=NOW)
        assert ([row.customer_id for row in page.rows], page.earlier, page.later) == (whole[20:50], True, True)
        page = listing.page(session, shop, Wanted(), order, cut=Cut(page.rows[0].place, backwards=True), size=30, now=NOW)
        assert ([row.customer_id for row in page.rows], page.earlier) == (whole[:20], False)


def test_who_stays_is_shown_once_while_others_come_move_and_go(session: Session) -> None:
    shop, people = open_crowd(session)
    chance = random.Random(3)
    restless = {one.id for one in people[::4]}
    for by in listing.SORTS:
        order, seen, cut = Order(by, descending=chance.random() < 0.5), [], None
        while True:
            page = listing.page(session, shop, Wanted(), order, cut=cut, size=11, now=NOW)
            seen += [row.customer_id for row in page.rows]
            if not page.later:
                break
            cut = Cut(page.rows[-1].place)
            mover = people[chance.choice(sorted(restless)) - 1]
            orders = chance.randint(0, 9)
            moved = replace(mover, orders=orders, spent=orders * 700, points=orders, last_order=chance.choice((None, 1, 9_000)))
            crowd.number(session, shop, moved)
        staying = [person for person in seen if person not in restless]
        assert sorted(staying) == sorted(one.id for one in people if one.id not in restless), by


def test_another_merchants_people_are_never_in_the_list(session: Session) -> None:
    shop, _ = open_crowd(session, 10)
    found = all_pages(session, shop, Wanted(), Order("name"))
    assert found
    assert max(found) < BIG


def test_the_number_of_people_is_exact_where_few_and_says_so_where_it_is_an_estimate(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop, people = open_crowd(session)
    count = head_count.count(session, shop, Wanted(lifecycle="lost"), now=NOW)
    assert count == (sum(one.lifecycle == "lost" for one in people), True)
    assert head_count.count(session, shop, Wanted(), now=NOW) == (len(people), True)
    monkeypatch.setattr(head_count, "EXACT", 10)
    guess = head_count.count(session, shop, Wanted(lifecycle="lost"), now=NOW)
    assert not guess.exact
    assert abs(guess.people - count.people) <= 12
    assert not head_count.count(session, shop, Wanted(lifecycle="lost"), now=NOW, known=len(people)).exact


@pytest.mark.parametrize("text", ["", "x", "W10", "bnVsbA", listing.write_cut(Cut(listing.Place(3, 4)), Order("orders"))])
def test_a_link_that_was_tampered_with_begins_anew(text: str) -> None:
    assert listing.read_cut(text, Order("name", descending=False)) is None


def test_what_there_is_not_can_not_be_asked_for(session: Session) -> None:
    shop, _ = open_crowd(session, 3)
    for wanted in (Wanted(lifecycle="happy"), Wanted(rfm="x"), Wanted(consent="maybe")):
        with pytest.raises(InvalidInput):
            listing.page(session, shop, wanted, now=NOW)
    with pytest.raises(InvalidInput):
        listing.page(session, shop, Wanted(), Order("id; DROP TABLE customers"), now=NOW)
    with pytest.raises(NotFound):
        listing.page(session, shop, Wanted(segment="no_such"), now=NOW)
