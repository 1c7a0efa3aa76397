"""Whole cents: shares without floats, and the text the platforms write."""

from __future__ import annotations


def share(amount: int, numerator: int, denominator: int) -> int:
    """Amount x numerator / denominator, half away from zero."""
    if denominator == 0:
        return 0
    product = abs(amount) * numerator
    rounded = (2 * product + denominator) // (2 * denominator)
    return rounded if amount >= 0 else -rounded


def text(minor: int) -> str:
    """12345 -> "123.45"."""
    return f"{'-' if minor < 0 else ''}{abs(minor) // 100}.{abs(minor) % 100:02d}"


def minor(amount: str) -> int:
    """The text "123.45" -> 12345; the twins write two decimals."""
    sign = -1 if amount.startswith("-") else 1
    whole, _, part = amount.lstrip("-").partition(".")
    return sign * (int(whole or 0) * 100 + int((part + "00")[:2]))
