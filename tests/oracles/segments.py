"""RFM, lifecycle and the stock segments worked out a second time, from plain orders, with NumPy and loops."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

DAY = 86_400_000_000
TWELVE_HOURS = 43_200_000_000


class Purchase(NamedTuple):
    at: int  # microseconds
    received: int
    refunded: int
    refunded_at: int | None
    with_code: bool


class Standing(NamedTuple):
    scores: str  # "543", "" without an order
    group: str
    lifecycle: str
    segments: frozenset[str]


class Shopper(NamedTuple):
    purchases: list[Purchase]
    birthday: str = ""  # "MM-DD"
    may_email: bool = False


def visits(purchases: list[Purchase]) -> list[int]:
    starts: list[int] = []
    for at in sorted(purchase.at for purchase in purchases):
        if not starts or at > starts[-1] + TWELVE_HOURS:
            starts.append(at)
    return starts


def own_gap(starts: list[int]) -> float:
    return (starts[-1] - starts[0]) / (len(starts) - 1) / DAY


def store_gap(shoppers: list[Shopper]) -> float:
    gaps = [own_gap(starts) for starts in (visits(shopper.purchases) for shopper in shoppers) if len(starts) >= 3]
    return float(np.median(gaps)) if len(gaps) >= 30 else 60.0


def quintile_scores(values: list[int]) -> list[int]:
    ordered = sorted(values)
    cuts = [ordered[math.ceil(len(ordered) * percent / 100) - 1] for percent in (20, 40, 60, 80)]
    return [1 + int(np.sum(value > np.array(cuts))) for value in values]


def group(recency: int, frequency: int, monetary: int) -> str:
    fm = (frequency + monetary) / 2
    if recency == 5:
        return "new" if fm < 2.5 else "active" if fm < 4 else "champions"
    if recency == 4:
        return "promising" if fm < 2.5 else "active" if fm < 4 else "loyal"
    if recency == 3:
        return "almost_lost" if fm < 2.5 else "needs_attention" if fm < 4 else "loyal"
    low = "almost_lost" if recency == 2 else "dormant"
    return low if fm < 3 else "at_risk" if fm <= 4 else "previously_loyal"


def lifecycle(starts: list[int], typical: float, now: int) -> str:
    if not starts:
        return "prospect"
    lateness = late(starts, typical, now)
    if lateness <= 1:
        return "new" if len(starts) == 1 else "active"
    return "slipping" if lateness <= 2 else "at_risk" if lateness <= 3 else "lapsed" if lateness <= 6 else "lost"


def late(starts: list[int], typical: float, now: int) -> float:
    gaps = len(starts) - 1
    expected = (gaps * own_gap(starts) + 2 * typical) / (gaps + 2) if gaps else typical
    return (now - starts[-1]) / DAY / expected


def months_ago(now: int, months: int, zone: str) -> int:
    local = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=now)).astimezone(ZoneInfo(zone))
    year, month = local.year, local.month
    for _ in range(months):
        year, month = (year - 1, 12) if month == 1 else (year, month - 1)
    day = local.day
    while True:
        try:
            moved = local.replace(year=year, month=month, day=day)
            break
        except ValueError:
            day -= 1
    return (moved - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def judge(shoppers: list[Shopper], now: int, zone: str) -> list[Standing]:
    buyers = [index for index, shopper in enumerate(shoppers) if shopper.purchases]
    typical = store_gap(shoppers)
    last = {index: max(purchase.at for purchase in shoppers[index].purchases) for index in buyers}
    spent = {index: sum(max(0, each.received - each.refunded) for each in shoppers[index].purchases) for index in buyers}
    scores = dict(
        zip(
            buyers,
            zip(
                quintile_scores([last[index] for index in buyers]) if buyers else [],
                quintile_scores([len(shoppers[index].purchases) for index in buyers]) if buyers else [],
                quintile_scores([spent[index] for index in buyers]) if buyers else [],
                strict=True,
            ),
            strict=True,
        )
    )
    big = sorted(spent.values(), reverse=True)[math.ceil(len(buyers) / 10) - 1] if buyers else 0
    result = []
    for index, shopper in enumerate(shoppers):
        starts = visits(shopper.purchases)
        stage = lifecycle(starts, typical, now)
        if not starts:
            found = {"subscribed_never_bought"} if shopper.may_email else set()
            standing = Standing("", "prospects", stage, frozenset(found | _birthday(shopper, now, zone)))
        else:
            found = _segments(shopper, starts, typical, now, zone) | _birthday(shopper, now, zone)
            found |= {"big_spenders"} if spent[index] >= big else set()
            found |= {"high_value_slipping"} if scores[index][2] == 5 and stage in ("slipping", "at_risk") else set()
            standing = Standing("".join(map(str, scores[index])), group(*scores[index]), stage, frozenset(found))
        result.append(standing)
    return result


def _segments(shopper: Shopper, starts: list[int], typical: float, now: int, zone: str) -> set[str]:
    bought = shopper.purchases
    since = (now - max(each.at for each in bought)) / DAY
    returned, paid = sum(each.refunded for each in bought), sum(each.received for each in bought)
    recent = [each for each in bought if each.refunded_at is not None and now - each.refunded_at <= 14 * DAY]
    truths = {
        "brand_advocates": sum(each.at >= months_ago(now, 6, zone) for each in bought) >= 2,
        "lapsed_60": 60 <= since < 90,
        "lapsed_90": 90 <= since < 120,
        "lapsed_120": since >= 120,
        "one_time_buyers": len(starts) == 1,
        "second_order_due": len(starts) == 1 and 1 <= late(starts, typical, now) <= 2,
        "discount_only": len(bought) >= 2 and all(each.with_code for each in bought),
        "full_price_loyal": len(bought) >= 3 and not any(each.with_code for each in bought),
        "serial_returners": len(bought) >= 3 and paid > 0 and returned / paid >= 0.4,
        "recent_refund": bool(recent),
    }
    return {name for name, truth in truths.items() if truth}


def _birthday(shopper: Shopper, now: int, zone: str) -> set[str]:
    local = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=now)).astimezone(ZoneInfo(zone))
    return {"birthday_month"} if shopper.birthday.startswith(f"{local.month:02d}-") else set()
