"""Codes drawn from a secret: the same cause always gives the same code, so a retry adopts instead of doubling."""

from __future__ import annotations

import hashlib
import hmac

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def crockford(secret: bytes, text: str, length: int) -> str:
    """``length`` characters of Crockford base-32 of HMAC-SHA-256(secret, text), most significant bits first."""
    digest = hmac.new(secret, text.encode(), hashlib.sha256).digest()
    bits = int.from_bytes(digest, "big")
    return "".join(_CROCKFORD[(bits >> (256 - 5 * (place + 1))) & 31] for place in range(length))


def share(text: str) -> float:
    """A stable draw in [0, 1): the first 8 bytes of SHA-256 of ``text``, big-endian, over 2**64."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") / 2**64
