"""What an offer brought beyond what would have come anyway: those who got it beside those held out by the draw.

Shares: Newcombe's interval from two Wilson intervals (Statistics in Medicine 17, 1998, method 10). Money: Welch's interval.
Both hold only where there are enough people and orders on each side; before that nothing is claimed. Quantiles come from
scipy.special: scipy.stats takes longer to import than all the rest of the program.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from scipy import special

SURE = 0.95
ENOUGH_PEOPLE = 50  # on each side
ENOUGH_BUYERS = 10

Amounts = np.ndarray[Any, np.dtype[np.int64]]


class Interval(NamedTuple):
    low: float
    estimate: float
    high: float

    @property
    def sure(self) -> bool:
        """Whether it leaves out "nothing at all"."""
        return self.low > 0 or self.high < 0


class Side(NamedTuple):
    people: int
    buyers: int  # who ordered within the time watched
    net: int

    @property
    def share(self) -> float:
        return self.buyers / self.people if self.people else 0.0


class Lift(NamedTuple):
    """``share`` in points of the share that ordered; ``money`` a person, in minor units. None before there is enough to say."""

    treated: Side
    held_out: Side
    share: Interval | None
    money: Interval | None


def side(nets: Amounts, bought: np.ndarray[Any, np.dtype[np.bool_]]) -> Side:
    return Side(len(nets), int(bought.sum()), int(nets.sum()))


def compare(
    treated: Amounts,
    treated_bought: np.ndarray[Any, np.dtype[np.bool_]],
    held_out: Amounts,
    held_out_bought: np.ndarray[Any, np.dtype[np.bool_]],
) -> Lift:
    """One number a person: what they spent in the time watched."""
    one, other = side(treated, treated_bought), side(held_out, held_out_bought)
    if min(one.people, other.people) < ENOUGH_PEOPLE or min(one.buyers, other.buyers) < ENOUGH_BUYERS:
        return Lift(one, other, None, None)
    return Lift(one, other, newcombe(one, other), welch(treated, held_out))


def newcombe(one: Side, other: Side) -> Interval:
    (low1, high1), (low2, high2) = _wilson(one.buyers, one.people), _wilson(other.buyers, other.people)
    difference = one.share - other.share
    down = math.hypot(one.share - low1, high2 - other.share)
    up = math.hypot(high1 - one.share, other.share - low2)
    return Interval(difference - down, difference, difference + up)


def welch(one: Amounts, other: Amounts) -> Interval:
    difference = float(one.mean() - other.mean())
    parts = [float(each.var(ddof=1)) / len(each) for each in (one, other)]
    error = math.sqrt(sum(parts))
    if not error:
        return Interval(difference, difference, difference)
    freedom = sum(parts) ** 2 / sum(part**2 / (len(each) - 1) for part, each in zip(parts, (one, other), strict=True))
    reach = float(special.stdtrit(freedom, (1 + SURE) / 2)) * error
    return Interval(difference - reach, difference, difference + reach)


def total(lifts: list[tuple[int, Interval]]) -> Interval:
    """Over several draws that are independent of each other: (people it applies to, money a person) added up."""
    estimate = sum(people * money.estimate for people, money in lifts)
    down = math.sqrt(sum((people * (money.estimate - money.low)) ** 2 for people, money in lifts))
    up = math.sqrt(sum((people * (money.high - money.estimate)) ** 2 for people, money in lifts))
    return Interval(estimate - down, estimate, estimate + up)


def _wilson(successes: int, people: int) -> tuple[float, float]:
    z = float(special.ndtri((1 + SURE) / 2))
    share = successes / people
    middle = (share + z * z / (2 * people)) / (1 + z * z / people)
    reach = z / (1 + z * z / people) * math.sqrt(share * (1 - share) / people + z * z / (4 * people * people))
    return middle - reach, middle + reach
