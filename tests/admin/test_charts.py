"""Pictures are drawn to scale, and say nothing that the figures don't."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from admin.charts import Series, areas, axis, bars, heat, highest
from admin.charts.heat import LEVELS


@given(st.floats(0.001, 1e12))
def test_a_scale_ends_at_a_round_number_above_everything_and_not_far_above(most: float) -> None:
    found = axis(most, whole=False)
    assert most <= found.top * (1 + 1e-9) <= most * 2.01
    assert (found.marks[0], found.marks[-1]) == (found.top, 0)


@given(st.integers(0, 10**9))
def test_people_are_counted_in_whole_numbers(most: int) -> None:
    found = axis(most)
    assert found.top >= most
    assert all(isinstance(mark, int) for mark in found.marks)


def test_areas_stand_on_each_other_and_reach_the_height_of_their_sum() -> None:
    series = [Series("a", "c1", [10, 20, 30]), Series("b", "c2", [30, 0, 10])]
    assert highest(series) == 40
    lower, upper = areas(series, 40)
    assert lower.path == "M0 75 L500 50 L1000 25 L1000 100 L500 100 L0 100 Z"
    assert upper.path == "M0 0 L500 50 L1000 0 L1000 25 L500 50 L0 75 Z"


def test_a_single_day_is_drawn_over_the_whole_width_and_none_at_all_is_nothing() -> None:
    assert areas([Series("a", "c1", [5])], 10)[0].path == "M0 50 L1000 50 L1000 100 L0 100 Z"
    assert areas([Series("a", "c1", [])], 10) == []
    assert highest([]) == 0


def test_bars_leave_out_what_is_nothing_and_end_where_the_next_begins() -> None:
    series = [Series("a", "c1", [4, 0]), Series("b", "c2", [4, 8])]
    first, second = (re.findall(r"M(\S+) (\S+?)v(-?\S+?)h", shape.path) for shape in bars(series, 8))
    assert first == [("75", "100", "-50")]
    assert second == [("75", "50", "-50"), ("575", "100", "-100")]


@pytest.mark.parametrize(("share", "shade"), [(None, 0), (0.0, 0), (0.001, 1), (0.25, round(LEVELS / 2)), (0.5, LEVELS)])
def test_the_highest_share_is_the_darkest_and_nothing_is_not_shaded(share: float | None, shade: int) -> None:
    assert heat([[0.5], [share]]).rows[1][0] == (share, shade)
    assert heat([]).most == 0
