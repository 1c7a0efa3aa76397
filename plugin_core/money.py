"""Money as a whole number of minor units plus an ISO 4217 currency; never a float."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import NamedTuple

# ISO 4217 exponents that are not 2.
_EXPONENTS = {
    **dict.fromkeys("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split(), 0),
    **dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3),
}


def exponent(currency: str) -> int:
    """Number of decimal places of ``currency``: EUR 2, JPY 0, KWD 3."""
    return _EXPONENTS.get(currency, 2)


def minor(amount: str | int | Decimal, currency: str) -> int:
    """``"12.34"``, EUR -> 1234. Rounds half up past the currency's places. ValueError where it is no finite number."""
    try:
        scaled = Decimal(amount).scaleb(exponent(currency))
        return int(scaled.quantize(Decimal(1), rounding=ROUND_HALF_UP))
    except InvalidOperation as problem:
        raise ValueError(f"not an amount of money: {amount!r}") from problem


def major(amount: int, currency: str) -> Decimal:
    """1234, EUR -> Decimal("12.34")."""
    places = exponent(currency)
    return Decimal(amount).scaleb(-places).quantize(Decimal(1).scaleb(-places))


def proportion(amount: int, part: int, whole: int) -> int:
    """``amount * part / whole`` rounded half up (away from zero), in whole minor units; 0 where ``whole`` is 0."""
    if not whole:
        return 0
    sign = -1 if (amount * part < 0) != (whole < 0) else 1
    top, bottom = abs(amount * part), abs(whole)
    return sign * ((2 * top + bottom) // (2 * bottom))


class Money(NamedTuple):
    """``amount`` in minor units of ``currency``."""

    amount: int
    currency: str

    @property
    def major(self) -> Decimal:
        return major(self.amount, self.currency)

    def __str__(self) -> str:
        return f"{self.major} {self.currency}"
