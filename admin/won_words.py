"""What offers brought beside those who were held out, said no more certainly than it is known."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import gettext, ngettext

from admin import formats


def orders(count: int, net: int, currency: str) -> str:
    """``net`` in minor units."""
    said = ngettext(
        "%(count)s order was placed with one of our codes: %(money)s.",
        "%(count)s orders were placed with our codes: %(money)s.",
        count, count=formats.number(count), money=formats.round_money(net, currency),
    )  # fmt: skip
    return str(said)


def beyond(interval: Sequence[float] | None, treated: int, held_out: int, currency: str) -> str:
    """``interval``: (low, estimate, high) of the money in minor units; None before there is enough to say."""
    if interval is None:
        said = gettext(
            "Whether that is more than would have come anyway can't be told yet. Written to: %(people)s, held out: %(held)s. "
            "It takes at least 50 of each, and 10 who ordered among each.",
            people=formats.number(treated), held=formats.number(held_out),
        )  # fmt: skip
        return str(said)
    low, estimate, high = (formats.round_money(round(value), currency) for value in interval)
    between = {"low": low, "high": high}
    if interval[0] > 0:
        said = gettext(
            "Beside those who were held out, the offers brought %(money)s that would not have come otherwise; with 95 "
            "%% confidence between %(low)s and %(high)s.", money=estimate, **between,
        )  # fmt: skip
    elif interval[2] < 0:
        said = gettext(
            "Those who were held out spent more than those who were written to: the offers changed sales by %(money)s, with 95 "
            "%% confidence between %(low)s and %(high)s.", money=estimate, **between,
        )  # fmt: skip
    else:
        said = gettext(
            "Beside those who were held out no difference can be told from chance yet: it lies between %(low)s and %(high)s.",
            **between,
        )
    return str(said)
