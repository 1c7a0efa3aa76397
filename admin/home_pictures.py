"""The pictures of Home: stages over the past year, people and money by month, and who of each month's newcomers came back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from flask_babel import gettext, ngettext

from admin import formats, words
from admin.charts import Axis, Heat, Series, Shape, areas, axis, bars, heat, highest
from plugin_core.insights.models import LifecycleDay
from plugin_core.insights.standing import ratio

# The stage nearest to the store lies at the bottom. The order is the legend's, so colour never stands alone.
_COLOURS = {"new": "c5", "active": "c1", "slipping": "c2", "at_risk": "c3", "lapsed": "c4", "lost": "c6"}
_WITH_US = ("new", "active", "slipping", "at_risk")


class Picture(NamedTuple):
    """``labels``: one for each place along; ``ends``: the few that are written under an area, evenly apart."""

    shapes: Sequence[Shape]
    axis: Axis
    series: Sequence[Series]
    labels: Sequence[str]
    ends: Sequence[str]
    finding: str

    @property
    def columns(self) -> list[tuple[Any, str]]:
        """Of the table behind it."""
        return [("", ""), *((one.name, "number") for one in self.series)]


class Cohorts(NamedTuple):
    heat: Heat
    rows: Sequence[Mapping[str, Any]]
    finding: str


def stages(weeks: Sequence[LifecycleDay]) -> Picture | None:
    if not weeks:
        return None
    series = [
        Series(words.lifecycle(stage), colour, [week.people.get(stage, 0) for week in weeks])
        for stage, colour in _COLOURS.items()
    ]
    scale = axis(highest(series))
    labels = [formats.day(date.fromisoformat(week.day)) for week in weeks]
    then, now = (sum(weeks[place].people.get(stage, 0) for stage in _WITH_US) for place in (0, -1))
    finding = gettext(
        "%(now)s people are with you now: new, active, slipping or at risk. On %(day)s it was %(then)s.",
        now=formats.number(now), then=formats.number(then), day=labels[0],
    )  # fmt: skip
    places = sorted({round(part * (len(labels) - 1) / 3) for part in range(4)})
    return Picture(areas(series, scale.top), scale, series, labels, [labels[place] for place in places], finding)


def people(months: Sequence[Mapping[str, Any]]) -> Picture | None:
    if not any(row["orders"] for row in months):
        return None
    back = [max(0, row["people"] - row["new_people"]) for row in months]
    series = [
        Series(gettext("Ordered before"), "c1", back),
        Series(gettext("First order"), "c5", [row["new_people"] for row in months]),
    ]
    scale = axis(highest(series))
    last = months[-2] if len(months) > 1 else months[-1]
    finding = ngettext(
        "In %(month)s %(people)s person ordered; %(new)s of them for the first time.",
        "In %(month)s %(people)s people ordered; %(new)s of them for the first time.",
        last["people"],
        month=formats.month(last["month"]), people=formats.number(last["people"]), new=formats.number(last["new_people"]),
    )  # fmt: skip
    return _monthly(series, scale, months, finding)


def average_order(months: Sequence[Mapping[str, Any]], currency: str) -> Picture | None:
    if not any(row["priced"] for row in months):
        return None
    values = [row["net"] // row["priced"] if row["priced"] else 0 for row in months]
    series = [Series(gettext("Average order"), "c1", values)]
    last = months[-2] if len(months) > 1 and months[-2]["priced"] else months[-1]
    mean = last["net"] // last["priced"] if last["priced"] else None
    finding = gettext(
        "The average order of %(month)s was %(money)s.", month=formats.month(last["month"]), money=formats.money(mean, currency)
    )
    return _monthly(series, axis(max(values)), months, finding)


def cohorts(rows: Sequence[Mapping[str, Any]]) -> Cohorts | None:
    """Shares of each month's newcomers that ordered in the months after; the current month, not over yet, stays out."""
    shown = [row for row in rows if row["people"]]
    if not shown:
        return None
    ended = [[ratio(count, row["people"]) for count in row["ordered"][1:-1]] for row in shown]
    shares = [[*row, *[None] * (len(ended[0]) - len(row))] for row in ended]
    again = [(row["ordered"][1], row["people"]) for row in shown if len(row["ordered"]) > 2]
    share = ratio(sum(count for count, _ in again), sum(count for _, count in again))
    finding = (
        gettext("It is too early to see who comes back.")
        if share is None
        else gettext(
            "Of those who ordered for the first time, %(share)s ordered in the month after too.", share=formats.percent(share)
        )
    )
    return Cohorts(heat(shares), shown, finding)


def _monthly(series: Sequence[Series], scale: Axis, months: Sequence[Mapping[str, Any]], finding: str) -> Picture:
    labels = [formats.month(row["month"]) for row in months]
    return Picture(bars(series, scale.top), scale, series, labels, [formats.short_month(row["month"]) for row in months], finding)
