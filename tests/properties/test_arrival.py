"""Any permutation, duplication and batching of the same records leaves the same people, keys, fields, consents and numbers."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, example, given, note, settings
from hypothesis import strategies as st
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from plugin_core.records import CheckoutRecord, ConsentRecord, CustomerRecord, Deletion, OrderRecord, RefundRecord
from tests.plugin_core.shop import DAY, HOUR, account, customer, order, state, store, take, work_out

ADDRESSES = ("ada@x.de", "ADA@x.de", "ben@x.de", "cleo@x.de", "")
Arrival = tuple[str, Any]  # the store's key, the record

moments = st.integers(1, 60).map(lambda number: number * 8 * HOUR)
names = st.sampled_from(("", "Ada", "Ben", "Cleo"))
consents = st.lists(
    st.builds(
        ConsentRecord,
        channel=st.sampled_from(("email", "sms")),
        state=st.sampled_from(("subscribed", "unsubscribed", "pending", "unknown")),
        text_version=st.sampled_from(("", "1", "2")),
        source=st.just("form"),
        at=st.one_of(st.none(), moments),
    ),
    max_size=2,
    unique_by=lambda said: said.channel,
).map(tuple)


@st.composite
def accounts(draw: st.DrawFn) -> CustomerRecord:
    external_id = draw(st.sampled_from("12345"))
    return customer(
        external_id,
        draw(st.sampled_from(ADDRESSES)),
        modified_at=draw(moments) + int(external_id),
        created_at=int(external_id) * HOUR,
        first_name=draw(names),
        phone=draw(st.sampled_from(("", "+49301", "+49302"))),
        phone_verified=draw(st.booleans()),
        consents=draw(consents),
    )


@st.composite
def orders(draw: st.DrawFn) -> OrderRecord:
    external_id = draw(st.sampled_from("abcdefgh"))
    # Where a merchant corrects an order it is its customer or its amounts: the day it was placed stays.
    placed_at = (ord(external_id) - 96) * 20 * HOUR
    total, refunded = draw(st.integers(0, 900)), draw(st.integers(0, 300))
    return order(
        external_id,
        draw(st.sampled_from(ADDRESSES)),
        placed_at=placed_at,
        modified_at=placed_at + draw(moments),
        customer_id=draw(st.sampled_from(("", "1", "2", "3", "9"))),
        total=total,
        refunded=refunded,
        counted=draw(st.booleans()),
        void=draw(st.booleans()),
        currency=draw(st.sampled_from(("EUR", "EUR", "USD"))),
        codes=draw(st.sampled_from(((), ("SALE",)))),
        refunds=(RefundRecord("r", placed_at + DAY, refunded),) if refunded else (),
    )


@st.composite
def checkouts(draw: st.DrawFn) -> CheckoutRecord:
    external_id = draw(st.sampled_from("xy"))
    email, at = draw(st.sampled_from(ADDRESSES[:3])), draw(moments)
    # Whoever began it may sign in later on; nobody's checkout becomes nobody's again.
    customer_id = "" if at < 20 * 8 * HOUR else {"x": "1", "y": "8"}[external_id]
    return CheckoutRecord(
        *(external_id, at, email, 30 * HOUR, None, customer_id, email, "", "", ""),
        *("EUR", 100, "https://x.example/c"),
    )


deletions = st.builds(
    Deletion,
    resource=st.sampled_from(("customers", "orders")),
    external_id=st.sampled_from("1239abc"),
    at=moments.map(lambda at: at + HOUR),
)
# A store merges towards one account: 3 and 4 become part of 1, and 1 of 2.
merges = st.sampled_from((("3", "1"), ("4", "1"), ("1", "2"))).flatmap(
    lambda pair: st.builds(Deletion, st.just("customers"), st.just(pair[0]), moments, st.just(pair[1]))
)


def _version(arrival: Arrival) -> tuple[Any, ...]:
    """Two different records of one thing with one time don't exist in a history: the later answer would win."""
    shop, record = arrival
    if isinstance(record, Deletion):
        return shop, "gone", record.resource, record.external_id
    return shop, type(record).__name__, record.external_id, record.modified_at


arrivals = st.lists(
    st.tuples(st.sampled_from(("north", "south")), st.one_of(accounts(), orders(), orders(), checkouts(), deletions, merges)),
    max_size=14,
    unique_by=_version,
)


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[Arrival], list[list[Arrival]]]:
    """A history, and the same in another order with repetitions, cut into batches."""
    history = draw(arrivals)
    again = draw(st.lists(st.sampled_from(history), max_size=4)) if history else []
    shuffled = draw(st.permutations(history + again))
    sizes = draw(st.sampled_from((1, 2, 5, 100)))
    return history, [shuffled[at : at + sizes] for at in range(0, len(shuffled), sizes)]


def _told(engine: Engine, batches: list[list[Arrival]], *, work_between: bool) -> dict[str, Any]:
    """The state after taking in the batches; thrown away again."""
    with Session(engine, expire_on_commit=False) as session:
        owner = account(session)
        shops = {key: store(session, owner, key) for key in ("north", "south")}
        for batch in batches:
            for key, shop in shops.items():
                mine = [record for name, record in batch if name == key]
                if mine:
                    take(session, shop, *mine)
            if work_between:
                work_out(session, *shops.values())
        work_out(session, *shops.values())
        found = state(session)
        session.rollback()
    return found


def _cut(*history: Any, order: str) -> tuple[list[Arrival], list[list[Arrival]]]:
    """Of one shop; ``order``: places in the history, one batch each."""
    arrivals = [("north", record) for record in history]
    return arrivals, [[arrivals[int(place)]] for place in order]


# An account that only an order named, and that the order was taken from, after others were merged into it.
_NAMED_NO_MORE = _cut(
    Deletion("customers", "3", HOUR, "1"),
    customer("3", "ada@x.de", modified_at=DAY),
    order("a", "ada@x.de", placed_at=DAY, modified_at=2 * DAY, customer_id="1"),
    order("a", "ada@x.de", placed_at=DAY, modified_at=3 * DAY, customer_id=""),
    order="0123",
)
# The same, and it was merged into a third one.
_BETWEEN = _cut(
    Deletion("customers", "1", DAY, "2"),
    customer("3", "ada@x.de", modified_at=DAY),
    order("a", "ada@x.de", placed_at=DAY, modified_at=2 * DAY, customer_id="2"),
    Deletion("customers", "3", HOUR, "1"),
    order("g", "ada@x.de", placed_at=2 * DAY, modified_at=3 * DAY, customer_id="1"),
    order("g", "ada@x.de", placed_at=2 * DAY, modified_at=4 * DAY, customer_id=""),
    order="312405",
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(histories())
@example(_NAMED_NO_MORE)
@example(_BETWEEN)
def test_whatever_the_order_of_arrival_the_shop_looks_the_same(engine: Engine, drawn: Any) -> None:
    history, batches = drawn
    note(f"batches: {batches}")
    at_once = _told(engine, [history], work_between=False)
    one_way = _told(engine, batches, work_between=True)
    assert at_once.keys() == one_way.keys()
    for key, one in at_once.items():
        differences = {name: (value, one_way[key][name]) for name, value in one.items() if one_way[key][name] != value}
        note(f"differences: {differences}")
        assert not differences
