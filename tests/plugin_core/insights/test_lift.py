"""What is claimed of an offer against the textbook, a library that works it out its own way, and draws that changed nothing."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from plugin_core.insights import lift

PUBLISHED = [  # Newcombe 1998, table II, method 10: successes and people on each side, and the interval of the difference
    (56, 70, 48, 80, 0.0524, 0.3339),
    (9, 10, 3, 10, 0.1705, 0.8090),
    (6, 7, 2, 7, 0.0582, 0.8062),
    (5, 56, 0, 29, -0.0381, 0.1926),
]
TRIES = 600


def spent(chance: np.random.Generator, people: int, share: float, *, more: float = 1.0) -> tuple[lift.Amounts, np.ndarray]:
    """Most buy nothing, a few a great deal: what a shop's money looks like. ``more`` is on what each buyer spends."""
    bought = chance.random(people) < share
    money = np.where(bought, chance.lognormal(8.5, 0.8, people) * more, 0)
    return money.astype(np.int64), bought


@pytest.mark.parametrize(("hits", "people", "other_hits", "others", "low", "high"), PUBLISHED)
def test_interval_of_shares_is_the_published_one(
    hits: int, people: int, other_hits: int, others: int, low: float, high: float
) -> None:
    found = lift.newcombe(lift.Side(people, hits, 0), lift.Side(others, other_hits, 0))
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)
    assert found.estimate == pytest.approx(hits / people - other_hits / others)


def test_interval_of_money_is_scipys() -> None:
    chance = np.random.default_rng(11)
    one, _ = spent(chance, 700, 0.2)
    other, _ = spent(chance, 90, 0.3)
    expected = stats.ttest_ind(one, other, equal_var=False).confidence_interval(lift.SURE)
    found = lift.welch(one, other)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), rel=1e-9)
    assert found.estimate == pytest.approx(one.mean() - other.mean())


def test_draws_that_changed_nothing_are_seldom_called_a_success() -> None:
    """A of A: both sides alike, nine to one as by the stock holdout; one in twenty may be "sure" by chance."""
    chance = np.random.default_rng(12)
    wrong_share = wrong_money = 0
    for _ in range(TRIES):
        found = lift.compare(*spent(chance, 1_800, 0.15), *spent(chance, 200, 0.15))
        assert found.share is not None
        assert found.money is not None
        wrong_share += found.share.sure
        wrong_money += found.money.sure
    most = stats.binom.ppf(0.999, TRIES, 0.06)
    assert wrong_share <= most
    assert wrong_money <= most


def test_true_effect_lies_within_as_often_as_said() -> None:
    chance = np.random.default_rng(13)
    mean = math.exp(8.5 + 0.8**2 / 2)
    true_money = (0.20 * 1.1 - 0.15) * mean
    held_share = held_money = 0
    for _ in range(TRIES):
        found = lift.compare(*spent(chance, 1_800, 0.20, more=1.1), *spent(chance, 200, 0.15))
        assert found.share is not None
        assert found.money is not None
        held_share += found.share.low <= 0.05 <= found.share.high
        held_money += found.money.low <= true_money <= found.money.high
    fewest = stats.binom.ppf(0.001, TRIES, 0.94)
    assert held_share >= fewest
    assert held_money >= fewest


@pytest.mark.parametrize(("people", "share"), [(lift.ENOUGH_PEOPLE - 1, 1.0), (400, 0.0)])
def test_nothing_is_claimed_before_there_is_enough(people: int, share: float) -> None:
    chance = np.random.default_rng(14)
    for sides in ((1_000, people), (people, 1_000)):
        shares = (0.5, share) if sides[1] == people else (share, 0.5)
        found = lift.compare(*spent(chance, sides[0], shares[0]), *spent(chance, sides[1], shares[1]))
        assert (found.share, found.money) == (None, None)
        assert (found.treated.people, found.held_out.people) == sides


def test_campaigns_together_are_less_sure_than_their_parts_are_wide() -> None:
    """Independent errors add up as squares: 3 and 4 are 5."""
    found = lift.total([(10, lift.Interval(7, 10, 13)), (100, lift.Interval(-0.2, 0.2, 0.6))])
    assert found == pytest.approx((120 - 50, 120, 120 + 50))


def test_everybody_spending_the_same_leaves_no_doubt() -> None:
    alike = np.full(60, 500, dtype=np.int64)
    assert lift.welch(alike, alike) == (0, 0, 0)
