"""Draws that depend on nothing but the seed and the names given: the same twin every time, whatever else is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import TypeVar

T = TypeVar("T")


def draw(*names: object) -> float:
    """In [0, 1)."""
    digest = blake2b(":".join(map(str, names)).encode(), digest_size=7).digest()
    return int.from_bytes(digest, "big") / (1 << 56)


def pick(choices: Sequence[T], *names: object) -> T:
    return choices[int(draw(*names) * len(choices))]


def weighted(choices: Sequence[tuple[T, float]], *names: object) -> T:
    """``choices`` with their shares, which add up to 1."""
    point = draw(*names)
    for choice, share in choices:
        point -= share
        if point < 0:
            return choice
    return choices[-1][0]


def token(length: int, *names: object) -> str:
    """Lower-case hexadecimal, as ids and keys of shops look."""
    text = ""
    while len(text) < length:
        text += blake2b(":".join(map(str, (*names, len(text)))).encode(), digest_size=16).hexdigest()
    return text[:length]
