"""Shopify's amounts, times and ids as plain values, remembered: an import reads the same few thousand again and again."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from functools import cache
from typing import Any

from plugin_core.clock import DAY_US, SECOND_US, to_us
from plugin_core.money import exponent

# Unit prices may have more places than the currency; sums are made in this grain of a minor unit and rounded once.
GRAIN = 10_000
_MOST = 200_000

Amount = str | int | float


class _Remembered(dict[Any, Any]):
    """Answers from memory at the price of a dict look-up; forgets everything when it grows too large."""

    def __missing__(self, key: Any) -> Any:
        value = self.work_out(key)
        if len(self) >= _MOST:
            self.clear()
        self[key] = value
        return value

    def work_out(self, key: Any) -> Any:
        raise NotImplementedError


class Grains(_Remembered):
    """``grains["12.34"]`` -> 1234 minor units x GRAIN. ValueError where it is no finite number."""

    def __init__(self, currency: str) -> None:
        super().__init__()
        self._scale = exponent(currency) + 4

    def text(self, grains: int) -> str:
        """The way back: 1234 minor units x GRAIN -> "12.340000"."""
        return str(Decimal(grains).scaleb(-self._scale))

    def work_out(self, key: Amount) -> int:
        if type(key) is str:  # "12.34", nearly always: a third of the price of a Decimal
            units, _, places = key.partition(".")
            if units.isdecimal() and len(places) <= self._scale and (places.isdecimal() or not places) and key.isascii():
                return int(units + places + "0" * (self._scale - len(places)))
        try:
            return int(Decimal(str(key)).scaleb(self._scale).to_integral_value())
        except (InvalidOperation, OverflowError, ValueError) as problem:
            raise ValueError(f"not an amount of money: {key!r}") from problem


@cache
def grains_of(currency: str) -> Grains:
    return Grains(currency)


def whole(grains: int | Fraction) -> int:
    """Minor units, rounded half away from zero."""
    if grains >= 0:
        return int((2 * grains + GRAIN) // (2 * GRAIN))
    return -int((-2 * grains + GRAIN) // (2 * GRAIN))


class _Days(_Remembered):
    def work_out(self, key: str) -> int:
        return to_us(datetime.fromisoformat(f"{key}T00:00:00+00:00"))


class _TimesOfDay(_Remembered):
    def work_out(self, key: str) -> int:
        moment = to_us(datetime.fromisoformat(f"1970-01-01T{key}+00:00"))
        if not 0 <= moment < DAY_US:
            raise ValueError(f"not a time: {key!r}")
        return moment


_days = _Days()
_times = _TimesOfDay()


def microseconds(text: str) -> int:
    """``2026-11-21T10:00:00Z`` -> microseconds since 1970 UTC. ValueError where it is no time or has no zone."""
    if len(text) == 20 and text[19] == "Z":
        return _days[text[:10]] + _times[text[11:19]]  # type: ignore[no-any-return]
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"a time without a zone: {text!r}")
    return to_us(moment)


def iso(us: int) -> str:
    """The second in which ``us`` lies, as Shopify's search wants it: ``2026-11-21T10:00:00Z``."""
    days, rest = divmod(us // SECOND_US, 86_400)
    return f"{datetime.fromordinal(719_163 + days):%Y-%m-%d}T{rest // 3600:02d}:{rest // 60 % 60:02d}:{rest % 60:02d}Z"
