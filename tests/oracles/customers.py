"""The rows that a list of a store's customers ought to show, worked out from the stores' own records alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any, NamedTuple

from tests.oracles import loyalty, segments
from tests.oracles.records import Deal, Node, People, StoreRecords, Word, shopify, woocommerce

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Row(NamedTuple):
    external_ids: tuple[str, ...]
    emails: frozenset[str]
    shown: dict[str, Any]


def rows(shop: Any, woo: Any, now: datetime) -> Mapping[str, list[Row]]:
    """Platform -> its people. ``shop`` and ``woo`` hold the stores' raw records."""
    people = People()
    stores = {"shopify": shopify(shop, people), "woocommerce": woocommerce(woo, people)}
    consents = _consents(stores, people)
    return {name: _rows(store, people, consents, now) for name, store in stores.items()}


def _rows(store: StoreRecords, people: People, consents: Mapping[Node, dict[str, str]], now: datetime) -> list[Row]:
    known = sorted({people.of(node) for node in store.known})
    deals: dict[Node, list[Deal]] = defaultdict(list)
    for node, deal in store.deals:
        deals[people.of(node)].append(deal)
    addresses: dict[Node, set[str]] = defaultdict(set)
    for node in [*people.nodes(), *store.known]:
        if node[0] == "mail":
            addresses[people.of(node)].add(node[1])
    accounts: dict[Node, list[str]] = defaultdict(list)
    for node, external_id in store.accounts.items():
        accounts[people.of(node)].append(external_id)
    shoppers = [
        segments.Shopper(
            [_purchase(deal) for deal in deals[person]], may_email=bool(addresses[person]) and _willing(consents, person)
        )
        for person in known
    ]
    standings = segments.judge(shoppers, _us(now), store.zone)
    found = []
    for person, standing in zip(known, standings, strict=True):
        mine = sorted(deals[person])
        points = loyalty.balances([_bought(deal) for deal in mine], loyalty.Programme(zone=store.zone), now)
        spent = sum(max(0, deal.received - deal.refunded) for deal in mine if deal.received is not None)
        shown = {
            "orders_count": len(mine),
            "net_spent": f"{spent // 100}.{spent % 100:02d}",
            "currency": store.currency,
            "first_order_at": _text(mine[0].at) if mine else None,
            "last_order_at": _text(mine[-1].at) if mine else None,
            "rfm": standing.group,
            "rfm_scores": standing.scores,
            "lifecycle": standing.lifecycle,
            "segments": sorted(standing.segments),
            "points": points.points,
            "points_pending": points.pending,
            "tier": points.tier,
            "consent": consents.get(person, {"email": "unknown", "sms": "unknown"}),
        }
        found.append(Row(tuple(sorted(accounts[person])), frozenset(addresses[person]), shown))
    return found


def _consents(stores: Mapping[str, StoreRecords], people: People) -> dict[Node, dict[str, str]]:
    """The last word in each store; over the stores a refusal wins, then an opt-in."""
    last: dict[tuple[Node, str, str], Word] = {}
    for name, store in stores.items():
        for node, word in store.words:
            key = (people.of(node), word.channel, name)
            if key not in last or word.at >= last[key].at:
                last[key] = word
    found: dict[Node, dict[str, str]] = {}
    for (person, channel, _), word in last.items():
        mine = found.setdefault(person, {"email": "unknown", "sms": "unknown"})
        mine[channel] = max(mine[channel], word.state, key=("unknown", "pending", "subscribed", "unsubscribed").index)
    return found


def _willing(consents: Mapping[Node, dict[str, str]], person: Node) -> bool:
    return consents.get(person, {}).get("email") == "subscribed"


def _purchase(deal: Deal) -> segments.Purchase:
    refunded_at = None if deal.refunded_at is None else _us(deal.refunded_at)
    return segments.Purchase(_us(deal.at), deal.received or 0, deal.refunded, refunded_at, deal.with_code)


def _bought(deal: Deal) -> loyalty.Bought:
    return loyalty.Bought(deal.at, Fraction(deal.goods, 100), Fraction(deal.kept, 100))


def _us(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(microseconds=1)


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
